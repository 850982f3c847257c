/* SPDX-License-Identifier: MIT */
/*
 * What the xenstore says about a domain.
 * Source: abi/grants-xenstore-devices.md 4.
 */
#ifndef VIREO_KEYS_H
#define VIREO_KEYS_H

#include <stdbool.h>

#include <pv-abi/types.h>

#include "builder/build.h"
#include "vireo/config/config.h"

/* Write all keys of a new domain, in one transaction. */
bool keys_write(const struct domain_config *config,
                const struct build_result *built, const char *uuid);

/* Remove them. */
void keys_remove(domid_t domid);

#endif
