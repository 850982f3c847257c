/* SPDX-License-Identifier: MIT */
/*
 * Threads of the guest kernel: pre-emption keeps each one's registers apart,
 * waiting wakes up in order and in time, and an ended thread leaves nothing.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <guest/clock.h>
#include <guest/memory.h>
#include <guest/thread.h>
#include "../test.h"

const char test_name[] = "threads";

#define SPINNERS 3
#define SPIN_NS  (10 * THREAD_SLICE_NS)

struct spinner {
    uint64_t id;
    uint64_t rounds;
    uint64_t mixed_up;
    uint64_t until;
};

/* Keeps its number in an XMM and in a general register without a pause. */
static void spin(void *arg)
{
    struct spinner *s = arg;

    errno = (int)s->id;
    while (clock_ns() < s->until) {
        uint64_t back, general;

        __asm__ volatile("movq %2, %%xmm7\n\t"
                         "mov %2, %%r14\n\t"
                         "mov $100000, %%ecx\n"
                         "1: dec %%ecx\n\t"
                         "jnz 1b\n\t"
                         "movq %%xmm7, %0\n\t"
                         "mov %%r14, %1"
                         : "=&r"(back), "=&r"(general)
                         : "r"(s->id)
                         : "rcx", "r14", "xmm7", "cc");
        if (back != s->id || general != s->id || errno != (int)s->id)
            s->mixed_up++;
        s->rounds++;
    }
}

static void preemption_is_fair_and_keeps_registers(void)
{
    struct spinner s[SPINNERS] = {0};
    struct thread *t[SPINNERS];

    for (int i = 0; i < SPINNERS; i++) {
        s[i].id = 0x1111111111111111UL * (i + 1);
        s[i].until = clock_ns() + SPIN_NS;
        t[i] = thread_create("spinner", spin, &s[i]);
        NEED(t[i] != NULL);
    }
    for (int i = 0; i < SPINNERS; i++)
        thread_join(t[i]);
    for (int i = 0; i < SPINNERS; i++) {
        CHECK_EQUAL(s[i].mixed_up, 0);
        /* Nobody gave way: without pre-emption only one would have run. */
        CHECK(s[i].rounds > 0);
    }
}

static struct semaphore ping, pong;

static void answer(void *arg)
{
    for (int i = 0; i < 1000; i++) {
        semaphore_down(&ping, WAIT_FOREVER);
        semaphore_up(&pong);
    }
}

static void semaphores_wake_without_losing_any(void)
{
    struct thread *t;

    semaphore_init(&ping, 0);
    semaphore_init(&pong, 0);
    t = thread_create("answer", answer, NULL);
    NEED(t != NULL);
    for (int i = 0; i < 1000; i++) {
        semaphore_up(&ping);
        CHECK(semaphore_down(&pong, clock_ns() + NS_PER_SEC));
    }
    thread_join(t);
}

static void a_wait_ends_at_its_deadline(void)
{
    struct semaphore never;
    uint64_t start = clock_ns();

    semaphore_init(&never, 0);
    CHECK(!semaphore_down(&never, start + 20 * NS_PER_MS));
    CHECK(clock_ns() >= start + 20 * NS_PER_MS);
    CHECK(clock_ns() < start + 500 * NS_PER_MS);
    CHECK(!semaphore_down(&never, start)); /* already past: no sleep */
}

static struct mutex lock = MUTEX_INIT(lock);
static uint64_t counter;

static void count(void *arg)
{
    for (int i = 0; i < 500; i++) {
        uint64_t seen;

        mutex_lock(&lock);
        mutex_lock(&lock);
        seen = counter;
        thread_yield(); /* give everybody the chance to break in */
        counter = seen + 1;
        mutex_unlock(&lock);
        mutex_unlock(&lock);
    }
}

static void mutexes_exclude(void)
{
    struct thread *t[4];

    for (int i = 0; i < 4; i++) {
        t[i] = thread_create("count", count, NULL);
        NEED(t[i] != NULL);
    }
    for (int i = 0; i < 4; i++)
        thread_join(t[i]);
    CHECK_EQUAL(counter, 2000);
}

static void print_something(void *arg)
{
    char text[64];

    snprintf(text, sizeof(text), "thread %d", *(int *)arg);
    *(int *)arg += strlen(text);
}

static void ended_threads_leave_nothing(void)
{
    uint64_t free_before = 0;

    for (int i = 0; i < 200; i++) {
        int n = i;
        struct thread *t = thread_create("short", print_something, &n);

        NEED(t != NULL);
        thread_join(t);
        CHECK(n > i);
        if (i == 20) /* the heap has grown to what it needs */
            free_before = page_free_count();
    }
    CHECK_EQUAL(page_free_count(), free_before);
}

static void append_letter(void *arg)
{
    char **at = arg;

    *(*at)++ = thread_name(thread_current())[0];
}

static void threads_start_in_order(void)
{
    char order[4] = "", *at = order;
    struct thread *a = thread_create("a", append_letter, &at);
    struct thread *b = thread_create("b", append_letter, &at);
    struct thread *c = thread_create("c", append_letter, &at);

    NEED(a && b && c);
    thread_join(a);
    thread_join(b);
    thread_join(c);
    CHECK(!strcmp(order, "abc"));
}

void test_main(void)
{
    threads_start_in_order();
    preemption_is_fair_and_keeps_registers();
    semaphores_wake_without_losing_any();
    a_wait_ends_at_its_deadline();
    mutexes_exclude();
    ended_threads_leave_nothing();
}
