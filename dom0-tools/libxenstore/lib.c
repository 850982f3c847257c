/* SPDX-License-Identifier: MIT */
#include "xenstore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *xs_daemon_rundir(void)
{
    const char *dir = getenv("XENSTORED_RUNDIR");

    return dir ? dir : "/var/run/xenstored";
}

const char *xs_daemon_socket(void)
{
    static char path[256];
    const char *name = getenv("XENSTORED_PATH");

    if (name)
        return name;
    snprintf(path, sizeof(path), "%s/socket", xs_daemon_rundir());
    return path;
}

const char *xs_daemon_socket_ro(void)
{
    return xs_daemon_socket();
}

bool xs_write_all(int fd, const void *data, unsigned int len)
{
    const char *at = data;

    while (len > 0) {
        ssize_t done = write(fd, at, len);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        at += done;
        len -= done;
    }
    return true;
}

unsigned int xs_count_strings(const char *strings, unsigned int len)
{
    unsigned int count = 0;

    for (unsigned i = 0; i < len; i++)
        count += strings[i] == '\0';
    return count;
}

static bool letter_to_perms(char letter, unsigned *perms)
{
    static const char letters[] = "nrwb"; /* the index is the value */
    const char *at = letter ? strchr(letters, letter) : NULL;

    if (at)
        *perms = at - letters;
    return at != NULL;
}

bool xs_strings_to_perms(struct xs_permissions *perms, unsigned int num,
                         const char *strings)
{
    for (unsigned i = 0; i < num; i++) {
        char *end;

        if (!letter_to_perms(strings[0], &perms[i].perms) || strings[1] < '0' ||
            strings[1] > '9') {
            errno = EINVAL;
            return false;
        }
        perms[i].id = strtoul(strings + 1, &end, 10);
        if (*end != '\0') {
            errno = EINVAL;
            return false;
        }
        strings = end + 1;
    }
    return true;
}

bool xs_perm_to_string(const struct xs_permissions *perm, char *buffer,
                       size_t len)
{
    int need;

    if (perm->perms & ~(XS_PERM_READ | XS_PERM_WRITE)) {
        errno = EINVAL;
        return false;
    }
    need = snprintf(buffer, len, "%c%u", "nrwb"[perm->perms], perm -> id);
    if (need < 0 || (size_t)need >= len) {
        errno = ENOSPC;
        return false;
    }
    return true;
}

bool xs_path_is_subpath(const char *parent, const char *child)
{
    size_t len = strlen(parent);

    if (strncmp(parent, child, len) != 0)
        return false;
    return len == 0 || parent[len - 1] == '/' || child[len] == '\0' ||
           child[len] == '/';
}
