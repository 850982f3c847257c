/* SPDX-License-Identifier: MIT */
#include "sched/clock.h"

#include <errno.h>
#include <string.h>

#include <pv-abi/arch.h>
#include <pv-abi/event_channel.h>
#include <pv-abi/inline/barrier.h>
#include <pv-abi/inline/shared.h>

#include "bug.h"
#include "domain/version.h"
#include "event/upcall.h"
#include "event/channel.h"
#include "hal.h"
#include "hv.h"
#include "sched/runqueue.h"
#include "sched/timer.h"
#include "spinlock.h"

/* A deadline that makes no sense is answered after this long, so that a
 * guest whose arithmetic overflowed goes on ticking. */
#define CLOCK_ABSURD_NS 100000000ull

/* ------------------------------------------------------------- clocks */

/*
 * The version is odd while the rest changes. It is read back from memory
 * that the guest may write: a guest that does so fools itself.
 */
static uint32_t begin_version(uint32_t *version)
{
    uint32_t odd = shared_read(version) | 1;

    shared_write(version, odd);
    smp_wmb();
    return odd;
}

static void end_version(uint32_t *version, uint32_t odd)
{
    smp_wmb();
    shared_write(version, odd + 1);
}

void vcpu_time_publish(struct vcpu *v, uint64_t tsc, uint64_t now_ns)
{
    const struct hv_machine *machine = &v->d->hv->machine;
    struct vcpu_time_info *t = &v->event.info->time;
    uint32_t odd = begin_version(&t->version);

    shared_write(&t->tsc_timestamp, tsc);
    shared_write(&t->system_time, now_ns);
    shared_write(&t->tsc_to_system_mul, machine->tsc_mul);
    shared_write(&t->tsc_shift, machine->tsc_shift);
    shared_write(&t->flags,
                 machine->tsc_stable ? XEN_PVCLOCK_TSC_STABLE_BIT : 0);
    end_version(&t->version, odd);
    write_relaxed(v->time.area.stale, v->time.area.guest_va != 0);
}

void wallclock_publish(struct domain *d)
{
    struct shared_info *s = d->shared_info;
    uint64_t sec = d->hv->wallclock_sec + (uint64_t)d->time_offset_s;
    uint32_t odd;

    if (!s) /* dead, but for frames that others map */
        return;
    odd = begin_version(&s->wc_version);
    shared_write(&s->wc_sec, (uint32_t)sec);
    shared_write(&s->wc_sec_hi, (uint32_t)(sec >> 32));
    shared_write(&s->wc_nsec, d->hv->wallclock_nsec);
    end_version(&s->wc_version, odd);
}

void wallclock_set(struct hv *hv, uint64_t sec, uint32_t nsec)
{
    struct domain *d;

    spin_guard(&hv->domains_lock);
    hv->wallclock_sec = sec;
    hv->wallclock_nsec = nsec;
    LIST_FOREACH (d, &hv->domains, link) {
        wallclock_publish(d);
    }
}

/* ------------------------------------------------------------- timers */

static void fire_singleshot(struct timer *t, uint64_t now_ns,
                            struct effects *fx)
{
    virq_raise_vcpu(container_of(t, struct vcpu, time.singleshot), VIRQ_TIMER,
                    fx);
}

/*
 * The period starts from when the last one should have ended, so that ticks
 * do not drift; after a long time off the CPU the missed ones count as one.
 */
static void tick(struct vcpu *v, uint64_t period_ns, unsigned int cpu,
                 uint64_t now_ns, struct effects *fx)
{
    uint64_t last = v->time.last_tick_ns;

    if (now_ns > last)
        last += (now_ns - last) / period_ns * period_ns;
    write_relaxed(v->time.last_tick_ns, last);
    virq_raise_vcpu(v, VIRQ_TIMER, fx);
    timer_arm(v->d->hv, &v->time.periodic, cpu, last + period_ns, fx);
}

static void fire_periodic(struct timer *t, uint64_t now_ns, struct effects *fx)
{
    struct vcpu *v = container_of(t, struct vcpu, time.periodic);
    uint64_t period = v->time.period_ns;

    if (period != 0)
        tick(v, period, t->cpu, now_ns, fx);
}

int clock_set_periodic(struct vcpu *v, uint64_t period_ns, bool self,
                       struct effects *fx)
{
    uint64_t now = hal_now_ns();

    if (period_ns != 0 &&
        (period_ns < CLOCK_PERIOD_MIN_NS || period_ns > CLOCK_PERIOD_MAX_NS))
        return -EINVAL;
    timer_disarm(v->d->hv, &v->time.periodic);
    write_relaxed(v->time.last_tick_ns, now);
    write_relaxed(v->time.period_ns, period_ns);
    if (period_ns != 0 && self)
        timer_arm(v->d->hv, &v->time.periodic, hal_cpu(), now + period_ns, fx);
    return 0;
}

void clock_switch_out(struct vcpu *v)
{
    if (v->time.period_ns != 0)
        timer_disarm(v->d->hv, &v->time.periodic);
}

void clock_switch_in(struct vcpu *v, unsigned int cpu, uint64_t now_ns,
                     struct effects *fx)
{
    uint64_t period = v->time.period_ns;
    uint64_t due = v->time.last_tick_ns + period;

    if (period == 0)
        return;
    if (now_ns >= due)
        tick(v, period, cpu, now_ns, fx);
    else
        timer_arm(v->d->hv, &v->time.periodic, cpu, due, fx);
}

