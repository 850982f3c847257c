/* SPDX-License-Identifier: MIT */
/*
 * hypervisor/core/domain: entry_calls.c and register_calls.c, where a kernel
 * is entered and how it leaves again.
 */
#include "suite.h"

#include <errno.h>
#include <string.h>

#include <pv-abi/callback.h>
#include <pv-abi/nmi.h>

#include "domain/entry_calls.h"
#include "event/upcall.h"
#include "fake/guests.h"

#define NON_CANONICAL 0x0000800000000000ul
#define KERNEL        0xffffffff80001000ul

static struct hv *hv;
static struct vcpu *v;
static struct effects fx;

static void start(void)
{
    hv = machine_with_guests(4, 2, 1);
    v = guest_vcpu(hv, 1, 0);
    enter_from(v);
    effects_init(&fx);
    fake.reloaded = 0;
}

static void end(void)
{
    guests_end(hv);
}

/* ---------------------------------------------------------- trap table */

static int64_t set_traps(const struct trap_info *t, unsigned int n)
{
    memcpy(fake_guest(FREE_VA), t, n * sizeof(*t));
    return do_set_trap_table(v, (guest_ptr_t){FREE_VA}, &fx);
}

START_TEST(a_trap_table_ends_with_address_0)
{
    struct trap_info t[] = {
        {.vector = 3, .flags = 3, .cs = 0x10, .address = KERNEL},
        {.vector = 255, .flags = 4, .address = KERNEL + 8},
        {.vector = 4, .address = 0},
        {.vector = 5, .address = KERNEL},
    };

    start();
    ck_assert_int_eq(set_traps(t, 4), 0);
    ck_assert_uint_eq(v->entry.traps[3].address, KERNEL);
    ck_assert_uint_eq(v->entry.traps[3].flags, 3);
    ck_assert_uint_eq(v->entry.traps[3].cs, 0x13);
    ck_assert_uint_eq(v->entry.traps[255].address, KERNEL + 8);
    ck_assert_uint_eq(v->entry.traps[5].address, 0);
    ck_assert_int_eq(do_set_trap_table(v, (guest_ptr_t){0}, &fx), 0);
    ck_assert_uint_eq(v->entry.traps[3].address, 0);
    end();
}
END_TEST

START_TEST(a_bad_address_ends_the_table_and_what_was_before_stays)
{
    struct trap_info t[] = {{.vector = 1, .address = KERNEL},
                            {.vector = 2, .address = NON_CANONICAL},
                            {.vector = 3, .address = KERNEL}};

    start();
    ck_assert_int_eq(set_traps(t, 3), -EINVAL);
    ck_assert_uint_eq(v->entry.traps[1].address, KERNEL);
    ck_assert_uint_eq(v->entry.traps[2].address, 0);
    ck_assert_uint_eq(v->entry.traps[3].address, 0);
    end();
}
END_TEST

/* The byte behind the last entry may be unmapped. */
START_TEST(a_trap_table_may_end_with_its_page)
{
    uint64_t va = FREE_VA + 4096 - 2 * sizeof(struct trap_info);
    struct trap_info t[] = {{.vector = 1, .address = KERNEL}, {.address = 0}};

    start();
    memcpy(fake_guest(va), t, sizeof(t));
    fake_guest_faults(FREE_VA + 4096, true);
    ck_assert_int_eq(do_set_trap_table(v, (guest_ptr_t){va}, &fx), 0);
    ck_assert_int_eq(
        do_set_trap_table(v, (guest_ptr_t){va + sizeof(t[0]) + 8}, &fx),
        -EFAULT);
    end();
}
END_TEST

START_TEST(a_trap_table_without_end_yields)
{
    struct trap_info *t;

    start();
    t = fake_guest(FREE_VA);
    for (unsigned int i = 0; i < 2000; i++)
        t[i] = (struct trap_info){.vector = (uint8_t)i, .address = KERNEL};
    t[2000].address = 0;
    ck_assert_int_eq(do_set_trap_table(v, (guest_ptr_t){FREE_VA}, &fx),
                     -ERESTART);
    ck_assert_uint_eq(fx.restart_args, 1);
    ck_assert_uint_gt(fx.restart[0], FREE_VA);
    t = fake_guest(fx.restart[0]);
    ck_assert_uint_eq(v->entry.traps[t[-1].vector].address, KERNEL);
    effects_init(&fx);
    ck_assert_int_eq(
        do_set_trap_table(
            v, (guest_ptr_t){FREE_VA + 1990 * sizeof(struct trap_info)}, &fx),
        0);
    end();
}
END_TEST

