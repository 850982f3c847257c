/* SPDX-License-Identifier: MIT */
#include "vireo/lifecycle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <guest/clock.h>
#include <guest/console.h>
#include <guest/evtchn.h>
#include <guest/file.h>
#include <guest/thread.h>
#include <pv-abi/errno.h>
#include <pv-abi/sched.h>

#include "builder/build.h"
#include "consoled/consoled.h"
#include "libpv/pv.h"
#include "vireo/domains.h"
#include "vireo/format.h"
#include "vireo/keys.h"

/* A domain that was started here. */
struct record {
    LIST_ENTRY(record) link;
    domid_t domid;
    bool ended; /* its end was seen and dealt with: it is kept */
    struct domain_config config;
};

static LIST_HEAD(, record) records = LIST_HEAD_INITIALIZER(records);
static struct mutex lock = MUTEX_INIT(lock);       /* records */
static struct semaphore work;                      /* some domain has ended */
static struct waitq changed = WAITQ_INIT(changed); /* an end was dealt with */
static uint64_t changes;

/* ------------------------------------------------------------- records */

/* Locked. */
static struct record *find(domid_t domid)
{
    struct record *r;

    LIST_FOREACH (r, &records, link)
        if (r->domid == domid)
            return r;
    return NULL;
}

static void tell_change(void)
{
    bool was_masked = upcall_mask();

    changes++;
    waitq_wake_all(&changed);
    upcall_restore(was_masked);
}

static char *copy_text(const char *text, bool *failed)
{
    char *copy = text ? strdup(text) : NULL;

    *failed |= text && !copy;
    return copy;
}

/* Returns false, and nothing is copied, without memory. */
static bool config_copy(struct domain_config *to,
                        const struct domain_config *from)
{
    bool failed = false;

    *to = *from;
    to->name = copy_text(from->name, &failed);
    to->kernel = copy_text(from->kernel, &failed);
    to->ramdisk = copy_text(from->ramdisk, &failed);
    to->cmdline = copy_text(from->cmdline, &failed);
    if (failed)
        domain_config_drop(to);
    return !failed;
}

static struct record *record_create(const struct domain_config *config)
{
    struct record *r = calloc(1, sizeof(*r));

    if (r && !config_copy(&r->config, config)) {
        free(r);
        r = NULL;
    }
    return r;
}

static void record_free(struct record *r)
{
    domain_config_drop(&r->config);
    free(r);
}

/* ------------------------------------------------------------ starting */

/*
 * Numbers that no other domain has: time, in words that differ in every bit
 * from those of the moment before.
 */
static void make_uuid(uint8_t uuid[16])
{
    uint64_t state = clock_wall_ns() ^ clock_ns() << 20;

    for (int i = 0; i < 16; i += 8) {
        uint64_t word = state += 0x9e3779b97f4a7c15u;

        word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9u;
        word = (word ^ word >> 27) * 0x94d049bb133111ebu;
        word ^= word >> 31;
        memcpy(uuid + i, &word, 8);
    }
    uuid[6] = (uuid[6] & 0x0f) | 0x40; /* version 4, variant 1: random */
    uuid[8] = (uuid[8] & 0x3f) | 0x80;
}

static int fail(char *error, const char *format, const char *what)
{
    snprintf(error, LIFECYCLE_ERROR_MAX, format, what);
    return -1;
}

/* Files and numbers that the builder wants. */
static int make_request(const struct domain_config *config,
                        struct build_request *want, char *error)
{
    memset(want, 0, sizeof(*want));
    want->kernel = file_data(config->kernel, &want->kernel_bytes);
    if (!want->kernel)
        return fail(error, "no file '%s' (kernel=); 'ls' shows what is there",
                    config->kernel);
    if (config->ramdisk) {
        want->ramdisk = file_data(config->ramdisk, &want->ramdisk_bytes);
        if (!want->ramdisk)
            return fail(error,
                        "no file '%s' (ramdisk=); 'ls' shows what is there",
                        config->ramdisk);
    }
    want->cmdline = config->cmdline;
    want->memory_kib = config->memory_mib << 10;
    want->max_memory_kib = config->maxmem_mib << 10;
    want->vcpus = config->vcpus;
    want->tsc_mode = config->tsc_mode;
    if (config->has_uuid)
        memcpy(want->uuid, config->uuid, sizeof(want->uuid));
    else
        make_uuid(want->uuid);
    return 0;
}

/* Tell the xenstore and consoled of a domain that was built. */
static int announce(const struct domain_config *config,
                    const struct build_result *built, const uint8_t *uuid,
                    char *error)
{
    char text[FORMAT_UUID_LEN];
    int rc;

    format_uuid(uuid, text);
    if (!keys_write(config, built, text) ||
        !xs_introduce_domain(domains_store(), built->domid, built->store_mfn,
                             built->store_port))
        return fail(error, "the xenstore refused the domain%s", "");
    rc = consoled_attach(built->domid, config->name, built->console_port);
    return rc ? fail(error, "its console cannot be served: %s",
                     xen_strerror(rc))
              : 0;
}

