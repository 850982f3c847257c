/* SPDX-License-Identifier: MIT */
/*
 * Between keys.c, which knows each key by itself, and resolve.c, which knows
 * what must hold between them.
 */
#ifndef VIREO_CONFIG_DRAFT_H
#define VIREO_CONFIG_DRAFT_H

#include "syntax.h"

/* What was read, in the arena; NULL: not set. Values have their defaults. */
struct draft {
    struct config_report *report;
    const struct config_setting *name, *kernel, *ramdisk;
    const struct config_setting *cmdline, *root, *extra;
    const struct config_setting *memory, *maxmem, *vcpus, *uuid;
    const struct config_setting *on_poweroff, *on_reboot, *on_crash;
    uint8_t uuid_bytes[16];
    uint32_t tsc_mode;
    uint16_t weight, cap;
    uint64_t hard[CONFIG_VCPUS_MAX], soft[CONFIG_VCPUS_MAX];
    enum config_action action_poweroff, action_reboot, action_crash;
};

/* Check one setting and note it in the draft, or say why not. */
void draft_set(struct draft *d, const struct config_setting *s);

/* Say what is wrong with a setting's value. */
void draft_complain(struct draft *d, const struct config_setting *s,
                    const char *what);

/*
 * Read a set of processors for all vCPUs, or a list of sets, the first of which
 * is vCPU 0's, and so on.
 */
void draft_place(struct draft *d, const struct config_setting *s,
                 uint64_t sets[CONFIG_VCPUS_MAX]);

#endif
