/* SPDX-License-Identifier: MIT */
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
    struct options o;
    char *text;
    int rc;

    if (!command_options(&o, argc, argv, 0, 0))
        return STATUS_USAGE;
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
