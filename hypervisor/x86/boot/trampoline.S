/* SPDX-License-Identifier: MIT */
/*
 * Where another CPU wakes up: copied to TRAMPOLINE_PHYS, entered in real
 * mode with CS = TRAMPOLINE_PHYS >> 4 and nothing else known. Goes to long
 * mode on the idle tables, which map this page at its physical address
 * meanwhile, and on to ap_entry() on the stack left in trampoline_stack.
 *
 * Source: SDM vol. 3, 9.4.4 (start-up), 10.8.5 (long mode).
 */
#include "x86/layout.h"
#include "x86/regs.h"

#define HERE(label) ((label) - trampoline_start + TRAMPOLINE_PHYS)
/* In real mode CS and DS point at the page. */
#define IN_PAGE(label) ((label) - trampoline_start)

    .section .rodata
    .globl trampoline_start, trampoline_end, trampoline_cr3
    .balign 16
    .code16
trampoline_start:
    cli
    mov %cs, %ax
    mov %ax, %ds
    lgdtl IN_PAGE(gdt_pointer)
    mov $CR0_PE | CR0_ET, %eax
    mov %eax, %cr0
    ljmpl $0x18, $HERE(protected)

    .code32
protected:
    mov $0x10, %eax
    mov %eax, %ds
    mov %eax, %ss
    mov $CR4_PAE | CR4_PGE, %eax
    mov %eax, %cr4
    mov HERE(trampoline_cr3), %eax
    mov %eax, %cr3
    mov $MSR_EFER, %ecx
    xor %edx, %edx
    mov $EFER_LME | EFER_NX | EFER_SCE, %eax
    wrmsr
    mov $CR0_BASE, %eax
    mov %eax, %cr0
    ljmp $8, $HERE(long_mode)

    .code64
long_mode:
    movabs $trampoline_high, %rax
    jmp *%rax

    .balign 8
gdt:
    .quad 0
    .quad 0x00af9b000000ffff            /* 0x08: 64-bit code */
    .quad 0x00cf93000000ffff            /* 0x10: data */
    .quad 0x00cf9b000000ffff            /* 0x18: 32-bit code */
gdt_pointer:
    .short gdt_pointer - gdt - 1
    .long HERE(gdt)
trampoline_cr3:
    .long 0
trampoline_end:

    .section .text.boot, "ax"
    .code64
trampoline_high:
    xor %eax, %eax
    mov %eax, %ss
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %fs
    mov %eax, %gs
    mov trampoline_stack(%rip), %rsp
    xor %ebp, %ebp
    call ap_entry
    ud2
