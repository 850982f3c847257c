/* SPDX-License-Identifier: MIT */
#include "shell/terminal.h"

#include <guest/console.h>
#include <guest/file.h>
#include <guest/ioport.h>

static bool scripted;

static void write_to_launcher(const char *bytes, size_t n)
{
    debugcon_write(bytes, n);
}

bool terminal_present(void)
{
    return !scripted;
}

void terminal_use_launcher(void)
{
    scripted = true;
    file_console_output(write_to_launcher);
}

size_t terminal_read(char *keys, size_t n, uint64_t deadline_ns)
{
    return console_read(keys, n, deadline_ns);
}

void terminal_wake(void)
{
    console_wake();
}
