/* SPDX-License-Identifier: MIT */
#include "event/upcall.h"

#include <errno.h>
#include <string.h>

#include <pv-abi/inline/shared.h>

#include "event/channel.h"
#include "hal.h"
#include "mm/frame.h"

#define PENDING (1u << EVTCHN_FIFO_PENDING)
#define MASKED  (1u << EVTCHN_FIFO_MASKED)
#define LINKED  (1u << EVTCHN_FIFO_LINKED)
#define BUSY    (1u << EVTCHN_FIFO_BUSY)

/* How often a guest may change a word that a link is to be written to. */
#define LINK_TRIES 5

/* The last place in a page for a control block. */
#define BLOCK_OFFSET_MAX (PAGE_SIZE - sizeof(struct evtchn_fifo_control_block))

/* Whether the flag was set before. A full barrier. */
static bool set_flag(uint32_t *word, uint32_t flag)
{
    return __atomic_fetch_or(word, flag, __ATOMIC_SEQ_CST) & flag;
}

/* What the word was before. */
static uint32_t clear_flag(uint32_t *word, uint32_t flag)
{
    return __atomic_fetch_and(word, ~flag, __ATOMIC_SEQ_CST);
}

/* The word of port; NULL: the guest has given none yet. */
static uint32_t *word_of(const struct domain *d, evtchn_port_t port)
{
    size_t page = port / EVTCHN_FIFO_PAGE_WORDS;

    if (page >= d->event.fifo_page_count)
        return NULL;
    page = index_masked(page, d->event.fifo_page_count);
    return &d->event.fifo_pages[page][port % EVTCHN_FIFO_PAGE_WORDS];
}

/*
 * Link port behind word, the tail of a queue. False: the guest has taken the
 * tail out, there is no queue. A guest with many vCPUs may mask and unmask
 * the tail just now; while it is BUSY it does not unmask. One that goes on
 * writing all the same gets a new queue in place of the old.
 */
static bool append(uint32_t *word, evtchn_port_t port)
{
    uint32_t old = shared_read(word);

    for (int tries = 0; (old & LINKED) && tries < LINK_TRIES; tries++) {
        uint32_t linked = (old & ~(BUSY | EVTCHN_FIFO_LINK_MASK)) | port;

        if (shared_compare_exchange(word, &old, linked))
            return true;
        if (tries == 0) {
            set_flag(word, BUSY);
            old = shared_read(word);
        }
    }
    clear_flag(word, BUSY);
    return false;
}

/*
 * Put port, which is in no queue any more, at the end of one of v's. If it
 * was the last of the queue it was in before, that one is empty by now, and
 * its next port must not be linked behind a word that is elsewhere.
 */
static unsigned int enqueue(struct domain *d, evtchn_port_t port,
                            struct vcpu *v)
{
    struct evtchn_fifo_control_block *block = v->event.fifo_block;
    struct evtchn *e = port_entry(d, port);
    struct vcpu *last = d->vcpus[e->last_vcpu];
    uint32_t *tail = &v->event.fifo_tail[e->priority];

    if (last && last->event.fifo_tail[e->last_priority] == port)
        last->event.fifo_tail[e->last_priority] = 0;
    e->last_vcpu = (uint16_t)v->id;
    e->last_priority = e->priority;

    if (*tail != 0 && append(word_of(d, *tail), port)) {
        *tail = port;
        return 0;
    }
    *tail = port;
    shared_write(&block->head[e->priority], port);
    return set_flag(&block->ready, 1u << e->priority) ? 0 : RAISED_UPCALL;
}

/*
 * A vCPU without a control block gets nothing: the guest must not unmask
 * before, and unmasking raises again.
 */
static unsigned int raise_word(struct domain *d, evtchn_port_t port,
                               uint32_t *word, struct vcpu *v)
{
    unsigned int raised = set_flag(word, PENDING) ? 0 : RAISED_NEW;

    if (v && v->event.fifo_block && !(shared_read(word) & MASKED) &&
        !set_flag(word, LINKED))
        raised |= enqueue(d, port, v);
    return raised;
}

unsigned int fifo_raise(struct domain *d, evtchn_port_t port,
                        unsigned int notify, bool unmask)
{
    uint32_t *word;

    spin_guard(&d->event.fifo_lock);
    word = word_of(d, port);
    if (!word && !unmask)
        port_entry(d, port)->raised_early = true;
    if (word && unmask)
        clear_flag(word, MASKED);
    if (!word || (unmask && !(shared_read(word) & PENDING)))
        return 0;
    return raise_word(d, port, word, d->vcpus[notify]);
}

