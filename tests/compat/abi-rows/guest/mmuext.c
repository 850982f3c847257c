/* SPDX-License-Identifier: MIT */
/* mmuext_op: pins, base pointers, TLB flushes. */
#include "calls.h"

#define BEYOND_MEMORY (1UL << 36)
#define CODE(c)       MMUEXT_##c

static long pin_and_unpin(uint32_t command, const uint64_t *page)
{
    long answer = ext(command, mfn(page), 0);

    return answer ? answer : ext(MMUEXT_UNPIN_TABLE, mfn(page), 0);
}

static long pin(uint32_t command, const uint64_t *page)
{
    return ext(command, mfn(page), 0);
}

static long set_ldt(const void *address, uint64_t entries)
{
    return ext(MMUEXT_SET_LDT, (uint64_t)address, entries);
}

/* Set one that is all right, and none again. */
static long set_ldt_and_none(const void *address, uint64_t entries)
{
    long answer = set_ldt(address, entries);

    return answer ? answer : set_ldt(NULL, 0);
}

static long operations_from(const void *ops, uint32_t count)
{
    return hypercall_mmuext_op((void *)(uintptr_t)ops, count, NULL, DOMID_SELF);
}

/* Fill `other` by the hypervisor; then it is as it was. */
static long clear_page(void)
{
    long answer = ext(MMUEXT_CLEAR_PAGE, mfn(world.other), 0);
    uint64_t left = 0;

    for (size_t i = 0; i < PAGE_SIZE / 8; i++) {
        left |= world.other[i];
        world.other[i] = 0x0707070707070707UL;
    }
    return answer ? answer : (long)left;
}

static long copy_page(void)
{
    long answer = ext(MMUEXT_COPY_PAGE, mfn(world.other), mfn(world.data));
    uint64_t differ = 0;

    for (size_t i = 0; i < PAGE_SIZE / 8; i++) {
        differ |= world.other[i] ^ world.data[i];
        world.other[i] = 0x0707070707070707UL;
    }
    return answer ? answer : (long)differ;
}

static long done_before_refusal(void)
{
    struct mmuext_op ops[3] = {
        {.cmd = MMUEXT_TLB_FLUSH_LOCAL},
        {.cmd = MMUEXT_UNPIN_TABLE},
        {.cmd = MMUEXT_TLB_FLUSH_LOCAL},
    };
    uint32_t done = 77;
    long answer;

    ops[1].arg1.mfn = mfn(world.blank);
    answer = hypercall_mmuext_op(ops, 3, &done, DOMID_SELF);
    return answer == -XEN_EINVAL ? (long)done : answer;
}

static uint64_t vcpu_mask = 1;

#define AREA      mmuext
#define AREA_ROWS "mmuext.def"
#include "area.h"
