/* SPDX-License-Identifier: MIT */
/*
 * What makes a vCPU want a CPU or not: waking, blocking, starting, stopping,
 * pausing, and which CPUs it may use.
 */
#include <errno.h>

#include <pv-abi/inline/barrier.h>

#include "bug.h"
#include "hal.h"
#include "sched/clock.h"
#include "sched/runqueue.h"

void vcpu_sched_init(struct vcpu *v)
{
    struct hv *hv = v->d->hv;
    unsigned int count = cpumask_count(hv->online);

    v->sched.run = VCPU_OFFLINE;
    v->sched.hard = hv->online;
    v->sched.soft.bits = UINT64_MAX;
    v->sched.pinned = -1;
    /* Spread the vCPUs that wake while no CPU is idle. */
    v->sched.cpu = cpumask_first(hv->online);
    for (unsigned int i = (v->d->domid + v->id) % count; i > 0; i--) {
        cpumask_t rest = {hv->online.bits & (~1ul << v->sched.cpu)};

        v->sched.cpu = cpumask_first(rest);
    }
    v->sched.credit = hv->cpus[v->sched.cpu].floor;
    clock_init(v, hal_now_ns());
}

void vcpu_sched_destroy(struct vcpu *v)
{
    ASSERT(!v->sched.queued && vcpu_is_quiet(v));
    clock_destroy(v);
}

/*
 * v's wish for a CPU may have changed, while it was not current: into a
 * queue with it, or out of it. Takes c locked, releases it.
 */
static void follow_wish(struct hv_cpu *c, struct vcpu *v, uint64_t now_ns,
                        struct effects *fx)
{
    bool wants = vcpu_wants_cpu(v);

    if (c->current == v) {
        /* It is on a CPU, which sees for itself when it picks. */
        if (!wants)
            effects_resched(fx, v->sched.cpu);
    } else if (wants && !v->sched.queued) {
        runstate_change(v, vcpu_waiting_state(v), now_ns);
        sched_place(c, v, now_ns, fx);
        return;
    } else if (!wants) {
        if (v->sched.queued)
            queue_remove(c, v);
        runstate_change(v, vcpu_waiting_state(v), now_ns);
    }
    spin_unlock(&c->sched_lock);
}

/* If v is in state from, it wants to run. */
static void make_runnable(struct vcpu *v, enum vcpu_run from, uint64_t now_ns,
                          struct effects *fx)
{
    struct hv_cpu *c = lock_queue_of(v);

    if (v->sched.run == from)
        v->sched.run = c->current == v ? VCPU_RUNNING : VCPU_RUNNABLE;
    follow_wish(c, v, now_ns, fx);
}

void vcpu_wake(struct vcpu *v, uint64_t now_ns, struct effects *fx)
{
    make_runnable(v, VCPU_BLOCKED, now_ns, fx);
}

void vcpu_up(struct vcpu *v, uint64_t now_ns, struct effects *fx)
{
    make_runnable(v, VCPU_OFFLINE, now_ns, fx);
}

void vcpu_down(struct vcpu *v, struct effects *fx)
{
    struct hv_cpu *c = lock_queue_of(v);

    v->sched.run = VCPU_OFFLINE;
    follow_wish(c, v, hal_now_ns(), fx);
}

void vcpu_block(struct vcpu *v, struct effects *fx)
{
    struct hv_cpu *c = lock_queue_of(v);

    ASSERT(c->current == v);
    if (v->sched.run == VCPU_RUNNING) {
        v->sched.run = VCPU_BLOCKED;
        effects_resched(fx, v->sched.cpu);
    }
    spin_unlock(&c->sched_lock);
    smp_mb();
}

void vcpu_yield(struct vcpu *v, struct effects *fx)
{
    struct hv_cpu *c = lock_queue_of(v);

    v->sched.yield = true;
    effects_resched(fx, v->sched.cpu);
    spin_unlock(&c->sched_lock);
}

void vcpu_pause(struct vcpu *v, struct effects *fx)
{
    struct hv_cpu *c = lock_queue_of(v);

    v->sched.pause_count++;
    BUG_ON(v->sched.pause_count == 0);
    follow_wish(c, v, hal_now_ns(), fx);
}

void vcpu_unpause(struct vcpu *v, struct effects *fx)
{
    struct hv_cpu *c = lock_queue_of(v);

    BUG_ON(v->sched.pause_count == 0);
    v->sched.pause_count--;
    follow_wish(c, v, hal_now_ns(), fx);
}

void vcpu_unpark(struct vcpu *v, uint64_t now_ns, struct effects *fx)
{
    struct hv_cpu *c = lock_queue_of(v);

    v->sched.parked = false;
    follow_wish(c, v, now_ns, fx);
}

void sched_switched(struct vcpu *prev, struct effects *fx)
{
    struct hv_cpu *c = lock_queue_of(prev);

    prev->sched.leaving = false;
    /* After its registers were stored: whoever sees it may run prev. */
    atomic_store_explicit(&prev->sched.on_cpu, false, memory_order_release);
    if (!prev->sched.queued) {
        spin_unlock(&c->sched_lock);
        return;
    }
    /* Other CPUs could not take it until now: look for one. */
    queue_remove(c, prev);
    sched_place(c, prev, hal_now_ns(), fx);
}

/* ------------------------------------------------------------ affinity */

/* v may use other CPUs than before: some idle one, or not the one it is on. */
static void follow_affinity(struct hv_cpu *c, struct vcpu *v,
                            struct effects *fx)
{
    if (v->sched.queued && !v->sched.on_cpu) {
        queue_remove(c, v);
        sched_place(c, v, hal_now_ns(), fx);
        return;
    }
    if (v->sched.on_cpu && !vcpu_may_use(v, v->sched.cpu))
        effects_resched(fx, v->sched.cpu);
    spin_unlock(&c->sched_lock);
}

int vcpu_set_affinity(struct vcpu *v, cpumask_t hard, cpumask_t soft,
                      struct effects *fx)
{
    struct hv_cpu *c;

    hard = cpumask_and(hard, v->d->hv->online);
    if (cpumask_is_empty(hard))
        return -EINVAL;
    c = lock_queue_of(v);
    __atomic_store_n(&v->sched.hard.bits, hard.bits, __ATOMIC_RELAXED);
    __atomic_store_n(&v->sched.soft.bits, soft.bits, __ATOMIC_RELAXED);
    follow_affinity(c, v, fx);
    return 0;
}

int vcpu_pin(struct vcpu *v, int cpu, struct effects *fx)
{
    struct hv_cpu *c;

    if (cpu >= (int)CONFIG_MAX_CPUS ||
        (cpu >= 0 && !cpumask_has(v->d->hv->online, (unsigned int)cpu)))
        return -EINVAL;
    c = lock_queue_of(v);
    if (cpu >= 0 && v->sched.pinned >= 0 && v->sched.pinned != cpu) {
        spin_unlock(&c->sched_lock);
        return -EBUSY;
    }
    v->sched.pinned = cpu < 0 ? -1 : cpu;
    follow_affinity(c, v, fx);
    return 0;
}
