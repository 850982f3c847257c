/* SPDX-License-Identifier: MIT */
/* The console: which of the two, its input buffer, kprintf and panic. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <guest/clock.h>
#include <guest/console.h>
#include <guest/shutdown.h>
#include <guest/start.h>
#include <guest/thread.h>
#include <guest/trap.h>
#include <pv-abi/sched.h>
#include "internal.h"

#define INPUT_SIZE 1024

static char input[INPUT_SIZE];
static size_t input_produced, input_consumed; /* free-running */
static bool woken; /* console_wake(), and nobody has returned for it yet */
static struct waitq readers = WAITQ_INIT(readers);
static struct mutex writing = MUTEX_INIT(writing);

size_t console_input_space(void)
{
    return INPUT_SIZE - (input_produced - input_consumed);
}

/* From the handler of the console's event; len <= console_input_space(). */
void console_input(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        input[input_produced++ % INPUT_SIZE] = text[i];
    if (len)
        waitq_wake_all(&readers);
}

size_t console_read(char *text, size_t len, uint64_t deadline_ns)
{
    bool was_masked = upcall_mask();
    size_t n = 0;

    waitq_until(&readers, deadline_ns,
                input_produced != input_consumed || woken);
    woken = false;
    for (; n < len && input_produced != input_consumed; n++)
        text[n] = input[input_consumed++ % INPUT_SIZE];
    console_poll_input(); /* there is room for what did not fit before */
    upcall_restore(was_masked);
    return n;
}

void console_wake(void)
{
    bool was_masked = upcall_mask();

    woken = true;
    waitq_wake_all(&readers);
    upcall_restore(was_masked);
}

void console_poll_input(void)
{
    if (start_is_dom0())
        console_hv_input();
    else
        console_ring_input();
}

static void write_all(const char *text, size_t len)
{
    while (len) {
        size_t n = start_is_dom0() ? console_hv_write(text, len)
                                   : console_ring_write(text, len);

        text += n;
        len -= n;
        if (len)
            console_ring_wait();
    }
}

/* A thread that may sleep writes under the lock, so lines stay whole; the
 * kernel's reports come from anywhere and do not wait for anybody. */
void console_write(const char *text, size_t len)
{
    bool may_sleep = thread_current() &&
                     thread_current() != this_vcpu()->idle &&
                     !upcall_is_masked();

    if (may_sleep)
        mutex_lock(&writing);
    write_all(text, len);
    if (may_sleep)
        mutex_unlock(&writing);
}

static void vkprintf(const char *format, va_list args)
{
    char line[256];
    int n = vsnprintf(line, sizeof(line), format, args);

    if (n > 0)
        console_write(line, MIN((size_t)n, sizeof(line) - 1));
}

void kprintf(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vkprintf(format, args);
    va_end(args);
}

void panic(const char *format, ...)
{
    va_list args;

    upcall_mask();
    kprintf("\npanic: ");
    va_start(args, format);
    vkprintf(format, args);
    va_end(args);
    kprintf("\n");
    backtrace_print((uint64_t)(uintptr_t)__builtin_return_address(0) - 1,
                    *(uint64_t *)__builtin_frame_address(0));
    shutdown(SHUTDOWN_crash);
}

void console_init(void)
{
    if (start_is_dom0())
        console_hv_init();
    else
        console_ring_init();
}
