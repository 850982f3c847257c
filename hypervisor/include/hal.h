/* SPDX-License-Identifier: MIT */
/*
 * The only door from core/ to the machine. x86/ implements it; host tests
 * link tests/host/fake/hal.c instead. No function pointers, no #ifdef TEST.
 *
 * Anything that can wait until the call is over is no function here but a
 * field of struct effects.
 */
#ifndef HV_HAL_H
#define HV_HAL_H

#include "cpumask.h"
#include "types.h"

struct domain;
struct vcpu;

/*
 * The hypervisor's address of frame m's 4096 bytes, readable and writable.
 * m must be RAM (below hv->frame_count). Never fails. Pair with hal_unmap: a
 * host build poisons what is unmapped. Free in the hypervisor, where all RAM
 * is mapped.
 */
void *hal_map(mfn_t m);
void hal_unmap(const void *page);

/* The frame behind an address that hal_map returned (any byte of it). */
mfn_t hal_mfn_of(const void *page);

/*
 * Copy between the hypervisor and the running vCPU's memory, seen through
 * its kernel page tables. n bytes from/to guest virtual address va.
 * Returns 0, or -EFAULT when any byte lies in the hypervisor's hole, wraps,
 * or cannot be read (written); then an unknown part may have been copied.
 * No lock may be held. Source: abi/README "Conventions"; SDM vol. 3, 4.6.
 */
must_check int hal_copy_from_guest(void *dst, uint64_t va, size_t n);
must_check int hal_copy_to_guest(uint64_t va, const void *src, size_t n);

/*
 * Drop every TLB entry, global ones too, on all CPUs of m; returns when all
 * have done so. Each does it between tlb_flush_begin() and tlb_flush_end()
 * (core/mm/tlb.h). May be called with locks held.
 */
void hal_flush_tlb(cpumask_t m);

/* Parts of a vCPU's state that the CPU caches while the vCPU runs. */
enum hal_reload {
    RELOAD_BASE = 1 << 0,        /* v->mmu.kernel_base / user_base, by mode */
    RELOAD_GDT = 1 << 1,         /* v->mmu.gdt_frames */
    RELOAD_LDT = 1 << 2,         /* v->mmu.ldt_base, ldt_entries */
    RELOAD_FS_BASE = 1 << 3,     /* v->seg.fs_base */
    RELOAD_GS_KERNEL = 1 << 4,   /* v->seg.gs_base_kernel */
    RELOAD_GS_USER = 1 << 5,     /* v->seg.gs_base_user */
    RELOAD_GS_USER_SEL = 1 << 6, /* v->seg.gs_user_sel, 0 if refused */
    RELOAD_FPU = 1 << 7,         /* v->fpu_ts */
    RELOAD_DEBUG = 1 << 8,       /* v->debugreg[] */
    RELOAD_MODE = 1 << 9,        /* v->kernel_mode: other tables and GS base,
                                    global entries stay */
    RELOAD_CR4 = 1 << 10,        /* v->cr4 */
};

/*
 * In v->regs->entry_vector: the guest came by `syscall`, or iret asked for
 * VGCF_in_syscall. The way back is then SYSRET, which leaves RIP in RCX and
 * RFLAGS in R11. Cleared, both come from v->regs.
 */
#define HAL_ENTRY_SYSCALL 0x100

/*
 * Make the CPU agree with the fields of v named by what (enum hal_reload),
 * at once, if v runs on this CPU; else nothing: switching v in loads all.
 */
void hal_reload(struct vcpu *v, unsigned int what);

/*
 * Allocate and free the machine's own part of a vCPU (extended state).
 * Returns 0 or -ENOMEM. The state starts as after reset: FCW 0x37f, MXCSR
 * 0x1f80, all else zero.
 */
must_check int hal_vcpu_init(struct vcpu *v);
void hal_vcpu_destroy(struct vcpu *v);

/* The CPU this code runs on, 0 .. MAX_CPUS-1. */
unsigned int hal_cpu(void);

/*
 * System time: nanoseconds since boot, never stepping back. Whoever needs
 * the time asks once at the edge (a hypercall handler, the exit path) and
 * hands it down as now_ns; nothing below asks again.
 */
uint64_t hal_now_ns(void);

/* One turn of a spin loop: pause, and serve a pending flush request. */
void hal_relax(void);

/* n bytes to the machine's console, as they are. */
void hal_console_write(const char *s, size_t n);

/*
 * n bytes of the hypervisor's own log: to the console, and kept by
 * console_log() (core/domain/console.h). hv_printf ends here.
 */
void hal_log_write(const char *s, size_t n);

/* Turn the machine off, or start it again. Do not return. */
enum hal_power { HAL_POWER_OFF, HAL_RESET };
_Noreturn void hal_power(enum hal_power what);

/*
 * The hypervisor broke its own rule: print why, registers and a backtrace,
 * stop every CPU. A guest must not be able to get here.
 */
_Noreturn void hal_panic(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));

#endif
