/* SPDX-License-Identifier: MIT */
/*
 * What the rows work on: a few pages of each kind, a place to map them, event
 * channels, grants. Made once; every row leaves it as it found it.
 */
#ifndef ABI_ROWS_WORLD_H
#define ABI_ROWS_WORLD_H

#include <stdint.h>
#include <pv-abi/event_channel.h>
#include <pv-abi/grant_table.h>
#include <pv-abi/types.h>

#define WORLD_PAGES 11

/* Entries of the grant table that are ours. */
enum world_grant {
    GRANT_DATA = 40,  /* the page `data`, to ourselves */
    GRANT_RO,         /* the same, read-only */
    GRANT_STRANGER,   /* the same, to a domain that does not exist */
    GRANT_NONE,       /* an empty entry */
    GRANT_TRANSFER,   /* an invitation to transfer */
    GRANT_NOT_OURS,   /* a frame that is not ours to lend */
    GRANT_PAGE_TABLE, /* a frame that cannot be written */
};

#define NO_DOMAIN 1234 /* a number no domain has */

struct world {
    union {
        struct {
            uint64_t *data, *other; /* writable */
            uint64_t *blank;        /* mapped read-only, all zero, no type */
            uint64_t *junk;         /* the same, full of ones */
            /* l4[1] -> l3[2] -> l2[3] -> l1[5] -> data; l4 is pinned */
            uint64_t *l1, *l2, *l3, *l4;
            uint64_t *pinned; /* an L1 table, pinned, empty */
            uint64_t *gdt;    /* in force, GDT_ENTRIES */
            uint64_t *lent;   /* writable, and not touched by any row */
        };
        uint64_t *pages[WORLD_PAGES];
    };
    char *slot;       /* a page of address space with nothing in it ... */
    uint64_t slot_at; /* ... and the machine address of its entry */
    char *nowhere;    /* an address without page tables */
    uint64_t theirs;  /* mfn of memory that is not ours */
    evtchn_port_t ipi, unbound, local, peer;
    uint64_t upcalls; /* how often `ipi` called */
    struct grant_entry_v1 *grants;
    domid_t self;
};

extern struct world world;

/* Make it; ends the domain with a message when it cannot be made. */
void world_make(void);

/* MFN of a page of ours, and the machine address of one of its words. */
uint64_t mfn(const void *page);
uint64_t at(const uint64_t *page, unsigned int index);

/*
 * The frame behind a page of page_alloc(), which is not mapped any more, and
 * back: `frame`, or if that is ours no more a new one.
 */
uint64_t page_detach(void *page);
void page_attach(void *page, uint64_t frame);

#define GDT_ENTRIES 16

/* Descriptors, as a guest writes them. */
#define SEGMENT_DATA   0x00cf92000000ffffUL /* of ring 0, all of memory */
#define SEGMENT_CODE64 0x00af9a000000ffffUL
#define SEGMENT_TSS    0x0000890000000000UL
#define SEGMENT_LDT    0x0000820000000000UL
#define SEGMENT_DPL3   (3UL << 45)

#endif
