/* SPDX-License-Identifier: MIT */
#include "snapshot.h"

#include <string.h>

#include "fake/fake.h"
#include "mm/frame.h"

/* US, A, G, bit 52 of entries; DPL of descriptors. */
#define ADDED (0x124ul | 1ul << 52 | 3ul << 45)

void snapshot_take(struct snapshot *s, struct hv *hv)
{
    memset(s->frame, 0, sizeof(s->frame));
    s->settled = true;
    for (uint64_t i = 0; i < hv->frame_count; i++) {
        const struct frame *f = &hv->frames[i];

        if (f->type & FRAME_PARTIAL)
            s->settled = false;
        s->frame[i].count = f->count & ~FRAME_FREE;
        /* Of what nobody uses any more, the last use does not matter. */
        s->frame[i].type = f->type & FRAME_TYPE_COUNT ? f->type : 0;
        s->frame[i].owner = f->owner;
        /* Nor what a free frame once was, or in which block it is free. */
        s->frame[i].m2p = f->owner == FRAME_NO_OWNER ? 0 : hv->m2p[i];
        if (f->owner < DOMID_FIRST_RESERVED)
            fake_frame_copy(mfn_of(i), s->contents[i]);
    }
}

static void compare_contents(const uint64_t *before, const uint64_t *after,
                             uint64_t frame)
{
    if (memcmp(before, after, 512 * sizeof(*before)) == 0)
        return;
    for (unsigned int i = 0; i < 512; i++)
        if ((before[i] ^ after[i]) & ~ADDED)
            oracle_fail("refused, but word %u of frame %lu went from %#lx to "
                        "%#lx",
                        i, frame, before[i], after[i]);
}

void snapshot_compare(const struct snapshot *before, struct hv *hv)
{
    static struct snapshot after;

    snapshot_take(&after, hv);
    if (!before->settled || !after.settled)
        return;
    for (uint64_t i = 0; i < hv->frame_count; i++) {
        if (memcmp(&before->frame[i], &after.frame[i],
                   sizeof(before->frame[i])) != 0)
            oracle_fail("refused, but frame %lu went from count %#x type %#x "
                        "owner %u m2p %#lx to %#x %#x %u %#lx",
                        i, before->frame[i].count, before->frame[i].type,
                        before->frame[i].owner, before->frame[i].m2p,
                        after.frame[i].count, after.frame[i].type,
                        after.frame[i].owner, after.frame[i].m2p);
        if (before->frame[i].owner < DOMID_FIRST_RESERVED)
            compare_contents(before->contents[i], after.contents[i], i);
    }
}
