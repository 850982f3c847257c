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
 * Source: Multiboot2 specification 3.1, 3.3; PVH boot ABI; SDM vol. 3, 10.8.5.
 */
#include "x86/layout.h"
#include "x86/regs.h"

#define PHYS(label) ((label) - IMAGE_VA)

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

    /* Long mode, or nothing. */
    mov $0x80000001, %eax
    cpuid
    bt $29, %edx
    jnc boot_no_long_mode

    /* 4 GiB in pages of 2 MiB. */
    mov $PHYS(boot_l2), %ebx
    mov $0x83, %eax                     /* present, writable, large */
    xor %edx, %edx
1:  mov %eax, (%ebx)
    movl $0, 4(%ebx)
    add $8, %ebx
    add $0x200000, %eax
    jnc 1b

    /* Long mode with execute-disable and syscall. */
    mov $CR4_PAE, %eax
    mov %eax, %cr4
    mov $PHYS(boot_l4), %eax
    mov %eax, %cr3
    mov $MSR_EFER, %ecx
    rdmsr
    or $EFER_LME | EFER_NX | EFER_SCE, %eax
    wrmsr
    mov $CR0_BASE, %eax
    mov %eax, %cr0
    lgdt PHYS(boot_gdt_pointer)
    ljmp $8, $PHYS(boot_64)

boot_no_long_mode:
    mov $0x3f8, %dx
    mov $PHYS(boot_no_long_mode_text), %esi
2:  lodsb
    out %al, %dx
    test %al, %al
    jnz 2b
3:  hlt
    jmp 3b

    .code64
boot_64:
    movabs $boot_high, %rax
    jmp *%rax
boot_high:
    mov $IMAGE_VA, %rax
    add %rax, %rsp
    xor %ecx, %ecx
    mov %ecx, %ss
    mov %ecx, %ds
    mov %ecx, %es
    mov %ecx, %fs
    mov %ecx, %gs
    xor %ebp, %ebp                      /* a backtrace ends here */
    add %rdi, %rax                      /* which loader it was */
    mov %esi, %edi
    call *%rax                          /* boot_from_x(information) */
    call hypervisor_main
    ud2

    .section .rodata
boot_no_long_mode_text:
    .asciz "Vireo needs a 64-bit processor.\r\n"
    .balign 8
boot_gdt:
    .quad 0
    .quad 0x00af9b000000ffff            /* 0x08: 64-bit code */
    .quad 0x00cf93000000ffff            /* 0x10: data */
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
