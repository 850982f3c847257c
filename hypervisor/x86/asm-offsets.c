/* SPDX-License-Identifier: MIT */
/* Offsets for assembly: compiled to text, from which asm-offsets.h is cut. */
#include <stddef.h>

#include <pv-abi/arch.h>

void asm_offsets(void);

#define DEFINE(name, value) asm volatile("@" #name " %c0" : : "i"(value))
#define REGS(name, field)                                                      \
    DEFINE(REGS_##name, offsetof(struct cpu_user_regs, field))

void asm_offsets(void)
{
    REGS(r11, r11);
    REGS(rcx, rcx);
    REGS(code, error_code);
    REGS(vector, entry_vector);
    REGS(rip, rip);
    REGS(cs, cs);
    REGS(rflags, rflags);
    REGS(rsp, rsp);
    REGS(es, es);
    DEFINE(REGS_size, sizeof(struct cpu_user_regs));
}