/* ------------------------------------------------------------ callbacks */

static int64_t reg(uint16_t type, uint16_t flags, uint64_t address)
{
    struct callback_register op = {
        .type = type, .flags = flags, .address = address};

    memcpy(fake_guest(FREE_VA), &op, sizeof(op));
    return do_callback_op(v, CALLBACKOP_register, (guest_ptr_t){FREE_VA}, &fx);
}

static int64_t unreg(uint16_t type)
{
    struct callback_unregister op = {.type = type};

    memcpy(fake_guest(FREE_VA), &op, sizeof(op));
    return do_callback_op(v, CALLBACKOP_unregister, (guest_ptr_t){FREE_VA},
                          &fx);
}

START_TEST(callbacks_are_set_one_by_one)
{
    start();
    ck_assert_int_eq(reg(CALLBACKTYPE_event, 0, KERNEL + 0), 0);
    ck_assert_int_eq(reg(CALLBACKTYPE_failsafe, 1, KERNEL + 1), 0);
    ck_assert_int_eq(reg(CALLBACKTYPE_syscall, 1, KERNEL + 2), 0);
    ck_assert_int_eq(reg(CALLBACKTYPE_sysenter, 0, KERNEL + 5), 0);
    ck_assert_int_eq(reg(CALLBACKTYPE_syscall32, 1, KERNEL + 7), 0);
    ck_assert_uint_eq(v->entry.callback[CALLBACKTYPE_event].address,
                      KERNEL + 0);
    ck_assert_uint_eq(v->entry.callback[CALLBACKTYPE_failsafe].address,
                      KERNEL + 1);
    ck_assert(v->entry.callback[CALLBACKTYPE_failsafe].masks_events);
    ck_assert_uint_eq(v->entry.callback[CALLBACKTYPE_syscall].address,
                      KERNEL + 2);
    ck_assert(v->entry.callback[CALLBACKTYPE_syscall].masks_events);
    ck_assert_uint_eq(v->entry.callback[CALLBACKTYPE_sysenter].address,
                      KERNEL + 5);
    ck_assert(!v->entry.callback[CALLBACKTYPE_sysenter].masks_events);
    ck_assert_uint_eq(v->entry.callback[CALLBACKTYPE_syscall32].address,
                      KERNEL + 7);
    ck_assert_int_eq(reg(CALLBACKTYPE_event, 0, NON_CANONICAL), -EINVAL);
    ck_assert_uint_eq(v->entry.callback[CALLBACKTYPE_event].address,
                      KERNEL + 0);
    ck_assert_int_eq(reg(CALLBACKTYPE_sysenter_deprecated, 0, KERNEL), -ENOSYS);
    ck_assert_int_eq(reg(6, 0, KERNEL), -ENOSYS);
    ck_assert_int_eq(reg(8, 0, KERNEL), -ENOSYS);
    ck_assert_int_eq(do_callback_op(v, 2, (guest_ptr_t){FREE_VA}, &fx),
                     -ENOSYS);
    ck_assert_int_eq(
        do_callback_op(v, CALLBACKOP_register, (guest_ptr_t){0x10}, &fx),
        -EFAULT);
    end();
}
END_TEST

START_TEST(only_the_nmi_callback_may_go)
{
    start();
    for (uint16_t type = 0; type < 9; type++)
        ck_assert_int_eq(unreg(type), type == 4 ? 0
                                      : type == 3 || type == 6 || type > 7
                                          ? -ENOSYS
                                          : -EINVAL);
    end();
}
END_TEST

