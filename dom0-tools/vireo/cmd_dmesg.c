/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include <pv-abi/errno.h>

#include "libpv/pv.h"
#include "vireo/command.h"
#include "vireo/json.h"

#define STEP 4096

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

int cmd_dmesg(int argc, char **argv)
{
    static const struct option options[] = {
        {"clear", no_argument, NULL, 'c'},
        {"json", no_argument, NULL, 'j'},
        {NULL, 0, NULL, 0},
    };
    bool clear = false, json = false;
    char *text;
    int option, rc;

    while ((option = getopt_long(argc, argv, "cj", options, NULL)) != -1) {
        if (option == '?')
            return command_usage("dmesg");
        *(option == 'c' ? &clear : &json) = true;
    }
    if (optind < argc)
        return command_usage("dmesg");
    text = read_log(clear, &rc);
    if (!text)
        return command_fail("cannot read the log: %s", xen_strerror(rc));
    if (json)
        show_json(text);
    else
        fputs(text, stdout);
    free(text);
    return STATUS_OK;
}
