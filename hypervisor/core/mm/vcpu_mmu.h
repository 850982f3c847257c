/* SPDX-License-Identifier: MIT */
/*
 * struct vcpu_mmu: page-table roots and descriptor tables of a vCPU.
 *
 * Each valid root holds an L4 type
 * reference; a CPU's loaded root is always one that is held, because a new
 * root is loaded before the old one is let go.
 *
 * The processor reads descriptor tables, so a page of them is typed
 * (FRAME_SEGDESC) and nobody can write it; each descriptor was checked when it
 * got the type. Privilege levels are rewritten in the guest's page.
 *
 * Locks: none held; they take the domain's mm_lock. v is the running vCPU,
 * or is quiet.
 * Source: abi/traps-and-privops.md 4.
 */
#ifndef MM_VCPU_MMU_H
#define MM_VCPU_MMU_H

#include "effects.h"
#include "types.h"

struct vcpu;

enum vcpu_base { BASE_KERNEL, BASE_USER };

/*
 * Make m the root of that tree; MFN_INVALID: none (user only). The same
 * kernel root again is a full flush of this CPU.
 * Returns 0, -EINVAL (no L4 table of the domain, or none for the kernel),
 * -ERESTART (nothing changed; call again).
 */
must_check int vcpu_set_base(struct vcpu *v, enum vcpu_base which, mfn_t m,
                             struct effects *fx);

/* Let go of both; v never runs again, or gets new ones before it does. */
void vcpu_drop_bases(struct vcpu *v);

/*
 * Check a descriptor and make its privilege level harmless in place.
 * Absent ones, code, data, null and call gates pass; system segments and
 * other gates do not.
 */
bool descriptor_fix(uint64_t *descriptor);

/*
 * Use frames[ceil(entries / 512)] as GDT of v, instead of what it has.
 * entries 0: none. Returns 0, -EINVAL (entries over 7168; a frame that cannot
 * be a descriptor page). Unchanged on error.
 */
must_check int vcpu_set_gdt(struct vcpu *v, const uint64_t *frames,
                            unsigned int entries);

/*
 * Use the array at va as LDT. Its pages are checked when first used.
 * Returns 0, -EINVAL (not page aligned, not the guest's, entries over 8192).
 */
must_check int vcpu_set_ldt(struct vcpu *v, uint64_t va, unsigned int entries);

/*
 * The processor touched page `page` of v's LDT: check it and take its type.
 * Returns 0 (v->mmu.ldt_frames[page] is valid; RELOAD_LDT was asked for) or
 * -EINVAL (not mapped, or cannot be a descriptor page).
 */
must_check int vcpu_map_ldt_page(struct vcpu *v, unsigned int page);

/* Let go of GDT and LDT. */
void vcpu_drop_descriptors(struct vcpu *v);

/* Hypercall set_gdt. Also -EFAULT; -ERESTART with the same arguments. */
int64_t do_set_gdt(struct vcpu *v, guest_ptr_t frames, uint32_t entries,
                   struct effects *fx);

/*
 * Hypercall update_descriptor: write one descriptor, made harmless, at a
 * machine address of the domain's own memory.
 * Returns 0; -EINVAL (not aligned to 8, no own RAM, in use as a page table,
 * refused by descriptor_fix).
 */
int64_t do_update_descriptor(struct vcpu *v, uint64_t address, uint64_t value,
                             struct effects *fx);

/* A new vCPU: no bases, no descriptor tables. */
void vcpu_mm_init(struct vcpu *v);

#endif
