/* SPDX-License-Identifier: MIT */
/*
 * Run every row and say what came of it, one line each:
 *
 *     row NAME result=ANSWER state=same|changed:PART,... sheet=ANSWER:STATE
 *
 * `sheet` is what the row wants; STATE there is "same", or "any" for rows
 * that do not say. Nothing is judged here: ../run compares what two
 * hypervisors said. The last line is "rows: COUNT".
 *
 * Command line: rows=PREFIX runs only the rows whose names begin so, and
 * announces each before it is run.
 */
#include <stdio.h>
#include <string.h>
#include <guest/shutdown.h>
#include <guest/start.h>
#include <guest/vcpu.h>
#include <pv-abi/sched.h>
#include "row.h"
#include "state.h"
#include "world.h"

static const char *chosen;
static unsigned long count;

static void run(const struct row *row, long want)
{
    struct state before, after;
    long answer;

    if (*chosen) {
        printf("running %s\n", row->name);
        fflush(stdout);
    }
    upcall_mask();
    row->prepare();
    state_take(&before);
    answer = row->call();
    state_take(&after);
    upcall_restore(false);

    printf("row %s result=", row->name);
    answer_print(answer);
    printf(" state=");
    state_compare(&before, &after);
    printf(" sheet=");
    answer_print(want);
    printf(":%s\n", row->refused ? "same" : "any");
    fflush(stdout);
    count++;
}

static void run_all(const struct row *row)
{
    for (; row->name; row++) {
        long want = start_is_dom0() ? row->dom0 : row->domu;

        if (want != NOT_HERE && !strncmp(row->name, chosen, strlen(chosen)))
            run(row, want);
    }
}

int main(int argc, char **argv)
{
    chosen = start_option("rows");
    if (!chosen)
        chosen = "";
    world_make();
#define AREA_RUN(area) run_all(rows_##area);
    AREAS(AREA_RUN)
    printf("rows: %lu\n", count);
    fflush(stdout);
    if (start_is_dom0())
        machine_exit(0);
    shutdown(SHUTDOWN_poweroff);
}
