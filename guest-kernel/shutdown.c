/* SPDX-License-Identifier: MIT */
/* How the domain ends, and being asked to. See guest/shutdown.h. */
#include <stdlib.h>
#include <string.h>
#include <guest/hypercall.h>
#include <guest/ioport.h>
#include <guest/shutdown.h>
#include <guest/thread.h>
#include <guest/xenbus.h>
#include <pv-abi/errno.h>
#include <pv-abi/sched.h>
#include "internal.h"

static struct waitq waiters = WAITQ_INIT(waiters);
static int requested = -1;

void shutdown(unsigned int reason)
{
    struct sched_shutdown op = {.reason = reason};

    upcall_mask();
    for (;;)
        hypercall_sched_op(SCHEDOP_shutdown, &op);
}

void machine_exit(uint32_t status)
{
    if (!ioport_enable())
        outl(IOPORT_DEBUG_EXIT, status);
    shutdown(SHUTDOWN_poweroff);
}

static int reason_of(const char *word)
{
    static const struct {
        const char *word;
        int reason;
    } words[] = {
        {"poweroff", SHUTDOWN_poweroff},
        {"halt", SHUTDOWN_poweroff},
        {"reboot", SHUTDOWN_reboot},
        {"suspend", SHUTDOWN_suspend},
    };

    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        if (!strcmp(words[i].word, word))
            return words[i].reason;
    return -1;
}

/* Read the request and take it, against a second one in the same moment. */
static int take_request(void)
{
    xenbus_tx_t tx;
    char *word;
    int error, reason;

    do {
        error = xenbus_begin(&tx);
        if (error)
            return -1;
        reason = -1;
        if (!xenbus_read(tx, "control/shutdown", &word, NULL)) {
            reason = reason_of(word);
            if (*word)
                xenbus_write(tx, "control/shutdown", "");
            free(word);
        }
        error = xenbus_end(tx, reason >= 0);
    } while (error == -XEN_EAGAIN);
    return error ? -1 : reason;
}

static void watch_requests(void *arg)
{
    struct xenbus_watch *watch = arg;

    for (;;) {
        int reason;
        bool was_masked;

        xenbus_watch_wait(watch, WAIT_FOREVER);
        reason = take_request();
        if (reason < 0)
            continue;
        was_masked = upcall_mask();
        requested = reason;
        waitq_wake_all(&waiters);
        upcall_restore(was_masked);
    }
}

int shutdown_watch(void)
{
    static struct xenbus_watch watch;
    struct thread *thread;
    int error = xenbus_watch(&watch, "control/shutdown");

    if (error)
        return error;
    thread = thread_create("shutdown", watch_requests, &watch);
    if (!thread)
        return -XEN_ENOMEM;
    thread_detach(thread);
    return 0;
}

int shutdown_wait(uint64_t deadline_ns)
{
    waitq_until(&waiters, deadline_ns, requested >= 0);
    return requested;
}
