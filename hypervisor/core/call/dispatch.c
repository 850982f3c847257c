/* SPDX-License-Identifier: MIT */
#include "call/dispatch.h"

#include "errno.h"

#include <pv-abi/hypercalls.h>
#include <pv-abi/mmu.h>
#include <pv-abi/multicall.h>

#include "call/trace.h"
#include "domain.h"
#include "hal.h"
#include "speculation.h"

/* Bytes of the SYSCALL instruction, to go back over. */
#define SYSCALL_BYTES 2

/* Units of work (effects.h) for an entry of a multicall, besides its call. */
#define ENTRY_COST 2

enum caller {
    CALLER_ANY,
    CALLER_DOM0,
    CALLER_CONTROL, /* checked by the handler, after its argument */
};

/*
 * Every call gets all argument registers; its thunk takes what it needs, in
 * the types of its row.
 */
#define REGISTERS                                                              \
    struct vcpu *v, uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4,        \
        struct effects *fx
#define ARG(type, n) ABI_ARGUMENT(type, r##n)

#define THUNK(name, fn, parameters, arguments)                                 \
    int64_t fn parameters;                                                     \
    static int64_t call_##name(REGISTERS)                                      \
    {                                                                          \
        return fn arguments;                                                   \
    }

#define HYPERCALL_0(nr, name, fn, who, doc)                                    \
    THUNK(name, fn, (struct vcpu * v, struct effects * fx), (v, fx))
#define HYPERCALL_1(nr, name, fn, who, t1, a1, doc)                            \
    THUNK(name, fn, (struct vcpu * v, t1 a1, struct effects * fx),             \
          (v, ARG(t1, 1), fx))
#define HYPERCALL_2(nr, name, fn, who, t1, a1, t2, a2, doc)                    \
    THUNK(name, fn, (struct vcpu * v, t1 a1, t2 a2, struct effects * fx),      \
          (v, ARG(t1, 1), ARG(t2, 2), fx))
#define HYPERCALL_3(nr, name, fn, who, t1, a1, t2, a2, t3, a3, doc)            \
    THUNK(name, fn,                                                            \
          (struct vcpu * v, t1 a1, t2 a2, t3 a3, struct effects * fx),         \
          (v, ARG(t1, 1), ARG(t2, 2), ARG(t3, 3), fx))
#define HYPERCALL_4(nr, name, fn, who, t1, a1, t2, a2, t3, a3, t4, a4, doc)    \
    THUNK(name, fn,                                                            \
          (struct vcpu * v, t1 a1, t2 a2, t3 a3, t4 a4, struct effects * fx),  \
          (v, ARG(t1, 1), ARG(t2, 2), ARG(t3, 3), ARG(t4, 4), fx))
#include <pv-abi/hypercalls.def>

static const struct call {
    int64_t (*fn)(REGISTERS); /* NULL: absent */
    const char *name;
    uint8_t caller;
} calls[HYPERCALL_NUMBERS] = {
#define HYPERCALL(nr, name, fn, nargs, who, doc)                               \
    [nr] = {call_##name, #name, CALLER_##who},
#define HYPERCALL_ABSENT(nr, name, doc) [nr] = {NULL, #name, CALLER_ANY},
#include <pv-abi/hypercalls.def>
};

const char *hypercall_name(uint64_t nr)
{
    return nr < HYPERCALL_NUMBERS ? calls[nr].name : NULL;
}

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
    for (unsigned int i = 0; i < fx->restart_args; i++)
        *args[i] = fx->restart[i];
}

void hypercall(struct vcpu *v, struct effects *fx)
{
    struct cpu_user_regs *regs = v->regs;
    uint64_t nr = regs->rax; /* all of it: a number far out is no call */
    uint64_t argument = regs->rdi;
    int64_t result = run(v, nr, regs->rdi, regs->rsi, regs->rdx, regs->r10, fx);

    trace_call(v, nr, argument, result);
    if (unlikely(result == -ERESTART) && !is_iret(v, nr))
        rewind(regs, fx);
    else
        regs->rax = (uint64_t)result;
}

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

    effects_spend(fx, ENTRY_COST);
    result = run(v, entry.op, entry.args[0], entry.args[1], entry.args[2],
                 entry.args[3], fx);
    if (result == -ERESTART && !v->iret_in_multicall)
        return rewrite_entry(va, &entry, fx) ? -EFAULT : -ERESTART;

    entry.result = (uint64_t)result;
    if (hal_copy_to_guest(va + offsetof(struct multicall_entry, result),
                          &entry.result, sizeof(entry.result)) &&
        !v->iret_in_multicall)
        return -EFAULT;
    return v->iret_in_multicall ? result : 0;
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

    while (count > 0 && result == 0) {
        result = run_entry(v, va, fx);
        if (result || v->iret_in_multicall)
            break;
        va += sizeof(struct multicall_entry);
        if (--count > 0 && must_yield(v, fx))
            result = -ERESTART;
    }
    v->in_multicall = false;
    if (result == -ERESTART && !v->iret_in_multicall) {
        fx->restart_args = 2;
        fx->restart[0] = va;
        fx->restart[1] = count;
    }
    return result;
}
