/* SPDX-License-Identifier: MIT */
/*
 * struct frame: what is known of one machine frame. Owner, how many uses it
 * has, and as what it is used.
 *
 * A reference keeps the frame from being freed; a type reference, which is
 * always accompanied by a reference, also keeps its type. A read-only mapping
 * is a reference, a writable one a writable type reference as well.
 *
 * Invariants (at every instant on every CPU):
 *  - type references <= references;
 *  - the type changes only while the type count is 0;
 *  - a frame with a writable reference is no table and no descriptor page;
 *  - a frame without references has no type reference and no owner, and is
 *    in the heap, on its way there, or not RAM at all.
 *
 * Life: domain_frame_alloc gives an owner and one reference that is the
 * owner's (FRAME_ALLOCATED). domain_frame_release takes it back. The frame
 * is freed when the last reference goes, whoever drops it: possibly another
 * domain, possibly after its owner's death.
 *
 * count and type change by atomic compare-and-swap only: a foreign mapping
 * or a grant takes references without the owner's locks. A change of type
 * to a table or descriptor page happens under the owner's mm_lock (table.h).
 * owner may be read by whoever holds a reference.
 *
 * Source: abi/memory.md 1, 2.
 */
#ifndef MM_FRAME_H
#define MM_FRAME_H

#include <pv-abi/arch.h>

#include "hv.h"
#include "types.h"

struct domain;

#define FRAME_LIST_END UINT32_MAX
#define FRAME_NO_OWNER 0xffff /* free, or the hypervisor's own */

/* count: flags above, general references below. */
#define FRAME_ALLOCATED  (1u << 31) /* the owner's own reference is held */
#define FRAME_SPECIAL    (1u << 30) /* hypervisor page lent to its owner */
#define FRAME_IO         (1u << 29) /* no RAM: a device's, or nothing */
#define FRAME_FREE       (1u << 28) /* first frame of a free block of the heap */
#define FRAME_COUNT_MASK ((1u << 26) - 1)

/* type: kind, flags, and type references below. */
#define FRAME_TYPE_MASK  (7u << 29)
#define FRAME_NONE       (0u << 29)
#define FRAME_L1         (1u << 29)
#define FRAME_L2         (2u << 29)
#define FRAME_L3         (3u << 29)
#define FRAME_L4         (4u << 29)
#define FRAME_SEGDESC    (5u << 29)
#define FRAME_WRITABLE   (7u << 29)
#define FRAME_PINNED     (1u << 28)
#define FRAME_VALIDATED  (1u << 27) /* fit for use as this type */
#define FRAME_PARTIAL    (1u << 26) /* checked, or emptied, in part: table.h */
#define FRAME_TYPE_COUNT ((1u << 26) - 1)

struct frame {
    uint32_t count;
    uint32_t type;
    uint64_t stamp;     /* tlb clock when a use last ended (mm/tlb.h) */
    uint16_t owner;     /* domid, DOMID_XEN for the M2P, or FRAME_NO_OWNER */
    uint16_t validated; /* PARTIAL: entries below this hold references */
    uint32_t next;      /* list of the owner, or of the heap */
    uint32_t prev;
    union {
        uint32_t order;  /* FRAME_FREE: of the block */
        uint32_t debris; /* of a domain: next table to be emptied */
    };
};

_Static_assert(sizeof(struct frame) == 32, "one frame costs 32 bytes");

/* The frame of m, or NULL: not RAM. */
static inline struct frame *frame_of(const struct hv *hv, mfn_t m)
{
    if (m.n >= hv->frame_count ||
        (__atomic_load_n(&hv->frames[m.n].count, __ATOMIC_RELAXED) & FRAME_IO))
        return NULL;
    return &hv->frames[m.n];
}

static inline mfn_t frame_mfn(const struct hv *hv, const struct frame *f)
{
    return mfn_of((uint64_t)(f - hv->frames));
}

/* Its number in lists of frames. */
static inline uint32_t frame_index(const struct hv *hv, const struct frame *f)
{
    return (uint32_t)(f - hv->frames);
}

static inline uint32_t frame_type(const struct frame *f)
{
    return __atomic_load_n(&f->type, __ATOMIC_SEQ_CST);
}

/* Whether f is, at this moment, in use as a checked page of that type. */
static inline bool frame_is(const struct frame *f, uint32_t type)
{
    uint32_t t = frame_type(f);

    return (t & FRAME_TYPE_MASK) == type && (t & FRAME_VALIDATED) &&
           (t & FRAME_TYPE_COUNT) > 0;
}

/*
 * Whose f is; NULL: nobody's. The caller holds a reference on f, which keeps
 * the struct alive (domains_reap).
 */
struct domain *frame_owner(const struct hv *hv, const struct frame *f);

/*
 * One reference on frame m, if d owns it (special pages included).
 * Returns 0, -EINVAL (not RAM, not d's, or the count is at its end).
 */
must_check int frame_get(struct domain *d, mfn_t m, struct frame **out);

/* One reference on a public page of the hypervisor (DOMID_XEN). 0, -EINVAL. */
must_check int frame_get_public(struct hv *hv, mfn_t m, struct frame **out);

/*
 * One more reference on a frame that has some. Returns 0, -EINVAL (it has
 * none: it is being freed, or free; or the count is at its end).
 */
must_check int frame_ref(struct frame *f);

/* Drop a reference; the last one frees the frame. */
void frame_put(struct hv *hv, struct frame *f);

/*
 * One reference and one writable type reference on frame m of d. If the
 * frame was a table or descriptor page before, CPUs that may still walk it
 * are flushed first.
 * Returns 0, -EINVAL (as frame_get), -EBUSY (in use as another type).
 */
must_check int frame_get_writable(struct domain *d, mfn_t m,
                                  struct frame **out);

/* The same on a frame that the caller has a reference on. 0, -EBUSY. */
must_check int frame_ref_writable(struct hv *hv, struct frame *f);

/* Drop what one of the two above took. */
void frame_put_writable(struct hv *hv, struct frame *f);

/*
 * Note that a use of f ends now: its entry has been written already, its
 * reference will be dropped next. The stamp only ever grows.
 */
void frame_stamp(struct hv *hv, struct frame *f);

/*
 * The machine-to-physical table: for each frame the number its owner gave it.
 * Guests read it; only the hypervisor writes, on their request. Frames that
 * belong to no guest say INVALID_M2P_ENTRY.
 *
 * Locks: none; single words, and nothing in the hypervisor trusts them.
 */
static inline void m2p_set(struct hv *hv, mfn_t m, uint64_t pfn)
{
    __atomic_store_n(&hv->m2p[m.n], pfn, __ATOMIC_RELAXED);
}

static inline uint64_t m2p_get(const struct hv *hv, mfn_t m)
{
    if (m.n >= hv->frame_count)
        return INVALID_M2P_ENTRY;
    return __atomic_load_n(&hv->m2p[m.n], __ATOMIC_RELAXED);
}

#endif
