/* SPDX-License-Identifier: MIT */
/*
 * struct vcpu_mmu: page-table roots and descriptor tables of a vCPU.
 *
 * Each valid root holds an L4 type reference; a CPU's loaded root is always
 * one that is held. The processor reads descriptor tables, so a page of them
 * is typed (FRAME_SEGDESC) and nobody can write it; each descriptor was
 * checked, and its privilege level rewritten in place, when it got the type.
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

/* A new vCPU: no roots, no descriptor tables. */
void vcpu_mm_init(struct vcpu *v);

/* Let go of all; v never runs again, or gets new ones before it does. */
void vcpu_mm_drop(struct vcpu *v);

enum vcpu_base { BASE_KERNEL, BASE_USER };

/*
 * Make m the root of that tree; MFN_INVALID: none (user only). The same kernel
 * root again is a full flush of this CPU. Returns 0; -EINVAL (no L4 table of
 * the domain, or none for the kernel), -ERESTART (nothing changed; call again).
 */
must_check int vcpu_set_base(struct vcpu *v, enum vcpu_base which, mfn_t m,
                             struct effects *fx);

/*
 * Make the privilege level of a descriptor harmless, in place. False: system
 * segments, and gates other than call gates of allowed selectors.
 */
bool descriptor_fix(uint64_t *descriptor);

/*
 * Use frames[ceil(entries / 512)] as GDT of v; entries 0: none. Returns 0,
 * -EINVAL (over 7168 entries; a frame that cannot be a descriptor page).
 */
must_check int vcpu_set_gdt(struct vcpu *v, const uint64_t *frames,
                            unsigned int entries);

/*
 * Use the array at va as LDT. Its pages are checked when first used.
 * Returns 0, -EINVAL (not page aligned, not the guest's, over 8192 entries).
 */
must_check int vcpu_set_ldt(struct vcpu *v, uint64_t va, unsigned int entries);

/*
 * The processor touched page `page` of v's LDT: check it, take its type, show
 * it. Returns 0, -EINVAL (not mapped, or cannot be a descriptor page).
 */
must_check int vcpu_map_ldt_page(struct vcpu *v, unsigned int page);

/* Hypercall set_gdt. Also -EFAULT; -ERESTART with the same arguments. */
int64_t do_set_gdt(struct vcpu *v, guest_ptr_t frames, uint32_t entries,
                   struct effects *fx);

/*
 * Hypercall update_descriptor: write one, made harmless, at a machine address.
 * Returns 0; -EINVAL (not aligned to 8, no own RAM, in use as a page table,
 * refused by descriptor_fix).
 */
int64_t do_update_descriptor(struct vcpu *v, uint64_t address, uint64_t value,
                             struct effects *fx);

#endif
