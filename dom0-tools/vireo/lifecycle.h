/* SPDX-License-Identifier: MIT */
/*
 * A domain from its configuration to its end: building, announcing in the
 * xenstore, serving the console, and what is done when it shuts down.
 *
 * Every domain that was started here has a record until it is stopped; the
 * monitor (a thread) looks at each that ends and does what its configuration
 * says: destroy, restart, or keep it for somebody to look at.
 *
 * All functions may be called from any thread.
 */
#ifndef VIREO_LIFECYCLE_H
#define VIREO_LIFECYCLE_H

#include <stdbool.h>

#include <pv-abi/types.h>

#include "vireo/config/config.h"

#define LIFECYCLE_ERROR_MAX 200

/* Start the monitor. Once, after xenstored. Returns 0 or -Exxx. */
int lifecycle_start(void);

/*
 * Some domain has shut down or died: have the monitor look. May be called
 * from an event handler.
 */
void lifecycle_look(void);

/*
 * Make and start a domain (paused: make only).
 *  config  copied.
 * Returns 0 and its number, or -1 and one line in error (LIFECYCLE_ERROR_MAX
 * bytes) that names cause and cure; then nothing of the domain is left.
 */
int domain_start(const struct domain_config *config, bool paused,
                 domid_t *domid, char *error);

/*
 * End a domain and take back all it had: console, keys, memory. Returns 0,
 * or what the hypervisor answered.
 */
int domain_stop(domid_t domid);

/*
 * When the domain ends and is started again, it is by config, copied; its name
 * stays. Returns 0, or -1 and why in error.
 */
int domain_reconfigure(domid_t domid, const struct domain_config *config,
                       char *error);

/*
 * Call a domain otherwise: in the xenstore, for its console, and when it is
 * started again. Returns 0, or -1 and why in error: name is none, or taken.
 */
int domain_rename(domid_t domid, const char *name, char *error);

/*
 * Ask the domain's kernel to end itself: "poweroff", "reboot" ... Returns
 * false if the xenstore cannot be written.
 */
bool domain_ask(domid_t domid, const char *request);

/* Wait until the domain is gone, or has ended and is kept as configured. */
void domain_wait_end(domid_t domid);

/*
 * Wait until nobody is being started or ended. A console falls silent before
 * its domain has been taken down; afterwards it has.
 */
void lifecycle_settle(void);

#endif
