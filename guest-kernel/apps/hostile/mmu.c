/* SPDX-License-Identifier: MIT */
/*
 * Attacks on page tables: a writable view of a table by every route, tables
 * at the wrong level, loops, frames of others.
 *
 * Answers: abi page "memory", page types, mmu_update, mmuext_op.
 */
#include <string.h>
#include <guest/grant.h>
#include <guest/hypercall.h>
#include <guest/memory.h>
#include <guest/start.h>
#include <guest/trap.h>
#include <guest/vcpu.h>
#include <pv-abi/errno.h>
#include <pv-abi/memory.h>
#include "attack.h"

#define HOLE_SLOT_FIRST 256
#define HOLE_SLOT_LAST  271

/* --- what is attacked --- */

static uint64_t l4_mfn(void)
{
    return pt_root_mfn();
}

static uint64_t table_mfn(int level)
{
    return PTE_MFN(pt_lookup(l4_mfn(), DIRECT_BASE, level + 1, NULL));
}

static void *table_va(uint64_t mfn)
{
    return pfn_to_virt(mfn_to_pfn(mfn));
}

static long update(uint64_t where, uint64_t value, uint32_t foreigndom)
{
    struct mmu_update u = {.ptr = where, .val = value};

    return hypercall_mmu_update(&u, 1, NULL, foreigndom);
}

