/* SPDX-License-Identifier: MIT */
/* The one vCPU, and its upcall mask. See guest/vcpu.h. */
#include <guest/hypercall.h>
#include <guest/vcpu.h>
#include <pv-abi/inline/barrier.h>
#include <pv-abi/inline/shared.h>
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
