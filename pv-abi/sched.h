/* SPDX-License-Identifier: MIT */
/*
 * sched_op: give the processor away, or end the domain.
 */
#ifndef PV_ABI_SCHED_H
#define PV_ABI_SCHED_H

#include "types.h"

/* Why a domain shuts down. */
#define SHUTDOWN_poweroff   0
#define SHUTDOWN_reboot     1 /* the toolstack starts it again */
#define SHUTDOWN_suspend    2 /* RDX holds the mfn of start_info */
#define SHUTDOWN_crash      3
#define SHUTDOWN_watchdog   4
#define SHUTDOWN_soft_reset 5
#define SHUTDOWN_MAX        5

#ifndef __ASSEMBLER__

/* Numbers SCHEDOP_<name>; what each does stands in sched_ops.def. */
enum sched_cmd {
#define SCHED_OP(nr, name, type, direction, doc) SCHEDOP_##name = nr,
#define SCHED_OP_REFUSED(nr, name, error, doc)   SCHEDOP_##name = nr,
#include "sched_ops.def"
};

struct sched_shutdown {
    uint32_t reason; /* IN  SHUTDOWN_*, at most 255 */
};

#define SCHED_POLL_MAX_PORTS 128

struct sched_poll {
    GUEST_PTR(evtchn_port_t) ports; /* IN  array */
    uint32_t nr_ports;              /* IN  at most SCHED_POLL_MAX_PORTS */
    uint32_t _pad;
    uint64_t timeout; /* IN  system time in ns; 0 waits for ever */
};

struct sched_remote_shutdown {
    domid_t domain_id; /* IN  */
    uint16_t _pad;
    uint32_t reason; /* IN  SHUTDOWN_* */
};

struct sched_watchdog {
    uint32_t id;      /* IN  0 makes a new one */
    uint32_t timeout; /* IN  seconds; 0 stops it */
};

struct sched_pin_override {
    int32_t pcpu; /* IN  -1 lets it go */
};

#endif /* C */

#endif
