/* SPDX-License-Identifier: MIT */
/*
 * The machine's own part of a vCPU, what core/ has no word for: one block,
 * made by hal_vcpu_init (fpu.c), page aligned.
 *
 * x87, SSE, AVX state is saved and loaded whole at each switch, never lazily,
 * so that no guest's values are in the registers while another runs. The
 * hypervisor itself uses none of it. CR0.TS is set only while the guest's
 * own is. Source: SDM vol. 1, 13; abi/traps-and-privops.md 7.
 */
#ifndef X86_MACHINE_H
#define X86_MACHINE_H

#include <stdint.h>

#include "vcpu.h"

/* Ports that a domain without devices finds something behind; io.c. */
struct virtual_ports {
    uint32_t pci_address; /* 0xcf8 */
    uint8_t cmos_index;   /* 0x70 */
    uint8_t gate;         /* 0x61, the bits written */
    /* Channel 2 of the interval timer, counting down once. */
    uint16_t pit_count;
    uint64_t pit_start_ns;
    uint8_t pit_low;
    bool pit_high_next; /* the next byte written is the high one */
    bool pit_read_high; /* the next byte read is the high one */
};

struct vcpu_machine {
    struct virtual_ports ports;
    bool segment_bad; /* percpu's, while this vCPU is off every CPU */
    char xstate[] __attribute__((aligned(64)));
};

static inline struct vcpu_machine *vcpu_machine(const struct vcpu *v)
{
    return v->machine;
}

void fpu_save(struct vcpu *v);
void fpu_load(struct vcpu *v);
void fpu_set_ts(bool on);

/* XCR0 of the running v. False: the value is none the CPU or we allow. */
bool fpu_set_xcr0(struct vcpu *v, uint64_t value);

#endif
