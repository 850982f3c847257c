/* SPDX-License-Identifier: MIT */
#include <string.h>

#include <pv-abi/arch.h>
#include <pv-abi/grant_table.h>
#include <pv-abi/hypercall_types.h>
#include <pv-abi/hypercalls.h>

#include "domain/domain.h"
#include "grant/grant.h"
#include "mm/alloc.h"
#include "mm/calls.h"
#include "mm/vcpu_mmu.h"
#include "play.h"
#include "sched/runqueue.h"

#define VCPUS 2

/* Where a builder puts its arguments: not where others are made. */
#define BUILD_VA (FAKE_GUEST_VA + (FAKE_GUEST_PAGES - 2) * PAGE_SIZE)

/* ---------------------------------------------------------- start of day */

/* A tree that maps all frames of d: tables read-only, the rest writable. */
static struct tree map_all(struct domain *d)
{
    struct tree t = write_tree(d, 0);

    for (unsigned int i = 0; i < d->pages.total; i++)
        poke(t.l1, i,
             pte_make(domain_frame(d, i),
                      i < TREE_FRAMES ? PTE_RO : PTE_DATA | (i & 1) << 2));
    return t;
}

static void dom0_start(void)
{
    struct domain_config config = {
        .max_vcpus = VCPUS,
        .max_evtchn_port = UINT32_MAX,
        .max_grant_frames = 2,
        .max_maptrack_frames = 2,
        .max_pages = GUEST_FRAMES + 8,
        .privileged = true,
    };
    struct domain *d;
    struct effects fx;
    mfn_t m;

    if (domain_create(scene.hv, 0, &config, &d))
        oracle_fail("no dom0");
    for (unsigned int i = 0; i < GUEST_FRAMES; i++)
        if (domain_frame_alloc(d, 0, &m))
            oracle_fail("no memory for dom0");
    effects_init(&fx);
    for (unsigned int i = 0; i < VCPUS; i++) {
        spin_lock(&d->lock);
        if (vcpu_create(d, i))
            oracle_fail("no vCPU for dom0");
        spin_unlock(&d->lock);
        d->vcpus[i]->initialised = true;
        vcpu_up(d->vcpus[i], fake.now_ns, &fx);
    }
    if (domain_unpause(d, &fx))
        oracle_fail("dom0 is not paused");
    domain_put(d);
    cpu_exit(0, &fx);
    cpus_serve();
}

/* dom0 loads its tables, on each CPU it runs on. */
static void dom0_load(void)
{
    struct domain *d = scene.hv->dom0;
    struct mmuext_op op = {.cmd = MMUEXT_NEW_BASEPTR};
    struct tree t = map_all(d);

    op.arg1.mfn = t.l4.n;
    for (unsigned int i = 0; i < VCPUS; i++) {
        struct call c = {
            __HYPERVISOR_mmuext_op, {BUILD_VA, 1, 0, DOMID_SELF}, 1};

        memcpy(fake_guest(BUILD_VA), &op, sizeof(op));
        if (play.on[d->vcpus[i]->sched.cpu] != d->vcpus[i] ||
            call_run(d->vcpus[i], c))
            oracle_fail("dom0's tables are refused");
    }
}

/* -------------------------------------------------------- dom0's builder */

static int64_t domctl(uint32_t cmd, domid_t id, struct xen_domctl *op)
{
    struct call c = {__HYPERVISOR_domctl, {BUILD_VA}, 1};
    struct vcpu *v = running_dom0();
    int64_t result;

    if (!v)
        return -1;
    op->cmd = cmd;
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    op->domain = id;
    memcpy(fake_guest(BUILD_VA), op, sizeof(*op));
    result = call_run(v, c);
    memcpy(op, fake_guest(BUILD_VA), sizeof(*op));
    return result;
}

static bool populate(domid_t id)
{
    struct xen_memory_reservation r = {
        .extent_start.va = BUILD_VA + 256,
        .nr_extents = GUEST_FRAMES,
        .domid = id,
    };
    struct call c = {
        __HYPERVISOR_memory_op, {XENMEM_populate_physmap, BUILD_VA}, 1};
    struct vcpu *v = running_dom0();

    if (!v)
        return false;
    memcpy(fake_guest(BUILD_VA), &r, sizeof(r));
    memset(fake_guest(BUILD_VA + 256), 0, GUEST_FRAMES * sizeof(uint64_t));
    return call_run(v, c) == GUEST_FRAMES;
}

static bool set_contexts(struct domain *d)
{
    struct vcpu_guest_context *context = fake_guest(BUILD_VA - 2 * PAGE_SIZE);
    struct tree t = map_all(d);

    for (unsigned int i = 0; i < VCPUS; i++) {
        struct xen_domctl op = {0};

        memset(context, 0, sizeof(*context));
        context->flags = VGCF_in_kernel | VGCF_online;
        context->ctrlreg[3] = xen_pfn_to_cr3(t.l4.n);
        op.u.vcpucontext.vcpu = i;
        op.u.vcpucontext.ctxt.va = BUILD_VA - 2 * PAGE_SIZE;
        if (domctl(XEN_DOMCTL_setvcpucontext, d->domid, &op))
            return false;
    }
    return true;
}

