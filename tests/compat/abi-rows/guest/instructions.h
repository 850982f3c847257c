/* SPDX-License-Identifier: MIT */
/*
 * Single instructions, each with an answer: its result, or FAULT() with the
 * exception it raised (row.h).
 */
#ifndef ABI_ROWS_INSTRUCTIONS_H
#define ABI_ROWS_INSTRUCTIONS_H

#include <stdint.h>

#define MSR_FS_BASE        0xc0000100
#define MSR_GS_BASE        0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102

/* fn(arg); what it left in *result, or how it ended. */
long run_instruction(void (*fn)(void *), void *arg, const uint64_t *result);

long run_ud2(void);
long run_int3(void);
long run_hlt(void);
long run_read(const void *address);
long run_write(void *address, uint64_t value);
long run_inb(uint16_t port);
long run_outb(uint16_t port, uint8_t value);

long run_read_cr0(void);
long run_read_cr2(void);
long run_read_cr3(void);
long run_read_cr4(void);
long run_write_cr0(uint64_t value);
long run_write_cr4(uint64_t value);

/* A value with bit 63 or 60 set cannot be told from other answers. */
long run_rdmsr(uint32_t msr);
long run_wrmsr(uint32_t msr, uint64_t value);

/* The access rights the CPU reads for a selector; 0: it cannot be used. */
long run_lar(uint32_t selector);

/* DS, ES, FS and GS in one word. */
long run_selectors(void);
long run_load_fs(uint32_t selector);

enum cpuid_register { CPUID_EAX, CPUID_EBX, CPUID_ECX, CPUID_EDX };

/* One register of a leaf, as the hypervisor wants the kernel to see it. */
long run_cpuid(uint32_t leaf, uint32_t sub, enum cpuid_register which);

#endif
