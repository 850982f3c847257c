/* SPDX-License-Identifier: MIT */
/*
 * core/call: from registers to handlers and back. Every handler but
 * multicall's is replaced here by one that records what it was given.
 */
#include "suite.h"

#include <errno.h>
#include <string.h>

#include <pv-abi/errno.h>
#include <pv-abi/hypercalls.h>
#include <pv-abi/mmu.h>
#include <pv-abi/multicall.h>

#include "call/dispatch.h"
#include "domain.h"
#include "fake/fake.h"
#include "speculation.h"

/* What a handler was called with, and what it is to do. */
static struct {
    unsigned int calls;
    unsigned int number;
    uint64_t args[4];
    int64_t result;
    unsigned int restart_args;
    bool reschedule;
} seen;

static int64_t record(struct vcpu *v, unsigned int nr, uint64_t a, uint64_t b,
                      uint64_t c, uint64_t d, struct effects *fx)
{
    seen.calls++;
    seen.number = nr;
    seen.args[0] = a;
    seen.args[1] = b;
    seen.args[2] = c;
    seen.args[3] = d;
    if (nr == __HYPERVISOR_iret && v->in_multicall)
        v->iret_in_multicall = true;
    if (seen.result == -ERESTART) {
        fx->restart_args = seen.restart_args;
        for (unsigned int i = 0; i < 4; i++)
            fx->restart[i] = 0x1000 + i;
    }
    if (seen.reschedule)
        effects_resched(fx, v->sched.cpu);
    return seen.result;
}

#define word(type, x)                                                          \
    (((union {                                                                 \
         type t;                                                               \
         uint64_t w;                                                           \
     }){.t = (x)})                                                             \
         .w &                                                                  \
     mask(type))
#define mask(type) (sizeof(type) == 8 ? ~0ul : 0xfffffffful)

#define HYPERCALL_0(nr, name, fn, who, doc)                                    \
    int64_t fn(struct vcpu *v, struct effects *fx);                            \
    int64_t fn(struct vcpu *v, struct effects *fx)                             \
    {                                                                          \
        return record(v, nr, 0, 0, 0, 0, fx);                                  \
    }
#define HYPERCALL_1(nr, name, fn, who, t1, a1, doc)                            \
    int64_t fn(struct vcpu *v, t1 a1, struct effects *fx);                     \
    int64_t fn(struct vcpu *v, t1 a1, struct effects *fx)                      \
    {                                                                          \
        return record(v, nr, word(t1, a1), 0, 0, 0, fx);                       \
    }
