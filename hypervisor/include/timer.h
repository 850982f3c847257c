/* SPDX-License-Identifier: MIT */
/*
 * struct timer: a deadline on one CPU's timer queue. The functions are in
 * core/sched/timer.h.
 */
#ifndef HV_TIMER_H
#define HV_TIMER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/tree.h>

struct effects;

struct timer {
    RB_ENTRY(timer) node;
    uint64_t deadline_ns; /* absolute, system time */
    unsigned int cpu;     /* whose queue it is in, while armed */
    bool armed;
    /* Called on that CPU, no lock held, no longer armed. */
    void (*fire)(struct timer *t, uint64_t now_ns, struct effects *fx);
};

#endif
