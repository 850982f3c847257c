/* SPDX-License-Identifier: MIT */
/*
 * Hypercalls by chance.
 */
#include <string.h>
#include <guest/hypercall.h>
#include <guest/memory.h>
#include <guest/probe.h>
#include <guest/start.h>
#include <guest/trap.h>
#include <pv-abi/event_channel.h>
#include <pv-abi/grant_table.h>
#include <pv-abi/memory.h>
#include <pv-abi/vcpu.h>
#include "attack.h"

static uint64_t state;

static uint64_t chance(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/* What chance may write over; unmapped pages lie on either side, and nothing
 * else of ours is ever pointed to. */
#define SCRATCH_PAGES 2
#define SCRATCH_BYTES (SCRATCH_PAGES * PAGE_SIZE)
static uint64_t *scratch;
static uint64_t scratch_mfns[SCRATCH_PAGES];

static uint64_t interesting(void)
{
    static const uint64_t edges[] = {
        0,
        1,
        2,
        7,
        0x7fff,
        0x7ff0,
        0x7ff1,
        0x7ff2,
        0x80000000,
        0xffffffff,
        ~0UL,
        1UL << 63,
        0x800000000000,
        HYPERVISOR_VIRT_START,
        HYPERVISOR_VIRT_END - 1,
        HYPERVISOR_VIRT_START + (1UL << 39),
    };

    switch (chance() % 5) {
    case 0:
        return edges[chance() % (sizeof(edges) / sizeof(edges[0]))];
    case 1:
        return chance() % 64;
    case 2: /* also unaligned, and across the end */
        return (uint64_t)(uintptr_t)scratch + chance() % SCRATCH_BYTES;
    case 3: /* a frame, or an address in it */
        return scratch_mfns[chance() % SCRATCH_PAGES] << chance() % 2 * 12 |
               chance() % 4;
    default:
        return chance() >> (chance() % 64);
    }
}

/* What the initial domain may do, to the machine and to everybody. */
static bool is_power(uint64_t nr)
{
    switch (nr) {
    case __HYPERVISOR_domctl:
    case __HYPERVISOR_sysctl:
    case __HYPERVISOR_platform_op:
    case __HYPERVISOR_physdev_op:
    case __HYPERVISOR_physdev_op_compat:
    case __HYPERVISOR_kexec_op:
    case __HYPERVISOR_hypfs_op:
    case __HYPERVISOR_mca:
        return true;
    default:
        return false;
    }
}

/* Calls whose success would be our own end, or nobody's business. */
static bool is_suicide(uint64_t nr, const uint64_t *args)
{
    switch (nr) {
    case __HYPERVISOR_set_trap_table: /* NULL: no handlers any more */
    case __HYPERVISOR_set_callbacks:
    case __HYPERVISOR_callback_op:
    case __HYPERVISOR_iret:
    case __HYPERVISOR_set_gdt:   /* 0 entries is allowed, and so is a new one */
    case __HYPERVISOR_multicall: /* may hold any of the others */
    case __HYPERVISOR_nmi_op:
    case __HYPERVISOR_xenoprof_op: /* Xen shares buffers of it with us */
        return true;
    case __HYPERVISOR_sched_op:
    case __HYPERVISOR_sched_op_compat:
        return true; /* block without a wake-up, shutdown, poll for ever */
    case __HYPERVISOR_vcpu_op:
        return (uint32_t)args[0] == VCPUOP_down ||
               (uint32_t)args[0] == VCPUOP_register_vcpu_info;
    case __HYPERVISOR_event_channel_op:
        return (uint32_t)args[0] == EVTCHNOP_reset ||
               (uint32_t)args[0] == EVTCHNOP_close ||
               (uint32_t)args[0] == EVTCHNOP_init_control ||
               (uint32_t)args[0] == EVTCHNOP_bind_vcpu;
    case __HYPERVISOR_grant_table_op: /* the table would change its layout */
        return (uint32_t)args[0] == GNTTABOP_set_version;
    case __HYPERVISOR_memory_op: /* gives our pages away */
        return true;
    case __HYPERVISOR_update_va_mapping:
    case __HYPERVISOR_update_va_mapping_otherdomain:
        return args[0] >= DIRECT_BASE; /* unmaps what we stand on */
    case __HYPERVISOR_console_io:
        return true; /* noise */
    default:
        return start_is_dom0() && is_power(nr);
    }
}

/* Is this the number of one of our frames, the scratch area left out? */
static bool is_ours(uint64_t mfn)
{
    static uint64_t frames;

    if (!frames)
        frames = hypercall_memory_op(XENMEM_maximum_ram_page, NULL);
    for (int i = 0; i < SCRATCH_PAGES; i++)
        if (mfn == scratch_mfns[i])
            return false;
    return mfn < frames && mfn_to_pfn(mfn) != MFN_INVALID;
}

/*
 * A guest may write to its own frames by number: an update of an entry that
 * is in no page table is a store, a page can be cleared, a grant copied to.
 * That chance finds one is rare, but it would be our end, or the end of our
 * list of frames.
 */
static bool names_our_frames(uint64_t nr, const uint64_t *args)
{
    uint64_t end = (uint64_t)(uintptr_t)scratch + SCRATCH_BYTES;
    uint64_t at = args[nr == __HYPERVISOR_grant_table_op];

    if (nr != __HYPERVISOR_mmu_update && nr != __HYPERVISOR_mmuext_op &&
        nr != __HYPERVISOR_grant_table_op)
        return false;
    if (at < (uint64_t)(uintptr_t)scratch)
        return false;
    for (; at < end && end - at >= sizeof(uint64_t); at += sizeof(uint64_t)) {
        uint64_t word;

        memcpy(&word, (const void *)at, sizeof(word));
        if (is_ours(word) || is_ours(word >> PAGE_SHIFT))
            return true;
    }
    return false;
}

static void call_by_chance(void *arg)
{
    uint64_t *left = arg;

    for (; *left; --*left) {
        uint64_t nr = chance() % 64, args[5];

        for (int i = 0; i < 5; i++)
            args[i] = interesting();
        for (int i = 0; i < 16; i++)
            scratch[chance() % (SCRATCH_BYTES / 8)] = interesting();
        if (!is_suicide(nr, args) && !names_our_frames(nr, args))
            hypercall5(nr, args[0], args[1], args[2], args[3], args[4]);
    }
}

/* A breakpoint that chance has set. */
static void ignore(struct cpu_user_regs *regs)
{
}

/* Chance may have told the M2P lies about the scratch area: a guest may, and
 * our own kernel would believe them. */
static void repair_m2p(void)
{
    const uint64_t *m2p = (const uint64_t *)MACH2PHYS_VIRT_START;

    for (uint64_t pfn = 0; pfn < page_total(); pfn++) {
        uint64_t mfn = pfn_to_mfn(pfn);
        struct mmu_update fix = {.ptr = mfn << PAGE_SHIFT | MMU_MACHPHYS_UPDATE,
                                 .val = pfn};

        if (m2p[mfn] != pfn)
            hypercall_mmu_update(&fix, 1, NULL, DOMID_SELF);
    }
}

void attack_by_chance(uint64_t seed, uint64_t count)
{
    struct probe p;
    bool survived;

    trap_set_handler(TRAP_DB, ignore);
    state = seed * 0x9e3779b97f4a7c15UL + 1;
    while (count) {
        /* Chance may also have taken the scratch area from us. */
        scratch = kmap_alloc(SCRATCH_BYTES);
        if (!scratch)
            return;
        for (int i = 0; i < SCRATCH_PAGES; i++)
            scratch_mfns[i] = virt_to_mfn((char *)scratch + i * PAGE_SIZE);
        survived = probe_run(&p, call_by_chance, &count);
        repair_m2p();
        if (survived)
            kmap_free(scratch, SCRATCH_BYTES);
    }
}
