/* SPDX-License-Identifier: MIT */
/*
 * The machine's console, shared by two: the hypervisor's log goes out on it
 * and is kept in a ring for `vireo dmesg`; dom0 writes to it and reads what
 * is typed (hypercall console_io).
 *
 * Lock: hv->console.lock, taken inside; a leaf.
 * Source: abi/events-time-sched.md 11; abi/control.md 2, readconsole.
 */
#ifndef DOMAIN_CONSOLE_H
#define DOMAIN_CONSOLE_H

#include <pv-abi/sysctl.h>

#include "effects.h"
#include "vcpu.h"

void console_init(struct hv *hv);

/*
 * Keep n bytes of the log; the oldest make room. Waits for the lock, but not
 * for ever: rather than that, the bytes are lost.
 */
void console_log(struct hv *hv, const char *s, size_t n);

/*
 * A character was typed: keep it for dom0 and raise VIRQ_CONSOLE. Dropped
 * when dom0 has not read the last CONSOLE_INPUT_BYTES.
 */
void console_input(struct hv *hv, char c, struct effects *fx);

/*
 * Copy up to max bytes of the log to buf, from *index on (a count of bytes
 * since boot) or, if that is gone or not incremental, from the oldest. Sets
 * *index behind the last byte copied. Returns how many.
 */
size_t console_log_read(struct hv *hv, bool incremental, uint32_t *index,
                        char *buf, size_t max);

/* Forget the log. */
void console_log_clear(struct hv *hv);

/*
 * CONSOLEIO_write (0): all count bytes at buffer; returns 0. CONSOLEIO_read
 * (1): up to count bytes typed, to buffer; returns how many.
 * Or -EFAULT, -ENOSYS (cmd), -ERESTART. Callers but dom0 are refused by the
 * dispatcher.
 */
int64_t do_console_io(struct vcpu *v, uint32_t cmd, uint32_t count,
                      guest_ptr_t buffer, struct effects *fx);

#endif
