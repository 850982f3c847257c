/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "handle.h"

/* Bytes of a decimal number with its NUL. */
#define NUMBER_BUF MAX_STRLEN(uint64_t)

static struct piece piece_number(char buffer[NUMBER_BUF], uint64_t value)
{
    int len = snprintf(buffer, NUMBER_BUF, "%" PRIu64, value);

    return (struct piece){.bytes = buffer, .len = len + 1};
}

/* One block: pointers to the strings, and behind them the strings. */
static char **make_vector(const char *strings, unsigned len, unsigned *num)
{
    unsigned count = xs_count_strings(strings, len);
    char **vector = malloc((count + 1) * sizeof(*vector) + len + 1);
    char *at;

    if (!vector)
        return NULL;
    at = (char *)(vector + count + 1);
    if (len)
        memcpy(at, strings, len);
    at[len] = '\0';
    for (unsigned i = 0; i < count; i++) {
        vector[i] = at;
        at += strlen(at) + 1;
    }
    vector[count] = NULL;
    *num = count;
    return vector;
}

/* One part of a list; *last if it was the last one. */
static char *read_part(struct xs_handle *h, xs_transaction_t t,
                       const char *path, unsigned offset, unsigned *len,
                       bool *last)
{
    char number[NUMBER_BUF];
    struct piece pieces[] = {piece_string(path), piece_number(number, offset)};
    char *part = xs_talk(h, XS_DIRECTORY_PART, t, pieces, 2, len);
    unsigned head;

    if (!part)
        return NULL;
    head = strlen(part) + 1;
    /* A list that is empty, or whose last name is followed by an empty one. */
    *last = *len == head + 1 || (*len > head + 1 && part[*len - 1] == '\0' &&
                                 part[*len - 2] == '\0');
    return part;
}

/* Collect the parts of a list too long for one answer; begin again when it
 * changes in between. */
static char *read_parts(struct xs_handle *h, xs_transaction_t t,
                        const char *path, unsigned *total)
{
    char *list = NULL, *generation = NULL, *part, *grown;
    unsigned len, head;
    bool last = false;

    for (*total = 0; !last; free(part)) {
        part = read_part(h, t, path, *total, &len, &last);
        if (!part)
            goto failed;
        head = strlen(part) + 1;
        if (!generation || strcmp(generation, part) != 0) {
            bool again = generation != NULL;

            free(generation);
            generation = strdup(part);
            if (again) {
                *total = 0;
                last = false;
                continue;
            }
        }
        grown = realloc(list, *total + len - head);
        if (!grown || !generation) {
            list = grown ? grown : list;
            free(part);
            goto failed;
        }
        list = grown;
        memcpy(list + *total, part + head, len - head);
        *total += len - head - last;
    }
    free(generation);
    return list;

failed:
    free(generation);
    free(list);
    return NULL;
}

char **xs_directory(struct xs_handle *h, xs_transaction_t t, const char *path,
                    unsigned int *num)
{
    struct piece piece = piece_string(path);
    char *names, **vector;
    unsigned len;

    names = xs_talk(h, XS_DIRECTORY, t, &piece, 1, &len);
    if (!names && errno == E2BIG)
        names = read_parts(h, t, path, &len);
    if (!names)
        return NULL;
    vector = make_vector(names, len, num);
    free(names);
    return vector;
}

void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path,
              unsigned int *len)
{
    struct piece piece = piece_string(path);

    return xs_talk(h, XS_READ, t, &piece, 1, len);
}

bool xs_write(struct xs_handle *h, xs_transaction_t t, const char *path,
              const void *data, unsigned int len)
{
    struct piece pieces[] = {piece_string(path), {data, len}};

    return xs_do(h, XS_WRITE, t, pieces, 2);
}

bool xs_mkdir(struct xs_handle *h, xs_transaction_t t, const char *path)
{
    struct piece piece = piece_string(path);

    return xs_do(h, XS_MKDIR, t, &piece, 1);
}

bool xs_rm(struct xs_handle *h, xs_transaction_t t, const char *path)
{
    struct piece piece = piece_string(path);

    return xs_do(h, XS_RM, t, &piece, 1);
}

struct xs_permissions *xs_get_permissions(struct xs_handle *h,
                                          xs_transaction_t t, const char *path,
                                          unsigned int *num)
{
    struct piece piece = piece_string(path);
    struct xs_permissions *perms;
    unsigned len;
    char *text = xs_talk(h, XS_GET_PERMS, t, &piece, 1, &len);

    if (!text)
        return NULL;
    *num = xs_count_strings(text, len);
    perms = calloc(*num, sizeof(*perms));
    if (perms && !xs_strings_to_perms(perms, *num, text)) {
        free(perms);
        perms = NULL;
    }
    free(text);
    return perms;
}

