/* SPDX-License-Identifier: MIT */
/*
 * platform_op: dom0 sets the wall clock and turns the machine off. These are
 * the parts of it that a dom0 uses on Xen; here settime and enter_acpi_sleep
 * are known, the others answer -ENOSYS.
 */
#ifndef PV_ABI_PLATFORM_H
#define PV_ABI_PLATFORM_H

#include "types.h"

#define XENPF_INTERFACE_VERSION 0x03000001

/* xenpf_enter_acpi_sleep.flags: the values are for extended registers */
#define XENPF_ACPI_SLEEP_EXTENDED 0x00000001

/* xenpf_pcpuinfo.flags */
#define XEN_PCPU_FLAGS_ONLINE  1
#define XEN_PCPU_FLAGS_INVALID 2

#ifndef __ASSEMBLER__

/* Numbers XENPF_<name>; what each does stands in platform_ops.def. */
enum platform_cmd {
#define PLATFORM_OP(nr, name, field, direction, doc) XENPF_##name = nr,
#define PLATFORM_OP_REFUSED(nr, name, error, doc)    XENPF_##name = nr,
#include "platform_ops.def"
};

struct xenpf_settime32 {
    uint32_t secs;        /* IN  wall clock, since 1970 */
    uint32_t nsecs;       /* IN  */
    uint64_t system_time; /* IN  system time when it was so, ns */
};

struct xenpf_settime64 {
    uint64_t secs;        /* IN  */
    uint32_t nsecs;       /* IN  */
    uint32_t mbz;         /* IN  0 */
    uint64_t system_time; /* IN  */
};

struct xenpf_enter_acpi_sleep {
    uint16_t val_a;       /* IN  for PM1a control */
    uint16_t val_b;       /* IN  for PM1b control */
    uint32_t sleep_state; /* IN  5: power off */
    uint32_t flags;       /* IN  XENPF_ACPI_SLEEP_* */
};

struct xenpf_pcpuinfo {
    uint32_t xen_cpuid;   /* IN  */
    uint32_t max_present; /* OUT highest number */
    uint32_t flags;       /* OUT XEN_PCPU_FLAGS_* */
    uint32_t apic_id;     /* OUT */
    uint32_t acpi_id;     /* OUT */
};

struct xenpf_cpu_ol {
    uint32_t cpuid; /* IN  */
};

struct xen_platform_op {
    uint32_t cmd;               /* IN  XENPF_* */
    uint32_t interface_version; /* IN  XENPF_INTERFACE_VERSION */
    union {
        struct xenpf_settime32 settime32;
        struct xenpf_settime64 settime64;
        struct xenpf_enter_acpi_sleep enter_acpi_sleep;
        struct xenpf_pcpuinfo pcpu_info;
        struct xenpf_cpu_ol cpu_ol;
        uint8_t pad[128];
    } u;
};

#endif /* C */

#endif
