/* SPDX-License-Identifier: MIT */
/*
 * sysctl: dom0 looks at the machine as a whole.
 *
 * One argument, struct xen_sysctl. Checked in this order: readable (-EFAULT),
 * interface_version (-EACCES), caller is dom0 (-EPERM), command known
 * (-ENOSYS).
 */
#ifndef PV_ABI_SYSCTL_H
#define PV_ABI_SYSCTL_H

#include "domctl.h"
#include "types.h"

#define XEN_SYSCTL_INTERFACE_VERSION 0x00000015

/* xen_sysctl_physinfo.capabilities */
#define XEN_SYSCTL_PHYSCAP_hvm                (1U << 0)
#define XEN_SYSCTL_PHYSCAP_pv                 (1U << 1)
#define XEN_SYSCTL_PHYSCAP_directio           (1U << 2)
#define XEN_SYSCTL_PHYSCAP_hap                (1U << 3)
#define XEN_SYSCTL_PHYSCAP_shadow             (1U << 4)
#define XEN_SYSCTL_PHYSCAP_iommu_hap_pt_share (1U << 5)
#define XEN_SYSCTL_PHYSCAP_vmtrace            (1U << 6)
#define XEN_SYSCTL_PHYSCAP_vpmu               (1U << 7)
#define XEN_SYSCTL_PHYSCAP_gnttab_v1          (1U << 8)
#define XEN_SYSCTL_PHYSCAP_gnttab_v2          (1U << 9)

/* Values that mean "unknown". */
#define XEN_INVALID_CORE_ID   (~0U)
#define XEN_INVALID_SOCKET_ID (~0U)
#define XEN_INVALID_NODE_ID   (~0U)
#define XEN_INVALID_MEM_SZ    (~0U)
#define XEN_INVALID_NODE_DIST (~0U)

/* xen_sysctl_cpupool_op.op */
#define XEN_SYSCTL_CPUPOOL_OP_CREATE     1
#define XEN_SYSCTL_CPUPOOL_OP_DESTROY    2
#define XEN_SYSCTL_CPUPOOL_OP_INFO       3
#define XEN_SYSCTL_CPUPOOL_OP_ADDCPU     4
#define XEN_SYSCTL_CPUPOOL_OP_RMCPU      5
#define XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN 6
#define XEN_SYSCTL_CPUPOOL_OP_FREEINFO   7
#define XEN_SYSCTL_CPUPOOL_PAR_ANY       0xFFFFFFFF

/* xen_sysctl_cpu_featureset.index */
#define XEN_SYSCTL_cpu_featureset_raw  0
#define XEN_SYSCTL_cpu_featureset_host 1
#define XEN_SYSCTL_cpu_featureset_pv   2
#define XEN_SYSCTL_cpu_featureset_hvm  3

/* xen_sysctl_cpu_policy.index */
#define XEN_SYSCTL_cpu_policy_raw         0
#define XEN_SYSCTL_cpu_policy_host        1
#define XEN_SYSCTL_cpu_policy_pv_max      2
#define XEN_SYSCTL_cpu_policy_hvm_max     3
#define XEN_SYSCTL_cpu_policy_pv_default  4
#define XEN_SYSCTL_cpu_policy_hvm_default 5

#ifndef __ASSEMBLER__

/* Numbers XEN_SYSCTL_<name>; what each does stands in sysctl_ops.def. */
enum sysctl_cmd {
#define SYSCTL_OP(nr, name, field, direction, doc) XEN_SYSCTL_##name = nr,
#define SYSCTL_OP_REFUSED(nr, name, error, doc)    XEN_SYSCTL_##name = nr,
#include "sysctl_ops.def"
};

/* The hypervisor's log is a ring; index counts bytes since the start. */
struct xen_sysctl_readconsole {
    uint8_t clear;       /* IN  empty the log afterwards */
    uint8_t incremental; /* IN  begin at index, not at the oldest byte */
    uint8_t pad0, pad1;
    uint32_t index;         /* IN/OUT where to begin, and to go on */
    GUEST_PTR(char) buffer; /* OUT */
    uint32_t count;         /* IN room, OUT bytes */
    uint32_t _pad;
};

struct xen_sysctl_physinfo {
    uint32_t threads_per_core; /* OUT, as all the rest */
    uint32_t cores_per_socket;
    uint32_t nr_cpus; /* running, at least 1 */
    uint32_t max_cpu_id;
    uint32_t nr_nodes; /* at least 1 */
    uint32_t max_node_id;
    uint32_t cpu_khz;           /* kHz */
    uint32_t capabilities;      /* XEN_SYSCTL_PHYSCAP_* */
    uint32_t arch_capabilities; /* 0 */
    uint32_t pad;
    uint64_t total_pages;
    uint64_t free_pages;
    uint64_t scrub_pages;       /* free, but not yet zeroed */
    uint64_t outstanding_pages; /* claimed, not yet allocated */
    uint64_t max_mfn;
    uint32_t hw_cap[8]; /* words of CPUID features */
};