uint32_t fifo_flags(struct domain *d, evtchn_port_t port, uint32_t clear)
{
    uint32_t *word;

    spin_guard(&d->event.fifo_lock);
    word = word_of(d, port);
    if (!word)
        return 0;
    return clear ? clear_flag(word, clear) : shared_read(word);
}

void fifo_set_priority(struct domain *d, evtchn_port_t port,
                       unsigned int priority)
{
    spin_guard(&d->event.fifo_lock);
    port_entry(d, port)->priority =
        (uint8_t)index_masked(priority, EVTCHN_FIFO_MAX_QUEUES);
}

/*
 * Who raised a port with two levels and has not seen the switch yet looks
 * again afterwards (port_raise): it, or we, find the bit.
 */
static void switch_on(struct domain *d)
{
    __atomic_store_n(&d->event.fifo, true, __ATOMIC_SEQ_CST);
    for (evtchn_port_t p = 1; p < EVTCHN_2L_NR_CHANNELS; p++)
        if (port_find(d, p) &&
            shared_test_bit(d->shared_info->evtchn_pending, p))
            (void)fifo_raise(d, p, port_entry(d, p)->notify_vcpu, false);
}

/* The heads are good before anybody finds the block. */
static void adopt_block(struct vcpu *v, struct evtchn_fifo_control_block *b)
{
    for (unsigned int i = 0; i < EVTCHN_FIFO_MAX_QUEUES; i++)
        shared_write(&b->head[i], 0);
    spin_guard(&v->d->event.fifo_lock);
    v->event.fifo_block = b;
}

int fifo_init_control(struct vcpu *v, mfn_t mfn, uint32_t offset)
{
    struct domain *d = v->d;
    struct frame *frame;

    if (offset > BLOCK_OFFSET_MAX || offset % sizeof(uint64_t) != 0)
        return -EINVAL;
    spin_guard(&d->event.lock);
    if (v->event.fifo_block || d->dying || frame_get_writable(d, mfn, &frame))
        return -EINVAL;
    if (!fifo_is_on(d))
        switch_on(d);
    adopt_block(v, (void *)((uint8_t *)hal_map(mfn) + offset));
    return 0;
}

/* A page of words is new: what came too early comes again. */
static void raise_early(struct domain *d, unsigned int page, struct effects *fx)
{
    evtchn_port_t first = page * EVTCHN_FIFO_PAGE_WORDS;
    evtchn_port_t end = first + EVTCHN_FIFO_PAGE_WORDS;

    for (evtchn_port_t p = first; p < end && p < d->event.port_count; p++) {
        struct evtchn *e = port_entry(d, p);

        if (e->raised_early) {
            e->raised_early = false;
            port_raise(d, p, e->notify_vcpu, fx);
        }
    }
}

int fifo_expand(struct domain *d, mfn_t mfn, struct effects *fx)
{
    struct frame *frame;

    spin_guard(&d->event.lock);
    if (!fifo_is_on(d))
        return -EOPNOTSUPP;
    if (d->event.fifo_page_count == EVTCHN_FIFO_PAGES)
        return -ENOSPC;
    if (d->dying || frame_get_writable(d, mfn, &frame))
        return -EINVAL;
    spin_lock(&d->event.fifo_lock);
    d->event.fifo_pages[d->event.fifo_page_count++] = hal_map(mfn);
    spin_unlock(&d->event.fifo_lock);
    raise_early(d, d->event.fifo_page_count - 1, fx);
    return 0;
}

static void let_go(struct hv *hv, void *at)
{
    mfn_t mfn = hal_mfn_of(at);

    hal_unmap(at);
    frame_put_writable(hv, frame_of(hv, mfn));
}

void fifo_end(struct domain *d)
{
    struct vcpu *v;

    spin_guard(&d->event.fifo_lock);
    __atomic_store_n(&d->event.fifo, false, __ATOMIC_SEQ_CST);
    domain_for_each_vcpu (d, v) {
        if (v->event.fifo_block)
            let_go(d->hv, v->event.fifo_block);
        v->event.fifo_block = NULL;
        memset(v->event.fifo_tail, 0, sizeof(v->event.fifo_tail));
    }
    while (d->event.fifo_page_count > 0)
        let_go(d->hv, d->event.fifo_pages[--d->event.fifo_page_count]);
}
