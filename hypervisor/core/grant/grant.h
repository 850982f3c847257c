/* SPDX-License-Identifier: MIT */
/*
 * Grant tables, version 1: a domain lends single frames to another, which
 * maps them (map.c) or copies to and from them (grant_op.c), or gives them
 * away for good.
 *
 * The table itself is guest memory: frames of the hypervisor that the domain
 * may map. The guest writes an entry's domain, frame and access; the
 * hypervisor sets the bits GTF_reading and GTF_writing while the grant is
 * in use, by compare-and-swap of the whole {flags, domid} word against the
 * guest, who may revoke at the same moment. What was checked once is kept in
 * struct grant_active, which the guest cannot touch.
 *
 * A *pin* is one use of one grant: a mapping's host part, its device part,
 * or a copy in progress. Each pin holds a reference on the granted frame of
 * its own, a writable one if it writes; so the frame outlives the grant, the
 * table and the granter's death as long as anybody uses it, and with it the
 * granter's struct (mm/frame.h). While a grant is pinned, what it grants is
 * what struct grant_active says, whatever the guest writes to the entry.
 *
 * A *mapping* belongs to the mapper, in its maptrack; its handle is the
 * index there. It has one or two parts, each with its pin.
 *
 * Locks: grant_table.lock for every field below. Never two of them at once:
 * a mapping's steps in the granter's table and in the mapper's are separate,
 * and a mapping that is between two steps is busy, which keeps others off.
 * No guest memory is copied under it: operations come in batches.
 * Source: abi/grants-xenstore-devices.md 1, 2.
 */
#ifndef GRANT_GRANT_H
#define GRANT_GRANT_H

#include <domain.h>
#include <pv-abi/grant_table.h>

#include "effects.h"
#include "mm/frame.h"
#include "spinlock.h"
#include "types.h"
#include "vcpu.h"

#define GRANT_DEFAULT_FRAMES   64
#define GRANT_MAX_FRAMES       256
#define GRANT_DEFAULT_MAPTRACK 1024
#define GRANT_MAX_MAPTRACK     4096

/*
 * Set up d's grant table: one frame, cleared.
 *  max_frames           limit of the table, pages; -1: the default
 *  max_maptrack_frames  limit of mappings d may hold, in pages of them
 * Returns 0, -EINVAL (a limit is 0 or too large), -ENOMEM.
 */
must_check int domain_grant_init(struct domain *d, int32_t max_frames,
                                 int32_t max_maptrack_frames);

/*
 * Undo d's mappings of others' frames, then its table. Frames of d that
 * others still map stay theirs to use until they unmap them. d is dying, its
 * page tables need not exist any more.
 * Returns 0 (also when called again), -ERESTART.
 */
must_check int domain_grant_destroy(struct domain *d, struct effects *fx);

/* Free what others could still reach: d's last reference is gone. */
void domain_grant_free(struct domain *d);

/* A row of pv-abi/gnttab_ops.def each. 0, -EFAULT, and what the row says. */
int64_t do_grant_table_op(struct vcpu *v, uint32_t cmd, guest_ptr_t ops,
                          uint32_t count, struct effects *fx);

/* --------------------------------------------------- inside core/grant */

#define ENTRIES_PER_FRAME  (PAGE_SIZE / sizeof(struct grant_entry_v1))
#define MAPPINGS_PER_FRAME (PAGE_SIZE / sizeof(struct grant_mapping))

/* A grant in use. Not pinned: all zero. */
struct grant_active {
    uint32_t readers; /* pins; a pin that writes counts as both */
    uint32_t writers;
    uint32_t frame; /* mfn */
    domid_t domid;  /* who uses it */
    uint16_t spare;
};

/* A mapping. free: no part, next is the next free one. */
struct grant_mapping {
    struct domain *granter;
    union {
        grant_ref_t ref;
        uint32_t next; /* MAPPING_NONE: the last */
    };
    uint16_t flags; /* GNTMAP_*; device_map and host_map: parts it has */
    uint8_t avail;  /* bits 9-11 of the entry */
    bool busy;      /* some CPU is mapping or unmapping it */
};

#define MAPPING_NONE UINT32_MAX

struct grant_table {
    struct spinlock lock;
    unsigned int frame_count; /* frames of the table */
    unsigned int frame_max;
    /* frame_max entries each; NULL above frame_count. entries are guest
     * memory, and NULL altogether once d is torn down. */
    struct grant_entry_v1 **entries;
    struct grant_active **active;

    unsigned int mapping_frame_count; /* pages of mappings */
    unsigned int mapping_frame_max;
    struct grant_mapping **mappings;
    uint32_t mapping_free; /* the first free one, or MAPPING_NONE */
    uint32_t teardown;     /* mappings below it are undone */
};

static inline struct grant_entry_v1 *grant_entry_of(const struct grant_table *t,
                                                    grant_ref_t ref)
{
    return &t->entries[ref / ENTRIES_PER_FRAME][ref % ENTRIES_PER_FRAME];
}

static inline struct grant_active *grant_active_of(const struct grant_table *t,
                                                   grant_ref_t ref)
{
    return &t->active[ref / ENTRIES_PER_FRAME][ref % ENTRIES_PER_FRAME];
}

static inline struct grant_mapping *
grant_mapping_of(const struct grant_table *t, grant_handle_t handle)
{
    return &t->mappings[handle / MAPPINGS_PER_FRAME]
                       [handle % MAPPINGS_PER_FRAME];
}

struct grant_pin {
    struct domain *granter;
    grant_ref_t ref;
    bool writable;
    struct frame *frame; /* with a reference of each pin */
};

/*
 * Use grant ref of granter for user, `uses` times at once. No lock held; the
 * caller holds a reference on granter. Returns GNTST_okay and *pin;
 * GNTST_bad_gntref (no such entry); GNTST_general_error (it grants nothing to
 * user, or not this access; its frame is not granter's; the guest changes the
 * entry all the time; granter is dying).
 */
int16_t grant_pin_get(struct domain *granter, grant_ref_t ref,
                      const struct domain *user, bool writable,
                      unsigned int uses, struct grant_pin *pin);

/* One use has ended, and every CPU has forgotten it. No lock held. */
void grant_pin_put(const struct grant_pin *pin);

/*
 * Give f, taken from `from` (mm/alloc.h), to the domain that invites it in
 * entry ref. No lock held. Returns GNTST_okay, or GNTST_general_error (no such
 * entry, no invitation to `from`, the receiver's limit): `from` has it again,
 * unless the receiver died at that moment.
 */
int16_t grant_give(struct domain *from, struct frame *f, struct domain *to,
                   grant_ref_t ref);

/* map.c: undo mappings of d, which does not run. 0 or -ERESTART. */
must_check int grant_undo_mappings(struct domain *d, struct effects *fx);

/* Grow d's table to count frames. 0, -EINVAL (above the limit, dying),
 * -ENOMEM (it has grown as far as it went). */
must_check int grant_table_grow(struct domain *d, unsigned int count);

/*
 * An operation on n elements, 1 .. GRANT_BATCH, in a private copy; each gets
 * its status. Returns 0, or an error of the call: nothing is copied back.
 */
#define GRANT_BATCH 16
#define GNTTAB_OP(nr, name, type, direction, doc)                              \
    must_check int grant_op_##name(struct vcpu *v, type *op, unsigned int n,   \
                                   struct effects *fx);
#include <pv-abi/gnttab_ops.def>

#endif
