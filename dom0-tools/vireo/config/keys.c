/* SPDX-License-Identifier: MIT */
#include "draft.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>
#include <stdlib.h>

/* Each key has one row: how to read its value, or why it is refused. */

void draft_complain(struct draft *d, const struct config_setting *s,
                    const char *what)
{
    config_say(d->report, CONFIG_ERROR, &s->value->at, "%s: %s", s->key, what);
}

/* --- Values ----------------------------------------------------------------
 */

static bool want_type(struct draft *d, const struct config_setting *s,
                      enum config_type type)
{
    static const char *const wanted[] = {
        [CONFIG_NUMBER] = "a number is wanted here",
        [CONFIG_STRING] = "a string in quotes is wanted here",
        [CONFIG_LIST] = "a list is wanted here: [ \"...\", ... ]",
    };

    if (s->value->type != type)
        draft_complain(d, s, wanted[type]);
    return s->value->type == type;
}

static bool want_text(struct draft *d, const struct config_setting *s)
{
    if (!want_type(d, s, CONFIG_STRING))
        return false;
    if (s->value->string[0] == '\0')
        draft_complain(d, s, "must not be empty");
    return s->value->string[0] != '\0';
}

static void want_range(struct draft *d, const struct config_setting *s,
                       uint64_t max, const char *unit)
{
    if (!want_type(d, s, CONFIG_NUMBER))
        return;
    if (s->value->number < 1 || s->value->number > max)
        config_say(d->report, CONFIG_ERROR, &s->value->at,
                   "%s: must be 1 to %" PRIu64 "%s", s->key, max, unit);
}

const char *config_name_fault(const char *name)
{
    size_t length = strlen(name);

    if (length == 0)
        return "must not be empty";
    if (length > CONFIG_NAME_MAX)
        return "longer than 64 characters";
    if (strspn(name, "0123456789") == length)
        return "digits alone would be taken for a domain's number";
    for (; *name; name++)
        if (!isalnum((unsigned char)*name) && !strchr("._-+", *name))
            return "may hold letters, digits and . _ - +";
    return NULL;
}

static void set_name(struct draft *d, const struct config_setting *s)
{
    const char *fault;

    d->name = s;
    if (!want_type(d, s, CONFIG_STRING))
        return;
    fault = config_name_fault(s->value->string);
    if (fault)
        draft_complain(d, s, fault);
}

static void set_type(struct draft *d, const struct config_setting *s)
{
    if (!want_type(d, s, CONFIG_STRING))
        return;
    if (strcmp(s->value->string, "pv") != 0)
        draft_complain(d, s,
                       "only \"pv\": nothing here uses hardware "
                       "virtualisation");
}

/* What older configurations have in place of type. */
static void set_builder(struct draft *d, const struct config_setting *s)
{
    if (!want_type(d, s, CONFIG_STRING))
        return;
    if (strcmp(s->value->string, "generic") != 0 &&
        strcmp(s->value->string, "linux") != 0)
        draft_complain(d, s, "only \"generic\"; better: type = \"pv\"");
}

static void set_memory(struct draft *d, const struct config_setting *s)
{
    d->memory = s;
    want_range(d, s, CONFIG_MEMORY_MAX, " (MiB)");
}

static void set_maxmem(struct draft *d, const struct config_setting *s)
{
    d->maxmem = s;
    want_range(d, s, CONFIG_MEMORY_MAX, " (MiB)");
}

static void set_vcpus(struct draft *d, const struct config_setting *s)
{
    d->vcpus = s;
    want_range(d, s, CONFIG_VCPUS_MAX, "");
}

static void set_kernel(struct draft *d, const struct config_setting *s)
{
    d->kernel = s;
    want_text(d, s);
}

static void set_ramdisk(struct draft *d, const struct config_setting *s)
{
    d->ramdisk = s;
    want_text(d, s);
}

static void set_cmdline(struct draft *d, const struct config_setting *s)
{
    d->cmdline = s;
    want_type(d, s, CONFIG_STRING);
}

static void set_root(struct draft *d, const struct config_setting *s)
{
    d->root = s;
    want_type(d, s, CONFIG_STRING);
}

static void set_extra(struct draft *d, const struct config_setting *s)
{
    d->extra = s;
    want_type(d, s, CONFIG_STRING);
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, tolower((unsigned char)c)) : NULL;

    return at ? (int)(at - digits) : -1;
}

