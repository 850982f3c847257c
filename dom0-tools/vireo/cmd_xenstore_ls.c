/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vireo/command.h"
#include "vireo/domains.h"
#include "vireo/json.h"
#include "vireo/store.h"

/* Deeper than any path that the store allows. */
#define DEPTH_MAX 1024

struct view {
    bool full, perms;
    struct json *j; /* NULL: text */
};

void store_print(const char *value, size_t n)
{
    for (; n > 0; n--, value++) {
        unsigned char c = (unsigned char)*value;

        if (c == '\\')
            fputs("\\\\", stdout);
        else if (c == '\n')
            fputs("\\n", stdout);
        else if (c == '\t')
            fputs("\\t", stdout);
        else if (c < 0x20 || c >= 0x7f)
            printf("\\%03o", c);
        else
            putchar(c);
    }
}

char *store_child(const char *path, const char *name)
{
    char *child = malloc(strlen(path) + strlen(name) + 2);

    if (child) {
        strcpy(child, strcmp(path, "/") ? path : "");
        strcat(child, "/");
        strcat(child, name);
    }
    return child;
}

static void print_perms(const char *path)
{
    unsigned int n;
    struct xs_permissions *p =
        xs_get_permissions(domains_store(), XBT_NULL, path, &n);

    for (unsigned int i = 0; p && i < n; i++) {
        char text[16];

        xs_perm_to_string(&p[i], text, sizeof(text));
        printf("%s%s", i ? "," : "   (", text);
    }
    if (p)
        putchar(')');
    free(p);
}

static void show(const struct view *v, const char *path, const char *name,
                 unsigned int depth)
{
    unsigned int n = 0;
    char *value = xs_read(domains_store(), XBT_NULL, path, &n);

    if (v->j) {
        json_string(v->j, path, value ? value : "");
    } else {
        if (v->full)
            printf("%s", path);
        else
            printf("%*s%s", (int)depth, "", name);
        fputs(" = \"", stdout);
        store_print(value, n);
        putchar('"');
        if (v->perms)
            print_perms(path);
        putchar('\n');
    }
    free(value);
}

static int walk(const struct view *v, const char *path, unsigned int depth)
{
    unsigned int n;
    char **names = xs_directory(domains_store(), XBT_NULL, path, &n);
    int status = STATUS_OK;

    if (!names) /* it has gone meanwhile, unless it is the first */
        return depth ? STATUS_OK
                     : command_fail("cannot list '%s': %s", path,
                                    strerror(errno));
    for (unsigned int i = 0; i < n && status == STATUS_OK; i++) {
        char *child = store_child(path, names[i]);

        if (!child || depth > DEPTH_MAX) {
            status = command_fail("the control domain is out of memory");
        } else {
            show(v, child, names[i], depth);
            status = walk(v, child, depth + 1);
        }
        free(child);
    }
    free(names);
    return status;
}

int cmd_xenstore_ls(int argc, char **argv)
{
    struct options o;
    struct view v = {.j = NULL};
    struct json j;
    int status;

    if (!command_options(&o, argc, argv, 0, 1))
        return STATUS_USAGE;
    v.full = options_has(&o, "full");
    v.perms = options_has(&o, "perms");
    if (options_has(&o, "json")) {
        v.j = &j;
        json_begin(&j, stdout);
        json_object(&j, NULL);
    }
    status = walk(&v, o.count ? o.words[0] : "/", 0);
    if (v.j) {
        json_close(&j);
        json_end(&j);
    }
    return status;
}
