/* SPDX-License-Identifier: MIT */
/*
 * Page tables and descriptor pages: what an entry may say, the references it
 * holds, and how a frame becomes a table and stops being one.
 *
 * Locks: mm_lock of the domain that owns the tables is held for all functions
 * that take or drop references.
 * Source: abi/memory.md 2, 3, 4, 12, 13. Slots: abi/start-of-day.md 9.
 */
#ifndef MM_TABLE_H
#define MM_TABLE_H

#include <pv-abi/mmu.h>

#include <domain.h>
#include "effects.h"
#include "mm/frame.h"
#include "types.h"
#include "vcpu.h"

/* ----------------------------------------------- words, without state */

/*
 * Kernel and user pages share ring 3, so every entry gets the US bit. Bit 52
 * (PTE_GUEST_KERNEL) remembers that the guest wanted a kernel page; user
 * pages get G instead, because they are in both trees of a process.
 */
#define PTE_COUNT       512
#define PTE_L4_HV_FIRST 256 /* the hypervisor's slots of every L4 table */
#define PTE_L4_HV_LAST  271
#define PTE_CACHE       (PTE_PWT | PTE_PCD | PTE_PAT)

static inline bool pte_is_present(uint64_t e)
{
    return e & PTE_P;
}

static inline mfn_t pte_mfn(uint64_t e)
{
    return mfn_of((e & PTE_FRAME_MASK) >> PAGE_SHIFT);
}

static inline uint64_t pte_make(mfn_t m, uint64_t flags)
{
    return (m.n << PAGE_SHIFT) | flags;
}

/* Index of va's entry in the table of that level, 1 .. 4. */
static inline unsigned int pte_index(uint64_t va, unsigned int level)
{
    return (va >> (PAGE_SHIFT + 9 * (level - 1))) & (PTE_COUNT - 1);
}

static inline bool pte_slot_is_hv(unsigned int level, unsigned int index)
{
    return level == 4 && index >= PTE_L4_HV_FIRST && index <= PTE_L4_HV_LAST;
}

/* Whether a guest may name va: canonical and not in the hypervisor's hole. */
static inline bool va_is_guest(uint64_t va)
{
    return va < 0x0000800000000000 || va >= 0xffff880000000000;
}

/* Whether a guest may set these bits in a present entry of that level;
 * device_access: it may choose cache attributes. */
bool pte_flags_ok(unsigned int level, uint64_t e, bool device_access);

/* The entry as it is installed; absent entries stay as they are. */
uint64_t pte_adjust(unsigned int level, uint64_t e);

/* Whether old may become new without touching references: both present, the
 * same frame, and for L1 the same right to write. */
bool pte_same_target(unsigned int level, uint64_t old, uint64_t new);

/* ------------------------------------------------------------- entries */

/* Whose frames a new L1 entry may name (foreigndom, bits 0-15). */
struct target {
    struct domain *d; /* the domain; for io and xen, the caller */
    bool io;          /* DOMID_IO: device memory only */
    bool xen;         /* DOMID_XEN: the hypervisor's public pages, read-only */
};

/*
 * Check entry *e for a table of d of that level, take its references, and
 * make it what is to be installed. t counts for level 1. References:
 *   L1   one on the frame; if RW, a writable type reference too
 *   Ln   one, and a type reference L(n-1)
 *   absent entries, and L1 entries of what is no RAM: none
 * Returns 0; -EINVAL (bits, or the frame is no such table). Level 1: -EBUSY
 * (not the target's, or in use as another type); -EPERM (no RAM, without
 * right; a writable DOMID_XEN entry). Above: -ERESTART, and what checking the
 * table it names finds wrong (type_get).
 */
must_check int entry_get(struct domain *d, unsigned int level,
                         const struct target *t, uint64_t *e,
                         struct effects *fx);

/* Drop the references of entry e of a table of d. */
void entry_put(struct domain *d, unsigned int level, uint64_t e);

/*
 * Word index, 0 .. 511, of a table or of any other frame: read once, and
 * written by a locked instruction, which says what stood there. No lock.
 */
uint64_t entry_read(mfn_t table, unsigned int index);
uint64_t entry_swap(mfn_t table, unsigned int index, uint64_t e);

