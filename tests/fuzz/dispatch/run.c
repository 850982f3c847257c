/* SPDX-License-Identifier: MIT */
/*
 * One hypercall from its registers to its result, with all that may happen in
 * between: restarts, other CPUs, a guest that gives up or writes meanwhile.
 */
#include <stdio.h>
#include <string.h>

#include "errno.h"

#include <pv-abi/hypercalls.h>

#include "call/dispatch.h"
#include "play.h"

/* Runs after which a call that wants to be run again is a finding. */
#define RUNS_MAX 20000

/* Where all guests have their SYSCALL, and how long it is. */
#define CALL_RIP    0x401000ul
#define INSTRUCTION 2

static void load_registers(struct vcpu *v, const struct call *c)
{
    struct cpu_user_regs *r = v->regs;

    r->rax = c->nr;
    r->rdi = c->args[0];
    r->rsi = c->args[1];
    r->rdx = c->args[2];
    r->r10 = c->args[3];
    if (c->nr == __HYPERVISOR_iret || c->nr == __HYPERVISOR_multicall)
        r->rsp = make_stack(v);
}

/* iret's result is a register of the guest, whatever it looks like. */
static bool is_iret(const struct vcpu *v, const struct call *c)
{
    return c->nr == __HYPERVISOR_iret ||
           (c->nr == __HYPERVISOR_multicall && v->iret_in_multicall);
}

static bool refuses(const struct vcpu *v, const struct call *c, int64_t result)
{
    return result < 0 && result > -4096 && !is_iret(v, c);
}

/* Back at the instruction, so that the guest runs it again. */
static bool is_restarted(const struct vcpu *v, const struct call *c)
{
    return !is_iret(v, c) && v->regs->rip == CALL_RIP && v->regs->rax == c->nr;
}

/* How often the guest lets itself be sent back; 0: as often as it takes. */
static unsigned int choose_patience(void)
{
    unsigned int b = byte();

    return b < 224 ? 0 : 1 + b % 4;
}

/* One entry into the hypervisor. Returns whether it is to be repeated. */
static bool enter(struct vcpu *v, const struct call *c, unsigned int cpu,
                  bool compare, bool race)
{
    struct effects fx;
    bool again, refused;

    v->regs->rip = CALL_RIP + INSTRUCTION;
    if (compare)
        judge_before();
    effects_init(&fx);
    fx.budget = play.budget;
    scene.racing = race;
    hypercall(v, &fx);
    scene.racing = false;
    spin_check_none_held();
    again = is_restarted(v, c);
    refused = !again && refuses(v, c, (int64_t)v->regs->rax);
    if (compare && refused)
        judge_compare(v, c, (int64_t)v->regs->rax);
    cpu_exit(cpu, &fx);
    judge_after(refused);
    return again;
}

int64_t call_run(struct vcpu *v, struct call c)
{
    unsigned int cpu = v->sched.cpu, patience = choose_patience();
    unsigned int how = byte() % 16;
    bool compare = how < 4, race = how >= 12;

    fake_set_cpu(cpu);
    enter_kernel(v);
    load_registers(v, &c);
    snprintf(oracle_context, sizeof(oracle_context),
             "\nlast call: %lu(%#lx, %#lx, %#lx, %#lx) by dom%u, CPU %u", c.nr,
             c.args[0], c.args[1], c.args[2], c.args[3], v->d->domid, cpu);
    for (unsigned int runs = 1;; runs++) {
        if (!enter(v, &c, cpu, compare && runs == 1, race))
            break;
        if (runs == RUNS_MAX)
            oracle_fail("call %lu without end", c.nr);
        if (runs > 1)
            cpus_serve();
        if (play.on[cpu] != v || runs == patience)
            return -ERESTART;
        enter_kernel(v);
    }
    return (int64_t)v->regs->rax;
}
