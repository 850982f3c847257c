/* SPDX-License-Identifier: MIT */
/*
 * Where the hypervisor's things are in the virtual address space. Plain
 * numbers: used from C, from assembly and from the linker script.
 *
 *   slot 256  0xffff800000000000  machine-to-physical table; guests read it
 *   slot 261  0xffff82c000000000  the image; physical 0 is mapped here
 *             0xffff82c040000000  one area per CPU, see below
 *             0xffff82d000000000  registers of devices, ACPI tables
 *   slot 262  0xffff830000000000  all RAM (to slot 271)
 *
 * An area of a CPU, in pages; those not named are guard pages, never mapped.
 * Everything a CPU owns is in its area, all its stacks too: whatever stack
 * is in use, masking RSP gives the area. So NMI and #DF need neither GS nor
 * a sane RSP of the interrupted code to know where they are.
 *
 *    0..1   struct percpu
 *    3..4   stack of #DF        6..7   stack of NMI
 *    9..10  stack of #MC       12..13  stack of #DB
 *   16..23  the stack; the guest's registers are at its top
 *   32..47  GDT: 14 pages of the running vCPU's, 2 of ours
 *   48..63  LDT of the running vCPU
 */
#ifndef X86_LAYOUT_H
#define X86_LAYOUT_H

#define IMAGE_VA       0xffff82c000000000
#define IMAGE_PHYS     0x200000 /* where the image is loaded */
#define PERCPU_VA      0xffff82c040000000
#define DEVICE_VA      0xffff82d000000000
#define DIRECT_MAP_VA  0xffff830000000000
#define DIRECT_MAP_END 0xffff880000000000
#define M2P_VA         0xffff800000000000

/* End of what the ABI takes from a guest's address space: slots 256-271. */
#define HOLE_END 0xffff880000000000

#define AREA_SHIFT       18
#define AREA_SIZE        (1 << AREA_SHIFT)
#define AREA_PAGES       (AREA_SIZE >> 12)
#define AREA_DATA_PAGES  2
#define AREA_IST_TOP(n)  ((3 * (n) + 2) << 12) /* n: IST_DF .. IST_DB */
#define AREA_IST_PAGES   2
#define AREA_STACK_TOP   (24 << 12)
#define AREA_STACK_PAGES 8
#define AREA_GDT         (32 << 12)
#define AREA_LDT         (48 << 12)

/* Selectors of ours, in GDT page 14. Source: abi/start-of-day.md 5. */
#define SEL_RING0_CODE 0xe008
#define SEL_RING0_DATA 0xe010
#define SEL_GUEST_CS32 0xe023
#define SEL_GUEST_DS   0xe02b
#define SEL_GUEST_CS64 0xe033
#define SEL_TSS        0xe040
#define SEL_LDT        0xe050
#define SEL_CPU        0xe060

/* The page below 1 MiB where other CPUs wake up. */
#define TRAMPOLINE_PHYS 0x8000

#endif
