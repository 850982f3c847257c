/* SPDX-License-Identifier: MIT */
/*
 * hypervisor/core on four CPUs at once, under ThreadSanitizer: whatever
 * order things happen in, no access races with another, no lock is taken out
 * of order, and at the end every count is the number of what is found by
 * walking. A race that was reported ends the program with an error, though
 * the test in which it happened passes.
 */
#include "suite.h"

#include <stdlib.h>

#include "guests.h"

/* Of each CPU, in each test. STEPS in the environment: another number. */
#define STEPS 3000

static void run(uint64_t seed, void (*step)(struct cpu *c))
{
    const char *wish = getenv("STEPS");
    unsigned int steps = wish ? (unsigned int)atoi(wish) : STEPS;
    struct random random = random_start(seed);
    struct hv *hv = machine_of_guests();

    cpus_run(hv, random.state, steps, step);
    machine_of_guests_end(hv);
}

/* Both ends of a channel are closed and signalled at the same time. */
START_TEST(ports_are_bound_signalled_and_closed_from_all_cpus)
{
    run(1, event_step);
}
END_TEST

/* A grant ends while it is mapped, copied from, and unmapped twice. */
START_TEST(grants_are_mapped_copied_and_ended_from_all_cpus)
{
    run(2, grant_step);
}
END_TEST

/* Two vCPUs of a domain type, change and give back the same frames. */
START_TEST(tables_are_pinned_and_written_from_all_cpus)
{
    run(3, memory_step);
}
END_TEST

/* A vCPU is woken, paused and moved while it falls asleep. */
START_TEST(vcpus_sleep_wake_pause_and_move_on_all_cpus)
{
    run(4, sched_step);
}
END_TEST

/* A domain is found, used and destroyed while it runs. */
START_TEST(domains_come_and_go_while_others_use_them)
{
    run(5, domain_step);
}
END_TEST

/*
 * Who finds a domain takes a reference only if there is one left. A look at
 * the count before, in two steps, brought a domain back that was being freed,
 * so that it was freed twice.
 */
START_TEST(a_domain_that_is_being_freed_is_not_found)
{
    run(7, life_step);
}
END_TEST

START_TEST(everything_happens_at_once)
{
    run(6, any_step);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("threads");
    TCase *t = tcase_create("threads");

    tcase_add_test(t, ports_are_bound_signalled_and_closed_from_all_cpus);
    tcase_add_test(t, grants_are_mapped_copied_and_ended_from_all_cpus);
    tcase_add_test(t, tables_are_pinned_and_written_from_all_cpus);
    tcase_add_test(t, vcpus_sleep_wake_pause_and_move_on_all_cpus);
    tcase_add_test(t, domains_come_and_go_while_others_use_them);
    tcase_add_test(t, a_domain_that_is_being_freed_is_not_found);
    tcase_add_test(t, everything_happens_at_once);
    suite_add_tcase(s, t);
    return s;
}
