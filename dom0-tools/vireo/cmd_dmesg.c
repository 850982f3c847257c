/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include <guest/clock.h>
#include <pv-abi/errno.h>

#include "libpv/pv.h"
#include "shell/terminal.h"
#include "vireo/command.h"
#include "vireo/json.h"

#define STEP    4096
#define LOOK_NS (NS_PER_SEC / 5)
#define CTRL_C  3

/* The whole log as one string, to be freed; NULL: *rc says why. */
static char *read_log(bool clear, int *rc)
{
    char *text = NULL;
    size_t length = 0;
    uint32_t index = 0;

    do {
        char *more = realloc(text, length + STEP + 1);

        *rc = more ? pv_log_read(more + length, STEP, &index, clear)
                   : -XEN_ENOMEM;
        if (*rc < 0) {
            free(more ? more : text);
            return NULL;
        }
        text = more;
        length += (size_t)*rc;
        text[length] = '\0';
    } while (*rc == STEP);
    return text;
}

static void show_json(char *text)
{
    struct json j;

    json_begin(&j, stdout);
    json_array(&j, NULL);
    for (char *next = text, *line; (line = strsep(&next, "\n"));) {
        if (!next && !*line)
            break; /* behind the last newline there is no line */
        line[strcspn(line, "\r")] = '\0';
        json_string(&j, NULL, line);
    }
    json_close(&j);
    json_end(&j);
}

/* Print what is there and what comes. Nothing tells of new lines, so look. */
static int follow(void)
{
    uint32_t index = 0;
    char text[STEP], key = 0;
    int rc;

    if (!terminal_present())
        return command_fail("there is no terminal whose Ctrl-C could end it");
    do {
        rc = pv_log_read(text, sizeof(text), &index, false);
        if (rc < 0)
            return command_fail("cannot read the log: %s", xen_strerror(rc));
        fwrite(text, 1, (size_t)rc, stdout);
        fflush(stdout);
        if (rc == 0)
            terminal_read(&key, 1, clock_ns() + LOOK_NS);
    } while (key != CTRL_C);
    return STATUS_OK;
}

int cmd_dmesg(int argc, char **argv)
{
    struct options o;
    char *text;
    int rc;

    if (!command_options(&o, argc, argv, 0, 0))
        return STATUS_USAGE;
    if (options_has(&o, "follow"))
        return follow();
    text = read_log(options_has(&o, "clear"), &rc);
    if (!text)
        return command_fail("cannot read the log: %s", xen_strerror(rc));
    if (options_has(&o, "json"))
        show_json(text);
    else
        fputs(text, stdout);
    free(text);
    return STATUS_OK;
}
