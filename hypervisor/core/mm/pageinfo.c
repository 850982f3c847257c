/* SPDX-License-Identifier: MIT */
#include "mm/pageinfo.h"

#include "domain.h"
#include "mm/frame.h"
#include "mm/type.h"

#define INFO_SHIFT  28
#define INFO_PINNED (1u << 31)
#define INFO_NONE   (0xfu << INFO_SHIFT)

uint32_t frame_info(struct domain *d, mfn_t m)
{
    struct frame *f;
    uint32_t type, info = 0;

    if (frame_get(d, m, &f))
        return INFO_NONE;
    type = frame_type(f);
    if ((type & FRAME_VALIDATED) && (type & FRAME_TYPE_COUNT))
        info = type_level(type) << INFO_SHIFT;
    if (type & FRAME_PINNED)
        info |= INFO_PINNED;
    frame_put(d->hv, f);
    return info;
}