/* Shares and places that differ from those a domain has from the start. */
static int place(const struct domain_config *c, domid_t domid, char *error)
{
    const struct xen_domctl_sched_credit2 shares = {c->cpu_weight, c->cap};
    int rc = 0;

    if (c->cpu_weight != CONFIG_WEIGHT || c->cap)
        rc = pv_shares_set(domid, &shares);
    if (rc)
        return fail(error, "its cpu_weight or cap was refused: %s",
                    xen_strerror(rc));
    for (unsigned i = 0; i < c->vcpus && !rc; i++) {
        const uint64_t *hard = c->cpus[i] ? &c->cpus[i] : NULL;
        const uint64_t *soft = c->cpus_soft[i] ? &c->cpus_soft[i] : NULL;

        if (hard || soft)
            rc = pv_vcpu_affinity_set(domid, i, hard, soft);
    }
    return rc == -XEN_EINVAL
               ? fail(error, "cpus= names no processor that is there%s", "")
           : rc ? fail(error, "cpus= was refused: %s", xen_strerror(rc))
                : 0;
}

static int build_and_announce(const struct domain_config *config,
                              domid_t *domid, char *error)
{
    struct build_request want;
    struct build_result built;

    if (make_request(config, &want, error) ||
        domain_build(&want, &built, error))
        return -1;
    *domid = built.domid;
    if (!place(config, built.domid, error) &&
        !announce(config, &built, want.uuid, error))
        return 0;
    domain_stop(built.domid);
    return -1;
}

int domain_start(const struct domain_config *config, bool paused,
                 domid_t *domid, char *error)
{
    struct record *r = record_create(config);
    domid_t other;
    int rc = 0;

    if (!r)
        return fail(error, "the control domain is out of memory%s", "");
    mutex_lock(&lock);
    if (domains_find(config->name, &other)) {
        snprintf(error, LIFECYCLE_ERROR_MAX,
                 "domain %u is called '%s' already; choose another name= or "
                 "destroy it",
                 other, config->name);
        rc = -1;
    }
    if (!rc)
        rc = build_and_announce(config, domid, error);
    if (rc) {
        record_free(r);
    } else {
        r->domid = *domid;
        LIST_INSERT_HEAD(&records, r, link);
        if (!paused)
            pv_domain_unpause(*domid);
    }
    mutex_unlock(&lock);
    return rc;
}

/* -------------------------------------------------------------- ending */

int domain_stop(domid_t domid)
{
    struct record *r;
    int rc;

    mutex_lock(&lock);
    pv_domain_pause(domid); /* what it printed so far is all there will be */
    consoled_detach(domid);
    rc = pv_domain_destroy(domid);
    /* Its name stays until it is gone; only the store still holds a page. */
    xs_release_domain(domains_store(), domid);
    keys_remove(domid);
    r = find(domid);
    if (r) {
        LIST_REMOVE(r, link);
        record_free(r);
    }
    mutex_unlock(&lock);
    tell_change();
    return rc;
}

/* Locked. The store's names, and those that are kept here. */
static bool set_name(domid_t domid, const char *name)
{
    struct record *r = find(domid);
    char *vm = domains_read(domid, "vm"), *copy = strdup(name);
    char path[96];
    bool good = copy && domains_write(domid, "name", name);

    if (good && vm) {
        snprintf(path, sizeof(path), "%s/name", vm);
        good = xs_write(domains_store(), XBT_NULL, path, name,
                        (unsigned)strlen(name));
    }
    if (good && r) {
        free(r->config.name);
        r->config.name = copy;
        copy = NULL;
    }
    if (good)
        consoled_rename(domid, name);
    free(copy);
    free(vm);
    return good;
}

int domain_reconfigure(domid_t domid, const struct domain_config *config,
                       char *error)
{
    struct domain_config copy, old;
    struct record *r;
    int rc = 0;

    if (!config_copy(&copy, config))
        return fail(error, "the control domain is out of memory%s", "");
    mutex_lock(&lock);
    r = find(domid);
    if (r) {
        old = r->config;
        r->config = copy;
        r->config.name = old.name;
        old.name = copy.name;
        copy = old;
    } else {
        rc = fail(error, "it was not started here%s", "");
    }
    mutex_unlock(&lock);
    domain_config_drop(&copy);
    return rc;
}

