/* SPDX-License-Identifier: MIT */
/* core/domain/domctl*: what dom0's tools may ask, and what they are told. */
#include "suite.h"

#include <errno.h>
#include <string.h>

#include <pv-abi/sched.h>

#include "domain/control.h"
#include "fake/machine.h"
#include "fake/world.h"
#include "mm/frame.h"
#include "mm/table.h"
#include "sched/runqueue.h"

#define FRAMES 768

static struct xen_domctl op;
static struct effects fx;

static int64_t call(struct hv *hv, uint32_t cmd, domid_t id)
{
    return call_domctl(hv, cmd, id, &op);
}

static void plain_createdomain(void)
{
    memset(&op, 0, sizeof(op));
    op.u.createdomain.max_vcpus = 2;
    op.u.createdomain.max_evtchn_port = 1023;
    op.u.createdomain.max_grant_frames = -1;
    op.u.createdomain.max_maptrack_frames = -1;
    op.u.createdomain.grant_opts = XEN_DOMCTL_GRANT_version(1);
    memset(op.u.createdomain.handle, 0x42, 16);
}

static domid_t create(struct hv *hv)
{
    plain_createdomain();
    ck_assert_int_eq(call(hv, XEN_DOMCTL_createdomain, 0), 0);
    return op.domain;
}

static struct xen_domctl_getdomaininfo info_of(struct hv *hv, domid_t id)
{
    memset(&op, 0xff, sizeof(op));
    ck_assert_int_eq(call(hv, XEN_DOMCTL_getdomaininfo, id), 0);
    return op.u.getdomaininfo;
}

/* ----------------------------------------------------------------- refusal */

START_TEST(refusals_come_in_the_order_tools_rely_on)
{
    struct hv *hv = world(FRAMES);
    struct vcpu *guest = world_domain(hv, 1, 1)->vcpus[0];
    struct vcpu *dom0 = hv->dom0->vcpus[0];
    struct xen_domctl *arg = fake_guest(WORLD_ARG);
    guest_ptr_t ptr = {WORLD_ARG};

    memset(arg, 0, sizeof(*arg));
    ck_assert_int_eq(do_domctl(guest, (guest_ptr_t){8}, &fx), -EFAULT);
    ck_assert_int_eq(do_domctl(dom0, ptr, &fx), -EACCES);
    ck_assert_int_eq(do_domctl(guest, ptr, &fx), -EACCES);
    arg->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    ck_assert_int_eq(do_domctl(guest, ptr, &fx), -EPERM);
    arg->domain = 99;
    ck_assert_int_eq(do_domctl(dom0, ptr, &fx), -ESRCH);
    arg->domain = 1;
    ck_assert_int_eq(do_domctl(dom0, ptr, &fx), -ENOSYS);
    for (uint32_t cmd = 84; cmd < 2000; cmd++) {
        arg->cmd = cmd;
        ck_assert_int_eq(do_domctl(dom0, ptr, &fx), -ENOSYS);
    }
    arg->cmd = UINT32_MAX;
    ck_assert_int_eq(do_domctl(dom0, ptr, &fx), -ENOSYS);
    world_end(hv);
}
END_TEST

START_TEST(nobody_destroys_or_stops_itself)
{
    static const uint32_t cmds[] = {
        XEN_DOMCTL_destroydomain,  XEN_DOMCTL_pausedomain,
        XEN_DOMCTL_unpausedomain,  XEN_DOMCTL_resumedomain,
        XEN_DOMCTL_max_vcpus,      XEN_DOMCTL_setvcpucontext,
        XEN_DOMCTL_getvcpucontext, XEN_DOMCTL_settscinfo,
    };
    struct hv *hv = world(FRAMES);

    for (unsigned int i = 0; i < ARRAY_SIZE(cmds); i++) {
        memset(&op, 0, sizeof(op));
        op.u.max_vcpus.max = 1;
        ck_assert_int_eq(call(hv, cmds[i], 0), -EINVAL);
    }
    world_end(hv);
}
END_TEST

