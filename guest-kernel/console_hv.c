/* SPDX-License-Identifier: MIT */
/* The privileged domain's console: the hypervisor's, by hypercall. */
#include <guest/console.h>
#include <guest/evtchn.h>
#include <guest/hypercall.h>
#include <pv-abi/io/console.h>
#include "internal.h"

#define CHUNK 512U

/* Works from the first instruction on. Refused output is dropped. */
size_t console_hv_write(const char *text, size_t len)
{
    uint32_t n = MIN(len, CHUNK);

    hypercall_console_io(CONSOLEIO_write, n, (char *)(uintptr_t)text);
    return n;
}

void console_hv_input(void)
{
    char text[64];
    size_t space;

    while ((space = console_input_space())) {
        long n = hypercall_console_io(CONSOLEIO_read, MIN(space, sizeof(text)),
                                      text);

        if (n <= 0)
            break;
        console_input(text, n);
    }
}

static void arrived(evtchn_port_t port, void *arg)
{
    console_hv_input();
}

void console_hv_init(void)
{
    if (evtchn_bind_virq(VIRQ_CONSOLE, arrived, NULL) < 0)
        kprintf("console: no input\n");
}
