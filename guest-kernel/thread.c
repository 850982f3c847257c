/* SPDX-License-Identifier: MIT */
/*
 * Threads and the scheduler. See guest/thread.h.
 *
 * Everything here runs with upcalls masked. A thread that does not run has
 * its callee-saved registers on its stack and its FPU state in its structure:
 * an upcall may have interrupted it in the middle of newlib, which uses XMM
 * registers. The idle thread is the boot stack; it is never on the run queue.
 */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <guest/console.h>
#include <guest/hypercall.h>
#include <guest/memory.h>
#include <guest/start.h>
#include <guest/thread.h>
#include <pv-abi/sched.h>
#include "internal.h"

static struct thread_list run_queue = TAILQ_HEAD_INITIALIZER(run_queue);
static struct thread idle_thread = {.name = "idle"};
static struct timer slice;
static struct thread *corpse; /* a detached thread whose stack was in use */

static void fpu_save(uint8_t *area)
{
    __asm__ volatile("fxsave64 (%0)" : : "r"(area) : "memory");
}

static void fpu_load(const uint8_t *area)
{
    __asm__ volatile("fxrstor64 (%0)" : : "r"(area) : "memory");
}

struct thread *thread_current(void)
{
    return this_vcpu()->current;
}

const char *thread_name(const struct thread *t)
{
    return t->name;
}

static void destroy(struct thread *t)
{
    kmap_free(t->stack, THREAD_STACK);
    free(t);
}

/* A turn is over: if somebody waits for one, change on the way out. */
static void slice_over(struct timer *t, void *arg)
{
    if (!TAILQ_EMPTY(&run_queue))
        this_vcpu()->need_resched = true;
}

static void make_runnable(struct thread *t)
{
    struct vcpu *self = this_vcpu();

    t->waiting_on = NULL;
    TAILQ_INSERT_TAIL(&run_queue, t, link);
    if (self->current == self->idle)
        self->need_resched = true;
    else if (!slice.armed)
        timer_set(&slice, clock_ns() + THREAD_SLICE_NS);
}

static void switch_to(struct thread *next)
{
    struct vcpu *self = this_vcpu();
    struct thread *prev = self->current;

    if (prev == next)
        return;
    self->current = next;
    _impure_ptr = &next->reent;
    fpu_save(prev->fpu);
    if (next->user)
        user_switch_to(next);
    thread_switch_stack(&prev->sp, next->sp);
    /* Some time later, on our own stack again. */
    fpu_load(this_vcpu()->current->fpu);
}

/* Give the processor to the next; the caller is on a queue, or idle. */
static void schedule(void)
{
    struct vcpu *self = this_vcpu();
    struct thread *next = TAILQ_FIRST(&run_queue);

    self->need_resched = false;
    if (next)
        TAILQ_REMOVE(&run_queue, next, link);
    else
        next = self->idle;
    if (!TAILQ_EMPTY(&run_queue) && !slice.armed)
        timer_set(&slice, clock_ns() + THREAD_SLICE_NS);
    switch_to(next);
}

void thread_preempt(void)
{
    struct vcpu *self = this_vcpu();

    if (!self->need_resched || !self->current)
        return;
    if (self->current != self->idle)
        TAILQ_INSERT_TAIL(&run_queue, self->current, link);
    schedule();
}

void thread_yield(void)
{
    bool was_masked = upcall_mask();

    this_vcpu()->need_resched = true;
    thread_preempt();
    upcall_restore(was_masked);
}

/* The first thing on a new stack: what schedule() would return into. */
static void thread_begin(void)
{
    struct thread *self = thread_current();

    fpu_load(self->fpu);
    upcall_restore(false);
    self->fn(self->arg);
    thread_exit();
}

/* Lay the stack out as thread_switch_stack() leaves one. */
static void prepare_stack(struct thread *t)
{
    uint64_t *top = (uint64_t *)((char *)t->stack + THREAD_STACK);

    *--top = 0; /* the return address of thread_begin: ends backtraces */
    *--top = (uint64_t)(uintptr_t)thread_begin;
    for (int i = 0; i < 6; i++)
        *--top = 0;
    t->sp = (uint64_t)(uintptr_t)top;
}

