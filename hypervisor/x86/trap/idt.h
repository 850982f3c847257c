/* SPDX-License-Identifier: MIT */
/*
 * The interrupt descriptor table: one for all CPUs, every gate closed to
 * `int n` except breakpoint, overflow and 0x80.
 */
#ifndef X86_IDT_H
#define X86_IDT_H

/* Fill it. Boot CPU, once. */
void idt_init(void);
/* Use it on this CPU. */
void idt_load(void);

#endif
