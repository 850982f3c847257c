/* SPDX-License-Identifier: MIT */
/*
 * hostile: tries to break out of its domain.
 *
 *   hostile [races=N] [seconds=N] [seed=N] [verbose] [exit=0]
 *
 * First, if asked for, races of a second vCPU's stores against a page that
 * becomes a page table, until N of them began with an old translation there:
 * "hostile: M races, N with an old translation, 0 lost".
 * Then every attack of the lists, once: each has to be refused with one of the
 * answers the contract names. "hostile: N refused ..." and, for each that was
 * not, "hostile: NOT REFUSED name: answer". Then hypercalls by chance until N
 * seconds have passed (without the option, until it is asked to end), and the
 * lists once more: "hostile: still refused".
 *
 * verbose prints each attack before it is made. In the initial domain it
 * leaves out what that domain may do.
 */
#include <stdio.h>
#include <stdlib.h>
#include <guest/clock.h>
#include <guest/probe.h>
#include <guest/shutdown.h>
#include <guest/start.h>
#include <guest/thread.h>
#include <guest/trap.h>
#include <guest/xenbus.h>
#include <pv-abi/errno.h>
#include <pv-abi/sched.h>
#include "attack.h"

#define CALLS_AT_ONCE 5000

long attack_probe(void (*fn)(void *), void *arg)
{
    struct probe p;

    return probe_run(&p, fn, arg) ? 0 : ATTACK_FAULT(p.vector);
}

domid_t attack_own_domid(void)
{
    static uint64_t domid = DOMID_INVALID;

    if (start_is_dom0())
        return 0;
    if (domid == DOMID_INVALID)
        xenbus_read_u64(XENBUS_NO_TX, "domid", &domid);
    return domid;
}

static void print_answer(long answer)
{
    if (answer <= ATTACK_FAULT(0))
        printf("#%s", trap_name(ATTACK_FAULT(0) - answer));
    else if (answer < 0)
        printf("-%s", xen_errname(answer));
    else
        printf("%ld", answer);
}

static bool is_right(const struct attack *a, long answer)
{
    for (int i = 0; i < ANSWERS_MAX; i++)
        if (a->answers[i] && a->answers[i] == answer)
            return true;
    return false;
}

static unsigned int refused, skipped, not_refused;

static void run_list(const struct attack *list)
{
    for (const struct attack *a = list; a->name; a++) {
        long answer;

        if (start_option("verbose"))
            printf("hostile: try %s\n", a->name);
        answer = a->run();
        if (answer == ATTACK_SKIPPED) {
            skipped++;
        } else if (is_right(a, answer)) {
            refused++;
        } else {
            not_refused++;
            printf("hostile: NOT REFUSED %s: ", a->name);
            print_answer(answer);
            printf("\n");
        }
    }
}

static void run_all_lists(void)
{
    long mapped;

    run_list(mmu_attacks);
    run_list(cpu_attacks);
    run_list(call_attacks);
    if (start_is_dom0())
        return; /* it may map devices */
    mapped = attack_map_every_frame();
    if (mapped) {
        not_refused++;
        printf("hostile: NOT REFUSED %ld frames of others\n", mapped);
    }
}

static unsigned long option(const char *name, unsigned long otherwise)
{
    const char *text = start_option(name);

    return text ? strtoul(text, NULL, 0) : otherwise;
}

int main(int argc, char **argv)
{
    uint64_t seconds = option("seconds", 0), seed = option("seed", 1);
    uint64_t end = clock_ns() + seconds * NS_PER_SEC, calls = 0;
    int reason = -1;

    if (start_info->store_evtchn)
        shutdown_watch();
    if (start_option("races"))
        attack_race(option("races", 0));
    run_all_lists();
    printf("hostile: %u refused, %u skipped, %u not refused\n", refused,
           skipped, not_refused);

    printf("hostile: seed %lu\n", seed);
    while (reason < 0 &&
           (start_option("seconds") == NULL || clock_ns() < end)) {
        attack_by_chance(seed++, CALLS_AT_ONCE);
        calls += CALLS_AT_ONCE;
        reason = shutdown_wait(0);
    }
    printf("hostile: %lu calls by chance\n", calls);

    run_all_lists();
    printf("hostile: %s\n", not_refused ? "broken" : "still refused");
    if (start_option("exit") && start_is_dom0())
        machine_exit(not_refused ? 1 : 0);
    shutdown(reason < 0 ? SHUTDOWN_poweroff : (unsigned int)reason);
}
