/* SPDX-License-Identifier: MIT */
/*
 * spinner: computes for a while and says how long it was kept from it: by the
 * gaps that it sees in its clock, and by the hypervisor's account of it.
 *
 *   spinner [ms=N]
 *
 * After N milliseconds (default 1000) one line, "spinner: N ns: ran A stolen B
 * blocked C, gaps D", all in ns, and the end. Stolen is what Linux takes for
 * it: runnable and offline.
 */
#include <stdio.h>
#include <stdlib.h>
#include <guest/clock.h>
#include <guest/hypercall.h>
#include <guest/shutdown.h>
#include <guest/start.h>
#include <pv-abi/sched.h>
#include <pv-abi/vcpu.h>

/* Longer than what the hypervisor does on this vCPU's own account. */
#define GAP_NS     (200 * NS_PER_MS / 1000)
#define DEFAULT_MS 1000

static struct vcpu_runstate_info account(void)
{
    struct vcpu_runstate_info r;

    if (hypercall_vcpu_op(VCPUOP_get_runstate_info, 0, &r)) {
        printf("spinner: no account\n");
        shutdown(SHUTDOWN_crash);
    }
    return r;
}

/* Look at the clock until it is end_ns; the sum of the gaps. */
static uint64_t spin(uint64_t end_ns)
{
    uint64_t last = clock_ns(), now, gaps = 0;

    for (; last < end_ns; last = now) {
        now = clock_ns();
        if (now - last > GAP_NS)
            gaps += now - last;
    }
    return gaps;
}

int main(int argc, char **argv)
{
    const char *option = start_option("ms");
    uint64_t ms = option ? strtoul(option, NULL, 10) : DEFAULT_MS;
    struct vcpu_runstate_info before, after;
    uint64_t start, gaps, took;

    spin(clock_ns() + 50 * NS_PER_MS); /* until the others do, too */
    before = account();
    start = clock_ns();
    gaps = spin(start + ms * NS_PER_MS);
    took = clock_ns() - start;
    after = account();
    for (int i = 0; i < 4; i++)
        after.time[i] -= before.time[i];
    printf("spinner: %lu ns: ran %lu stolen %lu blocked %lu, gaps %lu\n", took,
           after.time[RUNSTATE_running],
           after.time[RUNSTATE_runnable] + after.time[RUNSTATE_offline],
           after.time[RUNSTATE_blocked], gaps);
    shutdown(SHUTDOWN_poweroff);
}
