/* SPDX-License-Identifier: MIT */
/* Programs for user mode: position independent, copied to user pages. */
    .section .rodata
    .balign 4096
    .globl user_code, user_code_end
user_code:

/* rdi = what to add to on each system call; never ends by itself. */
    .globl user_calls
user_calls:
    mov $7, %eax
1:  syscall
    add %rdi, %rax /* the kernel's answer */
    jmp 1b

    .globl user_undefined
user_undefined:
    ud2

/* rdi = address */
    .globl user_reads
user_reads:
    mov (%rdi), %rax
    syscall

    .globl user_writes
user_writes:
    mov %rax, (%rdi)
    syscall

    .globl user_halts
user_halts:
    hlt

    .globl user_breaks
user_breaks:
    int3
    mov $9, %eax
    syscall

/* Counts in rax and xmm0 until it is told to stop through its page (rdi). */
    .globl user_spins
user_spins:
    xor %eax, %eax
    movq %rsi, %xmm0
1:  inc %rax
    movq %xmm0, %rdx
    cmp %rdx, %rsi
    jne 2f
    cmpq $0, (%rdi)
    je 1b
    mov %rax, %rbx
    mov $1, %eax
    syscall
2:  ud2

/* Reads fs:0. */
    .globl user_reads_fs
user_reads_fs:
    mov %fs:0, %rax
    syscall

user_code_end:
    .section .note.GNU-stack, "", @progbits
