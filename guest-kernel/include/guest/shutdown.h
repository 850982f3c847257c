/* SPDX-License-Identifier: MIT */
/*
 * The ends of a domain.
 *
 * Reasons are the ABI's SHUTDOWN_poweroff, _reboot, _suspend, _crash,
 * _watchdog (pv-abi/sched.h). Nothing after the call runs, except after a
 * suspend.
 */
#ifndef GUEST_SHUTDOWN_H
#define GUEST_SHUTDOWN_H

#include <stdbool.h>
#include <stdint.h>

/* End the domain. Output that was written is not waited for. */
void shutdown(unsigned int reason) __attribute__((noreturn));

/*
 * Watch control/shutdown in xenstore and keep what it asks for; acknowledges
 * by writing it back empty. Needs xenbus. Returns 0, or -Exxx from the watch.
 */
int shutdown_watch(void);

/*
 * Wait for a request until deadline_ns (absolute, or WAIT_FOREVER). Returns
 * the SHUTDOWN_ reason, or -1 when the deadline passed.
 */
int shutdown_wait(uint64_t deadline_ns);

/*
 * End the machine rather than the domain, with a status for whoever started
 * it: port 0xf4 of QEMU's isa-debug-exit (QEMU exits with status * 2 + 1),
 * then, where no such device listens, SHUTDOWN_poweroff. Privileged only.
 */
void machine_exit(uint32_t status) __attribute__((noreturn));

#endif
