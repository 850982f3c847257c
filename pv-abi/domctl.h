/* SPDX-License-Identifier: MIT */
/*
 * domctl: dom0 creates, inspects and destroys domains.
 *
 * One argument, struct xen_domctl. Checked in this order: readable (-EFAULT),
 * interface_version (-EACCES), caller is dom0 (-EPERM), domain exists
 * (-ESRCH), command known (-ENOSYS). Results are copied back only by commands
 * that have some. Zero the structure before filling it: unknown flags and
 * padding are refused where Xen refuses them.
 */
#ifndef PV_ABI_DOMCTL_H
#define PV_ABI_DOMCTL_H

#include "arch.h"
#include "types.h"

#define XEN_DOMCTL_INTERFACE_VERSION 0x00000015

/* xen_domctl_createdomain.flags */
#define XEN_DOMCTL_CDF_hvm          (1U << 0)
#define XEN_DOMCTL_CDF_hap          (1U << 1)
#define XEN_DOMCTL_CDF_s3_integrity (1U << 2)
#define XEN_DOMCTL_CDF_oos_off      (1U << 3)
#define XEN_DOMCTL_CDF_xs_domain    (1U << 4) /* serves the xenstore */
#define XEN_DOMCTL_CDF_iommu        (1U << 5)
#define XEN_DOMCTL_CDF_nested_virt  (1U << 6)
#define XEN_DOMCTL_CDF_vpmu         (1U << 7)
#define XEN_DOMCTL_CDF_MAX          XEN_DOMCTL_CDF_vpmu

#define XEN_DOMCTL_IOMMU_no_sharept   (1U << 0)
#define XEN_DOMCTL_GRANT_version_mask 0xf
#define XEN_DOMCTL_GRANT_version(v)   (XEN_DOMCTL_GRANT_version_mask & (v))

/* xen_arch_domainconfig.misc_flags */
#define XEN_X86_MSR_RELAXED (1U << 0)

/* xen_domctl_getdomaininfo.flags */
#define XEN_DOMINF_dying         (1U << 0) /* destroyed, not yet gone */
#define XEN_DOMINF_hvm_guest     (1U << 1)
#define XEN_DOMINF_shutdown      (1U << 2) /* the code is in bits 16-23 */
#define XEN_DOMINF_paused        (1U << 3)
#define XEN_DOMINF_blocked       (1U << 4) /* every vCPU waits for an event */
#define XEN_DOMINF_running       (1U << 5) /* a vCPU runs now */
#define XEN_DOMINF_debugged      (1U << 6)
#define XEN_DOMINF_xs_domain     (1U << 7)
#define XEN_DOMINF_hap           (1U << 8)
#define XEN_DOMINF_shutdownmask  255
#define XEN_DOMINF_shutdownshift 16
#define XEN_INVALID_MAX_VCPU_ID  (~0U)

/* xen_domctl_getpageframeinfo3: type of a frame, in the top four bits */
#define XEN_DOMCTL_PFINFO_LTAB_SHIFT    28
#define XEN_DOMCTL_PFINFO_NOTAB         (0x0U << 28)
#define XEN_DOMCTL_PFINFO_L1TAB         (0x1U << 28)
#define XEN_DOMCTL_PFINFO_L2TAB         (0x2U << 28)
#define XEN_DOMCTL_PFINFO_L3TAB         (0x3U << 28)
#define XEN_DOMCTL_PFINFO_L4TAB         (0x4U << 28)
#define XEN_DOMCTL_PFINFO_LTABTYPE_MASK (0x7U << 28)
#define XEN_DOMCTL_PFINFO_LPINTAB       (0x1U << 31) /* and it is pinned */
#define XEN_DOMCTL_PFINFO_XTAB          (0xfU << 28) /* not a frame of it */
#define XEN_DOMCTL_PFINFO_XALLOC        (0xeU << 28)
#define XEN_DOMCTL_PFINFO_BROKEN        (0xdU << 28)
#define XEN_DOMCTL_PFINFO_LTAB_MASK     (0xfU << 28)

/* xen_domctl_shadow_op.op and mode */
#define XEN_DOMCTL_SHADOW_OP_OFF             0
#define XEN_DOMCTL_SHADOW_OP_ENABLE_TEST     1
#define XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY 2
#define XEN_DOMCTL_SHADOW_OP_CLEAN           11
#define XEN_DOMCTL_SHADOW_OP_PEEK            12
#define XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION  30
#define XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION  31
#define XEN_DOMCTL_SHADOW_OP_ENABLE          32
#define XEN_DOMCTL_SHADOW_ENABLE_LOG_DIRTY   (1 << 2)
#define XEN_DOMCTL_SHADOW_LOGDIRTY_FINAL     (1 << 0)

