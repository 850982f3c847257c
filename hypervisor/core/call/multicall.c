/* SPDX-License-Identifier: MIT */
#include "call/multicall.h"

#include <stddef.h>

#include "errno.h"

#include <pv-abi/multicall.h>

#include "call/dispatch.h"
#include "hal.h"

/* Whether this CPU has something better to do than the next entry. */
static bool must_yield(const struct vcpu *v, const struct effects *fx)
{
    return fx->budget <= 0 || cpumask_has(fx->resched, v->sched.cpu);
}

/* The call of entry at va wants to go on later: change what it asks for. */
static int rewrite_entry(uint64_t va, struct multicall_entry *entry,
                         struct effects *fx)
{
    unsigned int n = fx->restart_args;

    if (n > CALL_ARGS_MAX)
        n = CALL_ARGS_MAX;
    for (unsigned int i = 0; i < n; i++)
        entry->args[i] = fx->restart[i];
    fx->restart_args = 0;
    return hal_copy_to_guest(va + offsetof(struct multicall_entry, args),
                             entry->args, n * sizeof(entry->args[0]));
}

/*
 * Run the entry at va. Returns 0, -EFAULT, -ERESTART (the same entry must
 * run again) or, with v->iret_in_multicall set, the new RAX.
 */
static int64_t run_entry(struct vcpu *v, uint64_t va, struct effects *fx)
{
    struct multicall_entry entry;
    int64_t result;

    if (hal_copy_from_guest(&entry, va, sizeof(entry)))
        return -EFAULT;

    result = hypercall_run(v, entry.op, entry.args, fx);
    if (result == -ERESTART && !v->iret_in_multicall)
        return rewrite_entry(va, &entry, fx) ? -EFAULT : -ERESTART;

    entry.result = (uint64_t)result;
    if (hal_copy_to_guest(va + offsetof(struct multicall_entry, result),
                          &entry.result, sizeof(entry.result)) &&
        !v->iret_in_multicall)
        return -EFAULT;
    return v->iret_in_multicall ? result : 0;
}

/* Have the guest run the remaining entries in a new call. */
static int64_t restart(uint64_t va, uint32_t left, struct effects *fx)
{
    fx->restart_args = 2;
    fx->restart[0] = va;
    fx->restart[1] = left;
    return -ERESTART;
}

int64_t do_multicall(struct vcpu *v, guest_ptr_t calls, uint32_t count,
                     struct effects *fx)
{
    uint64_t va = calls.va;
    int64_t result = 0;

    if (v->in_multicall)
        return -EINVAL;
    v->in_multicall = true;
    v->iret_in_multicall = false;

    for (; count > 0 && result == 0; count--) {
        result = run_entry(v, va, fx);
        if (v->iret_in_multicall || result == -EFAULT)
            break;
        if (result == -ERESTART) {
            result = restart(va, count, fx);
            break;
        }
        va += sizeof(struct multicall_entry);
        if (count > 1 && must_yield(v, fx))
            result = restart(va, count - 1, fx);
    }

    v->in_multicall = false;
    return result;
}
