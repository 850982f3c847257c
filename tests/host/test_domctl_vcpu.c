/* SPDX-License-Identifier: MIT */
/* core/domain/domctl_vcpu.c: contexts, affinity and triggers of vCPUs. */
#include "suite.h"

#include <errno.h>
#include <string.h>

#include "domain/control.h"
#include "fake/machine.h"
#include "fake/world.h"
#include "sched/runqueue.h"

#define FRAMES 768

static struct xen_domctl op;

static int64_t call(struct hv *hv, uint32_t cmd, domid_t id)
{
    return call_domctl(hv, cmd, id, &op);
}

/* ----------------------------------------------------------------- context */

static struct vcpu_guest_context *context(void)
{
    return fake_guest(WORLD_DATA);
}

START_TEST(a_context_goes_in_and_comes_out)
{
    struct hv *hv = world(FRAMES);
    struct domain *d = world_domain(hv, 1, 10);
    struct tree t = write_tree(d, 0);

    memset(&op, 0, sizeof(op));
    op.u.vcpucontext.ctxt.va = WORLD_DATA;
    ck_assert_int_eq(call(hv, XEN_DOMCTL_getvcpucontext, 1), -ENODATA);
    memset(context(), 0, sizeof(*context()));
    context()->flags = VGCF_in_kernel | VGCF_online;
    context()->ctrlreg[3] = t.l4.n << 12;
    context()->user_regs.rip = 0x1000;
    ck_assert_int_eq(call(hv, XEN_DOMCTL_setvcpucontext, 1), 0);
    ck_assert_uint_eq(d->vcpus[0]->sched.pause_count, 1); /* the domain's */
    memset(context(), 0xff, sizeof(*context()));
    ck_assert_int_eq(call(hv, XEN_DOMCTL_getvcpucontext, 1), 0);
    ck_assert_uint_eq(context()->user_regs.rip, 0x1000);
    ck_assert_uint_eq(context()->ctrlreg[3], t.l4.n << 12);
    ck_assert_uint_eq(context()->flags, VGCF_in_kernel | VGCF_online);
    world_end(hv);
}
END_TEST

START_TEST(a_running_vcpu_is_held_while_its_context_is_read)
{
    struct hv *hv = world(FRAMES);
    struct domain *d = world_domain(hv, 1, 10);
    struct tree t = write_tree(d, 0);
    struct vcpu *v = d->vcpus[0];

    memset(&op, 0, sizeof(op));
    memset(context(), 0, sizeof(*context()));
    context()->flags = VGCF_in_kernel | VGCF_online;
    context()->ctrlreg[3] = t.l4.n << 12;
    op.u.vcpucontext.ctxt.va = WORLD_DATA;
    ck_assert_int_eq(call(hv, XEN_DOMCTL_setvcpucontext, 1), 0);
    ck_assert_int_eq(call(hv, XEN_DOMCTL_unpausedomain, 1), 0);
    world_schedule(hv, v->sched.cpu);
    ck_assert(!vcpu_is_quiet(v));
    op.u.vcpucontext.vcpu = 0;
    op.u.vcpucontext.ctxt.va = WORLD_DATA;
    ck_assert_int_eq(call(hv, XEN_DOMCTL_getvcpucontext, 1), 0);
    ck_assert_uint_eq(world_restarts, 1);
    ck_assert_uint_eq(v->sched.pause_count, 0);
    world_end(hv);
}
END_TEST

/* Another CPU of dom0 reads the context of the vCPU that is being set. */
static struct vcpu *looked_at;

static void look_meanwhile(uint64_t va, size_t n)
{
    struct xen_domctl *other = fake_guest(WORLD_ARG + PAGE_SIZE);
    struct effects unused;

    if (va != WORLD_DATA)
        return;
    fake.on_guest_read = NULL;
    *other = (struct xen_domctl){
        .cmd = XEN_DOMCTL_getvcpucontext,
        .interface_version = XEN_DOMCTL_INTERFACE_VERSION,
        .domain = looked_at->d->domid,
        .u.vcpucontext.ctxt.va = WORLD_DATA + 2 * PAGE_SIZE,
    };
    effects_init(&unused);
    ck_assert_int_eq(do_domctl(looked_at->d->hv->dom0->vcpus[0],
                               (guest_ptr_t){WORLD_ARG + PAGE_SIZE}, &unused),
                     0);
    world_schedule(looked_at->d->hv, looked_at->sched.cpu);
    ck_assert(vcpu_is_quiet(looked_at));
}

