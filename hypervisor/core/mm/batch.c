/* SPDX-License-Identifier: MIT */
#include "mm/batch.h"

#include <errno.h>

#include "bug.h"
#include "mm/mmu_update.h"

int batch_begin(struct batch *b, uint64_t requests, size_t size, uint32_t count,
                uint64_t done_va, uint32_t foreigndom)
{
    *b = (struct batch){
        .requests = requests,
        .size = size,
        .left = count & ~MMU_UPDATE_PREEMPTED,
        .done_va = done_va,
        .foreigndom = foreigndom,
    };
    /* A guest that sets the bit by itself chooses where *done begins. */
    if ((count & MMU_UPDATE_PREEMPTED) && done_va)
        return hal_copy_from_guest(&b->done, done_va, sizeof(b->done));
    return 0;
}

int batch_read(const struct batch *b, void *to, uint32_t n)
{
    return hal_copy_from_guest(to, b->requests, n * b->size);
}

void batch_step(struct batch *b)
{
    b->requests += b->size;
    b->left--;
    b->done++;
}

int64_t batch_end(const struct batch *b, int rc, struct effects *fx)
{
    if (b->done_va && hal_copy_to_guest(b->done_va, &b->done, sizeof(b->done)))
        return -EFAULT;
    if (rc == -ERESTART) {
        fx->restart_args = 4;
        fx->restart[0] = b->requests;
        fx->restart[1] = b->left | MMU_UPDATE_PREEMPTED;
        fx->restart[2] = b->done_va;
        fx->restart[3] = b->foreigndom;
    }
    return rc;
}
