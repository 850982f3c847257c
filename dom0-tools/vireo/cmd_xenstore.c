/* SPDX-License-Identifier: MIT */
/*
 * xenstore-read, -write, -list, -exists, -rm, -chmod, -watch and -control: the
 * words of Xen's programs of the same names. xenstore-ls is in
 * cmd_xenstore_ls.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vireo/command.h"
#include "vireo/domains.h"
#include "vireo/json.h"
#include "vireo/store.h"

#define PERMS_MAX 32

static int fail(const char *what, const char *path)
{
    return command_fail("cannot %s '%s': %s", what, path,
                        errno == ENOENT   ? "there is no such node"
                        : errno == EINVAL ? "that is no path"
                                          : strerror(errno));
}

/* --- Reading -------------------------------------------------------------- */

static int read_one(const char *path, struct json *j, bool with_path)
{
    unsigned int n;
    char *value = xs_read(domains_store(), XBT_NULL, path, &n);

    if (!value)
        return fail("read", path);
    if (j) {
        json_string(j, path, value);
    } else {
        if (with_path)
            printf("%s: ", path);
        store_print(value, n);
        putchar('\n');
    }
    free(value);
    return STATUS_OK;
}

int cmd_xenstore_read(int argc, char **argv)
{
    struct options o;
    struct json j;
    bool json;
    int status = STATUS_OK;

    if (!command_options(&o, argc, argv, 1, -1))
        return STATUS_USAGE;
    json = options_has(&o, "json");
    if (json) {
        json_begin(&j, stdout);
        json_object(&j, NULL);
    }
    for (int i = 0; i < o.count && status == STATUS_OK; i++)
        status =
            read_one(o.words[i], json ? &j : NULL, options_has(&o, "prefix"));
    if (json) {
        json_close(&j);
        json_end(&j);
    }
    return status;
}

int cmd_xenstore_list(int argc, char **argv)
{
    struct options o;
    struct json j;
    unsigned int n;
    char **names;
    bool json;

    if (!command_options(&o, argc, argv, 1, 1))
        return STATUS_USAGE;
    names = xs_directory(domains_store(), XBT_NULL, o.words[0], &n);
    if (!names)
        return fail("list", o.words[0]);
    json = options_has(&o, "json");
    if (json) {
        json_begin(&j, stdout);
        json_array(&j, NULL);
    }
    for (unsigned int i = 0; i < n; i++) {
        if (json)
            json_string(&j, NULL, names[i]);
        else if (options_has(&o, "prefix"))
            printf("%s/%s\n", o.words[0], names[i]);
        else
            puts(names[i]);
    }
    if (json) {
        json_close(&j);
        json_end(&j);
    }
    free(names);
    return STATUS_OK;
}

int cmd_xenstore_exists(int argc, char **argv)
{
    struct options o;

    if (!command_options(&o, argc, argv, 1, -1))
        return STATUS_USAGE;
    for (int i = 0; i < o.count; i++) {
        unsigned int n;
        char *value = xs_read(domains_store(), XBT_NULL, o.words[i], &n);

        if (!value)
            return STATUS_FAIL;
        free(value);
    }
    return STATUS_OK;
}

/* --- Changing ---------------------------------------------------------------
 */

/* Nodes by pairs of words, all at once or none. */
int cmd_xenstore_write(int argc, char **argv)
{
    struct xs_handle *h = domains_store();
    struct options o;
    bool again;

    if (!command_options(&o, argc, argv, 2, -1))
        return STATUS_USAGE;
    if (o.count % 2)
        return command_usage(argv[0]);
    do {
        xs_transaction_t t = xs_transaction_start(h);

        if (t == XBT_NULL)
            return fail("write", o.words[0]);
        for (int i = 0; i < o.count; i += 2)
            if (!xs_write(h, t, o.words[i], o.words[i + 1],
                          (unsigned)strlen(o.words[i + 1]))) {
                int error = errno;

                xs_transaction_end(h, t, true);
                errno = error;
                return fail("write", o.words[i]);
            }
        again = !xs_transaction_end(h, t, false);
        if (again && errno != EAGAIN)
            return fail("write", o.words[0]);
    } while (again);
    return STATUS_OK;
}

