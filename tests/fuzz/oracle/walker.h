/* SPDX-License-Identifier: MIT */
/*
 * A second opinion on page types. It knows nothing of counts and types: from
 * the tables that are loaded or pinned it walks the raw entries, as the
 * processor would, and says what each frame is used as.
 *
 * It takes from the hypervisor only who owns a frame. What is pinned, and at
 * which level, its user tells it, from the calls that succeeded.
 */
#ifndef ORACLE_WALKER_H
#define ORACLE_WALKER_H

#include "hv.h"

#define ORACLE_FRAMES 256

/* What a frame is used as: bits, because the point is to find two. */
#define USE_TABLE(level) (1u << (level)) /* 1 .. 4 */
#define USE_DESCRIPTORS  (1u << 5)
#define USE_WRITABLE     (1u << 6)
#define USE_READABLE     (1u << 7)

struct oracle {
    struct hv *hv;
    unsigned int pinned[ORACLE_FRAMES]; /* level, 0: not */
    /* Domains, as bits of ids modulo 64, it is granted to at the moment. */
    uint64_t lent[ORACLE_FRAMES];
    unsigned int use[ORACLE_FRAMES]; /* out: USE_* */
};

/*
 * Walk everything; abort with a message if some frame is used as two things
 * that do not go together, an entry names what its owner may not have, or has
 * a bit that no guest may set.
 */
void oracle_walk(struct oracle *o);

/* A frame is granted to a domain: it may map what is not its own. */
static inline void oracle_lend(struct oracle *o, uint64_t frame,
                               unsigned int domid)
{
    o->lent[frame] |= 1ul << domid % 64;
}

/* What was done last, for the message; "" if nobody says. */
extern char oracle_context[160];

/* Say what is wrong, and abort. */
_Noreturn void oracle_fail(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));

#endif
