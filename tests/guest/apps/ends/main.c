/* SPDX-License-Identifier: MIT */
/* ends: with the exit code that it is told; "crash" and "reboot" otherwise. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <guest/shutdown.h>
#include <pv-abi/sched.h>

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "0";

    printf("ends: %s\n", how);
    if (!strcmp(how, "crash"))
        abort();
    if (!strcmp(how, "reboot"))
        shutdown(SHUTDOWN_reboot);
    return atoi(how);
}