/* Where a guest virtual address ends. Good while mm_lock is held. */
struct walk {
    mfn_t table;        /* the L1 table */
    unsigned int index; /* of the entry in it */
    uint64_t entry;     /* the entry, read once */
};

/*
 * Follow va through the tables the guest's kernel uses now. Returns 0, also if
 * the L1 entry is absent; -EINVAL (va is not the guest's, or no L1 table).
 */
must_check int walk(const struct vcpu *v, uint64_t va, struct walk *w);

struct table_write {
    struct domain *d;     /* owner of the table */
    struct target target; /* of a new L1 entry */
    struct frame *table;  /* the caller holds a reference */
    unsigned int index;   /* entry, 0 .. 511 */
    uint64_t value;       /* wanted; as the guest gave it */
    bool preserve_ad;     /* keep what A and D are at the moment of writing */
    bool compare;         /* write only if the entry is old, else -EAGAIN */
    uint64_t old;
};

/*
 * The one place that writes an entry of a live table on a guest's wish: new
 * references are taken, the entry is written, old references are dropped; a
 * flush on all CPUs of d is asked for if the level is 2 or more.
 * Returns 0; -EINVAL (no live table, slot of the hypervisor, target of another
 * domain for level 2 or more); -EAGAIN (compare); else as entry_get. State is
 * unchanged on error.
 */
must_check int table_write(const struct table_write *w, struct effects *fx);

/* --------------------------------------------------------------- types */

/*
 * States of a frame that is or was a table of level n (frame.h: type):
 *
 *   count 0                    no constraint; contents are the guest's
 *   PARTIAL, count 0           entries below `validated` hold references.
 *                              Left by a check that ran out of budget: the
 *                              next type_get goes on there.
 *   PARTIAL, DEBRIS, count 0   the same, but being emptied from the top
 *   VALIDATED, count > 0       every present entry holds its references
 *
 * A PARTIAL frame holds one reference of its own. Tables to be emptied hang
 * in a list of the domain (d->debris), so that emptying never recurses and
 * may stop anywhere: dropping an entry's target at most adds to the list.
 * Every call that takes or drops table references begins with debris_drain
 * and gives up with -ERESTART if that does not come to an end; so within a
 * call only what this call itself dropped is in transition.
 *
 * A frame becomes a table in three steps: claim (no writable reference can
 * be taken any more), flush CPUs with stale writable entries, check.
 */

/* In frame->validated: the frame is in d->debris. */
#define FRAME_DEBRIS 0x8000
/* In frame->debris: its contents are being checked further up this stack. */
#define FRAME_CHECKING (FRAME_LIST_END - 1)

/* Level 1 .. 4 of a table type; 0: no table. */
static inline unsigned int type_level(uint32_t type)
{
    uint32_t kind = type & FRAME_TYPE_MASK;

    return kind >= FRAME_L1 && kind <= FRAME_L4 ? kind >> 29 : 0;
}

static inline uint32_t type_of_level(unsigned int level)
{
    return level << 29;
}

/*
 * One reference and one type reference on frame m of d.
 *  type  FRAME_L1 .. FRAME_L4, FRAME_SEGDESC
 * Returns 0; -EINVAL (not d's, in use as another type, contents refused, d is
 * dying); -EBUSY, -EPERM (of an L1 entry: entry_get); -ERESTART: call again.
 */
must_check int type_get(struct domain *d, mfn_t m, uint32_t type,
                        struct effects *fx, struct frame **out);

/* Drop what type_get took. The entry that named f has been written. */
void type_put(struct domain *d, struct frame *f);

/* Take the pin from f, on which the caller has a reference, if there is one. */
bool type_unpin(struct domain *d, struct frame *f);

/* Empty tables nobody uses any more. Returns 0 or -ERESTART (budget). */
must_check int debris_drain(struct domain *d, struct effects *fx);

/* Teardown: if f was checked in part and left so, empty it. */
void type_abandon(struct domain *d, struct frame *f);

/*
 * Type of frame m of d for tools, XEN_DOMCTL_PFINFO_* in bits 28 .. 31: 0 none,
 * 1 .. 4 a table of that level, bit 31 pinned, 0xf no frame of d.
 */
uint32_t frame_info(struct domain *d, mfn_t m);

#endif
