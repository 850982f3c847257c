/* SPDX-License-Identifier: MIT */
/*
 * Where everything of dom0 lies before its first instruction: the boot
 * region from VIRT_BASE on, mapped linearly from pfn 0, and behind it what
 * has no place there. Pure arithmetic; dom0_build.c does it.
 *
 *   VIRT_BASE   kernel | initrd | p2m | start_info | page tables | stack |
 *               at least 512 KiB to spare, up to a multiple of 4 MiB
 *   pfns after  initrd that need not be mapped | p2m that is mapped at
 *               INIT_P2M, with the tables that map it
 *
 * Source: abi/start-of-day.md 3.
 */
#ifndef DOMAIN_DOM0_LAYOUT_H
#define DOMAIN_DOM0_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include <pv-abi/image/elf.h>

/* A run of pfns; va is 0 where it is mapped nowhere. */
struct dom0_part {
    uint64_t pfn;
    uint64_t count; /* frames */
    uint64_t va;
};

struct dom0_layout {
    uint64_t virt_base;
    uint64_t virt_end;   /* of the boot region, a multiple of 4 MiB */
    uint64_t page_count; /* frames of the domain: nr_pages */

    struct dom0_part kernel;
    struct dom0_part initrd; /* count 0: none */
    struct dom0_part p2m;
    struct dom0_part start_info;
    struct dom0_part tables; /* of the boot region; the first is the L4 */
    struct dom0_part stack;
    struct dom0_part p2m_tables; /* that map p2m at INIT_P2M; count 0: none */

    uint64_t used_pages; /* pfns below this are spoken for */
};

/*
 * Lay out a dom0 of page_count frames with an initrd of initrd_bytes (0:
 * none). Returns false if the image with all that belongs to it does not fit
 * into page_count frames, or into the address space below the hypervisor's
 * part or above it.
 */
bool dom0_layout(struct dom0_layout *out, const struct elf_image *image,
                 uint64_t initrd_bytes, uint64_t page_count);

/*
 * Tables of levels 1 to 3 that cover [start, end), one L4 not counted.
 * start < end; both in the same half of the address space.
 */
uint64_t dom0_table_count(uint64_t start, uint64_t end);

#endif
