/* SPDX-License-Identifier: MIT */
/* core/domain/vcpu_context: what is set comes back, or nothing changes. */
#include "suite.h"

#include <errno.h>
#include <string.h>

#include "domain/vcpu_context.h"
#include "fake/machine.h"
#include "fake/world.h"
#include "mm/alloc.h"
#include "mm/frame.h"
#include "sched/runqueue.h"

#define FRAMES 512

static struct vcpu_guest_context c, got;
static struct effects fx;

/* A domain with frames 0 .. 3 a tree, 4 .. 9 zero, and a context for it. */
static struct vcpu *begin(struct hv **hv)
{
    struct domain *d;
    struct tree t;

    *hv = world(FRAMES);
    d = world_domain(*hv, 2, 10);
    t = write_tree(d, 0);
    memset(&c, 0, sizeof(c));
    c.flags = VGCF_in_kernel | VGCF_syscall_disables_events;
    c.user_regs.rip = 0x401000;
    c.user_regs.rsp = 0x7000;
    c.user_regs.rdx = 0x1234;
    c.user_regs.rflags = 0x1202; /* IOPL 1 */
    c.user_regs.cs = FLAT_KERNEL_CS;
    c.user_regs.ss = FLAT_KERNEL_SS;
    c.trap_ctxt[14] = (struct trap_info){.vector = 14,
                                         .flags = TI_MASK_EVENTS,
                                         .cs = FLAT_KERNEL_CS,
                                         .address = 0x402000};
    c.gdt_frames[0] = domain_frame(d, 4).n;
    c.gdt_ents = 512;
    c.kernel_ss = FLAT_KERNEL_SS;
    c.kernel_sp = 0x8000;
    c.ctrlreg[3] = t.l4.n << 12;
    c.event_callback_eip = 0x403000;
    c.failsafe_callback_eip = 0x404000;
    c.syscall_callback_eip = 0x405000;
    c.fs_base = 0x1000;
    c.gs_base_kernel = 0xffff888000000000;
    c.gs_base_user = 0x3000;
    effects_init(&fx);
    return d->vcpus[0];
}

static int run(struct vcpu *v, typeof(vcpu_set_context) *call)
{
    int error;

    do {
        effects_init(&fx);
        error = call(v, &c, &fx);
    } while (error == -ERESTART);
    return error;
}

static int set(struct vcpu *v)
{
    return run(v, vcpu_set_context);
}

START_TEST(what_was_set_is_got)
{
    struct hv *hv;
    struct vcpu *v = begin(&hv);

    c.vm_assist = 1ul << VMASST_TYPE_writable_pagetables | 1ul << 60;
    ck_assert_int_eq(set(v), 0);
    ck_assert(v->initialised && v->kernel_mode);
    ck_assert_uint_eq(v->entry.iopl, 1);
    ck_assert_int_eq(vcpu_get_context(v, &got), 0);
    ck_assert_uint_eq(got.flags, c.flags);
    ck_assert_uint_eq(got.user_regs.rflags, 0x1202);
    ck_assert_mem_eq(&got.user_regs, &c.user_regs, sizeof(c.user_regs));
    ck_assert_mem_eq(&got.trap_ctxt[14], &c.trap_ctxt[14], 16);
    ck_assert_uint_eq(got.gdt_frames[0], c.gdt_frames[0]);
    ck_assert_uint_eq(got.gdt_ents, 512);
    ck_assert_uint_eq(got.ctrlreg[3], c.ctrlreg[3]);
    ck_assert_uint_eq(got.ctrlreg[1], 0);
    ck_assert_uint_eq(got.kernel_sp, c.kernel_sp);
    ck_assert_uint_eq(got.syscall_callback_eip, c.syscall_callback_eip);
    ck_assert_uint_eq(got.gs_base_kernel, c.gs_base_kernel);
    ck_assert_uint_eq(got.vm_assist, 1ul << VMASST_TYPE_writable_pagetables);
    world_end(hv);
}
END_TEST