/* xen_domctl_vcpuaffinity.flags */
#define XEN_VCPUAFFINITY_HARD  (1U << 0)
#define XEN_VCPUAFFINITY_SOFT  (1U << 1)
#define XEN_VCPUAFFINITY_FORCE (1U << 2)

/* Schedulers. Vireo's has weights and caps, and says CREDIT2. */
#define XEN_SCHEDULER_CREDIT   5
#define XEN_SCHEDULER_CREDIT2  6
#define XEN_SCHEDULER_ARINC653 7
#define XEN_SCHEDULER_RTDS     8
#define XEN_SCHEDULER_NULL     9

/* xen_domctl_scheduler_op.cmd */
#define XEN_DOMCTL_SCHEDOP_putinfo     0
#define XEN_DOMCTL_SCHEDOP_getinfo     1
#define XEN_DOMCTL_SCHEDOP_putvcpuinfo 2
#define XEN_DOMCTL_SCHEDOP_getvcpuinfo 3

/* xen_domctl_sendtrigger.trigger */
#define XEN_DOMCTL_SENDTRIGGER_NMI   0
#define XEN_DOMCTL_SENDTRIGGER_RESET 1
#define XEN_DOMCTL_SENDTRIGGER_INIT  2
#define XEN_DOMCTL_SENDTRIGGER_POWER 3
#define XEN_DOMCTL_SENDTRIGGER_SLEEP 4

#define XEN_CPUID_NO_SUBLEAF 0xffffffffU /* xen_cpuid_leaf.subleaf */

#ifndef __ASSEMBLER__

/* Numbers XEN_DOMCTL_<name>; what each does stands in domctl_ops.def. */
enum domctl_cmd {
#define DOMCTL_OP(nr, name, field, direction, doc) XEN_DOMCTL_##name = nr,
#define DOMCTL_OP_REFUSED(nr, name, error, doc)    XEN_DOMCTL_##name = nr,
#include "domctl_ops.def"
};

/* A set of small numbers, bit n%8 of byte n/8. */
struct xenctl_bitmap {
    GUEST_PTR(uint8_t) bitmap;
    uint32_t nr_bits;
    uint32_t _pad;
};

struct xen_arch_domainconfig {
    uint32_t emulation_flags; /* 0 for PV */
    uint32_t misc_flags;      /* XEN_X86_MSR_RELAXED */
};

struct xen_cpuid_leaf {
    uint32_t leaf, subleaf; /* XEN_CPUID_NO_SUBLEAF */
    uint32_t a, b, c, d;
};

struct xen_msr_entry {
    uint32_t idx;
    uint32_t flags; /* 0 */
    uint64_t val;
};

/*
 * op.domain: the id wanted, or anything that is not one for the next free id;
 * OUT the id it got. The domain is made paused.
 */
struct xen_domctl_createdomain {
    uint32_t ssidref;            /* IN  0 */
    uint8_t handle[16];          /* IN  UUID */
    uint32_t flags;              /* IN  XEN_DOMCTL_CDF_* */
    uint32_t iommu_opts;         /* IN  XEN_DOMCTL_IOMMU_* */
    uint32_t max_vcpus;          /* IN  at least 1 */
    uint32_t max_evtchn_port;    /* IN  highest port; 0 means none at all */
    int32_t max_grant_frames;    /* IN  -1: the default */
    int32_t max_maptrack_frames; /* IN  -1: the default */
    uint32_t grant_opts;         /* IN  XEN_DOMCTL_GRANT_version(1) */
    uint32_t vmtrace_size;       /* IN  0 */
    uint32_t cpupool_id;         /* IN  0 */
    struct xen_arch_domainconfig arch;
};

/* The first domain at or above op.domain; OUT op.domain is its id too. */
struct xen_domctl_getdomaininfo {
    domid_t domain; /* OUT, as all the rest */
    uint16_t pad1;
    uint32_t flags; /* XEN_DOMINF_*; bits 16-31 ones until a shutdown */
    uint64_t tot_pages;
    uint64_t max_pages;
    uint64_t outstanding_pages; /* claimed, not yet allocated */
    uint64_t shr_pages;
    uint64_t paged_pages;
    uint64_t shared_info_frame; /* mfn */
    uint64_t cpu_time;          /* ns, all vCPUs together */
    uint32_t nr_online_vcpus;
    uint32_t max_vcpu_id; /* highest id, or XEN_INVALID_MAX_VCPU_ID */
    uint32_t ssidref;
    uint8_t handle[16];
    uint32_t cpupool;
    uint8_t gpaddr_bits;
    uint8_t pad2[7];
    struct xen_arch_domainconfig arch_config;
};

