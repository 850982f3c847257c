/* SPDX-License-Identifier: MIT */
/*
 * What every file of xenstored needs.
 *
 * The files of this folder except transport_*.c and main_linux.c are pure:
 * state comes in by argument, there are no globals, no clock, no system call;
 * libc serves for memory and strings only. The same files run in the control
 * domain (newlib), on Linux (glibc) and in the host tests.
 *
 * Results: 0 or -Exxx of <errno.h>. A refusal leaves all state as it was.
 */
#ifndef XENSTORED_BASE_H
#define XENSTORED_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pv-abi/io/xs_wire.h>
#include <pv-abi/types.h>

#define MUST_CHECK __attribute__((warn_unused_result))

/* Who asks: one connection's identity. */
struct subject {
    domid_t domid;
    domid_t target; /* domain it acts for as well (SET_TARGET), DOMID_INVALID */
    bool privileged; /* the control domain: no permission or quota stops it */
};

#endif
