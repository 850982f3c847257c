/* SPDX-License-Identifier: MIT */
/*
 * Every word here may be written by the guest at the same time: a lie in it
 * costs that guest its own events, nothing more.
 */
#include "event/upcall.h"

#include <errno.h>
#include <string.h>

#include <pv-abi/inline/barrier.h>
#include <pv-abi/inline/shared.h>

#include "hal.h"
#include "mm/frame.h"
#include "sched/runqueue.h"
#include "speculation.h"

/* Offsets at which a whole vcpu_info fits into a page. */
#define INFO_OFFSET_MAX (PAGE_SIZE - sizeof(struct vcpu_info))

void vcpu_event_init(struct vcpu *v)
{
    v->event.own.evtchn_upcall_mask = 1;
    v->event.info = v->id < XEN_LEGACY_MAX_VCPUS
                        ? &v->d->shared_info->vcpu_info[v->id]
                        : &v->event.own;
    v->event.info_mfn = MFN_INVALID;
}

/*
 * End v's SCHEDOP_poll, if it is in one. Whoever gets the old value counts
 * the poller out; the poll's timer may stay armed, it finds nobody polling.
 */
static void end_poll(struct vcpu *v)
{
    if (__atomic_exchange_n(&v->event.polling, 0, __ATOMIC_SEQ_CST) != 0)
        __atomic_fetch_sub(&v->d->event.pollers, 1, __ATOMIC_SEQ_CST);
}

void vcpu_kick(struct vcpu *v, struct effects *fx)
{
    end_poll(v);
    smp_mb(); /* what v looks for is written before we ask how v is */
    if (v->sched.run == VCPU_BLOCKED) {
        vcpu_wake(v, hal_now_ns(), fx);
    } else if (!vcpu_is_quiet(v)) {
        unsigned int cpu = v->sched.cpu;

        /* This CPU looks by itself on its way out. */
        if (cpu != hal_cpu())
            effects_resched(fx, cpu);
    }
}

/* Wake those that poll on port, or on many ports: these look themselves. */
static void wake_pollers(struct domain *d, evtchn_port_t port,
                         struct effects *fx)
{
    struct vcpu *v;

    if (likely(__atomic_load_n(&d->event.pollers, __ATOMIC_SEQ_CST) == 0))
        return;
    domain_for_each_vcpu (d, v) {
        int on = __atomic_load_n(&v->event.polling, __ATOMIC_SEQ_CST);

        if (on < 0 || (on > 0 && (evtchn_port_t)on == port))
            vcpu_kick(v, fx);
    }
}

/*
 * The last step of a raise. A vCPU that runs with upcalls masked is left
 * alone: it looks at the flag itself after it has unmasked them.
 */
static void raise_upcall(struct vcpu *v, struct effects *fx)
{
    struct vcpu_info *info = __atomic_load_n(&v->event.info, __ATOMIC_SEQ_CST);

    if (shared_exchange(&info->evtchn_upcall_pending, (uint8_t)1))
        return;
    if (shared_read(&info->evtchn_upcall_mask) == 0 ||
        v->sched.run == VCPU_BLOCKED)
        vcpu_kick(v, fx);
}

/* Two levels: the selector. Whether the vCPU must look. */
static unsigned int select_word(struct domain *d, unsigned int notify,
                                evtchn_port_t port)
{
    struct vcpu *v = d->vcpus[notify];
    struct vcpu_info *info;

    if (unlikely(!v))
        return 0; /* a port made before the vCPU: nobody listens yet */
    info = __atomic_load_n(&v->event.info, __ATOMIC_SEQ_CST);
    return shared_test_and_set_bit(&info->evtchn_pending_sel, port / 64)
               ? 0
               : RAISED_UPCALL;
}

static unsigned int two_level_raise(struct domain *d, evtchn_port_t port,
                                    unsigned int notify)
{
    struct shared_info *shared = d->shared_info;

    if (shared_test_and_set_bit(shared->evtchn_pending, port))
        return 0;
    if (shared_test_bit(shared->evtchn_mask, port))
        return RAISED_NEW;
    return RAISED_NEW | select_word(d, notify, port);
}

