/* SPDX-License-Identifier: MIT */
/*
 * Flushes. Guest user pages are global (abi/memory.md 12), so that a system
 * call keeps them; a change of tables must therefore drop global entries
 * too, which a CR3 load alone does not.
 */
#ifndef X86_TLB_H
#define X86_TLB_H

#include <stdint.h>

/* Load CR3 and drop everything of the old tables. */
void tlb_load_base(uint64_t cr3);

/* Serve what other CPUs ask of this one (VEC_FLUSH, or a spin loop). */
void tlb_serve(void);

#endif
