/* SPDX-License-Identifier: MIT */
/*
 * What the second vCPU does: store to one address, for ever, also where that
 * faults. rdi -> struct racer { target, stores, faults }, kept in rbx.
 *
 * The values are small, even numbers: entries that are not present, which any
 * page table may hold.
 */
    .globl racer_run
racer_run:
    mov %rdi, %rbx
    xor %eax, %eax
1:  mov 0(%rbx), %rdx
    add $2, %eax
    and $0xffe, %eax
    mov %rax, (%rdx)
    incq 8(%rbx)
    jmp 1b

/* rsp -> rcx r11 error rip cs rflags rsp ss. Only rsp is needed. */
    .globl racer_fault
racer_fault:
    mov 0x30(%rsp), %rsp
    incq 16(%rbx)
    pause
    jmp 1b

    .section .note.GNU-stack, "", @progbits
