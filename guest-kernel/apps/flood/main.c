/* SPDX-License-Identifier: MIT */
/*
 * flood: prints more than its console holds, then repeats what it is told.
 *
 *   flood [wait] [lines=N] [echo] [exit=0]
 *
 * N numbered lines of 64 characters, the last one "flood: end"; with wait, once
 * it has read a line. With echo it then answers each line it reads with "heard:
 * LINE", until it hears "bye".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <guest/shutdown.h>
#include <guest/start.h>
#include <pv-abi/sched.h>

#define LINES_DEFAULT 1000

static void wait_for_line(void)
{
    char line[128];

    printf("flood: waiting\n");
    fgets(line, sizeof(line), stdin);
}

static void echo(void)
{
    char line[128];

    while (fgets(line, sizeof(line), stdin)) {
        line[strcspn(line, "\r\n")] = '\0';
        printf("heard: %s\n", line);
        if (!strcmp(line, "bye"))
            break;
    }
}

int main(int argc, char **argv)
{
    const char *option = start_option("lines");
    unsigned long lines = option ? strtoul(option, NULL, 10) : LINES_DEFAULT;

    if (start_option("wait"))
        wait_for_line();
    for (unsigned long i = 1; i <= lines; i++)
        printf("flood %08lx abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKL\n",
               i);
    printf("flood: end\n");
    if (start_option("echo"))
        echo();
    if (start_option("exit") && start_is_dom0())
        machine_exit(0);
    shutdown(SHUTDOWN_poweroff);
}
