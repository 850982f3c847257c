/* SPDX-License-Identifier: MIT */
/*
 * stretch: makes the longest hypercalls there are, and says how long each of
 * them kept an event out: a timer fires every 100 us meanwhile.
 *
 * One line a call, "stretch NAME: longest N ns, result R", then
 * "stretch: end". Needs 16 MiB, and 16 MiB more in maxmem.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <guest/clock.h>
#include <guest/grant.h>
#include <guest/hypercall.h>
#include <guest/memory.h>
#include <guest/shutdown.h>
#include <pv-abi/grant_table.h>
#include <pv-abi/memory.h>
#include <pv-abi/mmu.h>
#include <pv-abi/multicall.h>
#include <pv-abi/sched.h>
#include <pv-abi/version.h>

#define TICK_NS 100000
#define ENTRIES 512
#define MANY    4096

static struct timer tick;
static uint64_t longest_ns;

static void ticked(struct timer *t, void *arg)
{
    uint64_t late = clock_ns() - t->deadline_ns;

    if (late > longest_ns)
        longest_ns = late;
    timer_set(t, clock_ns() + TICK_NS);
}

/* ------------------------------------------------------ page tables */

/* A table of 512 tables of 512 pages, every page the same one, writable. */
static uint64_t *upper, *lower[ENTRIES], *data;

static bool make_tables(void)
{
    upper = page_alloc_zeroed(1);
    data = page_alloc_zeroed(1);
    for (size_t i = 0; upper && data && i < ENTRIES; i++) {
        lower[i] = page_alloc(1);
        if (!lower[i])
            return false;
        for (size_t j = 0; j < ENTRIES; j++)
            lower[i][j] = PTE(virt_to_mfn(data), PTE_KERNEL);
        upper[i] = PTE(virt_to_mfn(lower[i]), PTE_TABLE);
    }
    return upper && data;
}

/* Tables may not be mapped writable. */
static void protect_tables(void)
{
    for (size_t i = 0; i <= ENTRIES; i++) {
        uint64_t *table = i < ENTRIES ? lower[i] : upper;

        pt_set(pt_root_mfn(), (uint64_t)(uintptr_t)table,
               PTE(virt_to_mfn(table), PTE_KERNEL_RO));
    }
}

static long change_pin(uint32_t cmd)
{
    struct mmuext_op op = {.cmd = cmd, .arg1.mfn = virt_to_mfn(upper)};

    return hypercall_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

static long pin(void)
{
    return change_pin(MMUEXT_PIN_L2_TABLE);
}

static long unpin(void)
{
    return change_pin(MMUEXT_UNPIN_TABLE);
}

/* Each replaces a table of 512 pages by nothing. */
static long drop_tables(void)
{
    static struct mmu_update updates[ENTRIES];

    for (size_t i = 0; i < ENTRIES; i++)
        updates[i].ptr =
            (virt_to_mfn(upper) << PAGE_SHIFT) + i * sizeof(uint64_t);
    return hypercall_mmu_update(updates, ENTRIES, NULL, DOMID_SELF);
}

static long update_entries(void)
{
    static struct mmu_update updates[MANY];

    for (size_t i = 0; i < MANY; i++) {
        updates[i].ptr = (virt_to_mfn(lower[i / ENTRIES]) << PAGE_SHIFT) +
                         i % ENTRIES * sizeof(uint64_t);
        updates[i].val = PTE(virt_to_mfn(data), PTE_KERNEL_RO);
    }
    return hypercall_mmu_update(updates, MANY, NULL, DOMID_SELF);
}

/* ------------------------------------------------------- the others */

static long clear_pages(void)
{
    static struct mmuext_op ops[ENTRIES];

    for (size_t i = 0; i < ENTRIES; i++)
        ops[i] = (struct mmuext_op){.cmd = MMUEXT_CLEAR_PAGE,
                                    .arg1.mfn = virt_to_mfn(data)};
    return hypercall_mmuext_op(ops, ENTRIES, NULL, DOMID_SELF);
}

static long copy_pages(void)
{
    static struct gnttab_copy ops[ENTRIES];

    for (size_t i = 0; i < ENTRIES; i++) {
        ops[i].source.domid = ops[i].dest.domid = DOMID_SELF;
        ops[i].source.u.gmfn = ops[i].dest.u.gmfn = virt_to_mfn(data);
        ops[i].len = PAGE_SIZE;
    }
    return hypercall_grant_table_op(GNTTABOP_copy, ops, ENTRIES);
}

/* Frames that come and go; maxmem has room for them. */
static uint64_t frames[MANY];
static struct xen_memory_reservation reservation = {
    .extent_start = frames, .nr_extents = MANY, .domid = DOMID_SELF};

static long more_memory(void)
{
    return hypercall_memory_op(XENMEM_increase_reservation, &reservation);
}

static long less_memory(void)
{
    return hypercall_memory_op(XENMEM_decrease_reservation, &reservation);
}

/* The largest extents that an unprivileged domain may have. */
static long large_extents(void)
{
    reservation.nr_extents = 4;
    reservation.extent_order = 9;
    return hypercall_memory_op(XENMEM_increase_reservation, &reservation);
}

/* Frames for others, which are in no list of ours and need no number. */
static long exchange(unsigned int order, uint64_t count)
{
    static uint64_t others[MANY];
    struct xen_memory_exchange x = {
        .in = {.extent_start = frames,
               .nr_extents = count,
               .extent_order = order,
               .domid = DOMID_SELF},
        .out = {.extent_start = others,
                .nr_extents = count << order,
                .domid = DOMID_SELF},
    };
    long result = hypercall_memory_op(XENMEM_exchange, &x);

    memcpy(frames, others, sizeof(frames));
    return result ? result : (long)x.nr_exchanged;
}

static long exchange_frames(void)
{
    return exchange(0, MANY);
}

static long exchange_extents(void)
{
    return exchange(9, 4);
}

static long many_calls(void)
{
    static struct multicall_entry calls[MANY];

    for (size_t i = 0; i < MANY; i++)
        calls[i].op = __HYPERVISOR_xen_version; /* XENVER_version */
    return hypercall_multicall(calls, MANY);
}

static const struct {
    const char *name;
    long (*run)(void);
} calls[] = {
    {"pin", pin},
    {"mmu_update of entries", update_entries},
    {"unpin", unpin},
    {"pin again", pin},
    {"mmu_update of tables", drop_tables},
    {"clear_page", clear_pages},
    {"grant_copy", copy_pages},
    {"increase_reservation", more_memory},
    {"exchange", exchange_frames},
    {"decrease_reservation", less_memory},
    {"increase_reservation by 2 MiB", large_extents},
    {"exchange of 2 MiB", exchange_extents},
    {"multicall", many_calls},
};

int main(int argc, char **argv)
{
    if (!make_tables()) {
        printf("stretch: no memory for the tables\n");
        shutdown(SHUTDOWN_crash);
    }
    protect_tables();
    timer_init(&tick, ticked, NULL);
    timer_set(&tick, clock_ns() + TICK_NS);
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        long result;

        longest_ns = 0;
        result = calls[i].run();
        printf("stretch %s: longest %lu ns, result %ld\n", calls[i].name,
               longest_ns, result);
    }
    printf("stretch: end\n");
    timer_cancel(&tick);
    shutdown(SHUTDOWN_poweroff);
}
