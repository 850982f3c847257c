/* SPDX-License-Identifier: MIT */
/*
 * A guest of your own. main() runs in a thread with everything up: console,
 * clock, memory, events, xenstore. guest-kernel/include/guest/ is the manual.
 */
#include <stdio.h>
#include <guest/clock.h>
#include <guest/evtchn.h>
#include <guest/memory.h>
#include <guest/start.h>
#include <guest/thread.h>

static void on_event(evtchn_port_t port, void *arg)
{
    ++*(int *)arg; /* like an interrupt handler: short, no blocking */
}

int main(int argc, char **argv)
{
    int events = 0;
    int port = evtchn_bind_ipi(on_event, &events);

    printf("I am %s with %lu pages, %lu of them free.\n", argv[0], page_total(),
           page_free_count());
    for (int i = 1; i < argc; i++)
        printf("argument %d: %s\n", i, argv[i]);
    if (port > 0) {
        evtchn_send(port);
        printf("event channel %d: %d event\n", port, events);
    }
    for (int i = 1; i <= 3; i++) {
        thread_sleep_ns(100 * NS_PER_MS);
        printf("tick %d\n", i);
    }
    return 0; /* powers the domain off */
}
