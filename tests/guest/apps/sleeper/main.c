/* SPDX-License-Identifier: MIT */
/*
 * sleeper: sleeps for a millisecond, again and again, and says how late it was
 * woken: from its timer's deadline until its own instruction.
 *
 *   sleeper [naps=N]
 *
 * After N naps (default 1000) one line,
 * "sleeper: N naps, late by ns: p50 A p90 B p99 C max D", and the end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <guest/clock.h>
#include <guest/shutdown.h>
#include <guest/start.h>
#include <guest/thread.h>
#include <pv-abi/sched.h>

#define NAP_NS       NS_PER_MS
#define DEFAULT_NAPS 1000

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static uint64_t nap(void)
{
    uint64_t until = clock_ns() + NAP_NS;

    thread_sleep_ns(NAP_NS);
    return clock_ns() - until;
}

int main(int argc, char **argv)
{
    const char *option = start_option("naps");
    size_t naps = option ? strtoul(option, NULL, 10) : DEFAULT_NAPS;
    uint64_t *late = calloc(naps, sizeof(*late));

    if (naps == 0 || !late) {
        printf("sleeper: no memory for %zu naps\n", naps);
        shutdown(SHUTDOWN_crash);
    }
    for (size_t i = 0; i < naps; i++)
        late[i] = nap();
    qsort(late, naps, sizeof(*late), by_size);
    printf("sleeper: %zu naps, late by ns: p50 %lu p90 %lu p99 %lu max %lu\n",
           naps, late[naps / 2], late[naps * 9 / 10], late[naps * 99 / 100],
           late[naps - 1]);
    shutdown(SHUTDOWN_poweroff);
}
