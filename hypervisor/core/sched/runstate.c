/* SPDX-License-Identifier: MIT */
#include "sched/runstate.h"

#include <string.h>

#include <pv-abi/arch.h>
#include <pv-abi/inline/shared.h>

#include <domain.h>
#include "bug.h"
#include "domain/vm_assist.h"
#include "hal.h"
#include "hv.h"
#include "spinlock.h"

void runstate_init(struct vcpu *v, uint64_t now_ns)
{
    v->sched.runstate = (struct vcpu_runstate_info){
        .state = RUNSTATE_offline,
        .state_entry_time = now_ns,
    };
}

/* Clocks of two CPUs may differ by a little: time never runs backwards. */
static void count_stint(struct vcpu_runstate_info *r, uint64_t now_ns)
{
    if (now_ns <= r->state_entry_time)
        return;
    r->time[r->state] += now_ns - r->state_entry_time;
    r->state_entry_time = now_ns;
}

void runstate_change(struct vcpu *v, int state, uint64_t now_ns)
{
    struct vcpu_runstate_info *r = &v->sched.runstate;

    ASSERT(state >= RUNSTATE_running && state <= RUNSTATE_offline);
    if (r->state == state)
        return;
    count_stint(r, now_ns);
    r->state = state;
    v->sched.runstate_stale = v->sched.runstate_guest_va != 0;
}

struct vcpu_runstate_info runstate_read(struct vcpu *v, uint64_t now_ns)
{
    struct vcpu_runstate_info copy = v->sched.runstate;

    count_stint(&copy, now_ns);
    return copy;
}

/*
 * With the guest's consent bit 63 of the entry time marks a copy that is
 * being changed, so that another vCPU reads no half of it.
 */
static void write_runstate(struct vcpu *v)
{
    uint64_t va = v->sched.runstate_guest_va;
    uint64_t entry_va =
        va + offsetof(struct vcpu_runstate_info, state_entry_time);
    struct vcpu_runstate_info r = v->sched.runstate;
    uint64_t entry = r.state_entry_time;
    bool marked = vm_assist_is_on(v->d, VMASST_TYPE_runstate_update_flag);

    if (!marked) {
        (void)!hal_copy_to_guest(va, &r, sizeof(r));
        return;
    }
    r.state_entry_time = entry | XEN_RUNSTATE_UPDATE;
    if (hal_copy_to_guest(entry_va, &r.state_entry_time, sizeof(uint64_t)) ||
        hal_copy_to_guest(va, &r, sizeof(r)))
        return;
    (void)!hal_copy_to_guest(entry_va, &entry, sizeof(entry));
}

/* The guest may have written to vcpu_info: what is copied is its own. */
static void write_time(struct vcpu *v)
{
    uint64_t va = v->time.area_guest_va;
    struct vcpu_time_info t;
    uint32_t version;

    shared_read_bytes(&t, &v->event.info->time, sizeof(t));
    version = t.version;
    t.version |= 1;
    if (hal_copy_to_guest(va, &t.version, sizeof(t.version)) ||
        hal_copy_to_guest(va, &t, sizeof(t)))
        return;
    (void)!hal_copy_to_guest(va, &version, sizeof(version));
}

void vcpu_publish(struct vcpu *v)
{
    if (!v->kernel_mode)
        return;
    if (v->sched.runstate_stale) {
        v->sched.runstate_stale = false;
        if (v->sched.runstate_guest_va)
            write_runstate(v);
    }
    if (v->time.area_stale) {
        v->time.area_stale = false;
        if (v->time.area_guest_va)
            write_time(v);
    }
}
