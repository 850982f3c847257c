/* SPDX-License-Identifier: MIT */
/*
 * Using the rings of io/ring.h. Macros, because each device has types of its
 * own; their names are those device drivers for Xen know. `r` is a pointer to
 * struct <name>_front_ring or _back_ring, private to this end; everything
 * behind r->sring belongs to both ends and is read once.
 *
 * One end's turn:
 *  1. fill slots (RING_GET_REQUEST or _RESPONSE at ..._prod_pvt++)
 *  2. RING_PUSH_..._AND_CHECK_NOTIFY, and raise the event if it says so.
 * The other's:
 *  3. while there is something unconsumed, RING_COPY_... at ..._cons++: into
 *     memory of one's own, checked there, never used in place
 *  4. RING_FINAL_CHECK_...: asks to be notified, and says whether something
 *     arrived meanwhile.
 *
 * A producer index of the other end may be anything: a back end checks
 * RING_REQUEST_PROD_OVERFLOW, a front end RING_RESPONSE_PROD_OVERFLOW, and
 * gives the device up when it is true.
 */
#ifndef PV_ABI_INLINE_RING_H
#define PV_ABI_INLINE_RING_H

#include "../io/ring.h"
#include "barrier.h"
#include "shared.h"

/* Slots of a ring: the largest power of two that fits; at least 1 does. */
static inline uint32_t ring_slots(size_t page_bytes, size_t header_bytes,
                                  size_t slot_bytes)
{
    size_t fit = (page_bytes - header_bytes) / slot_bytes;
    uint32_t slots = 1;

    while (2 * (size_t)slots <= fit)
        slots *= 2;
    return slots;
}

/* Whether moving a producer index from old to new passed the index at which
 * the other end wants to be notified. Indices wrap. */
static inline bool ring_passed(RING_IDX old, RING_IDX new, RING_IDX event)
{
    return (RING_IDX)(new - event) < (RING_IDX)(new - old);
}

static inline uint32_t ring_min(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

#define RING_SIZE(r) ((r)->nr_ents)

/* Front end, before the back end knows the page: an empty ring. */
#define SHARED_RING_INIT(s)                                                    \
    do {                                                                       \
        shared_write(&(s)->req_prod, 0);                                       \
        shared_write(&(s)->rsp_prod, 0);                                       \
        shared_write(&(s)->req_event, 1);                                      \
        shared_write(&(s)->rsp_event, 1);                                      \
        for (size_t ring_i_ = 0; ring_i_ < sizeof((s)->__pad); ring_i_++)      \
            shared_write(&(s)->__pad[ring_i_], 0);                             \
    } while (0)

#define RING_ATTACH_(r, s, bytes, prod, cons, at)                              \
    do {                                                                       \
        (r)->prod = (at);                                                      \
        (r)->cons = (at);                                                      \
        (r)->pushed = (at);                                                    \
        (r)->nr_ents = ring_slots((bytes), offsetof(__typeof__(*(s)), ring),   \
                                  sizeof((s)->ring[0]));                       \
        (r)->sring = (s);                                                      \
    } while (0)

#define FRONT_RING_ATTACH(r, s, at, bytes)                                     \
    RING_ATTACH_(r, s, bytes, req_prod_pvt, rsp_cons, at)
#define BACK_RING_ATTACH(r, s, at, bytes)                                      \
    RING_ATTACH_(r, s, bytes, rsp_prod_pvt, req_cons, at)
#define FRONT_RING_INIT(r, s, bytes) FRONT_RING_ATTACH(r, s, 0, bytes)
#define BACK_RING_INIT(r, s, bytes)  BACK_RING_ATTACH(r, s, 0, bytes)

/* The slot of an index; wraps. */
#define RING_SLOT_(r, idx)        ((r)->sring->ring[(idx) & (RING_SIZE(r) - 1)])
#define RING_GET_REQUEST(r, idx)  (&RING_SLOT_(r, idx).req)
#define RING_GET_RESPONSE(r, idx) (&RING_SLOT_(r, idx).rsp)

/* Take a slot's content into memory of one's own, each byte read once. */
#define RING_COPY_REQUEST(r, idx, to)                                          \
    shared_read_bytes((to), RING_GET_REQUEST(r, idx), sizeof(*(to)))
#define RING_COPY_RESPONSE(r, idx, to)                                         \
    shared_read_bytes((to), RING_GET_RESPONSE(r, idx), sizeof(*(to)))

/* Front end: room for requests. */
#define RING_FREE_REQUESTS(r)                                                  \
    (RING_SIZE(r) - ((r)->req_prod_pvt - (r)->rsp_cons))
#define RING_FULL(r) (RING_FREE_REQUESTS(r) == 0)

/* How many wait. A back end never sees more than it has room to answer. */
#define RING_HAS_UNCONSUMED_RESPONSES(r)                                       \
    (shared_read(&(r)->sring->rsp_prod) - (r)->rsp_cons)
#define RING_HAS_UNCONSUMED_REQUESTS(r)                                        \
    ring_min(shared_read(&(r)->sring->req_prod) - (r)->req_cons,               \
             RING_SIZE(r) - ((r)->req_cons - (r)->rsp_prod_pvt))

/* Whether an index of the other end cannot be right. */
#define RING_REQUEST_PROD_OVERFLOW(r, prod)                                    \
    (((prod) - (r)->rsp_prod_pvt) > RING_SIZE(r))
#define RING_REQUEST_CONS_OVERFLOW(r, cons)                                    \
    (((cons) - (r)->rsp_prod_pvt) >= RING_SIZE(r))
#define RING_RESPONSE_PROD_OVERFLOW(r, prod)                                   \
    (((prod) - (r)->rsp_cons) > RING_SIZE(r))

/* Let the other end see what was prepared; notify: whether it wants to know.
 * What was shown before is remembered here: in the page the other end could
 * change it. */
#define RING_PUSH_(r, prod, prod_pvt, event, notify)                           \
    do {                                                                       \
        RING_IDX ring_old_ = (r)->pushed;                                      \
        RING_IDX ring_new_ = (r)->prod_pvt;                                    \
        smp_wmb();                                                             \
        shared_write(&(r)->sring->prod, ring_new_);                            \
        (r)->pushed = ring_new_;                                               \
        smp_mb();                                                              \
        (notify) = ring_passed(ring_old_, ring_new_,                           \
                               shared_read(&(r)->sring->event));               \
    } while (0)

#define RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(r, notify)                         \
    RING_PUSH_(r, req_prod, req_prod_pvt, req_event, notify)
#define RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(r, notify)                        \
    RING_PUSH_(r, rsp_prod, rsp_prod_pvt, rsp_event, notify)

/* Nothing left: ask for a notification at the next one, and look again. */
#define RING_FINAL_CHECK_(r, unconsumed, event, cons, work)                    \
    do {                                                                       \
        (work) = unconsumed(r) != 0;                                           \
        if (work)                                                              \
            break;                                                             \
        shared_write(&(r)->sring->event, (r)->cons + 1);                       \
        smp_mb();                                                              \
        (work) = unconsumed(r) != 0;                                           \
    } while (0)

#define RING_FINAL_CHECK_FOR_REQUESTS(r, work)                                 \
    RING_FINAL_CHECK_(r, RING_HAS_UNCONSUMED_REQUESTS, req_event, req_cons,    \
                      work)
#define RING_FINAL_CHECK_FOR_RESPONSES(r, work)                                \
    RING_FINAL_CHECK_(r, RING_HAS_UNCONSUMED_RESPONSES, rsp_event, rsp_cons,   \
                      work)

#endif
