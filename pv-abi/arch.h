/* SPDX-License-Identifier: MIT */
/*
 * The x86-64 side of the contract: selectors, the part of the address space
 * the hypervisor keeps, exception handlers and the full state of a vCPU.
 *
 * A guest's kernel and its user programs both run in ring 3. Which of the two
 * is running is a mode the hypervisor remembers, not a state of the processor.
 */
#ifndef PV_ABI_ARCH_H
#define PV_ABI_ARCH_H

#include "types.h"

/* Flat segments present in every guest's descriptor table. */
#define FLAT_RING3_CS32 0xe023
#define FLAT_RING3_CS64 0xe033
#define FLAT_RING3_DS32 0xe02b
#define FLAT_RING3_DS64 0x0000
#define FLAT_RING3_SS32 0xe02b
#define FLAT_RING3_SS64 0xe02b

#define FLAT_KERNEL_CS64 FLAT_RING3_CS64
#define FLAT_KERNEL_CS   FLAT_KERNEL_CS64
#define FLAT_KERNEL_DS   FLAT_RING3_DS64
#define FLAT_KERNEL_SS   FLAT_RING3_SS64
#define FLAT_USER_CS64   FLAT_RING3_CS64
#define FLAT_USER_CS32   FLAT_RING3_CS32
#define FLAT_USER_CS     FLAT_USER_CS64
#define FLAT_USER_DS     FLAT_RING3_DS64
#define FLAT_USER_SS     FLAT_RING3_SS64

/* Descriptor table pages from this one on are the hypervisor's. */
#define FIRST_RESERVED_GDT_PAGE  14
#define FIRST_RESERVED_GDT_BYTE  (FIRST_RESERVED_GDT_PAGE * 4096)
#define FIRST_RESERVED_GDT_ENTRY (FIRST_RESERVED_GDT_BYTE / 8)

/*
 * L4 slots 256 to 271 of every guest tree belong to the hypervisor. The first
 * quarter TiB of it is the machine-to-physical table: one word per machine
 * frame, readable by guests, INVALID_M2P_ENTRY where there is no guest frame.
 * Holes in it answer with an ordinary page fault.
 */
#define HYPERVISOR_VIRT_START ABI_U64(0xFFFF800000000000)
#define HYPERVISOR_VIRT_END   ABI_U64(0xFFFF880000000000)
#define MACH2PHYS_VIRT_START  ABI_U64(0xFFFF800000000000)
#define MACH2PHYS_VIRT_END    ABI_U64(0xFFFF804000000000)
#define MACH2PHYS_NR_ENTRIES  ((MACH2PHYS_VIRT_END - MACH2PHYS_VIRT_START) >> 3)
#define INVALID_M2P_ENTRY     ABI_U64(0xFFFFFFFFFFFFFFFF)

/* set_segment_base: which */
#define SEGBASE_FS          0
#define SEGBASE_GS_USER     1 /* GS of user mode, not active in the kernel */
#define SEGBASE_GS_KERNEL   2 /* GS of the kernel, active now */
#define SEGBASE_GS_USER_SEL 3 /* a selector, loaded as user mode's GS */

/* vm_assist: cmd and type */
#define VMASST_CMD_enable                0
#define VMASST_CMD_disable               1
#define VMASST_TYPE_4gb_segments         0  /* accepted, no effect */
#define VMASST_TYPE_4gb_segments_notify  1  /* accepted, no effect */
#define VMASST_TYPE_writable_pagetables  2  /* emulate stores to L1 tables */
#define VMASST_TYPE_pae_extended_cr3     3  /* accepted, no effect */
#define VMASST_TYPE_architectural_iopl   4  /* iret and frames carry IOPL */
#define VMASST_TYPE_runstate_update_flag 5  /* XEN_RUNSTATE_UPDATE is used */
#define VMASST_TYPE_m2p_strict           32 /* user mode has no M2P */

/* vcpu_guest_context.flags */
#define VGCF_i387_valid               (1 << 0)
#define VGCF_in_kernel                (1 << 2)
#define VGCF_failsafe_disables_events (1 << 3)
#define VGCF_syscall_disables_events  (1 << 4)
#define VGCF_online                   (1 << 5)
/* iret_context.flags: return as SYSRET does, ignoring the frame's RCX, R11 */
#define VGCF_in_syscall (1 << 8)

/* trap_info.flags: bits 0-1 the lowest privilege that may use `int n` */
#define TI_DPL_MASK    3
#define TI_MASK_EVENTS 4 /* enter with evtchn_upcall_mask set */

#ifndef __ASSEMBLER__

#define TI_GET_DPL(ti)      ((ti)->flags & TI_DPL_MASK)
#define TI_GET_IF(ti)       ((ti)->flags & TI_MASK_EVENTS)
#define TI_SET_DPL(ti, dpl) ((ti)->flags |= (dpl))
#define TI_SET_IF(ti, on)   ((ti)->flags |= (on) ? TI_MASK_EVENTS : 0)

/* An exception handler: set_trap_table. An address of 0 ends the table. */
struct trap_info {
    uint8_t vector;
    uint8_t flags;
    uint16_t cs; /* ignored: handlers run with FLAT_KERNEL_CS */
    uint32_t _pad;
    uint64_t address;
};

/* What the stack holds, lowest address first, when a kernel calls iret. */
struct iret_context {
    uint64_t rax, r11, rcx;
    uint64_t flags; /* VGCF_in_syscall or 0 */
    uint64_t rip, cs, rflags, rsp, ss;
};

struct cpu_user_regs {
    uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8;
    uint64_t rax, rcx, rdx, rsi, rdi;
    uint32_t error_code;   /* not part of a vCPU's state */
    uint32_t entry_vector; /* not part of a vCPU's state */
    uint64_t rip;
    uint16_t cs, _pad0[1];
    uint8_t saved_upcall_mask;
    uint8_t _pad1[3];
    uint64_t rflags; /* IF is !saved_upcall_mask */
    uint64_t rsp;
    uint16_t ss, _pad2[3];
    uint16_t es, _pad3[3];
    uint16_t ds, _pad4[3];
    uint16_t fs, _pad5[3];
    uint16_t gs, _pad6[3];
};

/*
 * Everything a vCPU is: domctl setvcpucontext and VCPUOP_initialise take it,
 * getvcpucontext returns it.
 */
struct vcpu_guest_context {
    struct {
        char x[512];
    } fpu_ctxt;     /* as FXSAVE stores it; used with VGCF_i387_valid */
    uint64_t flags; /* VGCF_* */
    struct cpu_user_regs user_regs;
    struct trap_info trap_ctxt[256]; /* by vector; address 0 is no handler */
    uint64_t ldt_base, ldt_ents;     /* va, entries */
    uint64_t gdt_frames[16];         /* mfn of each descriptor page */
    uint64_t gdt_ents;               /* entries */
    uint64_t kernel_ss, kernel_sp;   /* as stack_switch */
    uint64_t ctrlreg[8]; /* [3] kernel L4, [1] user L4, as mfn << 12 */
    uint64_t debugreg[8];
    uint64_t event_callback_eip;
    uint64_t failsafe_callback_eip;
    uint64_t syscall_callback_eip;
    uint64_t vm_assist; /* bits by VMASST_TYPE_*; counts for vCPU 0 only */
    uint64_t fs_base;
    uint64_t gs_base_kernel;
    uint64_t gs_base_user;
};

#define xen_pfn_to_cr3(frame) ((uint64_t)(frame) << 12)
#define xen_cr3_to_pfn(cr3)   ((uint64_t)(cr3) >> 12)

#endif /* C */

#endif