static void bury(void)
{
    struct thread *t;
    bool was_masked = upcall_mask();

    t = corpse;
    corpse = NULL;
    upcall_restore(was_masked);
    if (t)
        destroy(t);
}

struct thread *thread_create(const char *name, void (*fn)(void *), void *arg)
{
    struct thread *t;
    bool was_masked;

    bury();
    t = memalign(16, sizeof(*t));
    if (!t)
        return NULL;
    memset(t, 0, sizeof(*t));
    t->stack = kmap_alloc(THREAD_STACK);
    if (!t->stack) {
        free(t);
        return NULL;
    }
    t->name = name;
    t->fn = fn;
    t->arg = arg;
    waitq_init(&t->joiners);
    memcpy(t->fpu, entry_fpu, sizeof(t->fpu));
    _REENT_INIT_PTR(&t->reent);
    prepare_stack(t);
    was_masked = upcall_mask();
    make_runnable(t);
    upcall_restore(was_masked);
    return t;
}

void thread_exit(void)
{
    struct thread *self = thread_current();

    bury();
    _reclaim_reent(&self->reent);
    upcall_mask();
    self->done = true;
    waitq_wake_all(&self->joiners);
    if (self->detached)
        corpse = self; /* this stack is needed until the switch */
    schedule();
    __builtin_unreachable();
}

void thread_join(struct thread *t)
{
    waitq_until(&t->joiners, WAIT_FOREVER, t->done);
    destroy(t);
}

void thread_detach(struct thread *t)
{
    bool was_masked = upcall_mask();
    bool done = t->done;

    t->detached = true;
    upcall_restore(was_masked);
    if (done)
        destroy(t);
}

/* --- waiting --- */

void waitq_init(struct waitq *q)
{
    TAILQ_INIT(&q->threads);
}

static void timed_out(struct timer *timer, void *arg)
{
    struct thread *t = arg;

    if (!t->waiting_on)
        return;
    TAILQ_REMOVE(&t->waiting_on->threads, t, link);
    t->timed_out = true;
    make_runnable(t);
}

bool waitq_sleep(struct waitq *q, uint64_t deadline_ns)
{
    struct thread *self = thread_current();

    if (deadline_ns != WAIT_FOREVER && deadline_ns <= clock_ns())
        return false;
    self->timed_out = false;
    self->waiting_on = q;
    TAILQ_INSERT_TAIL(&q->threads, self, link);
    if (deadline_ns != WAIT_FOREVER) {
        timer_init(&self->timeout, timed_out, self);
        timer_set(&self->timeout, deadline_ns);
    }
    schedule();
    if (deadline_ns != WAIT_FOREVER)
        timer_cancel(&self->timeout);
    return !self->timed_out;
}

void waitq_wake_one(struct waitq *q)
{
    bool was_masked = upcall_mask();
    struct thread *t = TAILQ_FIRST(&q->threads);

    if (t) {
        TAILQ_REMOVE(&q->threads, t, link);
        make_runnable(t);
    }
    upcall_restore(was_masked);
}

void waitq_wake_all(struct waitq *q)
{
    bool was_masked = upcall_mask();

    while (!TAILQ_EMPTY(&q->threads))
        waitq_wake_one(q);
    upcall_restore(was_masked);
}

void thread_sleep_ns(uint64_t ns)
{
    struct waitq nobody = WAITQ_INIT(nobody);

    waitq_until(&nobody, clock_ns() + ns, false);
}

/* --- start --- */

void threads_init(void)
{
    struct vcpu *self = this_vcpu();

    timer_init(&slice, slice_over, NULL);
    _REENT_INIT_PTR(&idle_thread.reent);
    waitq_init(&idle_thread.joiners);
    self->idle = self->current = &idle_thread;
}

void threads_start(void (*fn)(void *), void *arg)
{
    if (!thread_create("main", fn, arg))
        panic("no memory for the first thread");
    thread_yield();
    for (;;) {
        /* Unmasks and sleeps in one step: no wake-up falls between. The
         * upcall that ends it switches to whoever became runnable. */
        upcall_mask();
        thread_yield();
        hypercall_sched_op(SCHEDOP_block, NULL);
    }
}
