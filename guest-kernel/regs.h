/* SPDX-License-Identifier: MIT */
/*
 * Offsets into struct cpu_user_regs for assembly; traps.c asserts them.
 */
#ifndef GUEST_KERNEL_REGS_H
#define GUEST_KERNEL_REGS_H

#define REGS_R15    0x00
#define REGS_R14    0x08
#define REGS_R13    0x10
#define REGS_R12    0x18
#define REGS_RBP    0x20
#define REGS_RBX    0x28
#define REGS_R11    0x30
#define REGS_R10    0x38
#define REGS_R9     0x40
#define REGS_R8     0x48
#define REGS_RAX    0x50
#define REGS_RCX    0x58
#define REGS_RDX    0x60
#define REGS_RSI    0x68
#define REGS_RDI    0x70
#define REGS_ERROR  0x78
#define REGS_VECTOR 0x7c
#define REGS_RIP    0x80
#define REGS_CS     0x88
#define REGS_RFLAGS 0x90
#define REGS_RSP    0x98
#define REGS_SS     0xa0
#define REGS_ES     0xa8
#define REGS_DS     0xb0
#define REGS_FS     0xb8
#define REGS_GS     0xc0

/* Bytes that exist on the stack: the hypervisor pushes no data selectors. */
#define REGS_FRAME REGS_ES

#endif
