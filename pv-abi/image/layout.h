/* SPDX-License-Identifier: MIT */
/*
 * Where everything lies in the memory of a domain before its first
 * instruction: the boot region, which starts at the image's VIRT_BASE and
 * maps pfn 0, 1, 2 ... in order, and what lies behind it.
 *
 *   VIRT_BASE   kernel | initrd | p2m | start_info | store | console |
 *               page tables | stack | at least 512 KiB to spare, up to a
 *               multiple of 4 MiB
 *   pfns after  initrd that need not be mapped | p2m that is mapped at
 *               INIT_P2M | the tables that map it
 *
 * Pure: numbers in, numbers out. layout_plan() decides, layout_page() writes
 * the bytes of one page, layout_context() the first registers; whoever builds
 * the domain moves them there: the hypervisor for dom0, dom0's tools for the
 * others.
 *
 * The order of the parts is part of the ABI. Source: abi/start-of-day.md
 * 3, 4, 6.
 */
#ifndef PV_ABI_IMAGE_LAYOUT_H
#define PV_ABI_IMAGE_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pv-abi/arch.h>
#include <pv-abi/image/elf.h>
#include <pv-abi/start_info.h>

#define LAYOUT_PAGE 4096ul

/* Neighbouring pages: [first, first + count). */
struct layout_range {
    uint64_t first; /* pfn */
    uint64_t count; /* pages; 0: there is none */
};

/*
 * The page tables of one level that map one range of addresses. Table i
 * covers the addresses whose upper bits are slot + i.
 */
struct layout_tables {
    uint64_t slot;  /* address >> (12 + 9 * level) of the first table */
    uint64_t count; /* tables */
};

/* A mapped range and the tables that are there because of it. */
struct layout_map {
    uint64_t va;                    /* of the first page */
    uint64_t pages;                 /* mapped */
    uint64_t pfn;                   /* behind the first page */
    uint64_t tables_pfn;            /* its tables, one behind the other */
    struct layout_tables tables[4]; /* by level - 1; L4 in the first map */
};

/* What the caller wants built. Nothing is owned. */
struct layout_request {
    const struct elf_image *image;
    const void *ramdisk; /* NULL: none */
    size_t ramdisk_bytes;
    uint64_t nr_pages;   /* memory of the domain */
    const char *cmdline; /* shorter than MAX_GUEST_CMDLINE */
    bool dom0;           /* the first domain: no rings, tables in its order */
};

struct layout {
    struct layout_request want;
    struct layout_range kernel;
    struct layout_range ramdisk;
    struct layout_range p2m; /* in the boot region, or behind it (INIT_P2M) */
    struct layout_range start_info;
    struct layout_range store; /* the rings: not in dom0 */
    struct layout_range console;
    struct layout_range tables; /* L4, L3, L2, L1, ... of the boot region;
                                   dom0: L4, L1, L2, L3, L1, ... */
    struct layout_range stack;
    struct layout_range p2m_tables; /* INIT_P2M only */
    struct layout_map map[2];       /* boot region; INIT_P2M */
    unsigned int map_count;
    uint64_t pages_used; /* first pfn behind everything */
};

/* What is known only once the domain exists. */
struct layout_facts {
    const uint64_t *p2m; /* nr_pages entries: pfn to mfn */
    uint64_t shared_info_mfn;
    uint32_t store_port, console_port; /* not of dom0 */
};

/*
 * Lay out *want.
 * Returns NULL and fills *l, or a text that says what is wrong: the image,
 * ramdisk and tables need more pages than want->nr_pages, the command line
 * is too long, or an address of the image is out of reach.
 */
const char *layout_plan(struct layout *l, const struct layout_request *want);

/* The guest's address of a page of the boot region. */
uint64_t layout_va(const struct layout *l, uint64_t pfn);

/*
 * Write the 4096 bytes that page pfn holds at start of day.
 * Returns false, leaving *page alone, if they are all zero: a page given to
 * a domain is zero already. pfn < l->pages_used.
 */
bool layout_page(const struct layout *l, const struct layout_facts *facts,
                 uint64_t pfn, void *page);

/* Fill *c, which is zeroed, with the state in which vCPU 0 starts. */
void layout_context(const struct layout *l, const struct layout_facts *facts,
                    struct vcpu_guest_context *c);

#endif