START_TEST(a_config_that_cannot_be_had_is_refused)
{
    static const struct {
        size_t offset;
        uint32_t value;
    } bad[] = {
#define BAD(field, value)                                                      \
    {offsetof(struct xen_domctl_createdomain, field), value}
        BAD(flags, XEN_DOMCTL_CDF_hvm),
        BAD(flags, XEN_DOMCTL_CDF_iommu),
        BAD(flags, 1u << 31),
        BAD(iommu_opts, 1),
        BAD(max_vcpus, 0),
        BAD(max_vcpus, 65),
        BAD(grant_opts, 0),
        BAD(grant_opts, 2),
        BAD(grant_opts, 0x11),
        BAD(max_grant_frames, 0),
        BAD(vmtrace_size, 1),
        BAD(arch.emulation_flags, 1),
        BAD(arch.misc_flags, 2),
#undef BAD
    };
    struct hv *hv = world(FRAMES);
    uint64_t free = hv->heap.free_frames;

    for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
        plain_createdomain();
        memcpy((char *)&op.u.createdomain + bad[i].offset, &bad[i].value, 4);
        ck_assert_int_eq(call(hv, XEN_DOMCTL_createdomain, 0), -EINVAL);
    }
    ck_assert_uint_eq(hv->heap.free_frames, free);
    world_end(hv);
}
END_TEST

/* -------------------------------------------------------------------- life */

START_TEST(a_domain_is_created_described_and_destroyed)
{
    struct hv *hv = world(FRAMES);
    uint64_t free = hv->heap.free_frames;
    domid_t id = create(hv);
    struct xen_domctl_getdomaininfo info = info_of(hv, id);

    ck_assert_uint_eq(id, 1);
    ck_assert_uint_eq(info.domain, 1);
    ck_assert_uint_eq(info.flags & 0xffff,
                      XEN_DOMINF_paused | XEN_DOMINF_blocked);
    ck_assert_uint_eq(info.flags >> 16, 0xffff); /* no shutdown code yet */
    ck_assert_uint_eq(info.max_vcpu_id, XEN_INVALID_MAX_VCPU_ID);
    ck_assert_uint_eq(info.handle[15], 0x42);
    ck_assert_uint_eq(info.max_pages, 0);
    ck_assert_uint_eq(info.pad1, 0);
    ck_assert_uint_eq(info.pad2[6], 0);

    ck_assert_int_eq(call(hv, XEN_DOMCTL_destroydomain, id), 0);
    memset(&op, 0, sizeof(op));
    ck_assert_int_eq(call(hv, XEN_DOMCTL_getdomaininfo, id), -ESRCH);
    ck_assert_uint_eq(hv->heap.free_frames, free);
    world_end(hv);
}
END_TEST

START_TEST(limits_are_set_and_shown)
{
    struct hv *hv = world(FRAMES);
    domid_t id = create(hv);

    op.u.max_mem.max_memkb = 8192;
    ck_assert_int_eq(call(hv, XEN_DOMCTL_max_mem, id), 0);
    ck_assert_uint_eq(info_of(hv, id).max_pages, 2048);
    op.u.max_vcpus.max = 1;
    ck_assert_int_eq(call(hv, XEN_DOMCTL_max_vcpus, id), -EINVAL);
    op.u.max_vcpus.max = 2;
    ck_assert_int_eq(call(hv, XEN_DOMCTL_max_vcpus, id), 0);
    op.u.max_vcpus.max = 2;
    ck_assert_int_eq(call(hv, XEN_DOMCTL_max_vcpus, id), 0);
    ck_assert_uint_eq(info_of(hv, id).max_vcpu_id, 1);
    ck_assert_uint_eq(info_of(hv, id).nr_online_vcpus, 0);
    world_end(hv);
}
END_TEST

START_TEST(info_gives_the_next_domain_at_or_above)
{
    struct hv *hv = world(FRAMES);

    plain_createdomain();
    ck_assert_int_eq(call(hv, XEN_DOMCTL_createdomain, 7), 0);
    ck_assert_uint_eq(info_of(hv, 2).domain, 7);
    ck_assert_uint_eq(op.domain, 7);
    memset(&op, 0, sizeof(op));
    ck_assert_int_eq(call(hv, XEN_DOMCTL_getdomaininfo, 8), -ESRCH);
    world_end(hv);
}
END_TEST

