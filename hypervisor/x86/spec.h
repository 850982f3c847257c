/* SPDX-License-Identifier: MIT */
/*
 * What the processor remembers of one domain must not steer, or show up in,
 * another: predictions and buffers are dropped when a CPU goes from one
 * domain to another. Indirect calls of the hypervisor itself go by thunks
 * (build.mk), indices from guests are masked (include/speculation.h).
 *
 * CONFIG_SPECULATION; without it the functions do nothing (spec_absent.c).
 * Source: SDM vol. 4 (MSR 0x49, 0x10a); Intel, "Deep Dive: Microarchitectural
 * Data Sampling"; AMD, "Software Techniques for Managing Speculation".
 */
#ifndef X86_SPEC_H
#define X86_SPEC_H

/* Find what there is, and say what nothing here protects from. Boot CPU. */
void spec_init(void);

/* A vCPU of another domain runs next on this CPU. */
void spec_switch_domain(void);

#endif
