/* SPDX-License-Identifier: MIT */
/*
 * Numbers of the processor: bits of control registers, MSRs, vectors; those
 * of page-table entries are in pv-abi/mmu.h. From C and from assembly.
 * Source: SDM vol. 3 (2, 4, 6), vol. 4; AMD APM vol. 2.
 */
#ifndef X86_REGS_H
#define X86_REGS_H

#define CR0_PE 0x00000001
#define CR0_MP 0x00000002
#define CR0_TS 0x00000008
#define CR0_ET 0x00000010
#define CR0_NE 0x00000020
#define CR0_WP 0x00010000
#define CR0_AM 0x00040000
#define CR0_PG 0x80000000
/* What every CPU runs with; only TS ever differs. */
#define CR0_BASE (CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_AM | CR0_PG)

#define CR4_TSD        0x000004
#define CR4_DE         0x000008
#define CR4_PAE        0x000020
#define CR4_MCE        0x000040
#define CR4_PGE        0x000080
#define CR4_OSFXSR     0x000200
#define CR4_OSXMMEXCPT 0x000400
#define CR4_UMIP       0x000800
#define CR4_FSGSBASE   0x010000
#define CR4_OSXSAVE    0x040000
#define CR4_SMEP       0x100000
#define CR4_SMAP       0x200000

#define EFLAGS_CF   0x00000001
#define EFLAGS_MBS  0x00000002
#define EFLAGS_PF   0x00000004
#define EFLAGS_ZF   0x00000040
#define EFLAGS_SF   0x00000080
#define EFLAGS_TF   0x00000100
#define EFLAGS_IF   0x00000200
#define EFLAGS_DF   0x00000400
#define EFLAGS_IOPL 0x00003000
#define EFLAGS_NT   0x00004000
#define EFLAGS_RF   0x00010000
#define EFLAGS_VM   0x00020000
#define EFLAGS_AC   0x00040000

#define MSR_TSC            0x00000010
#define MSR_APIC_BASE      0x0000001b
#define MSR_SYSENTER_CS    0x00000174
#define MSR_SYSENTER_ESP   0x00000175
#define MSR_SYSENTER_EIP   0x00000176
#define MSR_MISC_ENABLE    0x000001a0
#define MSR_PAT            0x00000277
#define MSR_TSC_DEADLINE   0x000006e0
#define MSR_X2APIC         0x00000800
#define MSR_EFER           0xc0000080
#define MSR_STAR           0xc0000081
#define MSR_LSTAR          0xc0000082
#define MSR_CSTAR          0xc0000083
#define MSR_FMASK          0xc0000084
#define MSR_FS_BASE        0xc0000100
#define MSR_GS_BASE        0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102
#define MSR_TSC_AUX        0xc0000103

#define EFER_SCE 0x001
#define EFER_LME 0x100
#define EFER_LMA 0x400
#define EFER_NX  0x800

/* What guests may rely on; abi/memory.md 3. */
#define PAT_VALUE 0x0000050100070406

#define PF_PRESENT  0x01
#define PF_WRITE    0x02
#define PF_USER     0x04
#define PF_RESERVED 0x08
#define PF_FETCH    0x10

#define VEC_DE  0
#define VEC_DB  1
#define VEC_NMI 2
#define VEC_BP  3
#define VEC_OF  4
#define VEC_BR  5
#define VEC_UD  6
#define VEC_NM  7
#define VEC_DF  8
#define VEC_TS  10
#define VEC_NP  11
#define VEC_SS  12
#define VEC_GP  13
#define VEC_PF  14
#define VEC_MF  16
#define VEC_AC  17
#define VEC_MC  18
#define VEC_XM  19
/* Vectors whose exception pushes an error code: 8, 10-14, 17, 21, 29, 30. */
#define VEC_WITH_CODE 0x60227d00

/* Interrupts of ours, in falling order of urgency. */
#define VEC_SPURIOUS  0xff
#define VEC_FLUSH     0xfc
#define VEC_TIMER     0xfb
#define VEC_RESCHED   0xfa
#define VEC_UART      0xf0
#define VEC_FIRST_IRQ 0x20
#define VEC_INT80     0x80

/* regs->entry_vector: HAL_ENTRY_SYSCALL of hal.h, for assembly. */
#define VEC_SYSCALL 0x100

#define DR6_RESET 0xffff0ff0
#define DR7_RESET 0x400

#endif
