/* SPDX-License-Identifier: MIT */
#include <stdint.h>

#include "x86/entry/entry.h"
#include "x86/insn.h"
#include "x86/layout.h"
#include "x86/percpu.h"
#include "x86/regs.h"
#include "x86/trap/idt.h"

struct gate {
    uint16_t offset_low, selector;
    uint8_t ist, type;
    uint16_t offset_middle;
    uint32_t offset_high, zero;
};

#define GATE_INTERRUPT 0x8e /* present, interrupts off on entry */
#define GATE_DPL3      0x60

static struct gate idt[256] __attribute__((aligned(4096)));

static uint8_t ist_of(unsigned int vector)
{
    switch (vector) {
    case VEC_DB: /* may strike on the first instruction of a syscall stub */
        return IST_DB;
    case VEC_NMI:
        return IST_NMI;
    case VEC_DF:
        return IST_DF;
    case VEC_MC:
        return IST_MC;
    default:
        return IST_NONE;
    }
}

void idt_init(void)
{
    for (unsigned int v = 0; v < 256; v++) {
        uint64_t at = (uint64_t)vector_stubs + v * VECTOR_STUB_SIZE;
        bool open = v == VEC_BP || v == VEC_OF || v == VEC_INT80;

        idt[v] = (struct gate){
            .offset_low = (uint16_t)at,
            .selector = SEL_RING0_CODE,
            .ist = ist_of(v),
            .type = GATE_INTERRUPT | (open ? GATE_DPL3 : 0),
            .offset_middle = (uint16_t)(at >> 16),
            .offset_high = (uint32_t)(at >> 32),
        };
    }
}

void idt_load(void)
{
    struct table_pointer pointer = {sizeof(idt) - 1, (uint64_t)idt};

    lidt(&pointer);
}
