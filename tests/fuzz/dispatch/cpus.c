/* SPDX-License-Identifier: MIT */
/*
 * The CPUs, as x86/ plays them: what is done on the way out of the hypervisor
 * (x86/entry/exit.c, context_switch.c), with TLBs that are models.
 */
#include "domain/entry_calls.h"
#include "event/upcall.h"
#include "mm/tlb.h"
#include "play.h"
#include "sched/clock.h"
#include "sched/runqueue.h"
#include "sched/timer.h"

void enter_kernel(struct vcpu *v)
{
    if (vcpu_set_mode(v, true))
        oracle_fail("the kernel cannot be entered");
}

struct vcpu *running_dom0(void)
{
    for (unsigned int cpu = 0; cpu < WORLD_CPUS; cpu++)
        if (play.on[cpu] && play.on[cpu]->d == scene.hv->dom0)
            return play.on[cpu];
    return NULL;
}

/* ----------------------------------------------------------- switching */

/* CR3 with everything dropped, and the hypervisor told so. */
static void load_root(unsigned int cpu, const struct vcpu *v)
{
    uint64_t time = tlb_flush_begin(scene.hv);

    tlb_flush_all(&scene.tlb, cpumask_of(cpu));
    if (v) {
        scene.tlb.cpu[cpu].user = !v->kernel_mode;
        tlb_load_root(&scene.tlb, cpu, v);
    } else {
        scene.tlb.cpu[cpu].root = MFN_INVALID;
    }
    tlb_flush_end(scene.hv, cpu, time);
}

static void switch_to(unsigned int cpu, struct vcpu *next, struct effects *fx)
{
    struct vcpu *prev = play.on[cpu];

    if (prev)
        vcpu_publish(prev);
    play.on[cpu] = next;
    if (next)
        cpumask_add(&next->d->dirty_cpus, cpu);
    load_root(cpu, next);
    if (next)
        vcpu_time_publish(next, fake.now_ns, fake.now_ns);
    if (!prev)
        return;
    if (!next || next->d != prev->d)
        cpumask_remove(&prev->d->dirty_cpus, cpu);
    sched_switched(prev, fx);
}

static void schedule(unsigned int cpu, struct effects *fx)
{
    struct vcpu *next;

    play.resched[cpu] = false;
    next = sched_pick(scene.hv, cpu, fake.now_ns, fx);
    if (next != play.on[cpu])
        switch_to(cpu, next, fx);
}

/* ------------------------------------------------------------- leaving */

static void flush_page(unsigned int cpu, cpumask_t m, uint64_t va)
{
    if (cpumask_has(m, cpu)) {
        tlb_flush_page(&scene.tlb, cpumask_of(cpu), va);
        cpumask_remove(&m, cpu);
    }
    if (!cpumask_is_empty(m))
        hal_flush_tlb(m);
}

static void apply(unsigned int cpu, struct effects *fx)
{
    unsigned int other;

    if (!cpumask_is_empty(fx->flush))
        hal_flush_tlb(fx->flush);
    if (!cpumask_is_empty(fx->flush_page))
        flush_page(cpu, fx->flush_page, fx->flush_va);
    cpumask_for_each(other, fx->resched) play.resched[other] = true;
    effects_init(fx);
}

/* NMIs and events: the frame that is pushed does not matter here. */
static void deliver(struct vcpu *v)
{
    if (v->entry.nmi_pending && !v->entry.nmi_masked) {
        v->entry.nmi_pending = false;
        v->entry.nmi_masked = true;
        enter_kernel(v);
    }
    if (vcpu_upcall_wanted(v)) {
        enter_kernel(v);
        vcpu_mask_upcalls(v, true);
    }
}

void cpu_exit(unsigned int cpu, struct effects *fx)
{
    struct vcpu *v;

    fake_set_cpu(cpu);
    apply(cpu, fx);
    while (play.resched[cpu]) {
        schedule(cpu, fx);
        apply(cpu, fx);
    }
    v = play.on[cpu];
    if (v && vcpu_publish_wanted(v))
        vcpu_publish(v);
    if (v)
        deliver(v);
    spin_check_none_held();
}

void cpus_serve(void)
{
    for (unsigned int cpu = 0; cpu < WORLD_CPUS; cpu++) {
        struct effects fx;

        effects_init(&fx);
        if (play.resched[cpu])
            cpu_exit(cpu, &fx);
    }
}

void time_pass(uint64_t ns)
{
    fake.now_ns += ns;
    for (unsigned int cpu = 0; cpu < WORLD_CPUS; cpu++) {
        struct effects fx;

        effects_init(&fx);
        fake_set_cpu(cpu);
        if (timer_next(scene.hv, cpu) <= fake.now_ns)
            timers_run(scene.hv, cpu, fake.now_ns, &fx);
        if (sched_slice_end(scene.hv, cpu) <= fake.now_ns)
            effects_resched(&fx, cpu);
        cpu_exit(cpu, &fx);
    }
}

/* ------------------------------------------------- what the models hear */

static void on_flush(cpumask_t cpus)
{
    tlb_flush_all(&scene.tlb, cpus);
}

static void on_reload(struct vcpu *v, unsigned int what)
{
    unsigned int cpu = hal_cpu();

    if (play.on[cpu] != v)
        return;
    if (what & RELOAD_BASE)
        load_root(cpu, v);
    if (what & RELOAD_MODE) {
        scene.tlb.cpu[cpu].user = !v->kernel_mode;
        tlb_load_root(&scene.tlb, cpu, v);
    }
}

/* What is checked as a table nobody can write any more, and the reverse. */
static void on_map(mfn_t m)
{
    uint32_t type = scene.hv->frames[m.n].type;

    if (type & FRAME_PARTIAL)
        tlb_check_not_writable(&scene.tlb, m);
    if ((type & FRAME_TYPE_MASK) == FRAME_WRITABLE &&
        (type & FRAME_TYPE_COUNT) > 0)
        tlb_check_not_walked(&scene.tlb, m);
}

/* What was read once is now and then something else a moment later. */
static void on_guest_read(uint64_t va, size_t n)
{
    if (!scene.racing || n == 0 || byte() % 4)
        return;
    ((uint8_t *)fake_guest(va))[byte() % n] ^= (uint8_t)byte();
}

void cpus_start(void)
{
    fake.on_guest_read = on_guest_read;
    fake.on_flush = on_flush;
    fake.on_reload = on_reload;
    fake.on_map = on_map;
    /* Each finds that it is idle. */
    for (unsigned int cpu = 0; cpu < WORLD_CPUS; cpu++)
        play.resched[cpu] = true;
    cpus_serve();
}
