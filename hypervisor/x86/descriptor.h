/* SPDX-License-Identifier: MIT */
/*
 * The descriptor tables of a CPU: one GDT whose address never changes, in
 * the CPU's area (layout.h). Pages 0-13 show the running vCPU's own frames,
 * or a page of zeros; page 14 is ours. The LDT is shown the same way, page
 * by page at first use (trap/fault.c).
 */
#ifndef X86_DESCRIPTOR_H
#define X86_DESCRIPTOR_H

#include <stdbool.h>

struct percpu;
struct vcpu;

/* Fill page 14, load GDT, IDT and TSS. On the CPU itself. */
void descriptor_init(struct percpu *c);

/*
 * Show v's GDT frames on this CPU. flush: drop the old ones from the TLB;
 * else the caller loads CR3 before a guest runs.
 */
void descriptor_load_gdt(struct percpu *c, const struct vcpu *v, bool flush);

/* Take v's LDT into use: empty until its pages fault in. */
void descriptor_load_ldt(struct percpu *c, const struct vcpu *v, bool flush);

/* Nobody's: an idle CPU shows no guest's frames. */
void descriptor_clear(struct percpu *c);

#endif
