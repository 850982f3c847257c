/* SPDX-License-Identifier: MIT */
/*
 * Grants (version 1): lending pages to another domain, and borrowing theirs.
 *
 * The module owns the domain's grant table. References 0-7 belong to the
 * tools and are never handed out. A page must not be freed while it is lent.
 * Source: pv-abi/grant_table.h.
 */
#ifndef GUEST_GRANT_H
#define GUEST_GRANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <pv-abi/grant_table.h>

/*
 * Lend a frame. Returns the reference (> 0), or -ENOSPC when the table is
 * full, or what the hypervisor answered on making the table.
 *  mfn  own frame (virt_to_mfn).
 */
int grant_access(domid_t to, uint64_t mfn, bool readonly);

/*
 * Take it back. Returns 0, or -EBUSY while the other side has it mapped; then
 * nothing changed and it may be tried again.
 */
int grant_end(grant_ref_t ref);

struct grant_mapping {
    void *va; /* first page; kernel address space */
    size_t count;
    uint32_t *handles;
};

/*
 * Map `count` references of `from` behind each other. Returns 0 and fills *m,
 * or -ENOMEM, or -EACCES when one was refused; then nothing stays mapped, and
 * *status (if not NULL) is the GNTST_ value of the first refusal.
 */
int grant_map(struct grant_mapping *m, domid_t from, const grant_ref_t *refs,
              size_t count, bool readonly, int *status);

/* Unmap all of it. */
void grant_unmap(struct grant_mapping *m);

#endif
