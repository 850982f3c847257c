/* SPDX-License-Identifier: MIT */
/* hypervisor/core/sched: whatever happens, no vCPU is lost or runs twice. */
#include <pthread.h>
#include <stdlib.h>

#include "sched_fixture.h"

static struct random chance;

/* Whatever happens to a vCPU, from any CPU. */
static void disturb(struct hv *hv)
{
    struct vcpu *v = guest_vcpu(hv, (domid_t)random_below(&chance, 5),
                                (unsigned int)random_below(&chance, 2));
    unsigned int cpus = cpumask_count(hv->online);
    struct effects fx;

    fake_set_cpu((unsigned int)random_below(&chance, cpus));
    effects_init(&fx);
    switch (random_below(&chance, 10)) {
    case 0:
    case 1:
        if (is_running(v)) {
            enter_from(v);
            vcpu_block(v, &fx);
        }
        break;
    case 2:
    case 3:
    case 4:
        vcpu_wake(v, fake.now_ns, &fx);
        break;
    case 5:
        if (v->sched.pause_count > 0)
            vcpu_unpause(v, &fx);
        else if (random_below(&chance, 2))
            vcpu_pause(v, &fx);
        break;
    case 6:
        ck_assert_int_eq(
            vcpu_set_affinity(
                v, (cpumask_t){1 + random_below(&chance, (1ul << cpus) - 1)},
                (cpumask_t){random_below(&chance, 1ul << cpus)}, &fx),
            0);
        break;
    case 7:
        if (vcpu_is_online(v) && random_below(&chance, 4) == 0)
            vcpu_down(v, &fx);
        else
            vcpu_up(v, fake.now_ns, &fx);
        break;
    case 8:
        if (is_running(v)) {
            enter_from(v);
            vcpu_yield(v, &fx);
        }
        break;
    case 9:
        domain_set_cap(v->d, (uint16_t)random_below(&chance, 150), &fx);
        break;
    }
    guests_exit(hv, &fx);
    sched_check(hv);
}

/* No CPU is idle while a vCPU that may use it waits. */
static void check_no_waste(struct hv *hv)
{
    struct domain *d;
    struct vcpu *v;
    unsigned int cpu;

    cpumask_for_each(cpu, hv->online)
    {
        if (running_on(cpu))
            continue;
        LIST_FOREACH (d, &hv->domains, link)
            domain_for_each_vcpu (d, v)
                ck_assert(!v->sched.queued || !cpumask_has(v->sched.hard, cpu));
    }
}

static void uncap(struct domain *d)
{
    struct effects fx;

    effects_init(&fx);
    domain_set_cap(d, 0, &fx);
    guests_exit(d->hv, &fx);
}

static void storm(unsigned int cpus, uint64_t seed)
{
    struct hv *hv;
    struct domain *d;
    struct vcpu *v;

    chance = random_start(seed);
    hv = machine_with_guests(cpus, 5, 2);
    for (unsigned int i = 0; i < 3000; i++) {
        guests_run(hv, fake.now_ns + random_below(&chance, 3 * MS), MS,
                   disturb);
        check_no_waste(hv);
    }
    /* Let go of all: each of them runs again. */
    LIST_FOREACH (d, &hv->domains, link)
        uncap(d);
    LIST_FOREACH (d, &hv->domains, link)
        domain_for_each_vcpu (d, v) {
            uint64_t before = vcpu_run_time(v, fake.now_ns);

            while (v->sched.pause_count > 0)
                unpause(v);
            set_affinity(v, UINT64_MAX, UINT64_MAX);
            if (!vcpu_is_online(v)) {
                struct effects fx;

                effects_init(&fx);
                vcpu_up(v, fake.now_ns, &fx);
                guests_exit(hv, &fx);
            }
            wake(v);
            guests_run(hv, fake.now_ns + 500 * MS, MS, NULL);
            ck_assert_uint_gt(vcpu_run_time(v, fake.now_ns), before);
        }
    guests_end(hv);
}

