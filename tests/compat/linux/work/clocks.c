/* SPDX-License-Identifier: MIT */
/* Clocks that are read on all CPUs at once may not step back anywhere. */
#include "work.h"

#include <pthread.h>
#include <time.h>

#define READS       20000
#define MAX_READERS 64

static const clockid_t clocks[] = {CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW,
                                   CLOCK_BOOTTIME, CLOCK_REALTIME};
#define CLOCKS (sizeof(clocks) / sizeof(clocks[0]))

/* The latest time that anybody has seen, by clock. */
static uint64_t latest[CLOCKS];

struct reader {
    pthread_t thread;
    unsigned int cpu;
    uint64_t worst; /* the longest step back, ns */
};

static uint64_t now(clockid_t id)
{
    struct timespec t;

    clock_gettime(id, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void look(struct reader *r, unsigned int clock)
{
    /* What was published before the clock is read may not be later. */
    uint64_t seen = __atomic_load_n(&latest[clock], __ATOMIC_SEQ_CST);
    uint64_t time = now(clocks[clock]);

    if (time < seen && seen - time > r->worst)
        r->worst = seen - time;
    while (time > seen &&
           !__atomic_compare_exchange_n(&latest[clock], &seen, time, false,
                                        __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
        ;
}

static void *read_clocks(void *arg)
{
    struct reader *r = arg;

    work_pin(r->cpu);
    for (unsigned int i = 0; i < READS; i++)
        look(r, i % CLOCKS);
    return NULL;
}

bool work_clocks(void)
{
    static struct reader readers[MAX_READERS];
    unsigned int count = work_cpus();
    uint64_t worst = 0, end;
    struct timespec nap = {.tv_nsec = 50000000};

    if (count > MAX_READERS)
        count = MAX_READERS;
    for (unsigned int i = 0; i < count; i++) {
        readers[i] = (struct reader){.cpu = i};
        if (pthread_create(&readers[i].thread, NULL, read_clocks,
                           &readers[i]))
            return work_fail("no thread");
    }
    for (unsigned int i = 0; i < count; i++) {
        pthread_join(readers[i].thread, NULL);
        if (readers[i].worst > worst)
            worst = readers[i].worst;
    }
    if (worst)
        return work_fail("a clock stepped back by %lu ns", worst);
    end = now(CLOCK_MONOTONIC);
    nanosleep(&nap, NULL);
    if (now(CLOCK_MONOTONIC) - end < 50000000)
        return work_fail("a nap was too short");
    work_note("%u readers", count);
    return true;
}