/* Eight digits, three groups of four, twelve digits. */
static bool parse_uuid(uint8_t out[16], const char *s)
{
    for (int i = 0; i < 16; i++) {
        int high, low;

        if ((i == 4 || i == 6 || i == 8 || i == 10) && *s++ != '-')
            return false;
        high = hex_digit(s[0]);
        low = high < 0 ? -1 : hex_digit(s[1]);
        if (low < 0)
            return false;
        out[i] = high << 4 | low;
        s += 2;
    }
    return *s == '\0';
}

static void set_uuid(struct draft *d, const struct config_setting *s)
{
    d->uuid = s;
    if (!want_type(d, s, CONFIG_STRING))
        return;
    if (!parse_uuid(d->uuid_bytes, s->value->string))
        draft_complain(d, s,
                       "must look like 01234567-89ab-cdef-0123-456789abcdef");
}

static const char *const actions[] = {
    [CONFIG_DESTROY] = "destroy",
    [CONFIG_RESTART] = "restart",
    [CONFIG_RENAME_RESTART] = "rename-restart",
    [CONFIG_PRESERVE] = "preserve",
    [CONFIG_COREDUMP_DESTROY] = "coredump-destroy",
    [CONFIG_COREDUMP_RESTART] = "coredump-restart",
};

static const char *action_name(size_t i)
{
    return i < sizeof(actions) / sizeof(actions[0]) ? actions[i] : NULL;
}

const char *config_action_name(enum config_action action)
{
    return action_name(action);
}

static void set_action(struct draft *d, const struct config_setting *s,
                       enum config_action *action)
{
    const char *name, *near;

    if (!want_type(d, s, CONFIG_STRING))
        return;
    for (size_t i = 0; (name = action_name(i)); i++) {
        if (strcmp(s->value->string, name) == 0) {
            *action = i;
            return;
        }
    }
    near = config_suggest(s->value->string, action_name);
    config_say(d->report, CONFIG_ERROR, &s->value->at,
               "%s: no such action \"%.40s\"%s%s%s", s->key, s->value->string,
               near ? "; did you mean \"" : "", near ? near : "",
               near ? "\"?" : "");
}

static void set_on_poweroff(struct draft *d, const struct config_setting *s)
{
    d->on_poweroff = s;
    set_action(d, s, &d->action_poweroff);
}

static void set_on_reboot(struct draft *d, const struct config_setting *s)
{
    d->on_reboot = s;
    set_action(d, s, &d->action_reboot);
}

static void set_on_crash(struct draft *d, const struct config_setting *s)
{
    d->on_crash = s;
    set_action(d, s, &d->action_crash);
}

static void set_tsc_mode(struct draft *d, const struct config_setting *s)
{
    if (!want_type(d, s, CONFIG_STRING))
        return;
    if (!strcmp(s->value->string, "native"))
        d->tsc_mode = 2;
    else if (strcmp(s->value->string, "default"))
        draft_complain(d, s,
                       "\"default\" or \"native\": the counter is not "
                       "emulated");
}

static void set_weight(struct draft *d, const struct config_setting *s)
{
    want_range(d, s, UINT16_MAX, "");
    d->weight = (uint16_t)s->value->number;
}

static void set_cap(struct draft *d, const struct config_setting *s)
{
    if (want_type(d, s, CONFIG_NUMBER) &&
        s->value->number > 100 * CONFIG_VCPUS_MAX)
        draft_complain(d, s, "must be 0 (no limit) to 6400 (percent)");
    d->cap = (uint16_t)s->value->number;
}

static void set_cpus(struct draft *d, const struct config_setting *s)
{
    draft_place(d, s, d->hard);
}

static void set_cpus_soft(struct draft *d, const struct config_setting *s)
{
    draft_place(d, s, d->soft);
}

/* --- Keys ------------------------------------------------------------------
 */

#define NO_BACKEND  "no back end for it runs in this control domain"
#define NO_DEVICES  "devices are not passed through to domains"
#define NO_LIMIT    "this limit is fixed"
#define NO_HVM      "it is for domains with hardware virtualisation"
#define NO_SECURITY "there are no security labels"

