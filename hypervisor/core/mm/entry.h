/* SPDX-License-Identifier: MIT */
/*
 * Entries of page tables and the references they hold.
 *
 *   L1   a reference on the frame; if RW, a writable type reference too
 *   Ln   a reference and a type reference L(n-1)
 *   absent entries, and L1 entries of what is no RAM: none
 *
 * Locks: mm_lock of the domain that owns the table.
 * Source: abi/memory.md 2, 3, 4, 12.
 */
#ifndef MM_ENTRY_H
#define MM_ENTRY_H

#include "effects.h"
#include "mm/frame.h"

struct vcpu;

/* Whose frames a new L1 entry may name (foreigndom, bits 0-15). */
struct target {
    struct domain *d; /* the domain; for io and xen, the caller */
    bool io;          /* DOMID_IO: device memory only */
    bool xen;         /* DOMID_XEN: the hypervisor's public pages, read-only */
};

/*
 * Check entry *e for a table of d of that level, take its references, and
 * make it what is to be installed. t counts for level 1.
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
 * Follow va through the tables the guest's kernel uses now. Returns 0, also
 * when the L1 entry is absent; -EINVAL (va is not the guest's, the vCPU has
 * no tree, or a table on the way is absent).
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
 * references are taken, the entry is written, old references are dropped.
 * Asks for a flush on all CPUs of d when the level is 2 or more.
 * Returns 0; -EINVAL (no table that is VALIDATED and in use, slot of the
 * hypervisor, target of another domain for level 2 or more); -EAGAIN
 * (compare); else as entry_get. State is unchanged on error.
 */
must_check int table_write(const struct table_write *w, struct effects *fx);

#endif
