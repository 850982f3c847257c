/* SPDX-License-Identifier: MIT */
/*
 * The one place that writes an entry of a live page table on a guest's wish:
 * new references are taken, then the entry is written, then old references
 * are dropped. State is unchanged on error.
 *
 * Locks: mm_lock of d, which owns the table.
 * Source: abi/memory.md 4, 12.
 */
#ifndef MM_TABLE_WRITE_H
#define MM_TABLE_WRITE_H

#include "effects.h"
#include "mm/entry.h"

struct table_write {
    struct domain *d;     /* owner of the table */
    struct target target; /* of a new L1 entry */
    struct frame *table;  /* the caller holds a reference */
    unsigned int index;   /* entry, 0 .. 511 */
    uint64_t value;       /* wanted; as the guest gave it */
    bool preserve_ad;     /* keep what A and D are at the moment of writing */
    /*
     * If compare is set: write only if the entry is old, else -EAGAIN. For
     * emulated compare-and-exchange.
     */
    bool compare;
    uint64_t old;
};

/*
 * Write the entry of a table that is VALIDATED and in use. Asks for a flush
 * on all CPUs of d when the level is 2 or more.
 * Returns 0; -EINVAL (no live table, slot of the hypervisor, target of
 * another domain for level 2 or more); -EAGAIN (compare); else as
 * l1_entry_get, table_entry_get. -ERESTART: nothing has been written yet.
 */
must_check int table_write(const struct table_write *w, struct effects *fx);

#endif
