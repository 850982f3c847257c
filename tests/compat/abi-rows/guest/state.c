/* SPDX-License-Identifier: MIT */
/* See state.h. */
#include <stdio.h>
#include <string.h>
#include <guest/evtchn.h>
#include <guest/start.h>
#include <guest/vcpu.h>
#include <pv-abi/inline/shared.h>
#include "calls.h"
#include "instructions.h"
#include "state.h"

#define FNV_START  0xcbf29ce484222325UL
#define FNV_FACTOR 0x100000001b3UL

#define PORTS_LOOKED_AT  32
#define VCPUS_LOOKED_AT  4
#define GRANTS_LOOKED_AT 64

static void add(uint64_t *digest, uint64_t word)
{
    *digest = (*digest ^ word) * FNV_FACTOR;
}

static void add_words(uint64_t *digest, const uint64_t *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        add(digest, words[i]);
}

static void take_pages(uint64_t *digest)
{
    for (int i = 0; i < WORLD_PAGES; i++)
        add_words(digest, world.pages[i], PAGE_SIZE / 8);
}

static void take_m2p(uint64_t *digest)
{
    for (int i = 0; i < WORLD_PAGES; i++)
        add(digest, m2p(mfn(world.pages[i])));
    add(digest, m2p(world.theirs));
}

static void take_slot(uint64_t *digest)
{
    for (int level = 1; level <= 4; level++)
        add(digest,
            pt_lookup(pt_root_mfn(), (uint64_t)world.slot, level, NULL));
}

/* A frame with another type than "writable" cannot be mapped writable. */
static void take_types(uint64_t *digest)
{
    uint64_t found = pt_lookup(pt_root_mfn(), (uint64_t)world.slot, 1, NULL);

    for (int i = 0; i < WORLD_PAGES; i++)
        add(digest, mmu(world.slot_at, PTE(mfn(world.pages[i]), PTE_KERNEL)));
    va_map(world.slot, found, UVMF_INVLPG);
}

/* What is pinned cannot be pinned again; what is not cannot be unpinned. */
static void take_pins(uint64_t *digest)
{
    add(digest, ext(MMUEXT_PIN_L4_TABLE, mfn(world.l4), 0));
    add(digest, ext(MMUEXT_PIN_L1_TABLE, mfn(world.pinned), 0));
    add(digest, ext(MMUEXT_UNPIN_TABLE, mfn(world.l1), 0));
    add(digest, ext(MMUEXT_UNPIN_TABLE, mfn(world.l2), 0));
    add(digest, ext(MMUEXT_UNPIN_TABLE, mfn(world.l3), 0));
    add(digest, ext(MMUEXT_UNPIN_TABLE, mfn(world.blank), 0));
    add(digest, ext(MMUEXT_UNPIN_TABLE, mfn(world.junk), 0));
}

static void take_memory(uint64_t *digest)
{
    domid_t self = DOMID_SELF;

    add(digest, hypercall_memory_op(XENMEM_current_reservation, &self));
    add(digest, hypercall_memory_op(XENMEM_maximum_reservation, &self));
    add(digest, hypercall_memory_op(XENMEM_maximum_gpfn, &self));
}

static void take_port(uint64_t *digest, evtchn_port_t port)
{
    add(digest,
        shared_read(&shared_info->evtchn_pending[port / 64]) >> (port % 64) &
            1);
    add(digest,
        shared_read(&shared_info->evtchn_mask[port / 64]) >> (port % 64) & 1);
}

static void take_ports(uint64_t *digest)
{
    for (evtchn_port_t port = 0; port < PORTS_LOOKED_AT; port++) {
        struct evtchn_status s = {.dom = DOMID_SELF, .port = port};

        add(digest, hypercall_event_channel_op(EVTCHNOP_status, &s));
        add(digest, s.status);
        add(digest, s.vcpu);
        add(digest, s.u.interdomain.dom);
        add(digest, s.u.interdomain.port);
    }
    take_port(digest, world.ipi);
    take_port(digest, world.unbound);
    take_port(digest, world.local);
    take_port(digest, world.peer);
}

static void take_upcalls(uint64_t *digest)
{
    uint64_t before = world.upcalls;

    add(digest, evtchn_send(world.ipi));
    upcall_restore(false);
    upcall_mask();
    add(digest, world.upcalls - before);
}

static void take_traps(uint64_t *digest)
{
    add(digest, run_ud2());
    add(digest, run_int3());
    add(digest, run_read(world.nowhere));
    add(digest, run_hlt());
}

static void take_grants(uint64_t *digest)
{
    struct gnttab_query_size q = {.dom = DOMID_SELF};
    struct gnttab_get_version v = {.dom = DOMID_SELF};

    add_words(digest, (uint64_t *)world.grants, GRANTS_LOOKED_AT);
    add(digest, hypercall_grant_table_op(GNTTABOP_query_size, &q, 1));
    add(digest, q.nr_frames);
    add(digest, q.max_nr_frames);
    add(digest, hypercall_grant_table_op(GNTTABOP_get_version, &v, 1));
    add(digest, v.version);
}

static void take_debug(uint64_t *digest)
{
    static const uint32_t registers[] = {0, 1, 2, 3, 6, 7};

    for (size_t i = 0; i < sizeof(registers) / sizeof(registers[0]); i++)
        add(digest, hypercall_get_debugreg(registers[i]));
}

static void take_segments(uint64_t *digest)
{
    for (unsigned int n = 0; n < GDT_ENTRIES; n++)
        add(digest, run_lar(n << 3));
    add(digest, run_lar(4)); /* the first one of the LDT */
    add(digest, run_rdmsr(MSR_FS_BASE));
    add(digest, run_rdmsr(MSR_GS_BASE));
    add(digest, run_rdmsr(MSR_KERNEL_GS_BASE));
    add(digest, run_selectors());
}

static void take_control(uint64_t *digest)
{
    struct xen_feature_info features = {0};

    add(digest, run_read_cr0());
    add(digest, run_read_cr3());
    add(digest, run_read_cr4());
    add(digest, hypercall_xen_version(XENVER_get_features, &features));
    add(digest, features.submap);
    add(digest, run_inb(0x80) & ANSWER_FAULT);
}

static void take_vcpus(uint64_t *digest)
{
    for (uint32_t id = 0; id < VCPUS_LOOKED_AT; id++)
        add(digest, hypercall_vcpu_op(VCPUOP_is_up, id, NULL));
}

void state_take(struct state *s)
{
#define STATE_TAKE(name)                                                       \
    s->part[STATE_##name] = FNV_START;                                         \
    take_##name(&s->part[STATE_##name]);
    STATE_PARTS(STATE_TAKE)
}

void state_compare(const struct state *before, const struct state *after)
{
    static const char *const names[] = {
#define STATE_NAME(name) #name,
        STATE_PARTS(STATE_NAME)};
    const char *mark = "changed:";

    for (int i = 0; i < STATE_PART_COUNT; i++)
        if (before->part[i] != after->part[i]) {
            printf("%s%s", mark, names[i]);
            mark = ",";
        }
    if (*mark == 'c')
        printf("same");
}