START_TEST(a_vcpu_without_context_has_none_to_get)
{
    struct hv *hv;
    struct vcpu *v = begin(&hv);

    memset(&got, 0xff, sizeof(got));
    ck_assert_int_eq(vcpu_get_context(v, &got), -ENODATA);
    for (size_t i = 0; i < sizeof(got); i++)
        ck_assert_uint_eq(((uint8_t *)&got)[i], 0);
    world_end(hv);
}
END_TEST

START_TEST(online_says_whether_it_runs)
{
    struct hv *hv;
    struct vcpu *v = begin(&hv);

    ck_assert_int_eq(set(v), 0);
    ck_assert(!vcpu_is_online(v));
    c.flags |= VGCF_online;
    ck_assert_int_eq(set(v), 0);
    ck_assert(vcpu_is_online(v));
    ck_assert(!v->sched.queued); /* the domain is still paused */
    c.flags &= ~VGCF_online;
    ck_assert_int_eq(set(v), 0);
    ck_assert(!vcpu_is_online(v));
    world_end(hv);
}
END_TEST

/* Hostile flags must not give a guest interrupts, I/O or the wrong ring. */
START_TEST(registers_are_made_harmless)
{
    struct hv *hv;
    struct vcpu *v = begin(&hv);

    c.user_regs.rflags = ~0ul;
    c.user_regs.cs = 0xe008;
    c.user_regs.ss = 0;
    c.user_regs.entry_vector = 0xffffffff;
    ck_assert_int_eq(set(v), 0);
    ck_assert_uint_eq(v->saved.rflags & 0x3000, 0);        /* IOPL */
    ck_assert_uint_eq(v->saved.rflags & (1 << 17), 0);     /* VM */
    ck_assert_uint_eq(v->saved.rflags & (1 << 14), 0);     /* NT */
    ck_assert_uint_eq(v->saved.rflags & (1 << 9), 1 << 9); /* IF */
    ck_assert_uint_eq(v->saved.rflags >> 22, 0);
    ck_assert_uint_eq(v->saved.cs & 3, 3);
    ck_assert_uint_eq(v->saved.ss & 3, 3);
    ck_assert_uint_eq(v->saved.entry_vector, 0);
    world_end(hv);
}
END_TEST

/* Each lie alone is refused, and leaves neither state nor references. */
START_TEST(each_bad_value_is_refused_without_a_trace)
{
    struct bad {
        uint64_t *field;
        uint64_t value;
    } bad[] = {
        {&c.user_regs.rip, 1ul << 47},
        {&c.event_callback_eip, 1ul << 47},
        {&c.failsafe_callback_eip, 1ul << 63},
        {&c.syscall_callback_eip, 0x7fffffffffffffff},
        {&c.fs_base, 1ul << 50},
        {&c.gs_base_kernel, 1ul << 50},
        {&c.gs_base_user, 1ul << 50},
        {&c.trap_ctxt[255].address, 1ul << 47},
        {&c.ctrlreg[3], 0},
        {&c.ctrlreg[3], ~0ul},
        {&c.ctrlreg[1], 0x5000},
        {&c.gdt_ents, 7169},
        {&c.gdt_frames[0], ~0ul},
        {&c.ldt_ents, 8193},
        {&c.flags, 0}, /* user mode, and no user tables */
    };
    struct hv *hv;
    struct vcpu *v = begin(&hv);
    struct vcpu before;

    before = *v;
    for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
        uint64_t good = *bad[i].field;

        *bad[i].field = bad[i].value;
        ck_assert_int_eq(set(v), -EINVAL);
        ck_assert(!v->initialised);
        ck_assert_mem_eq(&v->saved, &before.saved, sizeof(v->saved));
        ck_assert_mem_eq(&v->mmu.kernel_base, &before.mmu.kernel_base,
                         sizeof(mfn_t));
        ck_assert_uint_eq(v->mmu.gdt_entries, 0);
        *bad[i].field = good;
    }
    c.ldt_ents = 1;
    c.ldt_base = 8;
    ck_assert_int_eq(set(v), -EINVAL);
    c.ldt_ents = 0;
    ck_assert_int_eq(set(v), 0);
    world_end(hv);
}
END_TEST