bool xs_set_permissions(struct xs_handle *h, xs_transaction_t t,
                        const char *path, struct xs_permissions *perms,
                        unsigned int num_perms)
{
    char text[XENSTORE_PAYLOAD_MAX];
    struct piece pieces[] = {piece_string(path), {text, 0}};

    for (unsigned i = 0; i < num_perms; i++) {
        char *at = text + pieces[1].len;

        if (!xs_perm_to_string(&perms[i], at, sizeof(text) - pieces[1].len))
            return false;
        pieces[1].len += strlen(at) + 1;
    }
    return xs_do(h, XS_SET_PERMS, t, pieces, 2);
}

xs_transaction_t xs_transaction_start(struct xs_handle *h)
{
    struct piece piece = piece_string("");
    char *answer = xs_talk(h, XS_TRANSACTION_START, XBT_NULL, &piece, 1, NULL);
    xs_transaction_t t = XBT_NULL;

    if (answer)
        t = strtoul(answer, NULL, 10);
    free(answer);
    return t;
}

bool xs_transaction_end(struct xs_handle *h, xs_transaction_t t, bool abort)
{
    struct piece piece = piece_string(abort ? "F" : "T");

    return xs_do(h, XS_TRANSACTION_END, t, &piece, 1);
}

bool xs_introduce_domain(struct xs_handle *h, unsigned int domid,
                         unsigned long mfn, unsigned int eventchn)
{
    char a[NUMBER_BUF], b[NUMBER_BUF], c[NUMBER_BUF];
    struct piece pieces[] = {piece_number(a, domid), piece_number(b, mfn),
                             piece_number(c, eventchn)};

    return xs_do(h, XS_INTRODUCE, XBT_NULL, pieces, 3);
}

static bool do_domain(struct xs_handle *h, uint32_t type, unsigned domid)
{
    char number[NUMBER_BUF];
    struct piece piece = piece_number(number, domid);

    return xs_do(h, type, XBT_NULL, &piece, 1);
}

static char *ask_domain(struct xs_handle *h, uint32_t type, unsigned domid)
{
    char number[NUMBER_BUF];
    struct piece piece = piece_number(number, domid);

    return xs_talk(h, type, XBT_NULL, &piece, 1, NULL);
}

bool xs_release_domain(struct xs_handle *h, unsigned int domid)
{
    return do_domain(h, XS_RELEASE, domid);
}

bool xs_resume_domain(struct xs_handle *h, unsigned int domid)
{
    return do_domain(h, XS_RESUME, domid);
}

bool xs_set_target(struct xs_handle *h, unsigned int domid, unsigned int target)
{
    char a[NUMBER_BUF], b[NUMBER_BUF];
    struct piece pieces[] = {piece_number(a, domid), piece_number(b, target)};

    return xs_do(h, XS_SET_TARGET, XBT_NULL, pieces, 2);
}

bool xs_is_domain_introduced(struct xs_handle *h, unsigned int domid)
{
    char *answer = ask_domain(h, XS_IS_DOMAIN_INTRODUCED, domid);
    bool introduced = answer && strcmp(answer, "T") == 0;

    free(answer);
    return introduced;
}

char *xs_get_domain_path(struct xs_handle *h, unsigned int domid)
{
    return ask_domain(h, XS_GET_DOMAIN_PATH, domid);
}

char *xs_control_command(struct xs_handle *h, const char *cmd, void *data,
                         unsigned int len)
{
    struct piece pieces[] = {piece_string(cmd), {data, len}};

    return xs_talk(h, XS_CONTROL, XBT_NULL, pieces, 2, NULL);
}

char *xs_debug_command(struct xs_handle *h, const char *cmd, void *data,
                       unsigned int len)
{
    return xs_control_command(h, cmd, data, len);
}

bool xs_restrict(struct xs_handle *h, unsigned domid)
{
    errno = ENOSYS;
    return false;
}

int xs_suspend_evtchn_port(int domid)
{
    struct xs_handle *h = xs_open(0);
    char path[64], *text;
    int port = -1;

    if (!h)
        return -1;
    snprintf(path, sizeof(path),
             "/local/domain/%d/device/suspend/event-channel", domid);
    text = xs_read(h, XBT_NULL, path, NULL);
    if (text && *text)
        port = atoi(text);
    free(text);
    xs_close(h);
    return port;
}
