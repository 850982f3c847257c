/* SPDX-License-Identifier: MIT */
#include "cpus.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "bug.h"
#include "call/dispatch.h"
#include "event/upcall.h"
#include "mm/tlb.h"
#include "sched/clock.h"
#include "sched/runqueue.h"
#include "sched/timer.h"

/* Time that passes in one turn of a CPU. */
#define TURN_NS 20000

/* Turns without a vCPU, after which a CPU gives up. */
#define IDLE_MAX 200000

/* Where a call returns to. What is to be run again is at the call itself. */
#define AFTER_CALL 0x1002

/* Work of one entry, at least: long calls are interrupted. */
#define BUDGET_MIN 16

static struct cpu cpus[CPUS];
static bool threads_run; /* else one thread plays all CPUs */
static unsigned int finished;
static void (*step_of_test)(struct cpu *c);
static unsigned int steps;

static struct cpu *this_cpu(void)
{
    return &cpus[hal_cpu()];
}

/* ------------------------------------------------- hal.h, as x86/tlb.c */

static void flush_own(struct cpu *c)
{
    tlb_flush_end(c->hv, c->id, tlb_flush_begin(c->hv));
}

static void serve_flush(struct cpu *c)
{
    if (__atomic_exchange_n(&c->flush, false, __ATOMIC_SEQ_CST))
        flush_own(c);
}

void hal_relax(void)
{
    serve_flush(this_cpu());
    sched_yield();
}

void hal_flush_tlb(cpumask_t m)
{
    struct cpu *c = this_cpu();
    uint64_t time = tlb_now(fake.hv);
    cpumask_t others = m;
    unsigned int cpu;

    if (!threads_run) {
        cpumask_for_each(cpu, m) flush_own(&cpus[cpu]);
        return;
    }
    cpumask_remove(&others, c->id);
    cpumask_for_each(cpu, others)
        __atomic_store_n(&cpus[cpu].flush, true, __ATOMIC_SEQ_CST);
    if (cpumask_has(m, c->id))
        flush_own(c);
    while (!cpumask_is_empty(tlb_stale(c->hv, others, time)))
        hal_relax();
}

void hal_reload(struct vcpu *v, unsigned int what)
{
    struct cpu *c = this_cpu();

    if (c->current == v && what & RELOAD_BASE)
        flush_own(c);
}

/* Nobody reads along. */
void hal_console_write(const char *s, size_t n)
{
}

void hal_log_write(const char *s, size_t n)
{
}

void hal_power(enum hal_power what)
{
    hal_panic("power %d", (int)what);
}

/* ------------------------------------------------ others get in between */

void __real_spin_lock(struct spinlock *l);
void __real_spin_unlock(struct spinlock *l);
uint32_t __real___tsan_atomic32_load(const volatile uint32_t *at, int order);
void __wrap_spin_lock(struct spinlock *l);
void __wrap_spin_unlock(struct spinlock *l);
uint32_t __wrap___tsan_atomic32_load(const volatile uint32_t *at, int order);

/* One time of so many, the next step takes long. */
static void linger(unsigned int times)
{
    struct cpu *c = this_cpu();

    if (threads_run && random_below(&c->random, times) == 0)
        sched_yield();
}

void __wrap_spin_lock(struct spinlock *l)
{
    linger(8);
    __real_spin_lock(l);
}

void __wrap_spin_unlock(struct spinlock *l)
{
    __real_spin_unlock(l);
    linger(8);
}

/* Counts of references, among others: between a look and what it leads to. */
uint32_t __wrap___tsan_atomic32_load(const volatile uint32_t *at, int order)
{
    uint32_t value = __real___tsan_atomic32_load(at, order);

    linger(32);
    return value;
}

/* ---------------------------------------- leaving, as x86/entry/exit.c */

static void save(struct vcpu *v)
{
    vcpu_publish(v);
    v->saved = *v->regs;
    v->regs = &v->saved;
}

/* Registers that another CPU has not saved yet are the worst there is. */
static void load(struct cpu *c, struct vcpu *v)
{
    BUG_ON(v->regs != &v->saved);
    c->regs = v->saved;
    v->regs = &c->regs;
    cpumask_add_atomic(&v->d->dirty_cpus, c->id);
    vcpu_time_publish(v, hal_now_ns(), hal_now_ns());
}

static void switch_to(struct cpu *c, struct vcpu *next, struct effects *fx)
{
    struct vcpu *prev = c->current;

    if (prev)
        save(prev);
    c->current = next;
    if (next)
        load(c, next);
    flush_own(c);
    if (!prev)
        return;
    if (!next || next->d != prev->d)
        cpumask_remove_atomic(&prev->d->dirty_cpus, c->id);
    sched_switched(prev, fx);
}

static void apply(struct effects *fx)
{
    unsigned int cpu;

    if (!cpumask_is_empty(fx->flush))
        hal_flush_tlb(fx->flush);
    if (!cpumask_is_empty(fx->flush_page))
        hal_flush_tlb(fx->flush_page);
    cpumask_for_each(cpu, fx->resched)
        __atomic_store_n(&cpus[cpu].resched, true, __ATOMIC_SEQ_CST);
    effects_init(fx);
}

