/* SPDX-License-Identifier: MIT */
#include "vireo/keys.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <guest/clock.h>
#include <xenstore.h>

#include "vireo/domains.h"

#define PATH_BYTES    160
#define CONSOLE_LIMIT "1048576" /* bytes consoled may keep */

/* One domain's keys being written; the first failure is remembered. */
struct writer {
    struct xs_handle *store;
    xs_transaction_t tx;
    domid_t domid;
    bool failed;
};

enum access {
    GUEST_READS, /* domain 0 owns it, the domain may read */
    GUEST_OWNS,  /* the domain may do anything with it */
    TOOLS_ONLY,
};

static void put(struct writer *w, const char *path, enum access access,
                const char *value)
{
    struct xs_permissions perms[] = {
        {.id = access == GUEST_OWNS ? w->domid : 0, .perms = XS_PERM_NONE},
        {.id = w->domid, .perms = XS_PERM_READ},
    };

    if (w->failed)
        return;
    w->failed =
        !xs_write(w->store, w->tx, path, value, (unsigned)strlen(value)) ||
        !xs_set_permissions(w->store, w->tx, path, perms,
                            access == GUEST_READS ? 2 : 1);
}

/* A key below /local/domain/N ("" for that itself). */
static void put_own(struct writer *w, const char *key, enum access access,
                    const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void put_own(struct writer *w, const char *key, enum access access,
                    const char *format, ...)
{
    char path[PATH_BYTES], value[PATH_BYTES];
    va_list args;

    snprintf(path, sizeof(path), "/local/domain/%u%s%s", w->domid,
             *key ? "/" : "", key);
    va_start(args, format);
    vsnprintf(value, sizeof(value), format, args);
    va_end(args);
    put(w, path, access, value);
}

static void put_cpus(struct writer *w, const struct domain_config *config)
{
    char key[32];

    for (unsigned int i = 0; i < config->vcpus; i++) {
        snprintf(key, sizeof(key), "cpu/%u/availability", i);
        put_own(w, key, GUEST_READS, "%s", "online");
    }
}

static void put_memory(struct writer *w, const struct domain_config *config)
{
    put_own(w, "memory", GUEST_READS, "%s", "");
    put_own(w, "memory/static-max", GUEST_READS, "%lu",
            (unsigned long)config->maxmem_mib << 10);
    put_own(w, "memory/target", GUEST_READS, "%lu",
            (unsigned long)config->memory_mib << 10);
    put_own(w, "memory/videoram", GUEST_READS, "%s", "0");
}

/* Through these, tools and the guest's kernel talk. */
static void put_control(struct writer *w)
{
    static const char *const owned[] = {
        "control/shutdown",
        "control/feature-poweroff",
        "control/feature-reboot",
        "control/feature-suspend",
        "control/sysrq",
        "device/suspend/event-channel",
        "data",
        "drivers",
        "feature",
        "attr",
        "error",
    };

    put_own(w, "control", GUEST_READS, "%s", "");
    put_own(w, "device", GUEST_READS, "%s", "");
    put_own(w, "control/platform-feature-multiprocessor-suspend", GUEST_READS,
            "%s", "1");
    put_own(w, "control/platform-feature-xs_reset_watches", GUEST_READS, "%s",
            "1");
    for (size_t i = 0; i < sizeof(owned) / sizeof(owned[0]); i++)
        put_own(w, owned[i], GUEST_OWNS, "%s", "");
}

static void put_rings(struct writer *w, const struct build_result *built)
{
    put_own(w, "store", GUEST_READS, "%s", "");
    put_own(w, "store/port", GUEST_READS, "%u", built->store_port);
    put_own(w, "store/ring-ref", GUEST_READS, "%lu",
            (unsigned long)built->store_mfn);
    put_own(w, "console", GUEST_READS, "%s", "");
    put_own(w, "console/type", GUEST_READS, "%s", "xenconsoled");
    put_own(w, "console/output", GUEST_READS, "%s", "pty");
    put_own(w, "console/tty", GUEST_READS, "%s", "");
    put_own(w, "console/limit", GUEST_READS, "%s", CONSOLE_LIMIT);
    put_own(w, "console/ring-ref", GUEST_READS, "%lu",
            (unsigned long)built->console_mfn);
    put_own(w, "console/port", GUEST_READS, "%u", built->console_port);
    put_own(w, "console/backend-id", GUEST_READS, "%s", "0");
}

static void put_vm(struct writer *w, const struct domain_config *config,
                   const char *uuid)
{
    char path[PATH_BYTES], now[24];

    snprintf(path, sizeof(path), "/vm/%s", uuid);
    put(w, path, GUEST_READS, "");
    snprintf(path, sizeof(path), "/vm/%s/name", uuid);
    put(w, path, GUEST_READS, config->name);
    snprintf(path, sizeof(path), "/vm/%s/uuid", uuid);
    put(w, path, GUEST_READS, uuid);
    snprintf(path, sizeof(path), "/vm/%s/start_time", uuid);
    snprintf(now, sizeof(now), "%lu",
             (unsigned long)(clock_wall_ns() / NS_PER_SEC));
    put(w, path, GUEST_READS, now);
    snprintf(path, sizeof(path), "/vm/%s/image/ostype", uuid);
    put(w, path, GUEST_READS, "linux");
}

static void put_all(struct writer *w, const struct domain_config *config,
                    const struct build_result *built, const char *uuid)
{
    put_own(w, "", GUEST_READS, "%s", "");
    put_own(w, "vm", GUEST_READS, "/vm/%s", uuid);
    put_own(w, "name", GUEST_READS, "%s", config->name);
    put_own(w, "domid", GUEST_READS, "%u", w->domid);
    put_cpus(w, config);
    put_memory(w, config);
    put_control(w);
    put_rings(w, built);
    put_vm(w, config, uuid);
}

bool keys_write(const struct domain_config *config,
                const struct build_result *built, const char *uuid)
{
    struct writer w = {.store = domains_store(), .domid = built->domid};

    do {
        w.tx = xs_transaction_start(w.store);
        w.failed = w.tx == XBT_NULL;
        put_all(&w, config, built, uuid);
        if (w.failed) {
            if (w.tx != XBT_NULL)
                xs_transaction_end(w.store, w.tx, true);
            return false;
        }
        if (xs_transaction_end(w.store, w.tx, false))
            return true;
    } while (errno == EAGAIN);
    return false;
}

static void remove_path(const char *path)
{
    xs_rm(domains_store(), XBT_NULL, path);
}

void keys_remove(domid_t domid)
{
    char path[PATH_BYTES];
    unsigned int length;
    char *vm;

    snprintf(path, sizeof(path), "/local/domain/%u/vm", domid);
    vm = xs_read(domains_store(), XBT_NULL, path, &length);
    if (vm && !strncmp(vm, "/vm/", 4))
        remove_path(vm);
    free(vm);
    snprintf(path, sizeof(path), "/local/domain/%u", domid);
    remove_path(path);
}