struct xen_sysctl_sched_id {
    uint32_t sched_id; /* OUT XEN_SCHEDULER_* */
};

struct xen_sysctl_getdomaininfolist {
    domid_t first_domain; /* IN  */
    uint16_t _pad0;
    uint32_t max_domains;                              /* IN  room in buffer */
    GUEST_PTR(struct xen_domctl_getdomaininfo) buffer; /* OUT by id */
    uint32_t num_domains;                              /* OUT */
    uint32_t _pad1;
};

struct xen_sysctl_debug_keys {
    GUEST_PTR(const char) keys; /* IN  */
    uint32_t nr_keys;           /* IN  */
    uint32_t _pad;
};

struct xen_sysctl_cpuinfo {
    uint64_t idletime; /* ns */
};

struct xen_sysctl_getcpuinfo {
    uint32_t max_cpus; /* IN  room in info */
    uint32_t _pad0;
    GUEST_PTR(struct xen_sysctl_cpuinfo) info; /* OUT by processor */
    uint32_t nr_cpus;                          /* OUT */
    uint32_t _pad1;
};

struct xen_sysctl_availheap {
    uint32_t min_bitwidth; /* IN  of the addresses counted; 0 any */
    uint32_t max_bitwidth; /* IN  */
    int32_t node;          /* IN  -1 all */
    uint32_t _pad;
    uint64_t avail_bytes; /* OUT */
};

struct xen_sysctl_cputopo {
    uint32_t core;
    uint32_t socket;
    uint32_t node;
};

struct xen_sysctl_cputopoinfo {
    uint32_t num_cpus; /* IN room, OUT entries */
    uint32_t _pad;
    GUEST_PTR(struct xen_sysctl_cputopo) cputopo; /* NULL asks for the count */
};

struct xen_sysctl_meminfo {
    uint64_t memsize; /* bytes */
    uint64_t memfree; /* bytes */
};

struct xen_sysctl_numainfo {
    uint32_t num_nodes; /* IN room, OUT entries */
    uint32_t _pad;
    GUEST_PTR(struct xen_sysctl_meminfo) meminfo; /* OUT, or NULL */
    GUEST_PTR(uint32_t) distance;                 /* OUT num_nodes squared */
};

struct xen_sysctl_cpupool_op {
    uint32_t op;                 /* IN  XEN_SYSCTL_CPUPOOL_OP_* */
    uint32_t cpupool_id;         /* IN/OUT */
    uint32_t sched_id;           /* IN/OUT */
    uint32_t domid;              /* IN  */
    uint32_t cpu;                /* IN  */
    uint32_t n_dom;              /* OUT */
    struct xenctl_bitmap cpumap; /* OUT */
};

struct xen_sysctl_cpu_levelling_caps {
    uint32_t caps; /* OUT */
};

struct xen_sysctl_cpu_featureset {
    uint32_t index;               /* IN  XEN_SYSCTL_cpu_featureset_* */
    uint32_t nr_features;         /* IN room, OUT words */
    GUEST_PTR(uint32_t) features; /* OUT; NULL asks for the count */
};

struct xen_sysctl_cpu_policy {
    uint32_t index;     /* IN  XEN_SYSCTL_cpu_policy_* */
    uint32_t nr_leaves; /* IN room, OUT entries */
    uint32_t nr_msrs;   /* IN room, OUT entries */
    uint32_t _rsvd;
    GUEST_PTR(struct xen_cpuid_leaf) leaves; /* OUT; NULL asks for the count */
    GUEST_PTR(struct xen_msr_entry) msrs;    /* OUT; NULL asks for the count */
};

struct xen_sysctl {
    uint32_t cmd;               /* IN  XEN_SYSCTL_* */
    uint32_t interface_version; /* IN  XEN_SYSCTL_INTERFACE_VERSION */
    union {
        struct xen_sysctl_readconsole readconsole;
        struct xen_sysctl_physinfo physinfo;
        struct xen_sysctl_cputopoinfo cputopoinfo;
        struct xen_sysctl_numainfo numainfo;
        struct xen_sysctl_sched_id sched_id;
        struct xen_sysctl_getdomaininfolist getdomaininfolist;
        struct xen_sysctl_debug_keys debug_keys;
        struct xen_sysctl_getcpuinfo getcpuinfo;
        struct xen_sysctl_availheap availheap;
        struct xen_sysctl_cpupool_op cpupool_op;
        struct xen_sysctl_cpu_levelling_caps cpu_levelling_caps;
        struct xen_sysctl_cpu_featureset cpu_featureset;
        struct xen_sysctl_cpu_policy cpu_policy;
        uint8_t pad[128];
    } u;
};

#endif /* C */

#endif
