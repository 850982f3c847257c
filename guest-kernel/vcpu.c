/* SPDX-License-Identifier: MIT */
/* vCPU 0 with its upcall mask; others to be borrowed. See guest/vcpu.h. */
#include <stdlib.h>
#include <guest/hypercall.h>
#include <guest/memory.h>
#include <guest/trap.h>
#include <guest/vcpu.h>
#include <pv-abi/errno.h>
#include <pv-abi/inline/barrier.h>
#include <pv-abi/inline/shared.h>
#include <pv-abi/vcpu.h>
#include <pv-abi/version.h>
#include "internal.h"

struct shared_info *shared_info;
static struct vcpu vcpu0;

struct vcpu *this_vcpu(void)
{
    return &vcpu0;
}

/* The hypervisor looks at the mask only when it returns to this vCPU, so
 * keeping the compiler from moving code across is all the order it takes. */
static void set_mask(uint8_t value)
{
    compiler_barrier();
    shared_write(&vcpu0.info->evtchn_upcall_mask, value);
    compiler_barrier();
}

bool upcall_is_masked(void)
{
    /* Before the page is mapped nothing has been unmasked. */
    return !vcpu0.info || shared_read(&vcpu0.info->evtchn_upcall_mask);
}

bool upcall_mask(void)
{
    bool was_masked = upcall_is_masked();

    if (vcpu0.info)
        set_mask(1);
    return was_masked;
}

void upcall_restore(bool was_masked)
{
    if (was_masked || !vcpu0.info)
        return;
    set_mask(0);
    /* Clearing a bit in memory tells nobody; any hypercall's return does. */
    if (shared_read(&vcpu0.info->evtchn_upcall_pending))
        hypercall_xen_version(XENVER_version, NULL);
}

static void fill_context(struct vcpu_guest_context *c, void (*fn)(void *),
                         void *arg, void *stack, void (*fault)(void))
{
    uint64_t *top = stack;

    *--top = 0; /* fn has nowhere to return to */
    /* Not VGCF_online: to Xen it would be up already, and never woken. */
    c->flags = VGCF_in_kernel;
    c->user_regs.rip = (uint64_t)(uintptr_t)fn;
    c->user_regs.rdi = (uint64_t)(uintptr_t)arg;
    c->user_regs.rsp = (uint64_t)(uintptr_t)top;
    c->user_regs.cs = FLAT_KERNEL_CS;
    c->user_regs.ss = FLAT_KERNEL_SS;
    c->kernel_ss = FLAT_KERNEL_SS;
    c->kernel_sp = (uint64_t)(uintptr_t)top;
    c->ctrlreg[3] = xen_pfn_to_cr3(pt_root_mfn());
    c->trap_ctxt[TRAP_PF].vector = TRAP_PF;
    c->trap_ctxt[TRAP_PF].cs = FLAT_KERNEL_CS;
    c->trap_ctxt[TRAP_PF].address = (uint64_t)(uintptr_t)fault;
}

int vcpu_start(unsigned int id, void (*fn)(void *), void *arg, void *stack,
               void (*fault)(void))
{
    struct vcpu_guest_context *context;
    int error;

    if (id == 0 || id >= XEN_LEGACY_MAX_VCPUS)
        return -XEN_ENOENT;
    context = calloc(1, sizeof(*context));
    if (!context)
        return -XEN_ENOMEM;
    fill_context(context, fn, arg, stack, fault);
    shared_write(&shared_info->vcpu_info[id].evtchn_upcall_mask, 1);
    error = hypercall_vcpu_op(VCPUOP_initialise, id, context);
    if (!error)
        error = hypercall_vcpu_op(VCPUOP_up, id, NULL);
    free(context);
    return error;
}

int vcpu_stop(unsigned int id)
{
    return hypercall_vcpu_op(VCPUOP_down, id, NULL);
}
