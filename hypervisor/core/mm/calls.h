/* SPDX-License-Identifier: MIT */
/*
 * What guests ask of their memory: hypercalls on page tables and frames, the
 * stores and grant mappings that end in a page table, and the end of it all.
 *
 * Locks: none held; they take mm_lock of the tables' owner.
 * Source: pv-abi/mmu.h, mmuext_ops.def, memory_ops.def; abi/memory.md.
 */
#ifndef MM_CALLS_H
#define MM_CALLS_H

#include "effects.h"
#include "mm/frame.h"
#include "types.h"

struct domain;
struct target;
struct vcpu;

/*
 * Process requests[count] in order, up to the first that fails; *done, if
 * not NULL, receives how many were completed, also on error.
 * Returns 0 or the first failure's error: abi/memory.md 4.
 */
int64_t do_mmu_update(struct vcpu *v, guest_ptr_t requests, uint32_t count,
                      guest_ptr_t done, uint32_t foreigndom,
                      struct effects *fx);

/*
 * Write the L1 entry that maps va, then flush as flags (UVMF_*) say.
 * Returns 0; -EINVAL (no L1 entry for va, entry refused); -EFAULT (bitmap);
 * else as for an L1 entry in mmu_update.
 */
int64_t do_update_va_mapping(struct vcpu *v, uint64_t va, uint64_t entry,
                             uint64_t flags, struct effects *fx);

/*
 * The same with a frame of domid; of that, errors as for foreign_target, and
 * -EPERM for DOMID_IO without privilege.
 */
int64_t do_update_va_mapping_otherdomain(struct vcpu *v, uint64_t va,
                                         uint64_t entry, uint64_t flags,
                                         domid_t domid, struct effects *fx);

/*
 * Pin and load page tables, flush, set the LDT, clear and copy pages.
 * Process ops[count] in order, up to the first that fails; *done as in
 * mmu_update. Returns 0 or the first failure's error.
 */
int64_t do_mmuext_op(struct vcpu *v, guest_ptr_t ops, uint32_t count,
                     guest_ptr_t done, uint32_t foreigndom, struct effects *fx);

/*
 * How much memory a domain has, which frames, which map.
 * Returns what the operation says: a count, 0, or an error. Operations 0, 1
 * and 6 return how many extents were done, never an error.
 */
int64_t do_memory_op(struct vcpu *v, uint64_t cmd, guest_ptr_t arg,
                     struct effects *fx);

/* In memory_op's cmd: the operation below, the first extent to do above. */
#define MEMORY_OP_BITS 6

/*
 * reservation.c: operations 0, 1 and 6, from extent i on; those before it were
 * done in earlier runs. Returns how many are done in all, whatever stopped it,
 * or -ERESTART.
 */
int64_t reservation_op(struct vcpu *v, unsigned int op, uint64_t i,
                       guest_ptr_t arg, struct effects *fx);

/*
 * reservation.c: XENMEM_exchange. 0; -EPERM (order above 9); -EINVAL (sizes
 * differ; a frame is not the domain's, or in use); -EFAULT; -ENOMEM; -ESRCH.
 * What nr_exchanged counts is done, the rest is as it was.
 */
int64_t memory_exchange(struct vcpu *v, guest_ptr_t arg, struct effects *fx);

/*
 * Give back all memory of a dying domain: roots, descriptor tables, pins and
 * the owner's references. Frames that others map stay until they let go
 * (domain_owns_frames). All vCPUs are quiet, and grants, events and vcpu_info
 * are gone: nothing takes references for the domain any more.
 * Returns 0 (all done) or -ERESTART (budget): call again.
 */
must_check int domain_release_memory(struct domain *d, struct effects *fx);

/*
 * A store of the guest's kernel to its own L1 table, caught as a page fault
 * and decoded by x86/ (abi/memory.md 7): value to va, or if compare is set,
 * only where *old stands now.
 *  bytes  1, 2, 4 or 8; va is aligned to it. A part of an entry is merged
 *         with the rest of it.
 *  old    in: expected (compare). out: what stood there.
 * Returns 0; -EAGAIN (compare: something else stands there, see *old);
 * -EINVAL (va is not in an L1 table of v's domain, or the entry is refused),
 * and what entry_get says: deliver the fault then.
 */
must_check int ptwr_store(struct vcpu *v, uint64_t va, unsigned int bytes,
                          uint64_t value, bool compare, uint64_t *old,
                          struct effects *fx);

/*
 * The page-table side of grant mappings. The entry holds references of its
 * own on the granted frame, beside those of the grant: a guest that writes
 * over the entry loses these, and the grant stays accounted. LOCK_GRANT may
 * be held.
 * Source: abi/grants-xenstore-devices.md 2.
 */
struct grant_map {
    uint64_t host_addr; /* va under v's kernel tree; contains_pte: the machine
                           address of the entry */
    bool contains_pte;
    bool readonly;
    bool application;  /* a user page */
    uint8_t avail;     /* bits 9 .. 11 of the entry, 0 .. 7 */
    uint64_t new_addr; /* unmap: a va whose entry moves there; 0: none does */
};

/*
 * Install an L1 entry for f in a table of v's domain; what it named before is
 * dropped. The caller holds a reference on f, and a writable one unless
 * readonly.
 * Returns 0, -EINVAL (no such L1 entry, unaligned, counts at their end).
 */
must_check int mm_map_grant(struct vcpu *v, const struct grant_map *g,
                            struct frame *f, struct effects *fx);

/*
 * Clear or replace that entry, if it still maps f with these rights.
 * Before the granter hears of it, the caller must flush the mapper:
 * hal_flush_tlb(flush_all(v->d)), once for many.
 * Returns 0, -EINVAL (no such entry, or it maps something else; new_addr
 * has no entry, or the same one, or comes with contains_pte).
 */
must_check int mm_unmap_grant(struct vcpu *v, const struct grant_map *g,
                              struct frame *f, struct effects *fx);

/*
 * A domain whose memory v may work on: its own (also by its number), or any
 * if it is privileged. Held until foreign_release.
 * Returns 0, -ESRCH (no such domain), -EPERM.
 */
must_check int foreign_domain(struct vcpu *v, domid_t id, struct domain **d);

/*
 * The same for frames of new L1 entries; knows DOMID_IO and, for dom0,
 * DOMID_XEN, but v's own number is -ESRCH. t->d is held.
 */
must_check int foreign_target(struct vcpu *v, domid_t id, struct target *t);
void foreign_release(struct vcpu *v, struct domain *d);

#endif