/*
 * The domain may switch to queues meanwhile, with the lock held that we need
 * not hold. Then it has not seen the bit that we set: tell it again.
 */
void port_raise(struct domain *d, evtchn_port_t port, unsigned int notify,
                struct effects *fx)
{
    unsigned int raised = 0;

    if (!fifo_is_on(d))
        raised = two_level_raise(d, port, notify);
    if (fifo_is_on(d))
        raised |= fifo_raise(d, port, notify, false);
    if (raised & RAISED_UPCALL)
        raise_upcall(d->vcpus[notify], fx);
    if (raised & RAISED_NEW)
        wake_pollers(d, port, fx);
}

void port_unmask(struct domain *d, evtchn_port_t port, unsigned int notify,
                 struct effects *fx)
{
    struct shared_info *shared = d->shared_info;
    unsigned int raised = 0;

    if (fifo_is_on(d))
        raised = fifo_raise(d, port, notify, true);
    else if (shared_test_and_clear_bit(shared->evtchn_mask, port) &&
             shared_test_bit(shared->evtchn_pending, port))
        raised = select_word(d, notify, port);
    if (raised & RAISED_UPCALL)
        raise_upcall(d->vcpus[notify], fx);
}

void port_clear(struct domain *d, evtchn_port_t port)
{
    if (port < EVTCHN_2L_NR_CHANNELS)
        shared_clear_bit(d->shared_info->evtchn_pending, port);
    (void)fifo_flags(d, port, 1u << EVTCHN_FIFO_PENDING);
}

bool port_is_pending(struct domain *d, evtchn_port_t port)
{
    if (fifo_is_on(d))
        return fifo_flags(d, port, 0) >> EVTCHN_FIFO_PENDING & 1;
    return port < EVTCHN_2L_NR_CHANNELS &&
           shared_test_bit(d->shared_info->evtchn_pending,
                           index_masked(port, EVTCHN_2L_NR_CHANNELS));
}

/*
 * What v looks at must be complete before others write to it; whoever read
 * the old pointer writes to the old place, which the bits set here make up
 * for: v looks at every word once more.
 */
static void adopt_info(struct vcpu *v, struct vcpu_info *info)
{
    if (v->event.info == &v->event.own)
        *info = v->event.own;
    else
        shared_read_bytes(info, v->event.info, sizeof(*info));
    __atomic_store_n(&v->event.info, info, __ATOMIC_SEQ_CST);
    smp_mb();
    __atomic_store_n(&info->evtchn_pending_sel, ~0ul, __ATOMIC_SEQ_CST);
    shared_write(&info->evtchn_upcall_pending, 1);
}

int vcpu_register_info(struct vcpu *v, mfn_t mfn, uint32_t offset,
                       struct effects *fx)
{
    struct frame *frame;

    if (offset > INFO_OFFSET_MAX || offset % sizeof(uint64_t) != 0)
        return -ENXIO;
    spin_guard(&v->d->event.lock);
    if (mfn_is_valid(v->event.info_mfn) || v->d->dying ||
        frame_get_writable(v->d, mfn, &frame))
        return -EINVAL;
    v->event.info_mfn = mfn;
    adopt_info(v, (void *)((uint8_t *)hal_map(mfn) + offset));
    vcpu_kick(v, fx);
    return 0;
}

void vcpu_unregister_info(struct vcpu *v)
{
    struct hv *hv = v->d->hv;
    mfn_t mfn = v->event.info_mfn;
    struct vcpu_info *old = v->event.info;

    if (!mfn_is_valid(mfn))
        return;
    /* Virtual interrupts are raised with the lock held: none is now. */
    spin_guard(&v->d->event.lock);
    vcpu_event_init(v);
    hal_unmap(old);
    frame_put_writable(hv, frame_of(hv, mfn));
}