/* Parents that have neither a value nor children now. */
static void tidy(char *path)
{
    char *slash;

    while ((slash = strrchr(path, '/')) && slash != path) {
        unsigned int n = 1, length = 1;
        char **names, *value;

        *slash = '\0';
        names = xs_directory(domains_store(), XBT_NULL, path, &n);
        value = xs_read(domains_store(), XBT_NULL, path, &length);
        free(names);
        free(value);
        if (n || length || !xs_rm(domains_store(), XBT_NULL, path))
            return;
    }
}

int cmd_xenstore_rm(int argc, char **argv)
{
    struct options o;

    if (!command_options(&o, argc, argv, 1, -1))
        return STATUS_USAGE;
    for (int i = 0; i < o.count; i++) {
        if (!xs_rm(domains_store(), XBT_NULL, o.words[i]))
            return fail("remove", o.words[i]);
        if (options_has(&o, "tidy"))
            tidy(o.words[i]);
    }
    return STATUS_OK;
}

/* "r3", "n0", "b1", "w2": what a domain may, and which. */
static bool read_perms(const struct options *o, struct xs_permissions *perms)
{
    for (int i = 1; i < o->count; i++)
        if (!xs_strings_to_perms(&perms[i - 1], 1, o->words[i])) {
            command_fail("'%s' is no permission: n, r, w or b and the number "
                         "of a domain",
                         o->words[i]);
            return false;
        }
    return true;
}

static int set_perms(const char *path, struct xs_permissions *perms, int n,
                     bool below)
{
    struct xs_handle *h = domains_store();
    unsigned int count = 0;
    char **names = NULL, *child;
    int status = STATUS_OK;

    if (!xs_set_permissions(h, XBT_NULL, path, perms, (unsigned)n))
        return fail("change", path);
    if (below)
        names = xs_directory(h, XBT_NULL, path, &count);
    for (unsigned int i = 0; names && i < count && status == STATUS_OK; i++) {
        child = store_child(path, names[i]);
        status = child ? set_perms(child, perms, n, true)
                       : command_fail("the control domain is out of memory");
        free(child);
    }
    free(names);
    return status;
}

int cmd_xenstore_chmod(int argc, char **argv)
{
    struct xs_permissions perms[PERMS_MAX];
    struct options o;

    if (!command_options(&o, argc, argv, 2, PERMS_MAX))
        return STATUS_USAGE;
    if (!read_perms(&o, perms))
        return STATUS_FAIL;
    return set_perms(o.words[0], perms, o.count - 1,
                     options_has(&o, "recursive"));
}

/* --- Watching ---------------------------------------------------------------
 */

int cmd_xenstore_watch(int argc, char **argv)
{
    unsigned long count = 1;
    struct options o;
    struct xs_handle *h;
    int status = STATUS_OK;

    if (!command_options(&o, argc, argv, 1, -1))
        return STATUS_USAGE;
    if (options_has(&o, "count") &&
        !command_number(options_value(&o, "count"), "--count", 1, 1000000,
                        &count))
        return STATUS_FAIL;
    h = xs_open(0);
    if (!h)
        return command_fail("the xenstore cannot be reached");
    for (int i = 0; i < o.count && status == STATUS_OK; i++)
        if (!xs_watch(h, o.words[i], o.words[i]))
            status = fail("watch", o.words[i]);
    for (; count && status == STATUS_OK; count--) {
        unsigned int n;
        char **event = xs_read_watch(h, &n);

        if (!event) {
            status = command_fail("the xenstore has gone");
            break;
        }
        puts(event[XS_WATCH_PATH]);
        fflush(stdout);
        free(event);
    }
    xs_close(h);
    return status;
}

/* --- The store itself -------------------------------------------------------
 */

int cmd_xenstore_control(int argc, char **argv)
{
    struct options o;
    char *data = NULL, *answer;
    size_t n = 0;

    if (!command_options(&o, argc, argv, 1, -1))
        return STATUS_USAGE;
    for (int i = 1; i < o.count; i++) { /* strings, each with its NUL */
        size_t length = strlen(o.words[i]) + 1;
        char *more = realloc(data, n + length);

        if (!more) {
            free(data);
            return command_fail("the control domain is out of memory");
        }
        data = more;
        memcpy(data + n, o.words[i], length);
        n += length;
    }
    answer = xs_control_command(domains_store(), o.words[0], data, (unsigned)n);
    free(data);
    if (!answer)
        return command_fail(
            "the xenstore refused '%s'%s", o.words[0],
            errno == EINVAL ? "; 'xenstore-control help' names what it knows"
                            : "");
    fputs(answer, stdout);
    free(answer);
    return STATUS_OK;
}
