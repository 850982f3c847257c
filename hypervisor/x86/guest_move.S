/* SPDX-License-Identifier: MIT */
/*
 * unsigned long guest_move(void *dst, const void *src, unsigned long n)
 *
 * The only place where the hypervisor touches memory at an address that a
 * guest chose, and so the only one with stac. Either side may be the
 * guest's; its range has been checked (guest_copy.c). Returns 0, or not 0
 * after a fault. Clobbers rax, rcx, rdi, rsi, r8; rdx.
 */
#include "x86/trap/extable.h"

    .section .text.guest_copy, "ax"
    .globl guest_move
guest_move:
    movzbl cpu_has_smap(%rip), %r8d
    test %r8d, %r8d
    jz 1f
    stac
1:  mov %rdx, %rcx
    shr $3, %rcx
    and $7, %edx
2:  rep movsq
    mov %edx, %ecx
3:  rep movsb
    xor %eax, %eax
4:  test %r8d, %r8d
    jz 5f
    clac
5:  ret
6:  mov $1, %eax
    jmp 4b
    EXTABLE 2b, 6b
    EXTABLE 3b, 6b
    .size guest_move, . - guest_move
    .type guest_move, @function
