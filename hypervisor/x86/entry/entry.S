/* SPDX-License-Identifier: MIT */
/*
 * Into the hypervisor and out to guests. The stack of a CPU after an entry:
 *
 *   AREA_STACK_TOP  -> +---------------+
 *                      | gs fs ds es   |  filled at a context switch only
 *   tss.rsp0        -> +---------------+
 *                      | ss            |  \
 *                      | rsp           |   |  by the processor, or by
 *                      | rflags        |   |  the entries of syscall
 *                      | cs            |   |
 *                      | rip           |  /
 *                      | vector : code |  by the stub, code maybe by the CPU
 *                      | rdi rsi rdx   |  \
 *                      | rcx rax r8-11 |   |  SAVE
 *                      | rbx rbp r12-15|  /
 *   rsp, rdi        -> +---------------+  struct cpu_user_regs
 *
 * NMI, #MC, #DB and #DF arrive on a stack of their own, because they may
 * strike while RSP is still, or already, the guest's: after `syscall`, and
 * before SYSRET. If they interrupted a guest, the frame is moved to the
 * stack above; else they are served where they are.
 *
 * Source: SDM vol. 3, 6.14 and 6.15; vol. 2, SYSCALL, SYSRET, IRET.
 */
#include <config.h>

#include <pv-abi/callback.h>

#include "asm-offsets.h"
#include "x86/layout.h"
#include "x86/regs.h"

#define STUB_RSP (AREA_STACK_TOP - 32)  /* tss.rsp0, from the area */

/* Clobbers nothing; rsp ends at r15. */
.macro SAVE
    .irp reg, di, si, dx, cx, ax, 8, 9, 10, 11, bx, bp, 12, 13, 14, 15
    push %r\reg
    .endr
    /* Nothing of the guest is left for speculation to play with, and with
     * rbp at 0 a backtrace ends here. */
    .irp reg, edi, esi, edx, ecx, eax, r8d, r9d, r10d, r11d, ebx, ebp
    xor %\reg, %\reg
    .endr
    .irp reg, r12d, r13d, r14d, r15d
    xor %\reg, %\reg
    .endr
.endm

/* rsp ends at vector : code. */
.macro RESTORE
    .irp reg, 15, 14, 13, 12, bp, bx, 11, 10, 9, 8, ax, cx, dx, si, di
    pop %r\reg
    .endr
.endm

    .section .text.entry, "ax"

/* -------------------------------------------- exceptions and interrupts */

    .globl vector_stubs
    .balign 16
vector_stubs:
    vector = 0
    .rept 256
    .balign 16
    .if vector > 31
    push $0
    .elseif !((VEC_WITH_CODE >> vector) & 1)
    push $0
    .endif
    movl $vector, 4(%rsp)
    jmp trap_entry
    vector = vector + 1
    .endr

    .balign 16
trap_entry:
    SAVE
    cld
    cmpb $0, cpu_has_smap(%rip)
    je 1f
    clac                                /* a guest sets AC as it likes */
1:  testb $3, REGS_cs(%rsp)
    jz trap_inside
    mov %rsp, %rax
    and $-AREA_SIZE, %rax
    lea AREA_STACK_TOP - REGS_size(%rax), %rdi
    cmp %rdi, %rsp
    je 2f
    mov %rdi, %rax                      /* from a stack of its own to ours */
    mov %rsp, %rsi
    mov $REGS_es / 8, %ecx
    rep movsq
    mov %rax, %rsp
2:  mov %rsp, %rdi
    call trap_from_guest
    jmp restore_guest

trap_inside:
    mov %rsp, %rdi
    call trap_from_hypervisor
    mov %rax, %rsp
    testb $3, REGS_cs(%rsp)
    jnz restore_guest
    RESTORE
    add $8, %rsp
    iretq

/* ------------------------------------------------------------- syscall */

/*
 * One stub per CPU finds the stack without a free register and without GS:
 * where the areas are is known when the image is linked.
 */