/* The first to finish let it run, and the other wrote to its registers. */
START_TEST(a_vcpu_is_held_until_nobody_looks_at_its_context)
{
    struct hv *hv = world(FRAMES);
    struct domain *d = world_domain(hv, 1, 10);
    struct tree t = write_tree(d, 0);

    looked_at = d->vcpus[0];
    memset(context(), 0, sizeof(*context()));
    context()->flags = VGCF_in_kernel | VGCF_online;
    context()->ctrlreg[3] = t.l4.n << 12;
    memset(&op, 0, sizeof(op));
    op.u.vcpucontext.ctxt.va = WORLD_DATA;
    ck_assert_int_eq(call(hv, XEN_DOMCTL_setvcpucontext, 1), 0);
    ck_assert_int_eq(call(hv, XEN_DOMCTL_unpausedomain, 1), 0);
    world_schedule(hv, looked_at->sched.cpu);
    ck_assert(!vcpu_is_quiet(looked_at));
    fake.on_guest_read = look_meanwhile;
    op.u.vcpucontext.vcpu = 0;
    op.u.vcpucontext.ctxt.va = WORLD_DATA;
    ck_assert_int_eq(call(hv, XEN_DOMCTL_setvcpucontext, 1), 0);
    ck_assert_ptr_null(fake.on_guest_read);
    ck_assert_uint_eq(looked_at->sched.pause_count, 0);
    world_end(hv);
}
END_TEST

START_TEST(an_unreadable_context_changes_nothing)
{
    struct hv *hv = world(FRAMES);
    struct domain *d = world_domain(hv, 1, 10);

    memset(&op, 0, sizeof(op));
    op.u.vcpucontext.ctxt.va = 16;
    ck_assert_int_eq(call(hv, XEN_DOMCTL_setvcpucontext, 1), -EFAULT);
    ck_assert(!d->vcpus[0]->initialised);
    ck_assert_uint_eq(d->vcpus[0]->sched.pause_count, 1);
    op.u.vcpucontext.vcpu = 1;
    ck_assert_int_eq(call(hv, XEN_DOMCTL_setvcpucontext, 1), -EINVAL);
    world_end(hv);
}
END_TEST

START_TEST(a_null_context_resets_the_vcpu)
{
    struct hv *hv = world(FRAMES);
    struct domain *d = world_domain(hv, 1, 10);
    struct tree t = write_tree(d, 0);

    memset(&op, 0, sizeof(op));
    memset(context(), 0, sizeof(*context()));
    context()->flags = VGCF_in_kernel | VGCF_online;
    context()->ctrlreg[3] = t.l4.n << 12;
    op.u.vcpucontext.ctxt.va = WORLD_DATA;
    ck_assert_int_eq(call(hv, XEN_DOMCTL_setvcpucontext, 1), 0);
    op.u.vcpucontext.ctxt.va = 0;
    ck_assert_int_eq(call(hv, XEN_DOMCTL_setvcpucontext, 1), 0);
    ck_assert(!d->vcpus[0]->initialised);
    world_end(hv);
}
END_TEST

/* ---------------------------------------------------------------- affinity */

/*
 * The operation on vCPU 0's affinity; its sets, of `bits` each, stand at
 * WORLD_DATA, the soft one behind the hard one.
 */
static struct xen_domctl_vcpuaffinity *affinity(uint32_t flags, uint32_t bits)
{
    memset(&op, 0, sizeof(op));
    op.u.vcpuaffinity = (struct xen_domctl_vcpuaffinity){
        .flags = flags,
        .cpumap_hard = {.bitmap.va = WORLD_DATA, .nr_bits = bits},
        .cpumap_soft = {.bitmap.va = WORLD_DATA + bits / 8, .nr_bits = bits},
    };
    return &op.u.vcpuaffinity;
}

START_TEST(affinity_is_kept_to_processors_there_are)
{
    struct hv *hv = world(FRAMES);
    struct xen_domctl_vcpuaffinity *a = affinity(XEN_VCPUAFFINITY_HARD, 16);
    uint8_t *map = fake_guest(WORLD_DATA);
    struct domain *d = world_domain(hv, 1, 1);

    map[0] = 0x06;
    map[1] = 0xff;
    map[2] = 0x55;
    ck_assert_int_eq(call(hv, XEN_DOMCTL_setvcpuaffinity, 1), 0);
    ck_assert_uint_eq(d->vcpus[0]->sched.hard.bits & 0xf, 0x6);
    memset(map, 0xff, 2);
    ck_assert_int_eq(call(hv, XEN_DOMCTL_getvcpuaffinity, 1), 0);
    ck_assert_uint_eq(map[0], 0x06);
    ck_assert_uint_eq(map[1], 0);
    ck_assert_uint_eq(map[2], 0x55); /* beyond the room */
    map[0] = 0;
    map[1] = 0;
    ck_assert_int_eq(call(hv, XEN_DOMCTL_setvcpuaffinity, 1), -EINVAL);
    a->vcpu = 1;
    ck_assert_int_eq(call(hv, XEN_DOMCTL_getvcpuaffinity, 1), -EINVAL);
    world_end(hv);
}
END_TEST

