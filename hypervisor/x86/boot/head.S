/* SPDX-License-Identifier: MIT */
/*
 * From the boot loader to C: two entries in 32-bit protected mode without
 * paging, one way on into long mode.
 *
 *   entry             EAX          EBX
 *   boot_multiboot2   0x36d76289   physical address of the boot information
 *   boot_pvh          any          physical address of hvm_start_info
 *
 * Until the jump to boot_high, labels are used as label - IMAGE_VA. Tables
 * built here map the first 4 GiB at 0 and the first 1 GiB at IMAGE_VA, all
 * writable and executable; paging_init() replaces them.
 *
 * Other CPUs wake up in a copy of the trampoline at TRAMPOLINE_PHYS, in real
 * mode with CS = TRAMPOLINE_PHYS >> 4 and nothing else known. They take the
 * same way, and go on to ap_entry() on the idle tables and trampoline_stack.
 *
 * Source: Multiboot2 specification 3.1, 3.3; PVH boot ABI; SDM vol. 3, 9.4.4
 * (start-up), 10.8.5 (long mode).
 */
#include "x86/layout.h"
#include "x86/regs.h"

#define PHYS(label) ((label) - IMAGE_VA)

#define BOOT_CS   0x08                  /* 64-bit */
#define BOOT_DS   0x10
#define BOOT_CS32 0x18

/* Execution goes on at long_label in 64-bit mode. Clobbers eax, ecx, edx. */
.macro ENTER_LONG_MODE long_label
    mov $CR4_PAE, %eax
    mov %eax, %cr4
    mov $PHYS(boot_l4), %eax
    mov %eax, %cr3
    mov $MSR_EFER, %ecx
    xor %edx, %edx
    mov $EFER_LME | EFER_NX | EFER_SCE, %eax
    wrmsr
    mov $CR0_BASE, %eax
    mov %eax, %cr0
    ljmp $BOOT_CS, $PHYS(\long_label)
.endm

/* At the high address; data segments hold nothing, a backtrace ends here. */
.macro ENTER_HIGH
    movabs $1f, %rax
    jmp *%rax
1:  xor %ebp, %ebp
    mov %ebp, %ss
    mov %ebp, %ds
    mov %ebp, %es
    mov %ebp, %fs
    mov %ebp, %gs
.endm

    .section .multiboot2, "a"
    .balign 8
mb2_header:
    .long 0xe85250d6, 0, mb2_end - mb2_header
    .long -(0xe85250d6 + 0 + (mb2_end - mb2_header))
    .short 6, 0                         /* modules start on a page */
    .long 8
    .short 3, 0                         /* the entry, as an address */
    .long 12, PHYS(boot_multiboot2)
    .balign 8
    .short 0, 0                         /* end */
    .long 8
mb2_end:

    .section .note.Xen, "a", @note
    .balign 4
    .long 4, 8, 18                      /* XEN_ELFNOTE_PHYS32_ENTRY */
    .asciz "Xen"
    .quad PHYS(boot_pvh)

    .section .text.boot, "ax"
    .code32
    .globl boot_multiboot2, boot_pvh
boot_multiboot2:
    mov $boot_from_multiboot2 - IMAGE_VA, %edi
    cmp $0x36d76289, %eax
    je boot_common
    hlt                                 /* no loader we know: nothing to say */
boot_pvh:
    mov $boot_from_pvh - IMAGE_VA, %edi
boot_common:
    cld
    mov %ebx, %esi
    mov $PHYS(boot_stack_top), %esp

    mov $0x80000001, %eax
    cpuid
    bt $29, %edx                        /* long mode, or nothing */
    jc 2f
    hlt
2:
    /* 4 GiB in pages of 2 MiB. */
    mov $PHYS(boot_l2), %ebx
    mov $0x83, %eax                     /* present, writable, large */
    xor %edx, %edx
1:  mov %eax, (%ebx)
    movl $0, 4(%ebx)
    add $8, %ebx
    add $0x200000, %eax
    jnc 1b

    lgdt PHYS(boot_gdt_pointer)
    ENTER_LONG_MODE boot_64

    .code64
boot_64:
    ENTER_HIGH
    mov $IMAGE_VA, %rax
    add %rax, %rsp
    add %rdi, %rax                      /* which loader it was */
    mov %esi, %edi
    call *%rax                          /* boot_from_x(information) */
    call hypervisor_main
    ud2

    .code32
ap_32:
    mov $BOOT_DS, %eax
    mov %eax, %ds
    ENTER_LONG_MODE ap_64
    .code64
ap_64:
    ENTER_HIGH
    mov idle_l4_phys(%rip), %rax
    mov %rax, %cr3
    mov trampoline_stack(%rip), %rsp
    call ap_entry
    ud2

    .globl trampoline_start, trampoline_end
    .balign 16
    .code16
trampoline_start:
    cli
    mov %cs, %ax
    mov %ax, %ds
    lgdtl trampoline_gdt_pointer - trampoline_start
    mov $CR0_PE | CR0_ET, %eax
    mov %eax, %cr0
    ljmpl $BOOT_CS32, $PHYS(ap_32)
    .balign 4
trampoline_gdt_pointer:
    .short boot_gdt_pointer - boot_gdt - 1
    .long PHYS(boot_gdt)
trampoline_end:

    .section .rodata
    .balign 8
boot_gdt:
    .quad 0
    .quad 0x00af9b000000ffff            /* BOOT_CS */
    .quad 0x00cf93000000ffff            /* BOOT_DS */
    .quad 0x00cf9b000000ffff            /* BOOT_CS32 */
boot_gdt_pointer:
    .short boot_gdt_pointer - boot_gdt - 1
    .quad PHYS(boot_gdt)

    .section .data
    .balign 4096
boot_l4:
    .quad PHYS(boot_l3_low) + 3
    .fill 260, 8, 0
    .quad PHYS(boot_l3_high) + 3        /* slot 261 */
    .fill 250, 8, 0
boot_l3_low:
    .quad PHYS(boot_l2) + 0x0003
    .quad PHYS(boot_l2) + 0x1003
    .quad PHYS(boot_l2) + 0x2003
    .quad PHYS(boot_l2) + 0x3003
    .fill 508, 8, 0
boot_l3_high:
    .fill 256, 8, 0
    .quad PHYS(boot_l2) + 3             /* IMAGE_VA */
    .fill 255, 8, 0

    .section .bss
    .balign 4096
boot_l2:
    .skip 4 * 4096
    .skip 16384
boot_stack_top:
