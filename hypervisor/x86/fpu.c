/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "domain.h"
#include "hal.h"
#include "mm/alloc.h"
#include "x86/cpu.h"
#include "x86/insn.h"

#define FCW_OFFSET    0
#define FCW_INITIAL   0x37f
#define MXCSR_OFFSET  24
#define MXCSR_INITIAL 0x1f80
#define XCR0_INITIAL  3ul /* x87 and SSE */

static size_t machine_bytes(void)
{
    return offsetof(struct vcpu_machine, xstate) + cpu_features.xsave_size;
}

static void set_initial(char *area)
{
    uint16_t fcw = FCW_INITIAL;
    uint32_t mxcsr = MXCSR_INITIAL;

    memset(area, 0, cpu_features.xsave_size);
    memcpy(area + FCW_OFFSET, &fcw, sizeof(fcw));
    memcpy(area + MXCSR_OFFSET, &mxcsr, sizeof(mxcsr));
}

int hal_vcpu_init(struct vcpu *v)
{
    v->machine = hv_alloc(v->d->hv, machine_bytes());
    if (!v->machine)
        return -ENOMEM;
    set_initial(vcpu_machine(v)->xstate);
    v->xcr0 = XCR0_INITIAL;
    return 0;
}

void hal_vcpu_destroy(struct vcpu *v)
{
    hv_free(v->d->hv, v->machine, machine_bytes());
    v->machine = NULL;
}

/* value has been checked. */
static void load_xcr0(uint64_t value)
{
    struct percpu *c = this_cpu();

    if (!cpu_features.xsave || c->xcr0 == value)
        return;
    if (!xsetbv_safe(0, value))
        hal_panic("XCR0 0x%lx was checked and is refused", value);
    c->xcr0 = value;
}

void fpu_set_ts(bool on)
{
    if (on)
        write_cr0(CR0_BASE | CR0_TS);
    else
        clts();
}

/* Also what the guest has switched off in its XCR0 is its own: save all. */
void fpu_save(struct vcpu *v)
{
    char *area = vcpu_machine(v)->xstate;

    fpu_set_ts(false);
    load_xcr0(cpu_features.xcr0_mask);
    if (cpu_features.xsave)
        asm volatile("xsave64 (%0)" : : "r"(area), "a"(-1), "d"(-1) : "memory");
    else
        asm volatile("fxsave64 (%0)" : : "r"(area) : "memory");
}

/*
 * AMD's processors restore where the last x87 instruction and its operand
 * were only if an exception waits: else the previous guest's would stay.
 * Source: AMD APM vol. 2, 11.4.4; XSA-52.
 */
static void forget_x87_pointers(void)
{
    static const int32_t zero;

    if (cpu_features.vendor != VENDOR_INTEL)
        asm volatile("fnclex; emms; fildl %0" : : "m"(zero));
}

#define RESTORE(insn) "1: " insn " (%1)\n xor %0, %0\n 2:\n" EXTABLE(1b, 2b)

/* False: the area holds what no save wrote, from a toolstack's context. */
static bool restore(const char *area)
{
    uint32_t bad = 1;

    if (cpu_features.xsave)
        asm volatile(RESTORE("xrstor64")
                     : "+r"(bad)
                     : "r"(area), "a"(-1), "d"(-1)
                     : "memory");
    else
        asm volatile(RESTORE("fxrstor64") : "+r"(bad) : "r"(area) : "memory");
    return !bad;
}

void fpu_load(struct vcpu *v)
{
    char *area = vcpu_machine(v)->xstate;

    fpu_set_ts(false);
    load_xcr0(cpu_features.xcr0_mask);
    forget_x87_pointers();
    if (!restore(area)) {
        set_initial(area);
        if (!restore(area))
            hal_panic("the initial FPU state is refused");
    }
    load_xcr0(v->xcr0);
    if (v->fpu_ts)
        fpu_set_ts(true);
}

bool fpu_set_xcr0(struct vcpu *v, uint64_t value)
{
    if (!cpu_features.xsave || !(value & 1) ||
        value & ~cpu_features.xcr0_mask || !xsetbv_safe(0, value))
        return false;
    this_cpu()->xcr0 = value;
    v->xcr0 = value;
    return true;
}