START_TEST(tables_of_a_vcpu_that_has_some_stay)
{
    struct hv *hv;
    struct vcpu *v = begin(&hv);

    ck_assert_int_eq(set(v), 0);
    c.user_regs.rip = 0x500000;
    ck_assert_int_eq(set(v), 0);
    ck_assert_uint_eq(v->saved.rip, 0x500000);
    c.gdt_ents = 511;
    ck_assert_int_eq(set(v), -EOPNOTSUPP);
    c.gdt_ents = 512;
    c.ctrlreg[1] = c.ctrlreg[3];
    ck_assert_int_eq(set(v), -EOPNOTSUPP);
    c.ctrlreg[1] = 0;
    c.ctrlreg[3] += 0x1000;
    ck_assert_int_eq(set(v), -EOPNOTSUPP);
    world_end(hv);
}
END_TEST

/* Not even with the state it has: it may be running. */
START_TEST(a_vcpu_is_initialised_once)
{
    struct hv *hv;
    struct vcpu *v = begin(&hv);

    ck_assert_int_eq(run(v, vcpu_initialise), 0);
    ck_assert_int_eq(run(v, vcpu_initialise), -EEXIST);
    ck_assert_int_eq(set(v), 0);
    world_end(hv);
}
END_TEST

START_TEST(a_vcpu_above_32_brings_its_own_vcpu_info)
{
    struct hv *hv = world(FRAMES);
    struct domain *d = world_domain(hv, 33, 10);
    struct tree t = write_tree(d, 0);

    memset(&c, 0, sizeof(c));
    c.flags = VGCF_in_kernel;
    c.ctrlreg[3] = t.l4.n << 12;
    ck_assert_int_eq(set(d->vcpus[32]), -EINVAL);
    ck_assert_int_eq(set(d->vcpus[31]), 0);
    world_end(hv);
}
END_TEST

START_TEST(a_reset_lets_go_of_everything)
{
    struct hv *hv;
    struct vcpu *v = begin(&hv);
    struct frame *gdt = frame_of(hv, mfn_of(c.gdt_frames[0]));

    c.flags |= VGCF_online;
    ck_assert_int_eq(set(v), 0);
    ck_assert(frame_is(gdt, FRAME_SEGDESC));
    effects_init(&fx);
    vcpu_reset(v, &fx);
    ck_assert(!v->initialised && !vcpu_is_online(v));
    ck_assert(!frame_is(gdt, FRAME_SEGDESC));
    ck_assert_uint_eq(v->entry.traps[14].address, 0);
    ck_assert_uint_eq(v->saved.rdx, 0);
    ck_assert_int_eq(vcpu_get_context(v, &got), -ENODATA);
    ck_assert_int_eq(set(v), 0);
    world_end(hv);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("vcpu_context");
    TCase *t = tcase_create("context");

    tcase_add_test(t, what_was_set_is_got);
    tcase_add_test(t, a_vcpu_without_context_has_none_to_get);
    tcase_add_test(t, online_says_whether_it_runs);
    tcase_add_test(t, registers_are_made_harmless);
    tcase_add_test(t, each_bad_value_is_refused_without_a_trace);
    tcase_add_test(t, tables_of_a_vcpu_that_has_some_stay);
    tcase_add_test(t, a_vcpu_is_initialised_once);
    tcase_add_test(t, a_vcpu_above_32_brings_its_own_vcpu_info);
    tcase_add_test(t, a_reset_lets_go_of_everything);
    suite_add_tcase(s, t);
    return s;
}