#define HYPERCALL_2(nr, name, fn, who, t1, a1, t2, a2, doc)                    \
    int64_t stub_##name(struct vcpu *v, t1 a1, t2 a2, struct effects *fx);     \
    int64_t stub_##name(struct vcpu *v, t1 a1, t2 a2, struct effects *fx)      \
    {                                                                          \
        return record(v, nr, word(t1, a1), word(t2, a2), 0, 0, fx);            \
    }                                                                          \
    int64_t fn(struct vcpu *v, t1 a1, t2 a2, struct effects *fx)               \
        __attribute__((weak, alias("stub_" #name)));
#define HYPERCALL_3(nr, name, fn, who, t1, a1, t2, a2, t3, a3, doc)            \
    int64_t fn(struct vcpu *v, t1 a1, t2 a2, t3 a3, struct effects *fx);       \
    int64_t fn(struct vcpu *v, t1 a1, t2 a2, t3 a3, struct effects *fx)        \
    {                                                                          \
        return record(v, nr, word(t1, a1), word(t2, a2), word(t3, a3), 0, fx); \
    }
#define HYPERCALL_4(nr, name, fn, who, t1, a1, t2, a2, t3, a3, t4, a4, doc)    \
    int64_t fn(struct vcpu *v, t1 a1, t2 a2, t3 a3, t4 a4,                     \
               struct effects *fx);                                            \
    int64_t fn(struct vcpu *v, t1 a1, t2 a2, t3 a3, t4 a4, struct effects *fx) \
    {                                                                          \
        return record(v, nr, word(t1, a1), word(t2, a2), word(t3, a3),         \
                      word(t4, a4), fx);                                       \
    }
#include <pv-abi/hypercalls.def>

static struct hv hv;
static struct domain dom;
static struct vcpu vcpu;
static struct effects fx;

static void begin(void)
{
    fake_start(1);
    memset(&seen, 0, sizeof(seen));
    memset(&dom, 0, sizeof(dom));
    memset(&vcpu, 0, sizeof(vcpu));
    memset(&hv, 0, sizeof(hv));
    dom.hv = &hv;
    dom.domid = 7;
    vcpu.d = &dom;
    vcpu.regs = &vcpu.saved;
    vcpu.saved.rip = 0x5002;
    effects_init(&fx);
}

static void call(uint64_t nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    vcpu.saved.rax = nr;
    vcpu.saved.rdi = a;
    vcpu.saved.rsi = b;
    vcpu.saved.rdx = c;
    vcpu.saved.r10 = d;
    hypercall(&vcpu, &fx);
}

/* ---------------------------------------------------------------- dispatch */

START_TEST(arguments_arrive_in_order_and_cut_to_their_type)
{
    begin();
    seen.result = 7;
    call(__HYPERVISOR_mmu_update, 0xffff888811112222, 0xaaaa00000001, 0x7000,
         0xbbbb00000002);
    ck_assert_uint_eq(seen.number, __HYPERVISOR_mmu_update);
    ck_assert_uint_eq(seen.args[0], 0xffff888811112222);
    ck_assert_uint_eq(seen.args[1], 1);
    ck_assert_uint_eq(seen.args[2], 0x7000);
    ck_assert_uint_eq(seen.args[3], 2);
    ck_assert_uint_eq(vcpu.saved.rax, 7);
    ck_assert_uint_eq(vcpu.saved.rip, 0x5002);
}
END_TEST

START_TEST(every_number_without_a_handler_is_absent)
{
    begin();
    for (uint64_t nr = 0; nr < 200; nr++) {
        seen.calls = 0;
        call(nr, 0, 0, 0, 0);
        if (seen.calls == 0 && nr != __HYPERVISOR_multicall &&
            nr != __HYPERVISOR_console_io)
            ck_assert_int_eq((int64_t)vcpu.saved.rax, -ENOSYS);
        ck_assert(seen.calls == 0 || seen.number == nr);
    }
    call(~0ul, 0, 0, 0, 0);
    ck_assert_int_eq((int64_t)vcpu.saved.rax, -ENOSYS);
}
END_TEST

/* As Xen does: a number is not cut to what fits. */
START_TEST(the_upper_half_of_the_number_counts)
{
    begin();
    call(0xdead00000000 | __HYPERVISOR_sched_op, 1, 2, 0, 0);
    ck_assert_int_eq((int64_t)vcpu.saved.rax, -ENOSYS);
    ck_assert_uint_eq(seen.calls, 0);
}
END_TEST

START_TEST(calls_of_dom0_are_refused_to_others_before_they_begin)
{
    begin();
    call(__HYPERVISOR_console_io, 0, 1, 0x1000, 0);
    ck_assert_int_eq((int64_t)vcpu.saved.rax, -EPERM);
    ck_assert_uint_eq(seen.calls, 0);
    dom.privileged = true;
    call(__HYPERVISOR_console_io, 0, 1, 0x1000, 0);
    ck_assert_uint_eq(seen.calls, 1);
}
END_TEST

START_TEST(control_calls_reach_their_handler_which_decides)
{
    begin();
    call(__HYPERVISOR_domctl, 0x1000, 0, 0, 0);
    ck_assert_uint_eq(seen.calls, 1);
}
END_TEST

START_TEST(a_restart_goes_back_over_syscall_with_new_arguments)
{
    begin();
    seen.result = -ERESTART;
    seen.restart_args = 2;
    call(__HYPERVISOR_mmu_update, 1, 2, 3, 4);
    ck_assert_uint_eq(vcpu.saved.rip, 0x5000);
    ck_assert_uint_eq(vcpu.saved.rax, __HYPERVISOR_mmu_update);
    ck_assert_uint_eq(vcpu.saved.rdi, 0x1000);
    ck_assert_uint_eq(vcpu.saved.rsi, 0x1001);
    ck_assert_uint_eq(vcpu.saved.rdx, 3);
    ck_assert_uint_eq(vcpu.saved.r10, 4);
}
END_TEST

/* The interrupted context may well have had -85 in RAX. */
START_TEST(iret_may_return_any_number)
{
    begin();
    seen.result = -ERESTART;
    call(__HYPERVISOR_iret, 0, 0, 0, 0);
    ck_assert_int_eq((int64_t)vcpu.saved.rax, -ERESTART);
    ck_assert_uint_eq(vcpu.saved.rip, 0x5002);
}
END_TEST

START_TEST(names_come_from_the_table)
{
    ck_assert_str_eq(hypercall_name(32), "event_channel_op");
    ck_assert_str_eq(hypercall_name(34), "hvm_op");
    ck_assert_ptr_null(hypercall_name(11));
    ck_assert_ptr_null(hypercall_name(64));
}
END_TEST

/* The ring goes round; the newest call stands before its end. */
START_TEST(the_last_calls_are_kept)
{
    const struct trace_ring *t = &hv.cpus[0].trace;

    begin();
    for (uint64_t i = 0; i < TRACE_RECORDS; i++)
        call(__HYPERVISOR_sched_op, i, 0, 0, 0);
    ck_assert_uint_eq(t->records[TRACE_RECORDS - 1].argument,
                      TRACE_RECORDS - 1);
    call(11, 0x1234, 0, 0, 0);
    ck_assert_uint_eq(t->count, TRACE_RECORDS + 1);
    ck_assert_uint_eq(t->records[0].nr, 11);
    ck_assert_uint_eq(t->records[0].argument, 0x1234);
    ck_assert_int_eq(t->records[0].result, -ENOSYS);
    ck_assert_uint_eq(t->records[0].domid, 7);
    ck_assert_uint_eq(t->records[1].nr, __HYPERVISOR_sched_op);
}
END_TEST

START_TEST(a_masked_index_never_leaves_the_array)
{
    ck_assert_uint_eq(index_masked(0, 64), 0);
    ck_assert_uint_eq(index_masked(63, 64), 63);
#ifdef CONFIG_SPECULATION
    ck_assert_uint_eq(index_masked(64, 64), 0);
    ck_assert_uint_eq(index_masked(1ul << 62, 64), 0);
#endif
}
END_TEST

/* --------------------------------------------------------------- multicall */

#define ENTRIES FAKE_GUEST_VA

static struct multicall_entry *entry(unsigned int i)
{
    return (struct multicall_entry *)fake_guest(ENTRIES) + i;
}

static void begin_entries(unsigned int n)
{
    begin();
    for (unsigned int i = 0; i < n; i++)
        *entry(i) = (struct multicall_entry){
            .op = __HYPERVISOR_sched_op, .result = 99, .args = {i, 2, 3, 4}};
}

START_TEST(a_multicall_runs_all_and_stores_each_result)
{
    begin_entries(3);
    entry(1)->op = 63;
    seen.result = -EINVAL;
    call(__HYPERVISOR_multicall, ENTRIES, 3, 0, 0);
    ck_assert_uint_eq(vcpu.saved.rax, 0);
    ck_assert_uint_eq(seen.calls, 2);
    ck_assert_uint_eq(seen.args[0], 2);
    ck_assert_int_eq((int64_t)entry(0)->result, -EINVAL);
    ck_assert_int_eq((int64_t)entry(1)->result, -ENOSYS);
    ck_assert_int_eq((int64_t)entry(2)->result, -EINVAL);
    ck_assert(!vcpu.in_multicall);
}
END_TEST

START_TEST(a_multicall_in_a_multicall_is_refused)
{
    begin_entries(2);
    entry(0)->op = __HYPERVISOR_multicall;
    call(__HYPERVISOR_multicall, ENTRIES, 2, 0, 0);
    ck_assert_int_eq((int64_t)entry(0)->result, -EINVAL);
    ck_assert_uint_eq(seen.calls, 1);
}
END_TEST

START_TEST(an_entry_that_cannot_be_read_stops_it)
{
    begin_entries(64);
    fake_guest_faults(ENTRIES + PAGE_SIZE, true);
    call(__HYPERVISOR_multicall, ENTRIES, 65, 0, 0);
    ck_assert_int_eq((int64_t)vcpu.saved.rax, -EFAULT);
    ck_assert_uint_eq(seen.calls, 64);
    ck_assert(!vcpu.in_multicall);
}
END_TEST

START_TEST(work_beyond_the_budget_is_put_off)
{
    begin_entries(5);
    fx.budget = 0;
    call(__HYPERVISOR_multicall, ENTRIES, 5, 0, 0);
    ck_assert_uint_eq(seen.calls, 1);
    ck_assert_uint_eq(vcpu.saved.rip, 0x5000);
    ck_assert_uint_eq(vcpu.saved.rdi, ENTRIES + sizeof(struct multicall_entry));
    ck_assert_uint_eq(vcpu.saved.rsi, 4);
}
END_TEST

START_TEST(the_last_entry_needs_no_restart)
{
    begin_entries(1);
    fx.budget = 0;
    call(__HYPERVISOR_multicall, ENTRIES, 1, 0, 0);
    ck_assert_uint_eq(vcpu.saved.rip, 0x5002);
    ck_assert_uint_eq(vcpu.saved.rax, 0);
}
END_TEST

/* A vCPU that blocked must not go on with the next call. */
START_TEST(an_entry_that_gives_the_cpu_away_ends_the_turn)
{
    begin_entries(3);
    seen.reschedule = true;
    call(__HYPERVISOR_multicall, ENTRIES, 3, 0, 0);
    ck_assert_uint_eq(seen.calls, 1);
    ck_assert_uint_eq(vcpu.saved.rsi, 2);
}
END_TEST

START_TEST(an_entry_that_wants_to_go_on_is_rewritten)
{
    begin_entries(3);
    seen.result = -ERESTART;
    seen.restart_args = 1;
    call(__HYPERVISOR_multicall, ENTRIES, 3, 0, 0);
    ck_assert_uint_eq(seen.calls, 1);
    ck_assert_uint_eq(entry(0)->args[0], 0x1000);
    ck_assert_uint_eq(entry(0)->args[1], 2);
    ck_assert_uint_eq(entry(0)->result, 99);
    ck_assert_uint_eq(vcpu.saved.rip, 0x5000);
    ck_assert_uint_eq(vcpu.saved.rdi, ENTRIES);
    ck_assert_uint_eq(vcpu.saved.rsi, 3);
}
END_TEST

/* What follows belongs to the context that iret left. */
START_TEST(iret_ends_a_multicall)
{
    begin_entries(3);
    entry(1)->op = __HYPERVISOR_iret;
    seen.result = -ERESTART;
    entry(0)->op = 63;
    call(__HYPERVISOR_multicall, ENTRIES, 3, 0, 0);
    ck_assert_uint_eq(seen.calls, 1);
    ck_assert_int_eq((int64_t)vcpu.saved.rax, -ERESTART);
    ck_assert_uint_eq(vcpu.saved.rip, 0x5002);
    ck_assert(!vcpu.in_multicall);

    /* Also when the context's RAX is 0. */
    begin_entries(3);
    entry(1)->op = __HYPERVISOR_iret;
    call(__HYPERVISOR_multicall, ENTRIES, 3, 0, 0);
    ck_assert_uint_eq(seen.calls, 2);
    ck_assert_uint_eq(seen.number, __HYPERVISOR_iret);
    ck_assert_uint_eq(vcpu.saved.rax, 0);

    /* The next one that wants to go on is no iret. */
    begin_entries(2);
    vcpu.iret_in_multicall = true;
    fx.budget = 0;
    call(__HYPERVISOR_multicall, ENTRIES, 2, 0, 0);
    ck_assert_uint_eq(vcpu.saved.rip, 0x5000);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("dispatch");
    TCase *t = tcase_create("dispatch"), *m = tcase_create("multicall");

    tcase_add_test(t, arguments_arrive_in_order_and_cut_to_their_type);
    tcase_add_test(t, every_number_without_a_handler_is_absent);
    tcase_add_test(t, the_upper_half_of_the_number_counts);
    tcase_add_test(t, calls_of_dom0_are_refused_to_others_before_they_begin);
    tcase_add_test(t, control_calls_reach_their_handler_which_decides);
    tcase_add_test(t, a_restart_goes_back_over_syscall_with_new_arguments);
    tcase_add_test(t, iret_may_return_any_number);
    tcase_add_test(t, names_come_from_the_table);
    tcase_add_test(t, the_last_calls_are_kept);
    tcase_add_test(t, a_masked_index_never_leaves_the_array);
    tcase_add_test(m, a_multicall_runs_all_and_stores_each_result);
    tcase_add_test(m, a_multicall_in_a_multicall_is_refused);
    tcase_add_test(m, an_entry_that_cannot_be_read_stops_it);
    tcase_add_test(m, work_beyond_the_budget_is_put_off);
    tcase_add_test(m, the_last_entry_needs_no_restart);
    tcase_add_test(m, an_entry_that_gives_the_cpu_away_ends_the_turn);
    tcase_add_test(m, an_entry_that_wants_to_go_on_is_rewritten);
    tcase_add_test(m, iret_ends_a_multicall);
    suite_add_tcase(s, t);
    suite_add_tcase(s, m);
    return s;
}