/* A vCPU whose poll was ended by an event is not woken for its time-out. */
static void fire_poll(struct timer *t, uint64_t now_ns, struct effects *fx)
{
    struct vcpu *v = container_of(t, struct vcpu, time.poll);

    if (__atomic_load_n(&v->event.polling, __ATOMIC_SEQ_CST) != 0)
        vcpu_kick(v, fx);
}

void clock_init(struct vcpu *v, uint64_t now_ns)
{
    timer_init(&v->time.singleshot, fire_singleshot);
    timer_init(&v->time.periodic, fire_periodic);
    timer_init(&v->time.poll, fire_poll);
    v->time.period_ns = CLOCK_PERIOD_NS;
    v->sched.runstate.state = RUNSTATE_offline;
    v->sched.runstate.state_entry_time = now_ns;
}

void clock_destroy(struct vcpu *v)
{
    timer_stop(v->d->hv, &v->time.singleshot);
    timer_stop(v->d->hv, &v->time.periodic);
    timer_stop(v->d->hv, &v->time.poll);
}

int64_t do_set_timer_op(struct vcpu *v, uint64_t deadline_ns,
                        struct effects *fx)
{
    uint64_t now = hal_now_ns();

    if (deadline_ns == 0) {
        timer_disarm(v->d->hv, &v->time.singleshot);
        return 0;
    }
    if ((int64_t)deadline_ns < 0 ||
        (deadline_ns > now && deadline_ns - now > CLOCK_HORIZON_NS))
        deadline_ns = now + CLOCK_ABSURD_NS;
    timer_arm(v->d->hv, &v->time.singleshot, hal_cpu(), deadline_ns, fx);
    return 0;
}

/* -------------------------------------------- account, and its copies */

/* Clocks of two CPUs may differ by a little: time never runs backwards. */
static void count_stint(struct vcpu_runstate_info *r, uint64_t now_ns)
{
    if (now_ns <= r->state_entry_time)
        return;
    r->time[r->state] += now_ns - r->state_entry_time;
    r->state_entry_time = now_ns;
}

void runstate_change(struct vcpu *v, int state, uint64_t now_ns)
{
    struct vcpu_runstate_info *r = &v->sched.runstate;

    ASSERT(state >= RUNSTATE_running && state <= RUNSTATE_offline);
    if (r->state == state)
        return;
    count_stint(r, now_ns);
    r->state = state;
    write_relaxed(v->sched.area.stale, v->sched.area.guest_va != 0);
}

struct vcpu_runstate_info vcpu_runstate(struct vcpu *v, uint64_t now_ns)
{
    struct hv_cpu *c = lock_queue_of(v);
    struct vcpu_runstate_info copy = v->sched.runstate;

    spin_unlock(&c->sched_lock);
    count_stint(&copy, now_ns);
    return copy;
}

uint64_t vcpu_run_time(struct vcpu *v, uint64_t now_ns)
{
    return vcpu_runstate(v, now_ns).time[RUNSTATE_running];
}

/*
 * n bytes to va. The member at mark says in copy that the rest is being
 * changed, so that another vCPU reads no half of it; final is its value
 * afterwards.
 */
static void write_marked(uint64_t va, const void *copy, size_t n, size_t mark,
                         const void *final, size_t mark_bytes)
{
    if (hal_copy_to_guest(va + mark, (const uint8_t *)copy + mark,
                          mark_bytes) ||
        hal_copy_to_guest(va, copy, n))
        return;
    (void)!hal_copy_to_guest(va + mark, final, mark_bytes);
}

/*
 * Bit 63 of the entry time is the mark; but only if the guest knows it. On v's
 * way off the CPU, others may change the account already.
 */
static void write_runstate(struct vcpu *v)
{
    uint64_t va = v->sched.area.guest_va;
    struct hv_cpu *c = lock_queue_of(v);
    struct vcpu_runstate_info r = v->sched.runstate;
    uint64_t entry = r.state_entry_time;

    spin_unlock(&c->sched_lock);
    if (!vm_assist_is_on(v->d, VMASST_TYPE_runstate_update_flag)) {
        (void)!hal_copy_to_guest(va, &r, sizeof(r));
        return;
    }
    r.state_entry_time |= XEN_RUNSTATE_UPDATE;
    write_marked(va, &r, sizeof(r), offsetof(typeof(r), state_entry_time),
                 &entry, sizeof(entry));
}

/* The guest may have written to vcpu_info: what is copied is its own. */
static void write_time(struct vcpu *v)
{
    struct vcpu_time_info t;
    uint32_t version;

    shared_read_bytes(&t, &v->event.info->time, sizeof(t));
    version = t.version;
    t.version |= 1;
    write_marked(v->time.area.guest_va, &t, sizeof(t),
                 offsetof(typeof(t), version), &version, sizeof(version));
}

/* Whether the area must be written now. */
static bool take_stale(struct vcpu_area *area)
{
    if (!area->stale)
        return false;
    /* Before the copy, and the lock it takes: others set it meanwhile. */
    write_relaxed(area->stale, false);
    return area->guest_va;
}

void vcpu_publish(struct vcpu *v)
{
    if (!v->kernel_mode)
        return;
    if (take_stale(&v->sched.area))
        write_runstate(v);
    if (take_stale(&v->time.area))
        write_time(v);
}