/* Sorted by name. Without a function the key is refused, for the reason. */
static const struct key {
    const char *name;
    void (*set)(struct draft *d, const struct config_setting *s);
    const char *reason;
} keys[] = {
    {"bootloader", NULL, "name the kernel itself with kernel = \"...\""},
    {"bootloader_args", NULL, "there is no boot loader to give them to"},
    {"builder", set_builder, NULL},
    {"cap", set_cap, NULL},
    {"channel", NULL, NO_BACKEND},
    {"cmdline", set_cmdline, NULL},
    {"cpu_weight", set_weight, NULL},
    {"cpuid", NULL, "every domain has the same processor features"},
    {"cpus", set_cpus, NULL},
    {"cpus_soft", set_cpus_soft, NULL},
    {"disk", NULL, NO_BACKEND},
    {"driver_domain", NULL, NO_BACKEND},
    {"e820_host", NULL, NO_DEVICES},
    {"extra", set_extra, NULL},
    {"firmware", NULL, NO_HVM},
    {"iomem", NULL, NO_DEVICES},
    {"ioports", NULL, NO_DEVICES},
    {"irqs", NULL, NO_DEVICES},
    {"kernel", set_kernel, NULL},
    {"max_event_channels", NULL, NO_LIMIT},
    {"max_grant_frames", NULL, NO_LIMIT},
    {"max_grant_version", NULL, "grant tables are version 1 only"},
    {"max_maptrack_frames", NULL, NO_LIMIT},
    {"maxmem", set_maxmem, NULL},
    {"maxvcpus", NULL, "vCPUs cannot be added later; set vcpus"},
    {"memory", set_memory, NULL},
    {"name", set_name, NULL},
    {"nomigrate", NULL, "domains cannot be migrated anyway"},
    {"on_crash", set_on_crash, NULL},
    {"on_poweroff", set_on_poweroff, NULL},
    {"on_reboot", set_on_reboot, NULL},
    {"on_soft_reset", NULL, NO_HVM},
    {"on_watchdog", NULL, "there is no watchdog for domains yet"},
    {"p9", NULL, NO_BACKEND},
    {"passthrough", NULL, NO_DEVICES},
    {"pci", NULL, NO_DEVICES},
    {"pool", NULL, "all processors are in one pool"},
    {"pvcalls", NULL, NO_BACKEND},
    {"ramdisk", set_ramdisk, NULL},
    {"root", set_root, NULL},
    {"seclabel", NULL, NO_SECURITY},
    {"tsc_mode", set_tsc_mode, NULL},
    {"type", set_type, NULL},
    {"usbctrl", NULL, NO_BACKEND},
    {"usbdev", NULL, NO_BACKEND},
    {"uuid", set_uuid, NULL},
    {"vcpus", set_vcpus, NULL},
    {"vdispl", NULL, NO_BACKEND},
    {"vfb", NULL, NO_BACKEND},
    {"vif", NULL, NO_BACKEND},
    {"virtio", NULL, NO_BACKEND},
    {"vkb", NULL, NO_BACKEND},
    {"vnuma", NULL, "memory is not divided into nodes"},
    {"vpmu", NULL, "there are no performance counters for domains"},
    {"vsnd", NULL, NO_BACKEND},
    {"vtpm", NULL, NO_BACKEND},
    {"xenstore_quota", NULL, NO_LIMIT},
};

#define KEYS (sizeof(keys) / sizeof(keys[0]))

static const char *key_name(size_t i)
{
    return i < KEYS ? keys[i].name : NULL;
}

static int compare_key(const void *name, const void *key)
{
    return strcmp(name, ((const struct key *)key)->name);
}

/* An empty list of devices asks for nothing. */
static bool is_empty_list(const struct config_setting *s)
{
    return s->value->type == CONFIG_LIST && !s->value->items;
}

void draft_set(struct draft *d, const struct config_setting *s)
{
    const struct key *k =
        bsearch(s->key, keys, KEYS, sizeof(keys[0]), compare_key);

    if (!k) {
        const char *near = config_suggest(s->key, key_name);

        config_say(d->report, CONFIG_ERROR, &s->at,
                   "unknown key \"%.40s\"%s%s%s", s->key,
                   near ? "; did you mean \"" : "", near ? near : "",
                   near ? "\"?" : "");
    } else if (k->set) {
        k->set(d, s);
    } else if (!is_empty_list(s)) {
        config_say(d->report, CONFIG_ERROR, &s->at,
                   "\"%s\" is not supported: %s", s->key, k->reason);
    }
}