START_TEST(the_nmi_handler_is_trap_2_with_events_masked)
{
    struct xennmi_callback op = {.handler_address = KERNEL};

    start();
    ck_assert_int_eq(reg(CALLBACKTYPE_nmi, 0, KERNEL + 4), 0);
    ck_assert_uint_eq(v->entry.traps[2].address, KERNEL + 4);
    ck_assert(TI_GET_IF(&v->entry.traps[2]));
    ck_assert_int_eq(unreg(CALLBACKTYPE_nmi), 0);
    ck_assert_uint_eq(v->entry.traps[2].address, 0);
    memcpy(fake_guest(FREE_VA), &op, sizeof(op));
    ck_assert_int_eq(
        do_nmi_op(v, XENNMI_register_callback, (guest_ptr_t){FREE_VA}, &fx), 0);
    ck_assert_uint_eq(v->entry.traps[2].address, KERNEL);
    ck_assert_int_eq(
        do_nmi_op(v, XENNMI_unregister_callback, (guest_ptr_t){0}, &fx), 0);
    ck_assert_uint_eq(v->entry.traps[2].address, 0);
    ck_assert_int_eq(do_nmi_op(v, 2, (guest_ptr_t){FREE_VA}, &fx), -ENOSYS);
    end();
}
END_TEST

START_TEST(set_callbacks_takes_zero_and_all_three)
{
    start();
    ck_assert_int_eq(do_set_callbacks(v, KERNEL, KERNEL + 1, 0, &fx), 0);
    ck_assert_uint_eq(v->entry.callback[CALLBACKTYPE_event].address, KERNEL);
    ck_assert_uint_eq(v->entry.callback[CALLBACKTYPE_failsafe].address,
                      KERNEL + 1);
    ck_assert_uint_eq(v->entry.callback[CALLBACKTYPE_syscall].address, 0);
    ck_assert_int_eq(do_stack_switch(v, 0xe028, KERNEL + 64, &fx), 0);
    ck_assert_uint_eq(v->entry.kernel_ss, 0xe02b);
    ck_assert_uint_eq(v->entry.kernel_sp, KERNEL + 64);
    end();
}
END_TEST

/* ----------------------------------------------------------------- iret */

static struct iret_context frame(void)
{
    return (struct iret_context){
        .rax = 1,
        .r11 = 2,
        .rcx = 3,
        .rip = KERNEL,
        .cs = 0xe030,
        .rflags = 0x202,
        .rsp = KERNEL + 512,
        .ss = 0xe028,
    };
}

static int64_t iret(struct iret_context c)
{
    memcpy(fake_guest(FREE_VA), &c, sizeof(c));
    v->regs->rsp = FREE_VA;
    return do_iret(v, &fx);
}

START_TEST(iret_to_the_kernel_loads_the_frame)
{
    start();
    v->regs->entry_vector = HAL_ENTRY_SYSCALL;
    v->entry.nmi_masked = true;
    ck_assert_int_eq(iret(frame()), 1);
    ck_assert_uint_eq(v->regs->r11, 2);
    ck_assert_uint_eq(v->regs->rcx, 3);
    ck_assert_uint_eq(v->regs->rip, KERNEL);
    ck_assert_uint_eq(v->regs->cs, 0xe033);
    ck_assert_uint_eq(v->regs->ss, 0xe02b);
    ck_assert_uint_eq(v->regs->rsp, KERNEL + 512);
    ck_assert_uint_eq(v->regs->rflags, 0x202);
    ck_assert_uint_eq(v->regs->entry_vector, 0);
    ck_assert(v->kernel_mode);
    ck_assert(!v->entry.nmi_masked);
    ck_assert(!vcpu_upcall_masked(v));
    end();
}
END_TEST

/* IF as the guest sees it is the upcall mask; in hardware it is always on. */
START_TEST(iret_turns_rflags_into_what_a_guest_may_have)
{
    struct iret_context c = frame();

    start();
    c.rflags = UINT64_MAX & ~0x200ul;
    iret(c);
    ck_assert(vcpu_upcall_masked(v));
    ck_assert_uint_eq(v->regs->rflags, 0x254fd7);
    ck_assert_uint_eq(v->entry.iopl, 0);
    v->d->vm_assist = 1ul << VMASST_TYPE_architectural_iopl;
    iret(c);
    ck_assert_uint_eq(v->entry.iopl, 3);
    ck_assert_uint_eq(v->regs->rflags & 0x3000, 0);
    end();
}
END_TEST

