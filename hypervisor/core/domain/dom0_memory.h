/* SPDX-License-Identifier: MIT */
/*
 * dom0's memory while it is built: a few large runs of frames, so that
 * pfn -> mfn needs no table, and writing to it by pfn. Inner header of
 * dom0_build.c and dom0_tables.c; runs once, at boot, without locks.
 */
#ifndef DOMAIN_DOM0_MEMORY_H
#define DOMAIN_DOM0_MEMORY_H

#include "domain/domain.h"
#include "domain/dom0_layout.h"

#define DOM0_RUNS 128

struct dom0_run {
    uint64_t pfn; /* ascending, without gaps */
    uint64_t mfn;
    uint64_t count;
};

struct dom0_memory {
    struct domain *d;
    uint64_t page_count;
    unsigned int run_count;
    struct dom0_run runs[DOM0_RUNS];
};

/*
 * Give d up to page_count frames, all zero, and say in the M2P which they
 * are. m->page_count is how many it got: less when the heap has no more.
 */
void dom0_memory_alloc(struct dom0_memory *m, struct domain *d,
                       uint64_t page_count);

/* The frame behind pfn < page_count. */
mfn_t dom0_mfn(const struct dom0_memory *m, uint64_t pfn);

/* Its bytes, to be given back by hal_unmap. */
void *dom0_map(const struct dom0_memory *m, uint64_t pfn);

/* Copy n bytes to the frames from pfn on. */
void dom0_copy(const struct dom0_memory *m, uint64_t pfn, const void *from,
               uint64_t n);

/* Fill part with the table of all frames, and the rest of it with ~0. */
void dom0_write_p2m(const struct dom0_memory *m, const struct dom0_part *part);

/*
 * Write the page tables of l: the boot region, and the p2m where it lies
 * apart. Tables are mapped read-only, all else writable.
 */
void dom0_write_tables(const struct dom0_memory *m,
                       const struct dom0_layout *l);

#endif
