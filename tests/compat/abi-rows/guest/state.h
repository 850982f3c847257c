/* SPDX-License-Identifier: MIT */
/*
 * What a refused call must not change, as far as a guest can see it.
 *
 * Each part is a digest. Taking a state leaves everything as it is, but asks
 * questions of its own: upcalls are let in for a moment.
 */
#ifndef ABI_ROWS_STATE_H
#define ABI_ROWS_STATE_H

#include <stdint.h>

#define STATE_PARTS(PART)                                                      \
    PART(pages)    /* contents of all pages, page tables included */           \
    PART(m2p)      /* which pfn the machine says each of them is */            \
    PART(slot)     /* the entry of the slot, and what stands above it */       \
    PART(types)    /* which of them can be mapped writable */                  \
    PART(pins)     /* which are pinned */                                      \
    PART(memory)   /* how much there is and may be */                          \
    PART(ports)    /* status of ports, pending and mask bits of ours */        \
    PART(upcalls)  /* an event still calls, once */                            \
    PART(traps)    /* exceptions arrive */                                     \
    PART(grants)   /* the table, how large, which version */                   \
    PART(debug)    /* debug registers */                                       \
    PART(segments) /* selectors, bases, what is in the descriptor tables */    \
    PART(control)  /* CR0, CR3, CR4, features, access to ports */              \
    PART(vcpus)    /* which are up */

enum state_part {
#define STATE_NUMBER(name) STATE_##name,
    STATE_PARTS(STATE_NUMBER) STATE_PART_COUNT,
};

struct state {
    uint64_t part[STATE_PART_COUNT];
};

void state_take(struct state *s);

/* Print "same", or "changed:" and the names of the parts that differ. */
void state_compare(const struct state *before, const struct state *after);

#endif