START_TEST(iret_from_a_system_call_leaves_what_sysret_leaves)
{
    struct iret_context c = frame();

    start();
    c.flags = VGCF_in_syscall;
    iret(c);
    ck_assert_uint_eq(v->regs->entry_vector, HAL_ENTRY_SYSCALL);
    ck_assert_uint_eq(v->regs->rcx, v->regs->rip);
    ck_assert_uint_eq(v->regs->r11, v->regs->rflags);
    end();
}
END_TEST

START_TEST(iret_with_rpl_3_is_user_mode_and_needs_its_tables)
{
    struct iret_context c = frame();

    start();
    c.cs = 0xe033;
    v->mmu.user_base = mfn_of(7);
    iret(c);
    ck_assert(!v->kernel_mode);
    ck_assert(fake.reloaded & RELOAD_MODE);
    ck_assert(!v->d->shut_down);
    v->kernel_mode = true;
    v->mmu.user_base = MFN_INVALID;
    iret(c);
    ck_assert(v->d->shut_down);
    ck_assert(v->kernel_mode);
    ck_assert_uint_gt(strlen(v->d->crash_reason), 0);
    guests_exit(hv, &fx);
    end();
}
END_TEST

START_TEST(iret_without_a_stack_is_the_end)
{
    start();
    v->regs->rsp = 0x1000;
    (void)do_iret(v, &fx);
    ck_assert(v->d->shut_down);
    ck_assert_str_eq(v->d->crash_reason, "iret: no frame to read at 0x1000");
    guests_exit(hv, &fx);
    end();
}
END_TEST

START_TEST(iret_ends_a_multicall)
{
    start();
    iret(frame());
    ck_assert(!v->iret_in_multicall);
    v->in_multicall = true;
    iret(frame());
    ck_assert(v->iret_in_multicall);
    end();
}
END_TEST

/* ------------------------------------------------------------ registers */

START_TEST(segment_bases_are_canonical_and_loaded_at_once)
{
    start();
    ck_assert_int_eq(do_set_segment_base(v, SEGBASE_FS, KERNEL, &fx), 0);
    ck_assert_int_eq(do_set_segment_base(v, SEGBASE_GS_USER, 5, &fx), 0);
    ck_assert_int_eq(do_set_segment_base(v, SEGBASE_GS_KERNEL, 6, &fx), 0);
    ck_assert_int_eq(do_set_segment_base(v, SEGBASE_GS_USER_SEL, 0x12345, &fx),
                     0);
    ck_assert_uint_eq(v->seg.fs_base, KERNEL);
    ck_assert_uint_eq(v->seg.gs_base_user, 5);
    ck_assert_uint_eq(v->seg.gs_base_kernel, 6);
    ck_assert_uint_eq(v->seg.gs_user_sel, 0x2345);
    ck_assert_uint_eq(fake.reloaded, RELOAD_FS_BASE | RELOAD_GS_USER |
                                         RELOAD_GS_KERNEL | RELOAD_GS_USER_SEL);
    ck_assert_int_eq(do_set_segment_base(v, SEGBASE_FS, NON_CANONICAL, &fx),
                     -EINVAL);
    ck_assert_int_eq(do_set_segment_base(v, 4, 0, &fx), -EINVAL);
    ck_assert_uint_eq(v->seg.fs_base, KERNEL);
    end();
}
END_TEST

START_TEST(task_switched_is_virtual)
{
    start();
    ck_assert_int_eq(do_fpu_taskswitch(v, 7, &fx), 0);
    ck_assert(v->fpu_ts);
    ck_assert_int_eq(do_fpu_taskswitch(v, 0, &fx), 0);
    ck_assert(!v->fpu_ts);
    ck_assert_uint_eq(fake.reloaded, RELOAD_FPU);
    end();
}
END_TEST

START_TEST(breakpoints_stay_out_of_the_hypervisor)
{
    start();
    ck_assert_int_eq(do_set_debugreg(v, 0, KERNEL, &fx), 0);
    ck_assert_int_eq(do_get_debugreg(v, 0, &fx), (int64_t)KERNEL);
    ck_assert_int_eq(do_set_debugreg(v, 0, 0xffff800000000000, &fx), -EPERM);
    ck_assert_int_eq(do_set_debugreg(v, 1, 0xffff87ffffffffff, &fx), -EPERM);
    ck_assert_int_eq(do_set_debugreg(v, 2, NON_CANONICAL, &fx), -EPERM);
    ck_assert_int_eq(do_set_debugreg(v, 3, 0xffff880000000000, &fx), 0);
    ck_assert_uint_eq(v->debugreg[0], KERNEL);
    end();
}
END_TEST

