/* SPDX-License-Identifier: MIT */
/*
 * A writable translation that is old, raced against a change of type.
 *
 * Another vCPU stores to a page without a pause, so its TLB holds a writable
 * translation. Here the page is mapped read-only everywhere WITHOUT asking for
 * any flush, and then made a page table. The hypervisor has to flush the other
 * vCPU before it believes what it validated: a store that lands afterwards
 * would be a page-table entry nobody has checked.
 */
#include <stdio.h>
#include <string.h>
#include <guest/clock.h>
#include <guest/hypercall.h>
#include <guest/memory.h>
#include <guest/vcpu.h>
#include <pv-abi/inline/shared.h>
#include "attack.h"

#define STACK_BYTES 4096
#define WATCH_NS    200000UL /* how long a store may take to land */
/* Races to one with an old translation, at most: on a busy machine the other
 * vCPU has often been away, and its TLB with it. */
#define TRIES 400
#define START_NS    (2 * NS_PER_SEC)

struct racer {
    uint64_t *target;
    uint64_t stores;
    uint64_t faults;
};

void racer_run(void *racer);
void racer_fault(void);

static struct racer racer;
static uint64_t *page;

static bool start_racer(void)
{
    char *stack = page_alloc(1);

    page = page_alloc_zeroed(1);
    if (!page || !stack)
        return false;
    racer.target = page + 7;
    return vcpu_start(1, racer_run, &racer, stack + STACK_BYTES, racer_fault) ==
           0;
}

static bool moves(const uint64_t *counter)
{
    uint64_t before = shared_read(counter), end = clock_ns() + START_NS;

    while (shared_read(counter) == before)
        if (clock_ns() > end)
            return false;
    return true;
}

static bool map(uint64_t flags)
{
    return !hypercall_update_va_mapping(
        (uint64_t)(uintptr_t)page, PTE(virt_to_mfn(page), flags), UVMF_NONE);
}

static bool pin(uint32_t cmd)
{
    struct mmuext_op op = {.cmd = cmd};

    op.arg1.mfn = virt_to_mfn(page);
    return !hypercall_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

/* Whether stores still land in the page, looking for so long. */
static bool stores_land(uint64_t ns)
{
    uint64_t value = shared_read(racer.target), end = clock_ns() + ns;

    while (clock_ns() < end)
        if (shared_read(racer.target) != value)
            return true;
    return false;
}

static struct {
    unsigned long done, armed, lost;
} races;

static void one_race(void)
{
    races.done++;
    if (!map(PTE_KERNEL_RO | PTE_NX))
        return;
    /* Else the other TLB had forgotten by itself: nothing is shown. */
    races.armed += stores_land(WATCH_NS);
    if (pin(MMUEXT_PIN_L1_TABLE)) {
        races.lost += stores_land(WATCH_NS);
        pin(MMUEXT_UNPIN_TABLE);
    }
    map(PTE_KERNEL | PTE_NX);
}

void attack_race(unsigned long rounds)
{
    if (!start_racer()) {
        printf("hostile: no second vCPU to race with\n");
        return;
    }
    while (races.armed < rounds && races.done < rounds * TRIES &&
           moves(&racer.stores))
        one_race();
    vcpu_stop(1);
    printf("hostile: %lu races, %lu with an old translation, %lu lost\n",
           races.done, races.armed, races.lost);
}
