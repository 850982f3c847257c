/* SPDX-License-Identifier: MIT */
/*
 * Every way into the kernel, and the one way out.
 *
 * The hypervisor enters with this on the stack (low addresses first; the
 * error code only for vectors 8, 10-14 and 17):
 *
 *     rsp -> rcx  r11  [error]  rip  cs  rflags  rsp  ss
 *
 * The stubs turn it into the lower part of struct cpu_user_regs:
 *
 *     rsp -> r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi
 *            error|vector  rip  cs|mask  rflags  rsp  ss
 *
 * rcx and r11 travel in the frame because `syscall`, the way into the
 * hypervisor, destroys them. There is no red zone: frames are pushed right at
 * the interrupted rsp.
 *
 * The way out is always the iret hypercall: the only one that puts the upcall
 * mask back and returns in one step. It wants, in place of rdx ... vector:
 *
 *     rsp -> rax  r11  rcx  flags  rip  cs  rflags  rsp  ss
 */
#include <pv-abi/hypercalls.h>
#include "regs.h"

#define BOOT_STACK_SIZE 16384
#define SYSCALL_FLAG    0x100 /* VGCF_in_syscall: rcx, r11 not restored */

/* --- the first instruction ---------------------------------------------- */

    .section .text.guest_entry, "ax", @progbits
    .globl guest_entry
    .type guest_entry, @function
guest_entry:
    mov %r15, entry_regs+REGS_R15(%rip)
    mov %r14, entry_regs+REGS_R14(%rip)
    mov %r13, entry_regs+REGS_R13(%rip)
    mov %r12, entry_regs+REGS_R12(%rip)
    mov %rbp, entry_regs+REGS_RBP(%rip)
    mov %rbx, entry_regs+REGS_RBX(%rip)
    mov %r11, entry_regs+REGS_R11(%rip)
    mov %r10, entry_regs+REGS_R10(%rip)
    mov %r9, entry_regs+REGS_R9(%rip)
    mov %r8, entry_regs+REGS_R8(%rip)
    mov %rax, entry_regs+REGS_RAX(%rip)
    mov %rcx, entry_regs+REGS_RCX(%rip)
    mov %rdx, entry_regs+REGS_RDX(%rip)
    mov %rsi, entry_regs+REGS_RSI(%rip)
    mov %rdi, entry_regs+REGS_RDI(%rip)
    mov %rsp, entry_regs+REGS_RSP(%rip)
    lea guest_entry(%rip), %rax
    mov %rax, entry_regs+REGS_RIP(%rip)
    mov %cs, entry_regs+REGS_CS(%rip)
    mov %ss, entry_regs+REGS_SS(%rip)
    mov %ds, entry_regs+REGS_DS(%rip)
    mov %es, entry_regs+REGS_ES(%rip)
    mov %fs, entry_regs+REGS_FS(%rip)
    mov %gs, entry_regs+REGS_GS(%rip)
    pushfq
    pop entry_regs+REGS_RFLAGS(%rip)

    fxsave64 entry_fpu(%rip)

    /* The builder's stack is one page; ours is bigger and stays idle's. */
    lea boot_stack_end(%rip), %rsp
    xor %ebp, %ebp /* the end of every backtrace */
    cld
    mov %rsi, %rdi
    call start_guest
    ud2

    .section .bss.boot_stack, "aw", @nobits
    .balign 4096
boot_stack:
    .skip BOOT_STACK_SIZE
boot_stack_end:

/* --- exceptions ---------------------------------------------------------- */

    .text

/* One stub per vector. Clobbers rcx and r11 with their own values. */
.macro trap_stub vector, has_code=0
    .balign 16
trap_stub_\vector:
    pop %rcx
    pop %r11
    .if \has_code == 0
    push $0
    .endif
    movl $\vector, 4(%rsp) /* upper half of the error code's slot */
    jmp trap_common
.endm

    .irp v, 0, 1, 2, 3, 4, 5, 6, 7, 9, 15, 16, 18, 19, 20, 21, 22, 23, \
            24, 25, 26, 27, 28, 29, 30, 31
    trap_stub \v
    .endr
    .irp v, 8, 10, 11, 12, 13, 14, 17
    trap_stub \v, 1
    .endr

    .section .rodata
    .balign 8
    .globl trap_stubs
trap_stubs: /* in order of vectors; traps.c fills the trap table from it */
    .irp v, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, \
            16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    .quad trap_stub_\v
    .endr

/* --- callbacks ----------------------------------------------------------- */

    .text

.macro callback_stub name, vector
    .balign 16
    .globl \name
\name:
    pop %rcx
    pop %r11
    push $0
    movl $\vector, 4(%rsp)
    jmp trap_common
.endm

callback_stub event_callback, 0x100
callback_stub syscall_callback, 0x102

