/* SPDX-License-Identifier: MIT */
#include "domain/entry_calls.h"

#include <errno.h>
#include <string.h>

#include <pv-abi/callback.h>
#include <pv-abi/nmi.h>

#include "event/upcall.h"
#include "hal.h"

#define TRAP_COUNT 256
#define TRAP_NMI   2

/*
 * Addresses need to be canonical, no more: an entry into the hole faults when
 * it is used, as any other that the kernel cannot execute.
 */

/* ---------------------------------------------------------- trap table */

int64_t do_set_trap_table(struct vcpu *v, guest_ptr_t table, struct effects *fx)
{
    struct trap_info t;

    if (table.va == 0) {
        memset(v->entry.traps, 0, TRAP_COUNT * sizeof(t));
        return 0;
    }
    /* One at a time: the guest may have mapped no byte behind the last. */
    for (;; table.va += sizeof(t)) {
        if (!effects_spend(fx, 1)) {
            fx->restart_args = 1;
            fx->restart[0] = table.va;
            return -ERESTART;
        }
        if (hal_copy_from_guest(&t, table.va, sizeof(t)))
            return -EFAULT;
        if (t.address == 0)
            return 0;
        if (!va_is_canonical(t.address))
            return -EINVAL;
        t.cs |= 3;
        t._pad = 0;
        v->entry.traps[t.vector] = t;
    }
}

/* ------------------------------------------------------------ callbacks */

int64_t do_set_callbacks(struct vcpu *v, uint64_t event, uint64_t failsafe,
                         uint64_t syscall, struct effects *fx)
{
    v->entry.event_address = event;
    v->entry.failsafe_address = failsafe;
    v->entry.syscall_address = syscall;
    return 0;
}

/* The handler of NMIs is trap 2 under another name. address 0: none. */
static void set_nmi_handler(struct vcpu *v, uint64_t address)
{
    v->entry.traps[TRAP_NMI] = (struct trap_info){
        .vector = TRAP_NMI,
        .flags = address ? TI_MASK_EVENTS : 0,
        .cs = address ? FLAT_KERNEL_CS : 0,
        .address = address,
    };
}

static int register_callback(struct vcpu *v, const struct callback_register *op)
{
    bool mask = op->flags & CALLBACKF_mask_events;

    if (!va_is_canonical(op->address))
        return -EINVAL;
    switch (op->type) {
    case CALLBACKTYPE_event:
        v->entry.event_address = op->address;
        return 0;
    case CALLBACKTYPE_failsafe:
        v->entry.failsafe_address = op->address;
        v->entry.failsafe_masks_events = mask;
        return 0;
    case CALLBACKTYPE_syscall:
        v->entry.syscall_address = op->address;
        v->entry.syscall_masks_events = mask;
        return 0;
    case CALLBACKTYPE_syscall32:
        v->entry.syscall32_address = op->address;
        v->entry.syscall32_masks_events = mask;
        return 0;
    case CALLBACKTYPE_sysenter:
        v->entry.sysenter_address = op->address;
        v->entry.sysenter_masks_events = mask;
        return 0;
    case CALLBACKTYPE_nmi:
        set_nmi_handler(v, op->address);
        return 0;
    default:
        return -ENOSYS;
    }
}

static int unregister_callback(struct vcpu *v, uint16_t type)
{
    switch (type) {
    case CALLBACKTYPE_event:
    case CALLBACKTYPE_failsafe:
    case CALLBACKTYPE_syscall:
    case CALLBACKTYPE_sysenter:
    case CALLBACKTYPE_syscall32:
        return -EINVAL;
    case CALLBACKTYPE_nmi:
        set_nmi_handler(v, 0);
        return 0;
    default:
        return -ENOSYS;
    }
}

int64_t do_callback_op(struct vcpu *v, uint32_t cmd, guest_ptr_t arg,
                       struct effects *fx)
{
    struct callback_register reg;
    struct callback_unregister unreg;

    switch (cmd) {
    case CALLBACKOP_register:
        if (hal_copy_from_guest(&reg, arg.va, sizeof(reg)))
            return -EFAULT;
        return register_callback(v, &reg);
    case CALLBACKOP_unregister:
        if (hal_copy_from_guest(&unreg, arg.va, sizeof(unreg)))
            return -EFAULT;
        return unregister_callback(v, unreg.type);
    default:
        return -ENOSYS;
    }
}

/* ------------------------------------------------------------------ NMI */

int64_t do_nmi_op(struct vcpu *v, uint32_t cmd, guest_ptr_t arg,
                  struct effects *fx)
{
    struct xennmi_callback op;

    switch (cmd) {
    case XENNMI_register_callback:
        if (hal_copy_from_guest(&op, arg.va, sizeof(op)))
            return -EFAULT;
        if (!va_is_canonical(op.handler_address))
            return -EINVAL;
        set_nmi_handler(v, op.handler_address);
        return 0;
    case XENNMI_unregister_callback:
        set_nmi_handler(v, 0);
        return 0;
    default:
        return -ENOSYS;
    }
}

void vcpu_send_nmi(struct vcpu *v, struct effects *fx)
{
    __atomic_store_n(&v->entry.nmi_pending, true, __ATOMIC_SEQ_CST);
    vcpu_kick(v, fx);
}
