/* SPDX-License-Identifier: MIT */
/*
 * Time: what it is, and being called when it has come.
 *
 * clock_ns() counts from the start of the machine, never steps back and may
 * be read anywhere. Timers share the vCPU's one-shot timer; their functions
 * run like event handlers (evtchn.h), at or shortly after the deadline, never
 * before it.
 */
#ifndef GUEST_CLOCK_H
#define GUEST_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#define NS_PER_SEC 1000000000UL
#define NS_PER_MS  1000000UL

/* Nanoseconds since the machine started: system time of the ABI. */
uint64_t clock_ns(void);

/* Nanoseconds since 1970-01-01 UTC, as the hypervisor was told. */
uint64_t clock_wall_ns(void);

/* Ticks per second of the TSC, from the same published numbers. */
uint64_t clock_tsc_hz(void);

struct timer {
    uint64_t deadline_ns;
    void (*fn)(struct timer *t, void *arg);
    void *arg;
    bool armed;
    LIST_ENTRY(timer) link; /* earliest first */
};

/* Prepare a timer; it is not armed. The memory is the caller's. */
void timer_init(struct timer *t, void (*fn)(struct timer *, void *), void *arg);

/*
 * Arm for an absolute time; re-arms when armed. A deadline that has passed
 * fires at once, but not before this returns with upcalls unmasked.
 */
void timer_set(struct timer *t, uint64_t deadline_ns);

/* Disarm. Returns whether it was armed. */
bool timer_cancel(struct timer *t);

#endif
