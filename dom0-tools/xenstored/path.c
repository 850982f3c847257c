/* SPDX-License-Identifier: MIT */
#include "path.h"

#include <errno.h>
#include <string.h>

static bool is_name_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '@';
}

/* Slash-separated components, none of them empty. */
static bool is_component_list(const char *s)
{
    bool in_component = false;

    for (; *s; s++) {
        if (*s == '/' ? !in_component : !is_name_character(*s))
            return false;
        in_component = *s != '/';
    }
    return in_component;
}

static int resolve_absolute(char out[PATH_BUF], const char *in)
{
    size_t len = strlen(in);

    if (len > XENSTORE_ABS_PATH_MAX)
        return -EINVAL;
    if (len > 1 && !is_component_list(in + 1))
        return -EINVAL;
    memcpy(out, in, len + 1);
    return 0;
}

int path_resolve(char out[PATH_BUF], const char *in, const char *home)
{
    size_t home_len = strlen(home);
    size_t len = strlen(in);

    if (in[0] == '/')
        return resolve_absolute(out, in);
    if (in[0] == '@' || len > XENSTORE_REL_PATH_MAX || !is_component_list(in))
        return -EINVAL;
    if (home_len + 1 + len > XENSTORE_ABS_PATH_MAX)
        return -EINVAL;
    memcpy(out, home, home_len);
    out[home_len] = '/';
    memcpy(out + home_len + 1, in, len + 1);
    return 0;
}

int path_resolve_event(char out[PATH_BUF], const char *in, const char *home)
{
    if (in[0] != '@')
        return path_resolve(out, in, home);
    if (strcmp(in, PATH_INTRODUCE) != 0 && strcmp(in, PATH_RELEASE) != 0)
        return -EINVAL;
    memcpy(out, in, strlen(in) + 1);
    return 0;
}

bool path_is_event(const char *path)
{
    return path[0] == '@';
}

const char *path_component(const char **rest, size_t *len)
{
    const char *start = *rest;

    if (*start == '/')
        start++;
    if (*start == '\0')
        return NULL;
    *len = strcspn(start, "/");
    *rest = start + *len;
    return start;
}

size_t path_parent_length(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (slash != path)
        return slash - path;
    return path[1] ? 1 : 0;
}

bool path_is_within(const char *path, const char *top)
{
    size_t len = strlen(top);

    if (len == 1 && path[0] == '/')
        return true;
    return strncmp(path, top, len) == 0 &&
           (path[len] == '\0' || path[len] == '/');
}

/* NUL, then '/', then the rest: "/a/b" comes before "/a-b". */
static int rank(char c)
{
    return c == '\0' ? 0 : c == '/' ? 1 : (unsigned char)c + 1;
}

int path_compare(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return rank(*a) - rank(*b);
}
