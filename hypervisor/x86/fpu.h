/* SPDX-License-Identifier: MIT */
/*
 * x87, SSE, AVX state: saved and loaded whole at each switch, never lazily,
 * so that no guest's values are in the registers while another runs. The
 * hypervisor itself uses none of it. CR0.TS is set only while the guest's
 * own is. Source: SDM vol. 1, 13; abi/traps-and-privops.md 7.
 */
#ifndef X86_FPU_H
#define X86_FPU_H

#include <stdbool.h>
#include <stdint.h>

struct vcpu;

void fpu_save(struct vcpu *v);
void fpu_load(struct vcpu *v);
void fpu_set_ts(bool on);

/* XCR0 of the running v. False: the value is none the CPU or we allow. */
bool fpu_set_xcr0(struct vcpu *v, uint64_t value);

#endif
