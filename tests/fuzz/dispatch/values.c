/* SPDX-License-Identifier: MIT */
/*
 * What stands in a field, judged by its name: the contract's names are few and
 * mean the same wherever they stand.
 */
#include <string.h>

#include <pv-abi/domctl.h>
#include <pv-abi/grant_table.h>

#include "grant/grant.h"
#include "play.h"

/* The last pages of the arena are stacks and lists that come again. */
#define ARENA_BYTES ((FAKE_GUEST_PAGES - 8) * PAGE_SIZE)

uint64_t arena_take(size_t bytes)
{
    uint64_t va;

    bytes = (bytes + 7) & ~7ul;
    if (play.arena_next + bytes > ARENA_BYTES)
        play.arena_next = 0;
    va = FAKE_GUEST_VA + play.arena_next;
    play.arena_next += bytes;
    return va;
}

/* ------------------------------------------------------- who and what */

domid_t any_domid(void)
{
    static const domid_t special[] = {
        DOMID_SELF, DOMID_XEN,     DOMID_IO, DOMID_FIRST_RESERVED - 1,
        77,         DOMID_INVALID, 0xffff,
    };
    unsigned int b = byte();

    return b < 190   ? (domid_t)(b % 4)
           : b < 225 ? DOMID_SELF
           : b < 235 ? (domid_t)(b % 16)
                     : special[b % ARRAY_SIZE(special)];
}

static uint64_t pick_id(struct vcpu *v)
{
    return any_domid();
}

/* Pages that a guest may map, but not own. */
static mfn_t special_frame(const struct domain *d)
{
    if (byte() % 2 && d->grant->entries && d->grant->entries[0])
        return hal_mfn_of(d->grant->entries[0]);
    return d->shared_info_mfn;
}

mfn_t any_frame(const struct vcpu *v)
{
    unsigned int b = byte();
    struct domain *other;
    mfn_t m = pick_frame(v);

    if (b < 190)
        return m;
    if (b < 210)
        return special_frame(v->d);
    other = domain_find(scene.hv, (domid_t)(b % 4));
    if (!other)
        return m;
    if (other->pages.total > 0)
        m = domain_frame(other, byte() % (unsigned int)other->pages.total);
    domain_put(other);
    return m;
}

static uint64_t pick_mfn(struct vcpu *v)
{
    return any_frame(v).n;
}

static uint64_t pick_port(struct vcpu *v)
{
    unsigned int b = byte();

    return b < 240 ? b % 8 : b < 250 ? b * 17 : ~0ul - b;
}

static uint64_t pick_small(struct vcpu *v)
{
    unsigned int b = byte();

    return b < 240 ? b % 8 : b;
}

static uint64_t pick_bits(struct vcpu *v)
{
    unsigned int b = byte();

    return b < 224 ? b % 32 : b << (b % 24);
}

static uint64_t pick_count(struct vcpu *v)
{
    static const uint64_t odd[] = {33, 127, 129, 512, 1025, 1ul << 31, ~0ul};
    unsigned int b = byte();

    return b < 232 ? b % 6 : odd[b % ARRAY_SIZE(odd)];
}

static uint64_t pick_zero(struct vcpu *v)
{
    unsigned int b = byte();

    return b < 240 ? 0 : 1ul << (b % 64);
}

/* ----------------------------------------------------- where and when */

static uint64_t pick_address(struct vcpu *v)
{
    return pick_va();
}

static uint64_t pick_canonical(struct vcpu *v)
{
    unsigned int b = byte();

    return b < 240 ? 0x401000 + b : (uint64_t)b << 40;
}

/* The pages of each domain's own list, so that some are found again. */
static uint64_t pick_pointer(struct vcpu *v)
{
    static const uint64_t odd[] = {
        0,
        1,
        FAKE_GUEST_VA + FAKE_GUEST_PAGES * PAGE_SIZE - 8,
        FAKE_GUEST_VA - 8,
        0xffff800000000000,
        0xffff7ffffffffff8,
        ~0ul,
        ~0ul - 64,
    };
    unsigned int b = byte();
    uint64_t va = FAKE_GUEST_VA + ARENA_BYTES + (b % 6) * PAGE_SIZE;

    if (b >= 240)
        return odd[b % ARRAY_SIZE(odd)];
    if (b < 120)
        return va + (b & 1) * 8;
    va = arena_take(64);
    for (unsigned int i = 0; i < 8; i++)
        ((uint64_t *)fake_guest(va))[i] =
            b & 1 ? any_frame(v).n : pick_small(v) | pick_small(v) << 32;
    return va;
}

/* Where an entry is, as mmu_update and grants with contains_pte say it. */
static uint64_t pick_entry_address(struct vcpu *v)
{
    mfn_t table = byte() < 220 ? pick_table(v) : any_frame(v);
    unsigned int b = byte();

    return pte_ptr(mfn_of(table.n & 0xffffffffff), b < 200 ? b % 16 : b * 2,
                   byte() % 5);
}

