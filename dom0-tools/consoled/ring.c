/* SPDX-License-Identifier: MIT */
#include "consoled/ring.h"

#include <pv-abi/inline/barrier.h>
#include <pv-abi/inline/shared.h>

size_t console_ring_take(struct xencons_interface *ring, char *bytes, size_t n)
{
    uint32_t cons = shared_read(&ring->out_cons);
    uint32_t waiting = shared_read(&ring->out_prod) - cons;
    size_t done = 0;

    if (waiting > sizeof(ring->out))
        return 0;
    smp_rmb(); /* the index was read before the bytes it announces */
    for (; done < n && done < waiting; done++)
        bytes[done] =
            shared_read(&ring->out[MASK_XENCONS_IDX(cons + done, ring->out)]);
    smp_mb(); /* the bytes were read before their room is given back */
    shared_write(&ring->out_cons, cons + (uint32_t)done);
    return done;
}

size_t console_ring_give(struct xencons_interface *ring, const char *bytes,
                         size_t n)
{
    uint32_t prod = shared_read(&ring->in_prod);
    uint32_t used = prod - shared_read(&ring->in_cons);
    size_t done = 0;

    if (used > sizeof(ring->in))
        return 0;
    smp_mb(); /* the room is free before it is written */
    for (; done < n && done < sizeof(ring->in) - used; done++)
        shared_write(&ring->in[MASK_XENCONS_IDX(prod + done, ring->in)],
                     bytes[done]);
    smp_wmb(); /* the bytes are there before the index says so */
    shared_write(&ring->in_prod, prod + (uint32_t)done);
    return done;
}
