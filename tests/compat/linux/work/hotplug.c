/* SPDX-License-Identifier: MIT */
/* A CPU leaves and comes back, three times, while others work. */
#include "work.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool set_online(unsigned int cpu, bool online)
{
    char path[80];
    bool done;
    int fd;

    snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/online", cpu);
    fd = open(path, O_WRONLY);
    done = fd >= 0 && write(fd, online ? "1" : "0", 1) == 1;
    if (fd >= 0)
        close(fd);
    return done;
}

/* Run there, to see that it works. */
static bool runs_on(unsigned int cpu)
{
    cpu_set_t before;
    bool there;

    sched_getaffinity(0, sizeof(before), &before);
    there = work_pin(cpu) && (unsigned int)sched_getcpu() == cpu;
    sched_setaffinity(0, sizeof(before), &before);
    return there;
}

bool work_hotplug(void)
{
    unsigned int count = work_cpus(), last = count - 1;

    if (count == 1) {
        work_note("nothing to do with one CPU");
        return true;
    }
    for (int i = 0; i < 3; i++) {
        if (!set_online(last, false))
            return work_fail("CPU %u cannot be taken away", last);
        if (work_cpus() != count - 1 || runs_on(last))
            return work_fail("CPU %u is still there", last);
        if (!set_online(last, true))
            return work_fail("CPU %u cannot be given back", last);
        if (work_cpus() != count || !runs_on(last))
            return work_fail("CPU %u has not come back", last);
    }
    work_note("CPU %u, 3 times", last);
    return true;
}