int domain_rename(domid_t domid, const char *name, char *error)
{
    const char *fault = config_name_fault(name);
    domid_t other;
    int rc = 0;

    if (fault)
        return fail(error, "the new name: %s", fault);
    mutex_lock(&lock);
    if (domains_find(name, &other)) {
        snprintf(error, LIFECYCLE_ERROR_MAX, "domain %u is called '%s' already",
                 other, name);
        rc = -1;
    } else if (!set_name(domid, name)) {
        rc = fail(error, "the xenstore refused the name%s", "");
    }
    mutex_unlock(&lock);
    return rc;
}

bool domain_ask(domid_t domid, const char *request)
{
    char path[64];

    snprintf(path, sizeof(path), "/local/domain/%u/control/shutdown", domid);
    return xs_write(domains_store(), XBT_NULL, path, request,
                    (unsigned)strlen(request));
}

/* Is there nothing more to wait for? */
static bool is_over(domid_t domid)
{
    struct xen_domctl_getdomaininfo info;
    struct record *r;
    bool over;

    mutex_lock(&lock);
    r = find(domid);
    over = r ? r->ended : domains_has_ended(domid);
    mutex_unlock(&lock);
    return over || pv_domain_info(domid, &info);
}

void domain_wait_end(domid_t domid)
{
    for (;;) {
        uint64_t seen = changes;

        if (is_over(domid))
            return;
        waitq_until(&changed, WAIT_FOREVER, changes != seen);
    }
}

void lifecycle_settle(void)
{
    mutex_lock(&lock);
    mutex_unlock(&lock);
}

/* ------------------------------------------------------------- monitor */

static enum config_action action_for(const struct domain_config *config,
                                     unsigned int code)
{
    switch (code) {
    case SHUTDOWN_poweroff:
        return config->on_poweroff;
    case SHUTDOWN_reboot:
        return config->on_reboot;
    default:
        return config->on_crash;
    }
}

static void restart(const struct record *r)
{
    char error[LIFECYCLE_ERROR_MAX];
    struct domain_config config;
    domid_t domid = r->domid;

    if (!config_copy(&config, &r->config))
        return;
    domain_stop(domid);
    if (domain_start(&config, false, &domid, error))
        kprintf("vireo: cannot restart '%s': %s\n", config.name, error);
    domain_config_drop(&config);
}

/* Leave it for somebody to look at. */
static void keep(struct record *r)
{
    consoled_detach(r->domid); /* who reads it learns of the end */
    r->ended = true;
    tell_change();
}

/* Keep it as name-1, or the first such name that is free, and start another. */
static void rename_and_restart(struct record *r)
{
    char error[LIFECYCLE_ERROR_MAX], name[CONFIG_NAME_MAX + 8];
    struct domain_config config;
    unsigned int number = 1;
    domid_t other;

    keep(r);
    if (!config_copy(&config, &r->config))
        return;
    do
        snprintf(name, sizeof(name), "%.*s-%u", CONFIG_NAME_MAX - 6,
                 config.name, number++);
    while (domains_find(name, &other));
    if (domain_rename(r->domid, name, error) ||
        domain_start(&config, false, &other, error))
        kprintf("vireo: cannot restart '%s': %s\n", config.name, error);
    domain_config_drop(&config);
}

/* One domain has ended: do as its configuration says. Locked. */
static void deal_with(struct record *r, unsigned int code)
{
    const char *reason = format_shutdown_reason(code);

    kprintf("vireo: domain %u '%s' has ended: %s\n", r->domid, r->config.name,
            reason ? reason : "unknown reason");
    switch (action_for(&r->config, code)) {
    case CONFIG_DESTROY:
        domain_stop(r->domid);
        break;
    case CONFIG_RESTART:
        restart(r);
        break;
    case CONFIG_RENAME_RESTART:
        rename_and_restart(r);
        break;
    default:
        keep(r);
    }
}

/* The next record whose end nobody has dealt with; NULL: none. Locked. */
static struct record *next_ended(unsigned int *code)
{
    struct xen_domctl_getdomaininfo info;
    struct record *r;

    LIST_FOREACH (r, &records, link)
        if (!r->ended && !pv_domain_info(r->domid, &info) &&
            (info.flags & XEN_DOMINF_shutdown)) {
            *code = (info.flags >> XEN_DOMINF_shutdownshift) &
                    XEN_DOMINF_shutdownmask;
            return r;
        }
    return NULL;
}

static void monitor(void *arg)
{
    unsigned int code;
    struct record *r;

    for (;;) {
        semaphore_down(&work, WAIT_FOREVER);
        mutex_lock(&lock);
        while ((r = next_ended(&code)))
            deal_with(r, code);
        mutex_unlock(&lock);
    }
}

void lifecycle_look(void)
{
    semaphore_up(&work);
}

int lifecycle_start(void)
{
    semaphore_init(&work, 0);
    return thread_create("monitor", monitor, NULL) ? 0 : -XEN_ENOMEM;
}
