/* SPDX-License-Identifier: MIT */
/*
 * A guest that parts with a frame: chance alone seldom unmaps one first. No
 * CPU is told, so that stale translations are there to be found.
 */
#include <string.h>

#include <pv-abi/grant_table.h>
#include <pv-abi/hypercall_types.h>
#include <pv-abi/hypercalls.h>

#include "domain/domain.h"
#include "grant/grant.h"
#include "play.h"

/* Whether v still runs, and may go on. */
static bool run(struct vcpu *v, const struct call *c)
{
    (void)call_run(v, *c);
    return play.on[v->sched.cpu] == v;
}

static bool map(struct vcpu *v, uint64_t va, uint64_t entry)
{
    struct call c = {__HYPERVISOR_update_va_mapping, {va, entry, UVMF_NONE}, 1};

    return run(v, &c);
}

/* One frame for one, or two for a pair. Returns what may be mapped then. */
static uint64_t exchange(struct vcpu *v, uint64_t frame, unsigned int how,
                         bool *goes_on)
{
    uint64_t va = arena_take(sizeof(struct xen_memory_exchange) + 32);
    uint64_t lists = va + sizeof(struct xen_memory_exchange);
    struct xen_memory_exchange x = {
        .in = {{lists}, 1 + how % 2, 0, 0, DOMID_SELF, {0}},
        .out = {{lists + 16}, 1, how % 2, 0, DOMID_SELF, {0}},
    };
    struct call c = {__HYPERVISOR_memory_op, {XENMEM_exchange, va}, 1};
    uint64_t *list = fake_guest(lists);

    if (how & 2)
        x.in.domid = x.out.domid = any_domid();
    list[0] = frame;
    list[1] = any_frame(v).n;
    list[2] = how;
    memcpy(fake_guest(va), &x, sizeof(x));
    *goes_on = run(v, &c);
    return list[2];
}

/* The receiver invites, mostly. */
static void invite(struct domain *to, domid_t giver, grant_ref_t ref)
{
    const struct grant_table *t = to->grant;
    uint64_t e =
        GTF_accept_transfer | (uint64_t)giver << 16 | (uint64_t)byte() << 32;

    if (t->entries && t->entries[0] && byte() % 8)
        fake_frame_write(hal_mfn_of(t->entries[0]), ref, e);
}

static bool give(struct vcpu *v, uint64_t frame, unsigned int how)
{
    uint64_t va = arena_take(sizeof(struct gnttab_transfer));
    struct gnttab_transfer op = {
        .mfn = frame, .domid = any_domid(), .ref = how % 8};
    struct call c = {
        __HYPERVISOR_grant_table_op, {GNTTABOP_transfer, va, 1}, 1};
    struct domain *to = domain_find(scene.hv, op.domid);

    if (to) {
        invite(to, v->d->domid, op.ref);
        domain_put(to);
    }
    memcpy(fake_guest(va), &op, sizeof(op));
    return run(v, &c);
}

void guest_part(struct vcpu *v)
{
    uint64_t va = (byte() % GUEST_FRAMES) * PAGE_SIZE, frame;
    unsigned int how = byte();
    mfn_t m = tlb_access(&scene.tlb, v->sched.cpu, va, how & 0x40, how & 0x80);
    bool goes_on;

    if (!mfn_is_valid(m) || !map(v, va, 0))
        return;
    frame = m.n;
    if (how & 0x20)
        goes_on = give(v, frame, how);
    else
        frame = exchange(v, frame, how, &goes_on);
    if (goes_on)
        (void)map(v, va, pte_make(mfn_of(frame & 0xffffff), PTE_DATA));
}