START_TEST(no_vcpu_is_lost_on_one_cpu)
{
    storm(1, 0x5eed0011);
}
END_TEST

START_TEST(no_vcpu_is_lost_on_two_cpus)
{
    storm(2, 0x5eed0012);
}
END_TEST

START_TEST(no_vcpu_is_lost_on_four_cpus)
{
    storm(4, 0x5eed0014);
}
END_TEST

/* -------------------------------------------------------------- threads */

#define THREADS 4

static struct hv *shared_hv;
/* Whose registers each CPU has: no two may have one vCPU's. */
static struct vcpu *loaded[THREADS];

static void load(unsigned int cpu, struct vcpu *next)
{
    for (unsigned int i = 0; next && i < THREADS; i++)
        if (i != cpu && __atomic_load_n(&loaded[i], __ATOMIC_SEQ_CST) == next)
            hal_panic("one vCPU on two CPUs");
    __atomic_store_n(&loaded[cpu], next, __ATOMIC_SEQ_CST);
}

static void disturb_one(struct random *r, struct vcpu *mine)
{
    struct vcpu *v = guest_vcpu(shared_hv, (domid_t)random_below(r, 3),
                                (unsigned int)random_below(r, 2));
    struct effects fx;

    effects_init(&fx);
    switch (random_below(r, 7)) {
    case 0:
        if (mine)
            vcpu_block(mine, &fx);
        break;
    case 1:
    case 2:
        vcpu_wake(v, fake.now_ns, &fx);
        break;
    case 3:
        vcpu_pause(v, &fx);
        vcpu_unpause(v, &fx);
        break;
    case 4:
        (void)!vcpu_set_affinity(v, (cpumask_t){1 + random_below(r, 15)},
                                 (cpumask_t){random_below(r, 16)}, &fx);
        break;
    case 5:
        vcpu_down(v, &fx);
        vcpu_up(v, fake.now_ns, &fx);
        break;
    case 6:
        domain_set_cap(v->d, (uint16_t)random_below(r, 200), &fx);
        break;
    }
}

/* A CPU that picks, switches, and meddles with everybody's vCPUs. */
static void *cpu_of_vcpus(void *arg)
{
    unsigned int cpu = (unsigned int)(uintptr_t)arg;
    struct random r = {.state = 0x5eed0050 + cpu};

    fake_set_cpu(cpu);
    for (unsigned int i = 0; i < 40000; i++) {
        struct vcpu *prev = loaded[cpu], *next;
        struct effects fx;

        effects_init(&fx);
        next = sched_pick(shared_hv, cpu, fake.now_ns, &fx);
        if (next != prev) {
            load(cpu, NULL); /* the registers are saved */
            if (prev)
                sched_switched(prev, &fx);
            load(cpu, next);
        }
        disturb_one(&r, next);
        if (cpu == 0)
            __atomic_fetch_add(&fake.now_ns, MS, __ATOMIC_RELAXED);
    }
    return NULL;
}

START_TEST(four_cpus_never_run_one_vcpu_twice)
{
    pthread_t threads[THREADS];

    shared_hv = machine_with_guests(THREADS, 3, 2);
    for (uintptr_t i = 0; i < THREADS; i++)
        loaded[i] = running_on((unsigned int)i);
    for (uintptr_t i = 0; i < THREADS; i++)
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, cpu_of_vcpus, (void *)i), 0);
    for (unsigned int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    guests_end(shared_hv);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("sched_storm");
    TCase *t = tcase_create("storm");

    tcase_set_timeout(t, 60);
    tcase_add_test(t, no_vcpu_is_lost_on_one_cpu);
    tcase_add_test(t, no_vcpu_is_lost_on_two_cpus);
    tcase_add_test(t, no_vcpu_is_lost_on_four_cpus);
    tcase_add_test(t, four_cpus_never_run_one_vcpu_twice);
    suite_add_tcase(s, t);
    return s;
}
