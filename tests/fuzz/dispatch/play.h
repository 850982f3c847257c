/* SPDX-License-Identifier: MIT */
/*
 * A whole machine of core/ that does what bytes say: three domains, one of
 * them privileged, with two vCPUs each on four CPUs, at most 64 frames of
 * guest memory. Guests make any hypercall through the real dispatcher, write
 * their memory through modelled TLBs, lend frames, sleep, wake, are created
 * and destroyed; the CPUs pick and switch as x86/ does. After each step the
 * judge looks; any disagreement aborts.
 */
#ifndef DISPATCH_PLAY_H
#define DISPATCH_PLAY_H

#include <stddef.h>
#include <stdint.h>

#include "../oracle/scene.h"
#include "fake/world.h"

#define GUEST_FRAMES 14 /* of each domain, at first */

/* One hypercall, as a guest's registers hold it. */
struct call {
    uint64_t nr;
    uint64_t args[4];
    unsigned int elements; /* of the array it works on */
};

struct play {
    struct vcpu *on[WORLD_CPUS]; /* whose registers each CPU has */
    bool resched[WORLD_CPUS];    /* it was told to pick again */
    int budget;                  /* of each entry into the hypervisor */
    size_t arena_next;           /* of the guest memory for arguments */
};

extern struct play play;

/* From the first byte to the last frame given back. */
void play_bytes(const uint8_t *bytes, size_t n);

/* ------------------------------------------------- values (values.c) */

/* Something a field or argument of that name may hold, plausible or not. */
uint64_t value_named(struct vcpu *v, const char *type, const char *name);
/* Guest memory: next free bytes of the arena, which is used in turn. */
uint64_t arena_take(size_t bytes);
/* A frame somebody might care about. */
mfn_t any_frame(const struct vcpu *v);
/* A domain there is; now and then an id that is none. */
domid_t any_domid(void);

/* --------------------------------------------------- calls (make.c) */

/* Choose a row, an operation, and arguments for it. */
void call_make(struct call *c, struct vcpu *v, unsigned int depth);
/* A stack with a frame for iret. */
uint64_t make_stack(struct vcpu *v);
/* domctl, sysctl, platform_op: which of them; 0 if nobody can tell. */
uint32_t call_command(const struct call *c);
/* Whether it ends the machine, if it is dom0 who makes it. */
bool call_ends_machine(const struct call *c);

/* ---------------------------------------------------- run (run.c) */

/*
 * v, which runs, makes that call, again while it is told to, but not for
 * ever. Returns the result; -ERESTART: it gave up, or runs no more.
 */
int64_t call_run(struct vcpu *v, struct call c);

/* ------------------------------------------------- machine (cpus.c) */

void cpus_start(void);
/* Leave the hypervisor on cpu: effects, a switch if asked for, upcalls. */
void cpu_exit(unsigned int cpu, struct effects *fx);
/* An interrupt on each CPU: it picks again if somebody asked it to. */
void cpus_serve(void);
/* Time passes; CPUs that are due serve their timers. */
void time_pass(uint64_t ns);
/* A vCPU of the privileged domain that runs now, or NULL. */
struct vcpu *running_dom0(void);
/* v enters its kernel, as an exception or system call would have it. */
void enter_kernel(struct vcpu *v);

/* ------------------------------------------------- guests (guests.c) */

/* dom0, then the others through its calls. */
void guests_start(void);
/* dom0 builds one more, if there is room. */
void guest_build(void);
/* dom0 destroys it, as far as it gets. */
void guest_destroy(domid_t id);
/* What a guest does without a hypercall. */
void guest_access(struct vcpu *v);
void guest_lend(struct vcpu *v);
void guest_scribble(struct vcpu *v);
void guest_fault(struct vcpu *v);
/* part.c: a frame is unmapped, and exchanged or given away. */
void guest_part(struct vcpu *v);

/* ------------------------------------------------- judge (judge.c) */

/* Before a call whose refusal is to change nothing, and after it. */
void judge_before(void);
void judge_compare(struct vcpu *v, const struct call *c, int64_t result);
/* After each call: TLBs; everything if it is due. */
void judge_after(bool refused);
void judge_all(void);

#endif