/* What is not finished stays as it is: somebody will destroy it. */
static void build(domid_t id)
{
    struct xen_domctl op = {.u.max_vcpus.max = VCPUS};
    struct domain *d;

    if (domctl(XEN_DOMCTL_max_vcpus, id, &op))
        return;
    op.u.max_mem.max_memkb = (GUEST_FRAMES + 4) * 4;
    if (domctl(XEN_DOMCTL_max_mem, id, &op) || !populate(id))
        return;
    d = domain_find(scene.hv, id);
    if (!d)
        return;
    if (d->dying == DOMAIN_ALIVE && d->pages.total >= GUEST_FRAMES &&
        set_contexts(d))
        (void)domctl(XEN_DOMCTL_unpausedomain, id, &op);
    domain_put(d);
}

/* What a toolstack does with those that have ended. */
static void destroy_ended(void)
{
    struct domain *d;

    for (domid_t id = 1; (d = domain_find_next(scene.hv, id)); id++) {
        bool ended = d->shut_down || d->dying == DOMAIN_DYING;

        id = d->domid;
        domain_put(d);
        if (ended)
            guest_destroy(id);
    }
}

void guest_build(void)
{
    struct xen_domctl op = {.u.createdomain = {
                                .max_vcpus = VCPUS,
                                .max_evtchn_port = 1023,
                                .max_grant_frames = 2,
                                .max_maptrack_frames = 2,
                                .grant_opts = XEN_DOMCTL_GRANT_version(1),
                            }};

    destroy_ended();
    if (domctl(XEN_DOMCTL_createdomain, (domid_t)(byte() % 4), &op) == 0)
        build(op.domain);
}

void guest_destroy(domid_t id)
{
    struct xen_domctl op = {0};

    (void)domctl(XEN_DOMCTL_destroydomain, id, &op);
}

void guests_start(void)
{
    play.budget = EFFECTS_BUDGET;
    dom0_start();
    dom0_load();
    guest_build();
    guest_build();
}

/* ------------------------------------------------------ without a call */

void guest_access(struct vcpu *v)
{
    unsigned int cpu = v->sched.cpu, how = byte();
    uint64_t va =
        byte() < 200 ? (byte() % GUEST_FRAMES) * PAGE_SIZE : pick_va();
    bool write = how & 1;
    mfn_t m;

    if (!va_is_guest(va))
        return;
    m = tlb_access(&scene.tlb, cpu, va, write, how & 2);
    if (write && mfn_is_valid(m))
        fake_frame_write(m, byte() % 32, pick_value(v));
}

/* A grant entry, as a kernel fills it in its table. */
void guest_lend(struct vcpu *v)
{
    static const uint16_t flags[] = {
        GTF_permit_access,
        GTF_permit_access,
        GTF_permit_access | GTF_readonly,
        GTF_invalid,
        GTF_accept_transfer,
        GTF_transitive,
        GTF_permit_access | GTF_sub_page,
        GTF_permit_access | GTF_reading | GTF_writing,
        0xffff,
    };
    const struct grant_table *t = v->d->grant;
    uint64_t e = flags[byte() % ARRAY_SIZE(flags)];
    unsigned int ref = byte() % 8;

    if (!t->entries || !t->entries[0])
        return;
    e |= (uint64_t)any_domid() << 16 | any_frame(v).n << 32;
    fake_frame_write(hal_mfn_of(t->entries[0]), ref, e);
}

/* Any word of the page shared with the hypervisor: masks, pending bits. */
void guest_scribble(struct vcpu *v)
{
    unsigned int word = byte(), b = byte();

    word = word < 16 ? word * 8 : word < 128 ? 256 + word % 16 : word * 2;
    fake_frame_write(v->d->shared_info_mfn, word % 512,
                     b < 128 ? b & 1 : 0x0101010101010101ul * b);
}

/* Faults that core/ serves: a store to a table, an unseen page of the LDT. */
void guest_fault(struct vcpu *v)
{
    unsigned int b = byte(), bytes = 1u << (byte() % 4);
    uint64_t va = (pick_va() | (b % 32) * 8) & ~(bytes - 1ul), old = 0;
    struct effects fx;

    effects_init(&fx);
    fake_set_cpu(v->sched.cpu);
    if (b & 0x80)
        (void)!vcpu_map_ldt_page(v, b % VCPU_LDT_FRAMES);
    else
        (void)!ptwr_store(v, va, bytes, pick_entry(v), b & 0x40, &old, &fx);
    cpu_exit(v->sched.cpu, &fx);
    judge_after(false);
}