static uint64_t pick_host_address(struct vcpu *v)
{
    return byte() % 4 ? pick_va() : pick_entry_address(v) & ~7ul;
}

static uint64_t pick_pte(struct vcpu *v)
{
    uint64_t e = pick_entry(v);

    if (byte() % 3 == 0)
        e = (e & ~PTE_FRAME_MASK) | (any_frame(v).n << PAGE_SHIFT);
    return e & ~(0x7fful << 52 & ~PTE_GUEST_KERNEL);
}

static uint64_t pick_root(struct vcpu *v)
{
    return byte() % 4 ? pick_table(v).n << PAGE_SHIFT : 0;
}

static uint64_t pick_time(struct vcpu *v)
{
    unsigned int b = byte();

    return b < 200   ? fake.now_ns + b * 100000ul
           : b < 230 ? (b % 20) * 1000000ul
           : b < 250 ? (uint64_t)b << (b % 56)
                     : ~0ul;
}

/* --------------------------------------- what lets a domain be created */

static uint64_t pick_one(struct vcpu *v)
{
    unsigned int b = byte();

    return b < 240 ? 1 : b;
}

static uint64_t pick_vcpu_id(struct vcpu *v)
{
    unsigned int b = byte();

    return b < 220 ? b % 2 : b;
}

static uint64_t pick_limit(struct vcpu *v)
{
    unsigned int b = byte();

    return b < 200 ? 1 + b % 4 : b < 240 ? ~0ul : pick_count(v);
}

static uint64_t pick_kib(struct vcpu *v)
{
    return byte() % 4 ? byte() * 4 : pick_count(v);
}

static uint64_t pick_scheduler(struct vcpu *v)
{
    unsigned int b = byte();

    return b < 240 ? XEN_SCHEDULER_CREDIT2 : b;
}

/* Names as words of a list; the first that fits counts. */
static const struct {
    uint64_t (*pick)(struct vcpu *v);
    const char *type; /* NULL: any */
    const char *names;
} picks[] = {
    {pick_entry_address, "struct mmu_update", "ptr"},
    {pick_pte, "struct mmu_update", "val"},
    {pick_zero, "struct xen_domctl_createdomain", "flags"},
    {pick_limit, "struct xen_domctl_createdomain", "max_evtchn_port"},
    {pick_limit, "struct xen_domctl_max_vcpus", "max"},
    {pick_host_address, "struct gnttab_map_grant_ref", "host_addr"},
    {pick_address, NULL, "host_addr ldt_base linear_addr new_addr va"},
    {pick_bits, NULL, "cs flags len offset virq vm_assist weight"},
    {pick_canonical, NULL,
     "address base event event_callback_eip failsafe failsafe_callback_eip "
     "handler_address rip syscall syscall_callback_eip"},
    {pick_count, NULL,
     "count gdt_ents ldt_ents max_domains max_extents nr_bits nr_ents "
     "nr_entries "
     "nr_extents nr_frames nr_ports num num_cpus num_nodes size"},
    {pick_id, NULL, "dom domain domain_id domid foreigndom remote_dom"},
    {pick_kib, NULL, "max_memkb"},
    {pick_limit, NULL, "max_grant_frames max_maptrack_frames max_vcpus"},
    {pick_mfn, NULL, "array_gfn control_gfn frame gdt_frames gmfn mfn src_mfn"},
    {pick_one, NULL, "grant_opts"},
    {pick_pointer, NULL,
     "array bitmap buffer ctxt done extent_start frame_list p ports rsp "
     "vcpumask"},
    {pick_port, NULL, "port remote_port"},
    {pick_pte, NULL, "descriptor entry"},
    {pick_root, NULL, "ctrlreg"},
    {pick_scheduler, NULL, "sched_id"},
    {pick_small, NULL,
     "cmd first_domain handle id op pcpu priority reason ref reg set tsc_mode "
     "type version which"},
    {pick_time, NULL,
     "deadline_ns period_ns secs system_time time_offset_seconds timeout "
     "timeout_abs_ns"},
    {pick_vcpu_id, NULL, "vcpu"},
};

static bool is_listed(const char *names, const char *name)
{
    size_t n = strlen(name);

    for (const char *at = names; (at = strstr(at, name)); at += n)
        if ((at == names || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0'))
            return true;
    return false;
}

uint64_t value_named(struct vcpu *v, const char *type, const char *name)
{
    const char *dot = strrchr(name, '.');

    name = dot ? dot + 1 : name;
    for (unsigned int i = 0; i < ARRAY_SIZE(picks); i++)
        if ((!picks[i].type || (type && strcmp(picks[i].type, type) == 0)) &&
            is_listed(picks[i].names, name))
            return picks[i].pick(v);
    return pick_zero(v);
}