.macro SYSCALL_STUBS name, target
    .globl \name
    .balign 32
\name:
    stub_cpu = 0
    .rept CONFIG_MAX_CPUS
    .balign 32
    mov %rsp, percpu_areas + stub_cpu * AREA_SIZE(%rip)
    lea percpu_areas + stub_cpu * AREA_SIZE + STUB_RSP(%rip), %rsp
    jmp \target
    stub_cpu = stub_cpu + 1
    .endr
.endm

    SYSCALL_STUBS syscall_stubs, syscall_entry
    SYSCALL_STUBS syscall32_stubs, syscall32_entry

/* rcx: rip; r11: rflags; percpu.guest_rsp: rsp. */
.macro SYSCALL_FRAME cs, vector
    push $SEL_GUEST_DS
    push -(STUB_RSP - 8)(%rsp)          /* percpu.guest_rsp */
    push %r11
    push $\cs
    push %rcx
    push $0
    movl $\vector, 4(%rsp)
    SAVE
    mov %rsp, %rdi
.endm

    .balign 16
syscall_entry:
    SYSCALL_FRAME SEL_GUEST_CS64, VEC_SYSCALL
    call syscall_from_guest
    /* fall through */

/* ------------------------------------------------------ out to a guest */

/* rsp: the guest's registers. */
restore_guest:
    orl $EFLAGS_IF | EFLAGS_MBS, REGS_rflags(%rsp)
    andl $~(EFLAGS_IOPL | EFLAGS_VM), REGS_rflags(%rsp)
    testl $VEC_SYSCALL, REGS_vector(%rsp)
    jz 1f
    cmpw $SEL_GUEST_CS64, REGS_cs(%rsp)
    jne 1f
    /* SYSRET to an address that is not canonical faults in ring 0. */
    mov REGS_rip(%rsp), %rcx
    mov %rcx, %rax
    shl $16, %rax
    sar $16, %rax
    cmp %rcx, %rax
    jne 1f
    mov %rcx, REGS_rcx(%rsp)
    mov REGS_rflags(%rsp), %rcx
    mov %rcx, REGS_r11(%rsp)
    RESTORE
    mov REGS_rsp - REGS_code(%rsp), %rsp
    sysretq
1:  RESTORE
    add $8, %rsp
    .globl guest_iret
guest_iret:
    iretq

    .globl enter_guest
enter_guest:
    and $-AREA_SIZE, %rsp
    add $AREA_STACK_TOP - REGS_size, %rsp
    jmp restore_guest

/* ------------------------------------------- the rarer system calls */

    .balign 16
syscall32_entry:
    SYSCALL_FRAME SEL_GUEST_CS32, 0
    mov $CALLBACKTYPE_syscall32, %esi
    call rare_call_from_guest
    jmp restore_guest

/* Where it came from is not told: only the guest's library knows. */
    .balign 16
    .globl sysenter_entry
sysenter_entry:
    push $SEL_GUEST_DS
    push $0
    pushfq
    orl $EFLAGS_IF, (%rsp)
    push $3
    push $0
    push $0
    push $EFLAGS_MBS                    /* NT and AC are still the guest's */
    popfq
    SAVE
    mov %rsp, %rdi
    mov $CALLBACKTYPE_sysenter, %esi
    call rare_call_from_guest
    jmp restore_guest

/* --------------------------------------------------------- beginnings */

    .globl run_on_stack
run_on_stack:                           /* (area, function) */
    lea AREA_STACK_TOP - REGS_size - 8(%rdi), %rsp
    xor %ebp, %ebp
    call *%rsi
    ud2

    .globl reload_segments
reload_segments:
    pop %rax
    push $SEL_RING0_CODE
    push %rax
    mov $SEL_RING0_DATA, %eax
    mov %eax, %ss
    xor %eax, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %fs
    mov %eax, %gs
    lretq