START_TEST(dr6_and_dr7_have_fixed_bits_and_forbidden_ones)
{
    start();
    ck_assert_int_eq(do_set_debugreg(v, 6, 0, &fx), 0);
    ck_assert_int_eq(do_get_debugreg(v, 6, &fx), 0xffff0ff0);
    ck_assert_int_eq(do_set_debugreg(v, 7, 0xffffdfff & ~0x33330000, &fx), 0);
    ck_assert_int_eq(do_get_debugreg(v, 7, &fx), 0xcccc07ff);
    ck_assert_int_eq(do_set_debugreg(v, 7, 0x2000, &fx), -EPERM);
    ck_assert_int_eq(do_set_debugreg(v, 7, 1ul << 32, &fx), -EINVAL);
    ck_assert_int_eq(do_set_debugreg(v, 6, 1ul << 32, &fx), -EINVAL);
    ck_assert_int_eq(do_set_debugreg(v, 7, 0x20001, &fx), -EPERM);
    ck_assert_int_eq(do_set_debugreg(v, 7, 0x20000, &fx), 0);
    v->cr4 = 8;
    ck_assert_int_eq(do_set_debugreg(v, 7, 0x20001, &fx), 0);
    end();
}
END_TEST

START_TEST(dr4_and_dr5_are_names_of_others_unless_cr4_says_no)
{
    start();
    ck_assert_int_eq(do_set_debugreg(v, 5, 0x401, &fx), 0);
    ck_assert_int_eq(do_get_debugreg(v, 7, &fx), 0x401);
    ck_assert_int_eq(do_get_debugreg(v, 4, &fx), 0xffff0ff0);
    v->cr4 = 8;
    ck_assert_int_eq(do_get_debugreg(v, 4, &fx), -ENODEV);
    ck_assert_int_eq(do_set_debugreg(v, 5, 0, &fx), -ENODEV);
    ck_assert_int_eq(do_set_debugreg(v, 8, 0, &fx), -ENODEV);
    ck_assert_int_eq(do_get_debugreg(v, UINT32_MAX, &fx), -ENODEV);
    end();
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("entry_calls");
    TCase *t = tcase_create("entry");

    tcase_add_test(t, a_trap_table_ends_with_address_0);
    tcase_add_test(t, a_bad_address_ends_the_table_and_what_was_before_stays);
    tcase_add_test(t, a_trap_table_may_end_with_its_page);
    tcase_add_test(t, a_trap_table_without_end_yields);
    tcase_add_test(t, callbacks_are_set_one_by_one);
    tcase_add_test(t, only_the_nmi_callback_may_go);
    tcase_add_test(t, the_nmi_handler_is_trap_2_with_events_masked);
    tcase_add_test(t, set_callbacks_takes_zero_and_all_three);
    suite_add_tcase(s, t);

    t = tcase_create("iret");
    tcase_add_test(t, iret_to_the_kernel_loads_the_frame);
    tcase_add_test(t, iret_turns_rflags_into_what_a_guest_may_have);
    tcase_add_test(t, iret_from_a_system_call_leaves_what_sysret_leaves);
    tcase_add_test(t, iret_with_rpl_3_is_user_mode_and_needs_its_tables);
    tcase_add_test(t, iret_without_a_stack_is_the_end);
    tcase_add_test(t, iret_ends_a_multicall);
    suite_add_tcase(s, t);

    t = tcase_create("registers");
    tcase_add_test(t, segment_bases_are_canonical_and_loaded_at_once);
    tcase_add_test(t, task_switched_is_virtual);
    tcase_add_test(t, breakpoints_stay_out_of_the_hypervisor);
    tcase_add_test(t, dr6_and_dr7_have_fixed_bits_and_forbidden_ones);
    tcase_add_test(t, dr4_and_dr5_are_names_of_others_unless_cr4_says_no);
    suite_add_tcase(s, t);
    return s;
}
