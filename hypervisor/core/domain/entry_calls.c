/* SPDX-License-Identifier: MIT */
#include "domain/entry_calls.h"

#include <errno.h>
#include <string.h>

#include <pv-abi/callback.h>
#include <pv-abi/nmi.h>

#include "event/upcall.h"
#include "hal.h"
#include "speculation.h"

#define TRAP_NMI 2

/*
 * Addresses need to be canonical, no more: an entry into the hole faults when
 * it is used, as any other that the kernel cannot execute.
 */

int64_t do_set_trap_table(struct vcpu *v, guest_ptr_t table, struct effects *fx)
{
    struct trap_info t;

    if (table.va == 0) {
        memset(v->entry.traps, 0, sizeof(v->entry.traps));
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

int64_t do_set_callbacks(struct vcpu *v, uint64_t event, uint64_t failsafe,
                         uint64_t syscall, struct effects *fx)
{
    v->entry.callback[CALLBACKTYPE_event].address = event;
    v->entry.callback[CALLBACKTYPE_failsafe].address = failsafe;
    v->entry.callback[CALLBACKTYPE_syscall].address = syscall;
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

/* Whether a callback of this type is kept in v->entry.callback. */
static bool is_kept(uint16_t type)
{
    const unsigned int kept =
        1u << CALLBACKTYPE_event | 1u << CALLBACKTYPE_failsafe |
        1u << CALLBACKTYPE_syscall | 1u << CALLBACKTYPE_sysenter |
        1u << CALLBACKTYPE_syscall32;

    return type < VCPU_CALLBACKS && (kept >> type & 1);
}

static int register_callback(struct vcpu *v, const struct callback_register *op)
{
    if (!va_is_canonical(op->address))
        return -EINVAL;
    if (op->type == CALLBACKTYPE_nmi)
        set_nmi_handler(v, op->address);
    else if (is_kept(op->type))
        v->entry.callback[index_masked(op->type, VCPU_CALLBACKS)] =
            (struct vcpu_callback){op->address,
                                   op->flags & CALLBACKF_mask_events};
    else
        return -ENOSYS;
    return 0;
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
        if (unreg.type != CALLBACKTYPE_nmi)
            return is_kept(unreg.type) ? -EINVAL : -ENOSYS;
        set_nmi_handler(v, 0);
        return 0;
    default:
        return -ENOSYS;
    }
}

int64_t do_nmi_op(struct vcpu *v, uint32_t cmd, guest_ptr_t arg,
                  struct effects *fx)
{
    struct callback_register reg = {.type = CALLBACKTYPE_nmi};
    struct xennmi_callback op;

    switch (cmd) {
    case XENNMI_register_callback:
        if (hal_copy_from_guest(&op, arg.va, sizeof(op)))
            return -EFAULT;
        reg.address = op.handler_address;
        return register_callback(v, &reg);
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
