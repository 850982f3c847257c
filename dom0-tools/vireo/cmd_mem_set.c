/* SPDX-License-Identifier: MIT */
/* mem-set and mem-max: what a domain shall have, and what it may have. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pv-abi/errno.h>

#include "libpv/pv.h"
#include "vireo/command.h"
#include "vireo/domains.h"

/* What a domain may have beyond its target, for pages on their way; KiB. */
#define SLACK_KIB 1024

/*
 * A size with one of b k m g t behind it; MiB without, as with xl. False: it
 * has been said why.
 */
static bool read_size(const char *word, uint64_t *kib)
{
    static const char units[] = "bkmgt";
    const char *unit;
    char *end;
    uint64_t n = strtoull(word, &end, 10);

    unit = *end ? strchr(units, *end | 0x20) : &units[2];
    if (end == word || !unit || (*end && end[1]) || n == 0 || n > 1ul << 44) {
        command_fail("'%s' is no size: a number of MiB, or one with k, m, g or "
                     "t behind it",
                     word);
        return false;
    }
    *kib = unit == units ? n >> 10 : n << 10 * (unit - units - 1);
    if (*kib > 0 && *kib < 1ul << 34)
        return true;
    command_fail("'%s' is %s", word, *kib ? "too much" : "less than 1 KiB");
    return false;
}

static bool read_words(struct options *o, int argc, char **argv, domid_t *domid,
                       uint64_t *kib, int *status)
{
    if (!command_options(o, argc, argv, 2, 2)) {
        *status = STATUS_USAGE;
        return false;
    }
    *status = STATUS_FAIL;
    return domains_resolve(o->words[0], domid) && read_size(o->words[1], kib);
}

static int set_limit(domid_t domid, uint64_t kib)
{
    int rc = pv_domain_set_max_mem(domid, kib);

    return rc ? command_fail("cannot set the limit of domain %u: %s", domid,
                             xen_strerror(rc))
              : STATUS_OK;
}

/* The domain reads its target and balloons; the limit follows. */
int cmd_mem_set(int argc, char **argv)
{
    char *most, text[24];
    struct options o;
    uint64_t kib;
    domid_t domid;
    int status;

    if (!read_words(&o, argc, argv, &domid, &kib, &status))
        return status;
    most = domains_read(domid, "memory/static-max");
    if (most && strtoull(most, NULL, 10) < kib) {
        command_fail("more than the %s KiB that maxmem= gave it", most);
        free(most);
        return STATUS_FAIL;
    }
    free(most);
    snprintf(text, sizeof(text), "%lu", (unsigned long)kib);
    if (!domains_write(domid, "memory/target", text))
        return command_fail("cannot reach domain %u through the xenstore",
                            domid);
    return set_limit(domid, kib + SLACK_KIB);
}

int cmd_mem_max(int argc, char **argv)
{
    struct options o;
    uint64_t kib;
    domid_t domid;
    int status;

    return read_words(&o, argc, argv, &domid, &kib, &status)
               ? set_limit(domid, kib + SLACK_KIB)
               : status;
}