/*
 * A data selector could not be loaded when this vCPU was put back; it is 0
 * now. Ours are always 0, so the selectors (ds es fs gs) are of no interest.
 */
    .balign 16
    .globl failsafe_callback
failsafe_callback:
    pop %rcx
    pop %r11
    add $32, %rsp
    push $0
    movl $0x101, 4(%rsp)
    jmp trap_common

    .balign 16
trap_common:
    push %rdi
    push %rsi
    push %rdx
    push %rcx
    push %rax
    push %r8
    push %r9
    push %r10
    push %r11
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    cld
    mov %rsp, %rdi
    sub $8, %rsp /* the hypervisor aligned the frame; keep calls aligned */
    call trap_dispatch
    add $8, %rsp
    xor %edx, %edx

/* --- the way out --------------------------------------------------------- */

/* rsp -> complete lower part of struct cpu_user_regs; rdx = iret flags. */
trap_return:
    mov %rdx, REGS_ERROR(%rsp) /* becomes `flags` */
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    /* From here rsp is 0x30 into the structure. */
    mov REGS_R10-0x30(%rsp), %r10
    mov REGS_R9-0x30(%rsp), %r9
    mov REGS_R8-0x30(%rsp), %r8
    mov REGS_RDX-0x30(%rsp), %rdx
    mov REGS_R11-0x30(%rsp), %r11
    mov REGS_RCX-0x30(%rsp), %rcx
    mov REGS_RAX-0x30(%rsp), %rax
    xchg %rax, REGS_RDX-0x30(%rsp) /* rax to its slot; rdx is loaded */
    mov REGS_RDI-0x30(%rsp), %rdi
    mov %rcx, REGS_RDI-0x30(%rsp)
    xchg %r11, REGS_RSI-0x30(%rsp) /* r11 to its slot, rsi comes out */
    mov %r11, %rsi
    add $REGS_RDX-0x30, %rsp
    mov $__HYPERVISOR_iret, %eax
    syscall
    ud2 /* iret does not return */

/*
 * Enter user mode, or any other saved state, for good.
 *   rdi  struct cpu_user_regs to load; its memory is not used as a stack
 *   rsi  non-zero: by SYSRET semantics
 * The frame is built on the current stack, which user_enter() has prepared.
 */
    .balign 16
    .globl trap_resume
trap_resume:
    mov %rsi, %rdx
    neg %rdx
    sbb %rdx, %rdx
    and $SYSCALL_FLAG, %edx
    sub $REGS_FRAME, %rsp
    mov %rdi, %rsi
    mov %rsp, %rdi
    mov $REGS_FRAME/8, %ecx
    rep movsq
    jmp trap_return

/*
 * unsigned int user_enter(regs, by_sysret, uint64_t *kernel_sp)
 * A call that ends in user_leave(), on the same stack.
 */
    .balign 16
    .globl user_enter
user_enter:
    push %rbp
    push %rbx
    push %r12
    push %r13
    push %r14
    push %r15
    mov %rsp, (%rdx)
    push %rdi
    push %rsi
    sub $8, %rsp /* aligned for the call */
    mov (%rdx), %rdi
    call user_set_kernel_stack
    add $8, %rsp
    pop %rsi
    pop %rdi
    jmp trap_resume

/* void user_leave(uint64_t kernel_sp, unsigned int result) */
    .balign 16
    .globl user_leave
user_leave:
    mov %rdi, %rsp
    mov %esi, %eax
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbx
    pop %rbp
    ret

/* --- threads and probes -------------------------------------------------- */

/*
 * void thread_switch_stack(uint64_t *save_sp, uint64_t load_sp)
 * What a C function may not change is on the stack; the rest is its caller's.
 */
    .balign 16
    .globl thread_switch_stack
thread_switch_stack:
    push %rbp
    push %rbx
    push %r12
    push %r13
    push %r14
    push %r15
    mov %rsp, (%rdi)
    mov %rsi, %rsp
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbx
    pop %rbp
    ret

/*
 * bool probe_enter(uint64_t resume[8], void (*fn)(void *), void *arg)
 * resume: rbx rbp r12 r13 r14 r15 rsp rip, what probe_caught() puts back.
 */
    .balign 16
    .globl probe_enter
probe_enter:
    mov %rbx, 0x00(%rdi)
    mov %rbp, 0x08(%rdi)
    mov %r12, 0x10(%rdi)
    mov %r13, 0x18(%rdi)
    mov %r14, 0x20(%rdi)
    mov %r15, 0x28(%rdi)
    sub $8, %rsp
    mov %rsp, 0x30(%rdi)
    lea probe_faulted(%rip), %rax
    mov %rax, 0x38(%rdi)
    mov %rdx, %rdi
    call *%rsi
    mov $1, %eax
    add $8, %rsp
    ret
probe_faulted:
    xor %eax, %eax
    add $8, %rsp
    ret

    .section .note.GNU-stack, "", @progbits
