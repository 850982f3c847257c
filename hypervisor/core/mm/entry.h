/* SPDX-License-Identifier: MIT */
/*
 * Entries of page tables and the references they hold.
 *
 *   L1   a reference on the frame; if RW, a writable type reference too
 *   Ln   a reference and a type reference L(n-1)
 *   absent entries, and L1 entries of what is no RAM: none
 *
 * Locks: mm_lock of the domain that owns the table.
 * Source: abi/memory.md 2, 3, 4.
 */
#ifndef MM_ENTRY_H
#define MM_ENTRY_H

#include "effects.h"
#include "mm/frame.h"

/* Whose frames a new L1 entry may name (foreigndom, bits 0-15). */
struct target {
    struct domain *d; /* the domain; for io and xen, the caller */
    bool io;          /* DOMID_IO: device memory only */
    bool xen;         /* DOMID_XEN: the hypervisor's public pages, read-only */
};

/*
 * Check L1 entry *e for a table of d, take its references, and make it what
 * is to be installed.
 * Returns 0; -EINVAL (bits); -EBUSY (not the target's, or in use as another
 * type); -EPERM (no RAM, without right; a writable DOMID_XEN entry).
 */
must_check int l1_entry_get(struct domain *d, const struct target *t,
                            uint64_t *e);
void l1_entry_put(struct hv *hv, uint64_t e);

/*
 * The same for level 2 .. 4.
 * Returns 0; -EINVAL (bits, or the frame is no such table); -ERESTART; and
 * what checking the table it names finds wrong (type_get).
 */
must_check int table_entry_get(struct domain *d, unsigned int level,
                               uint64_t *e, struct effects *fx);
void table_entry_put(struct domain *d, unsigned int level, uint64_t e);

/* Drop the references of entry e of a table of d, of any level. */
void entry_put(struct domain *d, unsigned int level, uint64_t e);

#endif