/* The guest's handler: it looks at every port that is pending. */
static void upcall(struct vcpu *v)
{
    struct shared_info *shared = v->d->shared_info;
    struct vcpu_info *info = v->event.info;
    uint64_t words;

    vcpu_mask_upcalls(v, true);
    shared_exchange(&info->evtchn_upcall_pending, (uint8_t)0);
    words = shared_exchange(&info->evtchn_pending_sel, 0ul);
    for (unsigned int i = 0; i < 64; i++)
        if (words >> i & 1)
            shared_exchange(&shared->evtchn_pending[i], 0ul);
    vcpu_mask_upcalls(v, false);
}

static void cpu_exit(struct cpu *c, struct effects *fx)
{
    struct vcpu *next;

    spin_check_none_held();
    apply(fx);
    while (__atomic_exchange_n(&c->resched, false, __ATOMIC_SEQ_CST)) {
        next = sched_pick(c->hv, c->id, hal_now_ns(), fx);
        if (next != c->current)
            switch_to(c, next, fx);
        apply(fx);
    }
    serve_flush(c);
    if (c->current && vcpu_publish_wanted(c->current))
        vcpu_publish(c->current);
    if (c->current && vcpu_upcall_wanted(c->current))
        upcall(c->current);
}

/* Timer interrupt, if it is due. */
static void tick(struct cpu *c)
{
    uint64_t now = hal_now_ns();
    struct effects fx;

    effects_init(&fx);
    if (timer_next(c->hv, c->id) <= now)
        timers_run(c->hv, c->id, now, &fx);
    if (sched_slice_end(c->hv, c->id) <= now)
        effects_resched(&fx, c->id);
    cpu_exit(c, &fx);
}

int64_t cpu_call(struct cpu *c, uint64_t nr, uint64_t a1, uint64_t a2,
                 uint64_t a3, uint64_t a4)
{
    struct vcpu *v = c->current;
    struct effects fx;
    int64_t result;
    bool again;

    c->regs.rax = nr;
    c->regs.rdi = a1;
    c->regs.rsi = a2;
    c->regs.rdx = a3;
    c->regs.r10 = a4;
    effects_init(&fx);
    do {
        c->regs.rip = AFTER_CALL;
        fx.budget = BUDGET_MIN << random_below(&c->random, 7);
        hypercall(v, &fx);
        again = c->regs.rip != AFTER_CALL;
        result = again ? -ERESTART : (int64_t)c->regs.rax;
        cpu_exit(c, &fx);
    } while (again && c->current == v);
    return result;
}

void cpu_fault(struct cpu *c, void (*serve)(struct cpu *c, struct effects *fx))
{
    struct effects fx;

    effects_init(&fx);
    serve(c, &fx);
    cpu_exit(c, &fx);
}

/* ------------------------------------------------------------- threads */

static void *run_cpu(void *arg)
{
    struct cpu *c = arg;

    fake_set_cpu(c->id);
    for (unsigned int done = 0, idle = 0; done < steps && idle < IDLE_MAX;) {
        __atomic_fetch_add(&fake.now_ns, TURN_NS, __ATOMIC_RELAXED);
        tick(c);
        if (c->current) {
            step_of_test(c);
            done++;
        } else {
            sched_yield();
            idle++;
        }
    }
    /* Others may still want something of this CPU. */
    __atomic_fetch_add(&finished, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&finished, __ATOMIC_SEQ_CST) < CPUS) {
        tick(c);
        sched_yield();
    }
    return NULL;
}

static void start(struct hv *hv, uint64_t seed)
{
    for (unsigned int i = 0; i < CPUS; i++) {
        cpus[i].id = i;
        cpus[i].hv = hv;
        cpus[i].current = hv->cpus[i].current;
        cpus[i].random.state = seed * CPUS + i;
        cpus[i].arg_va = FAKE_GUEST_VA + i * ARG_BYTES;
    }
}

void cpus_settle(struct hv *hv)
{
    start(hv, 0);
    for (unsigned int i = 0; i < CPUS; i++)
        cpus[i].resched = true;
    for (unsigned int i = 0; i < 2 * CPUS; i++) {
        struct cpu *c = &cpus[i % CPUS];

        fake_set_cpu(c->id);
        tick(c);
    }
    fake_set_cpu(0);
}

void cpus_run(struct hv *hv, uint64_t seed, unsigned int count,
              void (*step)(struct cpu *c))
{
    pthread_t threads[CPUS];

    start(hv, seed);
    step_of_test = step;
    steps = count;
    finished = 0;
    threads_run = true;
    for (unsigned int i = 0; i < CPUS; i++)
        if (pthread_create(&threads[i], NULL, run_cpu, &cpus[i]))
            ck_abort_msg("no thread");
    for (unsigned int i = 0; i < CPUS; i++)
        pthread_join(threads[i], NULL);
    threads_run = false;
    fake_set_cpu(0);
}
