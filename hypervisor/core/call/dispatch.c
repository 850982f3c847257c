/* SPDX-License-Identifier: MIT */
#include "call/dispatch.h"

#include "errno.h"

#include <pv-abi/hypercalls.h>
#include <pv-abi/mmu.h>
#include <pv-abi/multicall.h>

#include "domain.h"
#include "hal.h"
#include "speculation.h"

/* Arguments of the widest call. */
#define CALL_ARGS_MAX 4

/* Bytes of the SYSCALL instruction, to go back over. */
#define SYSCALL_BYTES 2

enum caller {
    CALLER_ANY,
    CALLER_DOM0,
    CALLER_CONTROL, /* checked by the handler, after its argument */
};

/* Every call gets all argument registers; its thunk takes what it needs. */
typedef int64_t (*call_fn)(struct vcpu *v, uint64_t r1, uint64_t r2,
                           uint64_t r3, uint64_t r4, struct effects *fx);

/* ------------------------------------------------- derived from the table */

#define HYPERCALL_0(nr, name, fn, who, doc)                                    \
    int64_t fn(struct vcpu *v, struct effects *fx);                            \
    static int64_t call_##name(struct vcpu *v, uint64_t r1, uint64_t r2,       \
                               uint64_t r3, uint64_t r4, struct effects *fx)   \
    {                                                                          \
        return fn(v, fx);                                                      \
    }
#define HYPERCALL_1(nr, name, fn, who, t1, a1, doc)                            \
    int64_t fn(struct vcpu *v, t1 a1, struct effects *fx);                     \
    static int64_t call_##name(struct vcpu *v, uint64_t r1, uint64_t r2,       \
                               uint64_t r3, uint64_t r4, struct effects *fx)   \
    {                                                                          \
        return fn(v, ABI_ARGUMENT(t1, r1), fx);                                \
    }
#define HYPERCALL_2(nr, name, fn, who, t1, a1, t2, a2, doc)                    \
    int64_t fn(struct vcpu *v, t1 a1, t2 a2, struct effects *fx);              \
    static int64_t call_##name(struct vcpu *v, uint64_t r1, uint64_t r2,       \
                               uint64_t r3, uint64_t r4, struct effects *fx)   \
    {                                                                          \
        return fn(v, ABI_ARGUMENT(t1, r1), ABI_ARGUMENT(t2, r2), fx);          \
    }
#define HYPERCALL_3(nr, name, fn, who, t1, a1, t2, a2, t3, a3, doc)            \
    int64_t fn(struct vcpu *v, t1 a1, t2 a2, t3 a3, struct effects *fx);       \
    static int64_t call_##name(struct vcpu *v, uint64_t r1, uint64_t r2,       \
                               uint64_t r3, uint64_t r4, struct effects *fx)   \
    {                                                                          \
        return fn(v, ABI_ARGUMENT(t1, r1), ABI_ARGUMENT(t2, r2),               \
                  ABI_ARGUMENT(t3, r3), fx);                                   \
    }
#define HYPERCALL_4(nr, name, fn, who, t1, a1, t2, a2, t3, a3, t4, a4, doc)    \
    int64_t fn(struct vcpu *v, t1 a1, t2 a2, t3 a3, t4 a4,                     \
               struct effects *fx);                                            \
    static int64_t call_##name(struct vcpu *v, uint64_t r1, uint64_t r2,       \
                               uint64_t r3, uint64_t r4, struct effects *fx)   \
    {                                                                          \
        return fn(v, ABI_ARGUMENT(t1, r1), ABI_ARGUMENT(t2, r2),               \
                  ABI_ARGUMENT(t3, r3), ABI_ARGUMENT(t4, r4), fx);             \
    }
#include <pv-abi/hypercalls.def>

static const struct call {
    call_fn fn; /* NULL: absent */
    const char *name;
    uint8_t arg_count;
    uint8_t caller;
} calls[HYPERCALL_NUMBERS] = {
#define HYPERCALL(nr, name, fn, nargs, who, doc)                               \
    [nr] = {call_##name, #name, nargs, CALLER_##who},
#define HYPERCALL_ABSENT(nr, name, doc) [nr] = {NULL, #name, 0, CALLER_ANY},
#include <pv-abi/hypercalls.def>
};

const char *hypercall_name(uint64_t nr)
{
    return nr < HYPERCALL_NUMBERS ? calls[nr].name : NULL;
}

/* ---------------------------------------------------------------- dispatch */

static inline int64_t run(struct vcpu *v, uint64_t nr, uint64_t r1, uint64_t r2,
                          uint64_t r3, uint64_t r4, struct effects *fx)
{
    const struct call *call;

    if (unlikely(nr >= HYPERCALL_NUMBERS))
        return -ENOSYS;
    call = &calls[index_masked(nr, HYPERCALL_NUMBERS)];
    if (unlikely(!call->fn))
        return -ENOSYS;
    if (unlikely(call->caller == CALLER_DOM0) && !v->d->privileged)
        return -EPERM;
    return call->fn(v, r1, r2, r3, r4, fx);
}

static int64_t run_call(struct vcpu *v, uint64_t nr,
                        const uint64_t args[CALL_ARGS_MAX], struct effects *fx)
{
    return run(v, nr, args[0], args[1], args[2], args[3], fx);
}

/*
 * iret returns the RAX it found on the guest's stack, which may happen to be
 * the number of an error: such a value is a result, never a wish.
 */
static bool is_iret(const struct vcpu *v, uint64_t nr)
{
    return nr == __HYPERVISOR_iret ||
           (nr == __HYPERVISOR_multicall && v->iret_in_multicall);
}

static void rewind(struct cpu_user_regs *regs, const struct effects *fx)
{
    uint64_t *const args[] = {&regs->rdi, &regs->rsi, &regs->rdx, &regs->r10};

    regs->rip -= SYSCALL_BYTES;
    for (unsigned int i = 0; i < fx->restart_args && i < CALL_ARGS_MAX; i++)
        *args[i] = fx->restart[i];
}

void hypercall(struct vcpu *v, struct effects *fx)
{
    struct cpu_user_regs *regs = v->regs;
    uint64_t nr = regs->rax; /* all of it: a number far out is no call */
    int64_t result = run(v, nr, regs->rdi, regs->rsi, regs->rdx, regs->r10, fx);

    if (unlikely(result == -ERESTART) && !is_iret(v, nr))
        rewind(regs, fx);
    else
        regs->rax = (uint64_t)result;
}

/* --------------------------------------------------------------- multicall */

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

    result = run_call(v, entry.op, entry.args, fx);
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