struct xen_domctl_getpageframeinfo3 {
    uint64_t num;              /* IN  at most 1024 */
    GUEST_PTR(uint64_t) array; /* IN mfns; OUT XEN_DOMCTL_PFINFO_* */
};

struct xen_domctl_shadow_op_stats {
    uint32_t fault_count;
    uint32_t dirty_count;
};

struct xen_domctl_shadow_op {
    uint32_t op;   /* IN  XEN_DOMCTL_SHADOW_OP_* */
    uint32_t mode; /* IN  XEN_DOMCTL_SHADOW_* */
    uint32_t mb;   /* IN/OUT */
    uint32_t _pad;
    GUEST_PTR(uint8_t) dirty_bitmap;         /* OUT bit by pfn */
    uint64_t pages;                          /* IN/OUT bits of it */
    struct xen_domctl_shadow_op_stats stats; /* OUT */
};

struct xen_domctl_max_mem {
    uint64_t max_memkb; /* IN  KiB */
};

struct xen_domctl_vcpucontext {
    uint32_t vcpu; /* IN  */
    uint32_t _pad;
    GUEST_PTR(struct vcpu_guest_context) ctxt; /* set: IN; get: OUT */
};

struct xen_domctl_getvcpuinfo {
    uint32_t vcpu;   /* IN  */
    uint8_t online;  /* OUT started */
    uint8_t blocked; /* OUT waits for an event */
    uint8_t running; /* OUT on a processor now */
    uint8_t _pad0;
    uint64_t cpu_time; /* OUT ns */
    uint32_t cpu;      /* OUT last processor */
    uint32_t _pad1;
};

struct xen_domctl_nodeaffinity {
    struct xenctl_bitmap nodemap; /* set: IN; get: OUT */
};

struct xen_domctl_vcpuaffinity {
    uint32_t vcpu;                    /* IN  */
    uint32_t flags;                   /* IN  XEN_VCPUAFFINITY_* */
    struct xenctl_bitmap cpumap_hard; /* set: IN; both: OUT in effect */
    struct xenctl_bitmap cpumap_soft;
};

struct xen_domctl_max_vcpus {
    uint32_t max; /* IN  what createdomain said */
};

struct xen_domctl_sched_credit {
    uint16_t weight; /* share of the processors, 256 is usual */
    uint16_t cap;    /* at most so many per cent of one; 0 no limit */
};

struct xen_domctl_sched_credit2 {
    uint16_t weight;
    uint16_t cap;
};

struct xen_domctl_sched_rtds {
    uint32_t period; /* µs */
    uint32_t budget; /* µs */
    uint32_t flags;
};

struct xen_domctl_schedparam_vcpu {
    union {
        struct xen_domctl_sched_credit credit;
        struct xen_domctl_sched_credit2 credit2;
        struct xen_domctl_sched_rtds rtds;
    } u;
    uint32_t vcpuid;
};

struct xen_domctl_scheduler_op {
    uint32_t sched_id; /* IN  XEN_SCHEDULER_*; -EINVAL: another one runs */
    uint32_t cmd;      /* IN  XEN_DOMCTL_SCHEDOP_* */
    union {
        struct xen_domctl_sched_credit credit;
        struct xen_domctl_sched_credit2 credit2;
        struct xen_domctl_sched_rtds rtds;
        struct {
            GUEST_PTR(struct xen_domctl_schedparam_vcpu) vcpus;
            uint32_t nr_vcpus;
            uint32_t padding;
        } v;
    } u; /* put: IN; get: OUT */
};

struct xen_domctl_setdomainhandle {
    uint8_t handle[16]; /* IN  UUID */
};

struct xen_domctl_setdebugging {
    uint8_t enable; /* IN  */
};

struct xen_domctl_irq_permission {
    uint32_t pirq;        /* IN  */
    uint8_t allow_access; /* IN  */
    uint8_t pad[3];
};

struct xen_domctl_iomem_permission {
    uint64_t first_mfn;   /* IN  */
    uint64_t nr_mfns;     /* IN  */
    uint8_t allow_access; /* IN  */
    uint8_t _pad[7];
};

struct xen_domctl_ioport_permission {
    uint32_t first_port;  /* IN  */
    uint32_t nr_ports;    /* IN  */
    uint8_t allow_access; /* IN  */
    uint8_t _pad[3];
};

struct xen_domctl_hypercall_init {
    uint64_t gmfn; /* IN  frame to fill with stubs */
};

struct xen_domctl_settimeoffset {
    int64_t time_offset_seconds; /* IN  added to the wall clock */
};

struct xen_domctl_address_size {
    uint32_t size; /* set: IN; get: OUT; 64 */
};