START_TEST(info_shows_how_a_domain_ended)
{
    struct hv *hv = world(FRAMES);
    struct domain *d = world_domain(hv, 1, 5);
    uint32_t flags;

    effects_init(&fx);
    ck_assert_uint_eq(info_of(hv, 1).tot_pages, 5);
    ck_assert_uint_eq(info_of(hv, 1).shared_info_frame, d->shared_info_mfn.n);
    domain_shutdown(d, SHUTDOWN_suspend, &fx);
    flags = info_of(hv, 1).flags;
    ck_assert(flags & XEN_DOMINF_shutdown);
    ck_assert_uint_eq(flags >> 16, SHUTDOWN_suspend);
    memset(&op, 0, sizeof(op));
    ck_assert_int_eq(call(hv, XEN_DOMCTL_resumedomain, 1), 0);
    ck_assert(!(info_of(hv, 1).flags & XEN_DOMINF_shutdown));
    world_end(hv);
}
END_TEST

START_TEST(a_running_domain_is_shown_so_and_destroyed)
{
    struct hv *hv = world(FRAMES);
    struct domain *d = world_domain(hv, 1, 5);
    struct vcpu *v = d->vcpus[0];
    uint32_t flags;

    effects_init(&fx);
    vcpu_up(v, 0, &fx);
    memset(&op, 0, sizeof(op));
    ck_assert_int_eq(call(hv, XEN_DOMCTL_unpausedomain, 1), 0);
    ck_assert_int_eq(call(hv, XEN_DOMCTL_unpausedomain, 1), -EINVAL);
    world_schedule(hv, v->sched.cpu);
    flags = info_of(hv, 1).flags;
    ck_assert(flags & XEN_DOMINF_running);
    ck_assert(!(flags & (XEN_DOMINF_paused | XEN_DOMINF_blocked)));
    memset(&op, 0, sizeof(op));
    op.u.getvcpuinfo.vcpu = 0;
    ck_assert_int_eq(call(hv, XEN_DOMCTL_getvcpuinfo, 1), 0);
    ck_assert(op.u.getvcpuinfo.online && op.u.getvcpuinfo.running);
    ck_assert_uint_eq(op.u.getvcpuinfo.cpu, v->sched.cpu);
    op.u.getvcpuinfo.vcpu = 1;
    ck_assert_int_eq(call(hv, XEN_DOMCTL_getvcpuinfo, 1), -EINVAL);
    ck_assert_int_eq(call(hv, XEN_DOMCTL_destroydomain, 1), 0);
    ck_assert_uint_ge(world_restarts, 1);
    world_end(hv);
}
END_TEST

START_TEST(a_zombie_is_shown_as_dying)
{
    struct hv *hv = world(FRAMES);
    struct domain *d = world_domain(hv, 1, 5);
    struct frame *f;

    ck_assert_int_eq(frame_get(d, domain_frame(d, 0), &f), 0);
    ck_assert_int_eq(call(hv, XEN_DOMCTL_destroydomain, 1), 0);
    ck_assert(info_of(hv, 1).flags & XEN_DOMINF_dying);
    ck_assert_uint_eq(info_of(hv, 1).tot_pages, 1);
    /* Some calls on it are harmless, none brings it back. */
    ck_assert_int_eq(call(hv, XEN_DOMCTL_settimeoffset, 1), 0);
    op.u.vcpucontext.ctxt.va = WORLD_DATA;
    op.u.vcpucontext.vcpu = 0;
    ck_assert_int_eq(call(hv, XEN_DOMCTL_setvcpucontext, 1), -EINVAL);
    ck_assert_int_eq(call(hv, XEN_DOMCTL_destroydomain, 1), 0);
    frame_put(hv, f);
    memset(&op, 0, sizeof(op));
    ck_assert_int_eq(call(hv, XEN_DOMCTL_getdomaininfo, 1), -ESRCH);
    world_end(hv);
}
END_TEST

