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

#define XENPF_settime32            17
#define XENPF_microcode_update     35
#define XENPF_efi_runtime_call     49
#define XENPF_firmware_info        50
#define XENPF_enter_acpi_sleep     51
#define XENPF_getidletime          53
#define XENPF_set_processor_pminfo 54
#define XENPF_get_cpuinfo          55
#define XENPF_cpu_online           56
#define XENPF_cpu_offline          57
#define XENPF_cpu_hotadd           58
#define XENPF_mem_hotadd           59
#define XENPF_core_parking         60
#define XENPF_resource_op          61
#define XENPF_settime64            62
#define XENPF_get_symbol           63

/* xenpf_enter_acpi_sleep.flags: the values are for extended registers */
#define XENPF_ACPI_SLEEP_EXTENDED 0x00000001

/* xenpf_pcpuinfo.flags */
#define XEN_PCPU_FLAGS_ONLINE  1
#define XEN_PCPU_FLAGS_INVALID 2

#ifndef __ASSEMBLER__

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
