/* SPDX-License-Identifier: MIT */
/*
 * spin: keeps its processor busy and says how far it came.
 *
 *   spin [seconds=N] [exit=0]
 *
 * One line a second, "spin S: N rounds, W% of the wall clock": W is what the
 * scheduler gave it. Ends after N seconds, or when it is asked to.
 */
#include <stdio.h>
#include <stdlib.h>
#include <guest/clock.h>
#include <guest/hypercall.h>
#include <guest/shutdown.h>
#include <guest/start.h>
#include <guest/thread.h>
#include <pv-abi/sched.h>
#include <pv-abi/vcpu.h>

#define ROUND 10000

static void one_round(void)
{
    for (volatile int i = 0; i < ROUND; i++)
        ;
}

/* How long this vCPU has had a processor, ns; 0 when nobody tells. */
static uint64_t time_running(void)
{
    struct vcpu_runstate_info info;

    if (hypercall_vcpu_op(VCPUOP_get_runstate_info, 0, &info))
        return 0;
    return info.time[RUNSTATE_running];
}

/* Spin for a second; returns the rounds. */
static uint64_t spin_until(uint64_t end)
{
    uint64_t rounds = 0;

    while (clock_ns() < end) {
        one_round();
        rounds++;
    }
    return rounds;
}

int main(int argc, char **argv)
{
    const char *option = start_option("seconds");
    unsigned long seconds = option ? strtoul(option, NULL, 10) : 0;
    uint64_t start = clock_ns(), before = time_running();
    int reason = -1;

    if (start_info->store_evtchn)
        shutdown_watch();
    for (unsigned long s = 1; (!seconds || s <= seconds) && reason < 0; s++) {
        uint64_t rounds = spin_until(start + s * NS_PER_SEC);
        uint64_t ran = time_running();

        printf("spin %lu: %lu rounds, %lu%% of the wall clock\n", s, rounds,
               (ran - before) * 100 / NS_PER_SEC);
        before = ran;
        reason = shutdown_wait(0);
    }
    if (start_option("exit") && start_is_dom0())
        machine_exit(0);
    shutdown(reason < 0 ? SHUTDOWN_poweroff : (unsigned int)reason);
}