/* ---------------------------------------------------------------- settings */

START_TEST(a_hypercall_page_needs_writable_memory_of_the_domain)
{
    struct hv *hv = world(FRAMES);
    struct domain *d = world_domain(hv, 1, 10);
    mfn_t m = domain_frame(d, 5);
    struct frame *f;

    memset(&op, 0, sizeof(op));
    op.u.hypercall_init.gmfn = m.n;
    ck_assert_int_eq(call(hv, XEN_DOMCTL_hypercall_init, 1), 0);
    ck_assert_uint_eq(peek(m, 0) & 0xffffffff, 0xb8534151);
    op.u.hypercall_init.gmfn = 0;
    ck_assert_int_eq(call(hv, XEN_DOMCTL_hypercall_init, 1), -EINVAL);
    op.u.hypercall_init.gmfn = ~0ul;
    ck_assert_int_eq(call(hv, XEN_DOMCTL_hypercall_init, 1), -EINVAL);

    spin_lock(&d->mm_lock);
    ck_assert_int_eq(type_get(d, m, FRAME_SEGDESC, &fx, &f), -EINVAL);
    m = domain_frame(d, 6);
    ck_assert_int_eq(type_get(d, m, FRAME_L1, &fx, &f), 0);
    spin_unlock(&d->mm_lock);
    op.u.hypercall_init.gmfn = m.n;
    ck_assert_int_eq(call(hv, XEN_DOMCTL_hypercall_init, 1), -EPERM);
    spin_lock(&d->mm_lock);
    type_put(d, f);
    spin_unlock(&d->mm_lock);
    world_end(hv);
}
END_TEST

START_TEST(weights_are_set_and_read_back)
{
    struct hv *hv = world(FRAMES);
    struct xen_domctl_scheduler_op *s = &op.u.scheduler_op;

    world_domain(hv, 1, 1);
    memset(&op, 0, sizeof(op));
    s->sched_id = XEN_SCHEDULER_CREDIT2;
    s->cmd = XEN_DOMCTL_SCHEDOP_getinfo;
    ck_assert_int_eq(call(hv, XEN_DOMCTL_scheduler_op, 1), 0);
    ck_assert_uint_eq(s->u.credit2.weight, 256);
    s->cmd = XEN_DOMCTL_SCHEDOP_putinfo;
    s->u.credit2.weight = 512;
    ck_assert_int_eq(call(hv, XEN_DOMCTL_scheduler_op, 1), 0);
    s->u.credit2.cap = 50;
    s->u.credit2.weight = 0; /* as it was */
    ck_assert_int_eq(call(hv, XEN_DOMCTL_scheduler_op, 1), 0);
    s->cmd = XEN_DOMCTL_SCHEDOP_getinfo;
    ck_assert_int_eq(call(hv, XEN_DOMCTL_scheduler_op, 1), 0);
    ck_assert_uint_eq(s->u.credit2.weight, 512);
    ck_assert_uint_eq(s->u.credit2.cap, 50);
    s->cmd = XEN_DOMCTL_SCHEDOP_putvcpuinfo;
    ck_assert_int_eq(call(hv, XEN_DOMCTL_scheduler_op, 1), -EINVAL);
    s->sched_id = XEN_SCHEDULER_NULL;
    ck_assert_int_eq(call(hv, XEN_DOMCTL_scheduler_op, 1), -EINVAL);
    world_end(hv);
}
END_TEST

START_TEST(only_64_bits_can_be_chosen)
{
    struct hv *hv = world(FRAMES);

    world_domain(hv, 1, 1);
    memset(&op, 0, sizeof(op));
    ck_assert_int_eq(call(hv, XEN_DOMCTL_get_address_size, 1), 0);
    ck_assert_uint_eq(op.u.address_size.size, 64);
    ck_assert_int_eq(call(hv, XEN_DOMCTL_set_address_size, 1), 0);
    op.u.address_size.size = 32;
    ck_assert_int_eq(call(hv, XEN_DOMCTL_set_address_size, 1), -EINVAL);
    world_end(hv);
}
END_TEST

