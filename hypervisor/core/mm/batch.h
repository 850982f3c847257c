/* SPDX-License-Identifier: MIT */
/*
 * What mmu_update and mmuext_op have in common: an array of requests in guest
 * memory, taken in small copies, in order, up to the first failure; a count of
 * completed ones that is exact in every case; and a restart that the guest
 * does not notice.
 *
 * Locks: none held when these are called.
 */
#ifndef MM_BATCH_H
#define MM_BATCH_H

#include "effects.h"
#include "types.h"

struct batch {
    uint64_t requests;   /* va of the next request */
    size_t size;         /* of one */
    uint32_t left;       /* requests not completed */
    uint64_t done_va;    /* 0: nobody wants to know */
    uint32_t done;       /* completed, in earlier runs too */
    uint32_t foreigndom; /* as the guest gave it, for the restart */
};

/*
 * Begin with the arguments of the call. Returns 0 or -EFAULT (count says that
 * it goes on, but what was done before cannot be read).
 */
must_check int batch_begin(struct batch *b, uint64_t requests, size_t size,
                           uint32_t count, uint64_t done_va,
                           uint32_t foreigndom);

/* The next n requests, at most left, into to. 0 or -EFAULT. */
must_check int batch_read(const struct batch *b, void *to, uint32_t n);

/* One more is completed. */
void batch_step(struct batch *b);

/*
 * End with rc, the result of the request that stopped it, or 0. Writes *done;
 * for -ERESTART fills fx so that the call goes on where it is.
 * Returns rc, or -EFAULT where *done cannot be written.
 */
int64_t batch_end(const struct batch *b, int rc, struct effects *fx);

#endif