/* What is set is told at once, as far as it means something. */
START_TEST(soft_affinity_is_kept_beside_the_hard_one)
{
    struct hv *hv = world(FRAMES);
    struct xen_domctl_vcpuaffinity *a =
        affinity(XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT, 8);
    uint8_t *map = fake_guest(WORLD_DATA);
    struct domain *d = world_domain(hv, 1, 1);

    map[0] = 0xf6;
    map[1] = 0x0c;
    ck_assert_int_eq(call(hv, XEN_DOMCTL_setvcpuaffinity, 1), 0);
    ck_assert_uint_eq(map[0], d->hv->online.bits & 0x6);
    ck_assert_uint_eq(map[1], d->hv->online.bits & 0x4);
    ck_assert_int_eq(call(hv, XEN_DOMCTL_getvcpuaffinity, 1), 0);
    ck_assert_uint_eq(d->vcpus[0]->sched.soft.bits, 0x0c);
    /* No processor is left: neither of the two changes. */
    map[0] = 0;
    map[1] = 1;
    ck_assert_int_eq(call(hv, XEN_DOMCTL_setvcpuaffinity, 1), -EINVAL);
    ck_assert_uint_eq(d->vcpus[0]->sched.soft.bits, 0x0c);
    a->flags = 0;
    ck_assert_int_eq(call(hv, XEN_DOMCTL_setvcpuaffinity, 1), -EINVAL);
    world_end(hv);
}
END_TEST

START_TEST(a_pin_ends_only_when_the_affinity_is_taken)
{
    struct hv *hv = world(FRAMES);
    struct xen_domctl_vcpuaffinity *a =
        affinity(XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_FORCE, 8);
    uint8_t *map = fake_guest(WORLD_DATA);
    struct vcpu *v = world_domain(hv, 1, 1)->vcpus[0];
    struct effects fx;

    effects_init(&fx);
    ck_assert_int_eq(vcpu_pin(v, 0, &fx), 0);
    map[0] = 0;
    ck_assert_int_eq(call(hv, XEN_DOMCTL_setvcpuaffinity, 1), -EINVAL);
    ck_assert_int_eq(v->sched.pinned, 0);
    map[0] = 0x06;
    a->flags |= XEN_VCPUAFFINITY_SOFT;
    a->cpumap_soft.bitmap.va = 8; /* nothing is there */
    ck_assert_int_eq(call(hv, XEN_DOMCTL_setvcpuaffinity, 1), -EFAULT);
    ck_assert_int_eq(v->sched.pinned, 0);
    a->flags &= ~XEN_VCPUAFFINITY_SOFT;
    ck_assert_int_eq(call(hv, XEN_DOMCTL_setvcpuaffinity, 1), 0);
    ck_assert_int_eq(v->sched.pinned, -1);
    world_end(hv);
}
END_TEST

/* ---------------------------------------------------------------- triggers */

START_TEST(an_nmi_is_raised_in_one_vcpu)
{
    struct hv *hv = world(FRAMES);
    struct domain *d = world_domain(hv, 2, 1);
    struct xen_domctl_sendtrigger *t = &op.u.sendtrigger;

    memset(&op, 0, sizeof(op));
    t->trigger = XEN_DOMCTL_SENDTRIGGER_NMI;
    t->vcpu = 1;
    ck_assert_int_eq(call(hv, XEN_DOMCTL_sendtrigger, 1), 0);
    ck_assert(d->vcpus[1]->entry.nmi_pending);
    ck_assert(!d->vcpus[0]->entry.nmi_pending);
    t->vcpu = 2;
    ck_assert_int_eq(call(hv, XEN_DOMCTL_sendtrigger, 1), -ESRCH);
    t->vcpu = 0;
    t->trigger = XEN_DOMCTL_SENDTRIGGER_POWER;
    ck_assert_int_eq(call(hv, XEN_DOMCTL_sendtrigger, 1), -EINVAL);
    t->trigger = 77;
    ck_assert_int_eq(call(hv, XEN_DOMCTL_sendtrigger, 1), -ENOSYS);
    ck_assert(!d->vcpus[0]->entry.nmi_pending);
    world_end(hv);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("domctl_vcpu");
    TCase *t = tcase_create("vcpu");

    tcase_add_test(t, a_context_goes_in_and_comes_out);
    tcase_add_test(t, a_running_vcpu_is_held_while_its_context_is_read);
    tcase_add_test(t, a_vcpu_is_held_until_nobody_looks_at_its_context);
    tcase_add_test(t, an_unreadable_context_changes_nothing);
    tcase_add_test(t, a_null_context_resets_the_vcpu);
    tcase_add_test(t, affinity_is_kept_to_processors_there_are);
    tcase_add_test(t, soft_affinity_is_kept_beside_the_hard_one);
    tcase_add_test(t, a_pin_ends_only_when_the_affinity_is_taken);
    tcase_add_test(t, an_nmi_is_raised_in_one_vcpu);
    suite_add_tcase(s, t);
    return s;
}