struct xen_domctl_sendtrigger {
    uint32_t trigger; /* IN  XEN_DOMCTL_SENDTRIGGER_* */
    uint32_t vcpu;    /* IN  */
};

struct xen_domctl_subscribe {
    uint32_t port; /* IN  of the domain, raised when it suspends */
};

/* Virtual machine-check state. */
struct hvm_vmce_vcpu {
    uint64_t caps;
    uint64_t mci_ctl2_bank0;
    uint64_t mci_ctl2_bank1;
    uint64_t mcg_ext_ctl;
};

struct xen_domctl_ext_vcpucontext {
    uint32_t vcpu;                   /* IN  */
    uint32_t size;                   /* set: IN; get: OUT; bytes from here */
    uint64_t syscall32_callback_eip; /* va */
    uint64_t sysenter_callback_eip;  /* va */
    uint16_t syscall32_callback_cs;
    uint16_t sysenter_callback_cs;
    uint8_t syscall32_disables_events;
    uint8_t sysenter_disables_events;
    uint8_t _pad[2];
    struct hvm_vmce_vcpu vmce;
};

struct xen_domctl_tsc_info {
    uint32_t tsc_mode;    /* 0 default, 1 emulate, 2 native */
    uint32_t gtsc_khz;    /* kHz */
    uint32_t incarnation; /* restores so far */
    uint32_t pad;
    uint64_t elapsed_nsec;
};

struct xen_domctl_vcpuextstate {
    uint32_t vcpu; /* IN  */
    uint32_t _pad;
    uint64_t xfeature_mask;     /* set: IN; get: OUT; XCR0 */
    uint64_t size;              /* IN room, OUT bytes */
    GUEST_PTR(uint64_t) buffer; /* NULL asks for the size */
};

struct xen_domctl_set_virq_handler {
    uint32_t virq; /* IN  one that exists once per domain */
};

struct xen_domctl_vcpu_msr {
    uint32_t index;
    uint32_t reserved;
    uint64_t value;
};

struct xen_domctl_vcpu_msrs {
    uint32_t vcpu;                              /* IN  */
    uint32_t msr_count;                         /* IN room, OUT entries */
    GUEST_PTR(struct xen_domctl_vcpu_msr) msrs; /* NULL asks for the count */
};

struct xen_domctl_cpu_policy {
    uint32_t nr_leaves; /* IN room, OUT entries */
    uint32_t nr_msrs;   /* IN room, OUT entries */
    GUEST_PTR(struct xen_cpuid_leaf) leaves;
    GUEST_PTR(struct xen_msr_entry) msrs;
    uint32_t err_leaf, err_subleaf, err_msr; /* OUT what was refused, or ~0 */
    uint32_t _pad;
};

struct xen_domctl {
    uint32_t cmd;               /* IN  XEN_DOMCTL_* */
    uint32_t interface_version; /* IN  XEN_DOMCTL_INTERFACE_VERSION */
    domid_t domain;             /* IN  */
    uint16_t _pad[3];
    union {
        struct xen_domctl_createdomain createdomain;
        struct xen_domctl_getdomaininfo getdomaininfo;
        struct xen_domctl_getpageframeinfo3 getpageframeinfo3;
        struct xen_domctl_nodeaffinity nodeaffinity;
        struct xen_domctl_vcpuaffinity vcpuaffinity;
        struct xen_domctl_shadow_op shadow_op;
        struct xen_domctl_max_mem max_mem;
        struct xen_domctl_vcpucontext vcpucontext;
        struct xen_domctl_getvcpuinfo getvcpuinfo;
        struct xen_domctl_max_vcpus max_vcpus;
        struct xen_domctl_scheduler_op scheduler_op;
        struct xen_domctl_setdomainhandle setdomainhandle;
        struct xen_domctl_setdebugging setdebugging;
        struct xen_domctl_irq_permission irq_permission;
        struct xen_domctl_iomem_permission iomem_permission;
        struct xen_domctl_ioport_permission ioport_permission;
        struct xen_domctl_hypercall_init hypercall_init;
        struct xen_domctl_settimeoffset settimeoffset;
        struct xen_domctl_tsc_info tsc_info;
        struct xen_domctl_address_size address_size;
        struct xen_domctl_sendtrigger sendtrigger;
        struct xen_domctl_subscribe subscribe;
        struct xen_domctl_ext_vcpucontext ext_vcpucontext;
        struct xen_domctl_vcpuextstate vcpuextstate;
        struct xen_domctl_vcpu_msrs vcpu_msrs;
        struct xen_domctl_set_virq_handler set_virq_handler;
        struct xen_domctl_cpu_policy cpu_policy;
        uint8_t pad[128];
    } u;
};

#endif /* C */

#endif