START_TEST(types_of_frames_are_told)
{
    struct hv *hv = world(FRAMES);
    struct domain *d = world_domain(hv, 1, 100);
    struct tree t = write_tree(d, 0);
    uint64_t *words = fake_guest(WORLD_DATA);
    struct frame *f;

    spin_lock(&d->mm_lock);
    do
        effects_init(&fx);
    while (type_get(d, t.l4, FRAME_L4, &fx, &f) == -ERESTART);
    spin_unlock(&d->mm_lock);
    for (unsigned int i = 0; i < 100; i++)
        words[i] = domain_frame(d, i).n;
    words[50] = 0;
    words[51] = ~0ul;
    memset(&op, 0, sizeof(op));
    op.u.getpageframeinfo3.num = 100;
    op.u.getpageframeinfo3.array.va = WORLD_DATA;
    ck_assert_int_eq(call(hv, XEN_DOMCTL_getpageframeinfo3, 1), 0);
    ck_assert_uint_eq(words[0], XEN_DOMCTL_PFINFO_L4TAB);
    ck_assert_uint_eq(words[3], XEN_DOMCTL_PFINFO_L1TAB);
    ck_assert_uint_eq(words[9], XEN_DOMCTL_PFINFO_NOTAB);
    ck_assert_uint_eq(words[50], XEN_DOMCTL_PFINFO_XTAB);
    ck_assert_uint_eq(words[51], XEN_DOMCTL_PFINFO_XTAB);
    op.u.getpageframeinfo3.num = 1025;
    ck_assert_int_eq(call(hv, XEN_DOMCTL_getpageframeinfo3, 1), -E2BIG);
    spin_lock(&d->mm_lock);
    type_put(d, f);
    spin_unlock(&d->mm_lock);
    world_end(hv);
}
END_TEST

/* Whatever dom0's tools send: an error or a result, nothing else breaks. */
START_TEST(random_calls_break_nothing)
{
    struct random r = random_start(11);
    struct hv *hv = world(2048);
    unsigned int done = 0;

    for (int i = 0; i < 20000; i++) {
        uint32_t cmd = (uint32_t)random_below(&r, 90);
        uint64_t *words = (uint64_t *)&op;

        for (unsigned int w = 0; w < sizeof(op) / 8; w++)
            words[w] =
                random_below(&r, 4) ? random_below(&r, 3) : random_next(&r);
        if (random_below(&r, 2))
            plain_createdomain();
        if (random_below(&r, 4) == 0)
            op.u.vcpucontext.ctxt.va = WORLD_DATA;
        done += call(hv, cmd, (domid_t)random_below(&r, 6)) == 0;
    }
    ck_assert_uint_gt(done, 1000); /* or they tried nothing */
    world_end(hv);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("domctl");
    TCase *bad = tcase_create("refusal"), *life = tcase_create("life"),
          *set = tcase_create("settings");

    tcase_add_test(bad, refusals_come_in_the_order_tools_rely_on);
    tcase_add_test(bad, nobody_destroys_or_stops_itself);
    tcase_add_test(bad, a_config_that_cannot_be_had_is_refused);
    tcase_add_test(life, a_domain_is_created_described_and_destroyed);
    tcase_add_test(life, limits_are_set_and_shown);
    tcase_add_test(life, info_gives_the_next_domain_at_or_above);
    tcase_add_test(life, info_shows_how_a_domain_ended);
    tcase_add_test(life, a_running_domain_is_shown_so_and_destroyed);
    tcase_add_test(life, a_zombie_is_shown_as_dying);
    tcase_add_test(set, a_hypercall_page_needs_writable_memory_of_the_domain);
    tcase_add_test(set, weights_are_set_and_read_back);
    tcase_add_test(set, only_64_bits_can_be_chosen);
    tcase_add_test(set, types_of_frames_are_told);
    tcase_add_test(set, random_calls_break_nothing);
    suite_add_tcase(s, bad);
    suite_add_tcase(s, life);
    suite_add_tcase(s, set);
    return s;
}