static long ext(uint32_t cmd, uint64_t mfn)
{
    struct mmuext_op op = {.cmd = cmd};

    op.arg1.mfn = mfn;
    return hypercall_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

/* Where the direct map maps a table: an entry that may only be read-only. */
static uint64_t leaf_of(uint64_t mfn)
{
    uint64_t where;

    pt_lookup(l4_mfn(), (uint64_t)table_va(mfn), 1, &where);
    return where;
}

/* --- a writable view of a table --- */

static long map_writable(void)
{
    return hypercall_update_va_mapping((uint64_t)table_va(table_mfn(1)),
                                       PTE(table_mfn(1), PTE_KERNEL),
                                       UVMF_INVLPG);
}

static long map_l4_writable(void)
{
    return hypercall_update_va_mapping((uint64_t)table_va(l4_mfn()),
                                       PTE(l4_mfn(), PTE_KERNEL), UVMF_INVLPG);
}

static long update_to_writable(void)
{
    return update(leaf_of(table_mfn(1)), PTE(table_mfn(1), PTE_KERNEL),
                  DOMID_SELF);
}

static long update_to_writable_keeping_ad(void)
{
    return update(leaf_of(table_mfn(1)) | MMU_PT_UPDATE_PRESERVE_AD,
                  PTE(table_mfn(1), PTE_KERNEL), DOMID_SELF);
}

static void store(void *arg)
{
    *(volatile uint64_t *)arg = PTE(table_mfn(1), PTE_KERNEL);
}

static long write_to_table(void)
{
    return attack_probe(store, table_va(table_mfn(1)));
}

static long clear_table(void)
{
    return ext(MMUEXT_CLEAR_PAGE, table_mfn(1));
}

static long copy_over_table(void)
{
    struct mmuext_op op = {.cmd = MMUEXT_COPY_PAGE};

    op.arg1.mfn = table_mfn(1);
    op.arg2.src_mfn = pfn_to_mfn(0);
    return hypercall_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

/* Lend the table to ourselves and borrow it writable. */
static long grant_table_writable(void)
{
    int ref = grant_access(attack_own_domid(), table_mfn(1), false);
    struct gnttab_map_grant_ref map = {
        .flags = GNTMAP_host_map,
        .dom = attack_own_domid(),
    };
    void *va = kmap_reserve(1);
    long answer = ATTACK_SKIPPED;

    if (ref > 0 && va) {
        map.ref = ref;
        map.host_addr = (uint64_t)va;
        answer = hypercall_grant_table_op(GNTTABOP_map_grant_ref, &map, 1);
        if (!answer)
            answer = map.status;
    }
    if (ref > 0)
        grant_end(ref);
    if (va)
        kmap_release(va, 1);
    return answer;
}

/* --- ordinary memory as a table --- */

static uint64_t *page;

static uint64_t page_mfn(void)
{
    if (!page)
        page = page_alloc_zeroed(1);
    return virt_to_mfn(page);
}

static long pin_writable_page(void)
{
    return ext(MMUEXT_PIN_L1_TABLE, page_mfn());
}

/* A free slot of the top-level table; nothing is mapped in the lower half. */
static uint64_t free_l4_slot(void)
{
    return (l4_mfn() << PAGE_SHIFT) + 100 * 8;
}

static long link_writable_page(void)
{
    return update(free_l4_slot(), PTE(page_mfn(), PTE_TABLE), DOMID_SELF);
}

static long base_on_writable_page(void)
{
    return ext(MMUEXT_NEW_BASEPTR, page_mfn());
}

static long gdt_on_writable_page(void)
{
    uint64_t frame = page_mfn();

    return hypercall_set_gdt(&frame, 512);
}

static long gdt_on_page_table(void)
{
    uint64_t frame = table_mfn(1);

    return hypercall_set_gdt(&frame, 512);
}

/* --- levels and loops --- */

static long pin_at_wrong_level(void)
{
    return ext(MMUEXT_PIN_L2_TABLE, table_mfn(1));
}

static long pin_l4_as_l1(void)
{
    return ext(MMUEXT_PIN_L1_TABLE, l4_mfn());
}

static long base_on_l1(void)
{
    return ext(MMUEXT_NEW_BASEPTR, table_mfn(1));
}

static long user_base_on_l1(void)
{
    return ext(MMUEXT_NEW_USER_BASEPTR, table_mfn(1));
}

static long pin_twice(void)
{
    return ext(MMUEXT_PIN_L4_TABLE, l4_mfn());
}

static long unpin_what_is_not_pinned(void)
{
    return ext(MMUEXT_UNPIN_TABLE, table_mfn(1));
}

static long link_l1_as_l3(void)
{
    return update(free_l4_slot(), PTE(table_mfn(1), PTE_TABLE), DOMID_SELF);
}

static long loop_of_the_l4(void)
{
    return update(free_l4_slot(), PTE(l4_mfn(), PTE_TABLE), DOMID_SELF);
}

static long loop_of_an_l3(void)
{
    return update((table_mfn(3) << PAGE_SHIFT) + 511 * 8,
                  PTE(table_mfn(3), PTE_TABLE), DOMID_SELF);
}

static long superpage(void)
{
    return update((table_mfn(2) << PAGE_SHIFT) + 511 * 8,
                  PTE(0, PTE_TABLE | PTE_PSE), DOMID_SELF);
}

static long write_hypervisor_slot(uint64_t slot)
{
    return update((l4_mfn() << PAGE_SHIFT) + slot * 8,
                  PTE(table_mfn(3), PTE_TABLE), DOMID_SELF);
}

static long first_hypervisor_slot(void)
{
    return write_hypervisor_slot(HOLE_SLOT_FIRST);
}

static long last_hypervisor_slot(void)
{
    return write_hypervisor_slot(HOLE_SLOT_LAST);
}

/* --- frames of others --- */

static long map_frame(uint64_t mfn)
{
    void *va = kmap_reserve(1);
    long answer;

    if (!va)
        return ATTACK_SKIPPED;
    answer = hypercall_update_va_mapping((uint64_t)va, PTE(mfn, PTE_KERNEL),
                                         UVMF_INVLPG);
    kmap_release(va, 1);
    return answer;
}

static long map_last_frame_there_could_be(void)
{
    return map_frame(PTE_FRAME_MASK >> PAGE_SHIFT);
}

static long map_frame_beyond_memory(void)
{
    if (start_is_dom0())
        return ATTACK_SKIPPED; /* a device could be there */
    return map_frame(hypercall_memory_op(XENMEM_maximum_ram_page, NULL) +
                     (1UL << 20));
}

static long update_behind_memory(void)
{
    return update(PTE_FRAME_MASK & ~7UL, 0, DOMID_SELF);
}

static long update_unknown_command(void)
{
    return update(leaf_of(table_mfn(1)) | 4, 0, DOMID_SELF);
}

static long update_for_nobody(void)
{
    return update(leaf_of(table_mfn(1)), 0, 0x7000);
}

static long update_with_the_hypervisors_frames(void)
{
    if (start_is_dom0())
        return ATTACK_SKIPPED;
    return update(leaf_of(table_mfn(1)), PTE(table_mfn(1), PTE_KERNEL_RO),
                  DOMID_XEN);
}

static long map_into_the_hypervisor(void)
{
    return hypercall_update_va_mapping(HYPERVISOR_VIRT_START + (1UL << 39),
                                       PTE(page_mfn(), PTE_KERNEL),
                                       UVMF_INVLPG);
}

static long map_at_non_canonical(void)
{
    return hypercall_update_va_mapping(
        0x800000000000UL, PTE(page_mfn(), PTE_KERNEL), UVMF_INVLPG);
}

static long ldt_in_the_hypervisor(void)
{
    struct mmuext_op op = {.cmd = MMUEXT_SET_LDT};

    op.arg1.linear_addr = HYPERVISOR_VIRT_START;
    op.arg2.nr_ents = 16;
    return hypercall_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

const struct attack mmu_attacks[] = {
    {"map a table writable", map_writable, {-XEN_EBUSY, -XEN_EINVAL}},
    {"map the top table writable", map_l4_writable, {-XEN_EBUSY, -XEN_EINVAL}},
    {"update an entry to writable", update_to_writable, {-XEN_EBUSY}},
    {"the same, keeping A and D", update_to_writable_keeping_ad, {-XEN_EBUSY}},
    {"write to a table", write_to_table, {ATTACK_FAULT(TRAP_PF)}},
    {"clear a table", clear_table, {-XEN_EINVAL}},
    {"copy over a table", copy_over_table, {-XEN_EINVAL}},
    {"borrow a table writable", grant_table_writable, {GNTST_general_error}},
    {"pin a writable page", pin_writable_page, {-XEN_EINVAL}},
    {"link a writable page", link_writable_page, {-XEN_EINVAL}},
    {"base on a writable page", base_on_writable_page, {-XEN_EINVAL}},
    {"descriptors in a writable page", gdt_on_writable_page, {-XEN_EINVAL}},
    {"descriptors in a table", gdt_on_page_table, {-XEN_EINVAL}},
    {"pin at the wrong level", pin_at_wrong_level, {-XEN_EINVAL}},
    {"pin the top as the bottom", pin_l4_as_l1, {-XEN_EINVAL}},
    {"base on a last-level table", base_on_l1, {-XEN_EINVAL}},
    {"user base on the same", user_base_on_l1, {-XEN_EINVAL}},
    {"pin twice", pin_twice, {-XEN_EINVAL}},
    {"unpin without a pin", unpin_what_is_not_pinned, {-XEN_EINVAL}},
    {"link level 1 as level 3", link_l1_as_l3, {-XEN_EINVAL}},
    {"loop at the top", loop_of_the_l4, {-XEN_EINVAL}},
    {"loop at level 3", loop_of_an_l3, {-XEN_EINVAL}},
    {"superpage", superpage, {-XEN_EINVAL}},
    {"first slot of the hypervisor", first_hypervisor_slot, {-XEN_EINVAL}},
    {"last slot of the hypervisor", last_hypervisor_slot, {-XEN_EINVAL}},
    {"map the last possible frame",
     map_last_frame_there_could_be,
     {-XEN_EINVAL, -XEN_EPERM}},
    {"map a frame beyond memory",
     map_frame_beyond_memory,
     {-XEN_EINVAL, -XEN_EPERM}},
    {"update beyond memory", update_behind_memory, {-XEN_EINVAL}},
    {"update by an unknown command", update_unknown_command, {-XEN_ENOSYS}},
    {"update for no domain", update_for_nobody, {-XEN_ESRCH, -XEN_EPERM}},
    {"map the hypervisor's frames",
     update_with_the_hypervisors_frames,
     {-XEN_EPERM, -XEN_ESRCH}},
    {"map into the hypervisor", map_into_the_hypervisor, {-XEN_EINVAL}},
    {"map where nothing can be", map_at_non_canonical, {-XEN_EINVAL}},
    {"descriptors in the hypervisor", ldt_in_the_hypervisor, {-XEN_EINVAL}},
    {0},
};

#define GRANT_FRAMES_MAX 256

static void set_bit(uint64_t *bits, uint64_t n)
{
    bits[n / 64] |= 1UL << (n % 64);
}

/* Our pages, the shared page, and the grant table as large as it is. */
static bool note_own_frames(uint64_t *is_own)
{
    static uint64_t frames[GRANT_FRAMES_MAX];
    struct gnttab_query_size size = {.dom = DOMID_SELF};
    struct gnttab_setup_table setup = {
        .dom = DOMID_SELF,
        .frame_list = frames,
    };

    for (uint64_t pfn = 0; pfn < page_total(); pfn++)
        set_bit(is_own, pfn_to_mfn(pfn));
    set_bit(is_own, start_info->shared_info >> PAGE_SHIFT);
    if (hypercall_grant_table_op(GNTTABOP_query_size, &size, 1) ||
        size.nr_frames > GRANT_FRAMES_MAX)
        return false;
    setup.nr_frames = size.nr_frames;
    if (hypercall_grant_table_op(GNTTABOP_setup_table, &setup, 1) ||
        setup.status != GNTST_okay)
        return false;
    for (uint32_t i = 0; i < size.nr_frames; i++)
        set_bit(is_own, frames[i]);
    return true;
}

long attack_map_every_frame(void)
{
    uint64_t max = hypercall_memory_op(XENMEM_maximum_ram_page, NULL);
    size_t pages = max / 8 / PAGE_SIZE + 1;
    uint64_t *is_own = page_alloc_zeroed(pages);
    void *va = kmap_reserve(1);
    long mapped = 0;

    if (!is_own || !va || !note_own_frames(is_own))
        return -1;
    for (uint64_t mfn = 0; mfn < max; mfn++)
        if (!(is_own[mfn / 64] >> (mfn % 64) & 1) &&
            !hypercall_update_va_mapping((uint64_t)va, PTE(mfn, PTE_KERNEL_RO),
                                         UVMF_INVLPG))
            mapped++;
    kmap_release(va, 1);
    page_free(is_own, pages);
    return mapped;
}
