/* SPDX-License-Identifier: MIT */
/*
 * A refused call changes nothing. A snapshot is what a guest, or the next
 * call, could tell apart: owners, counts, uses, contents, roots.
 *
 * Contents may differ in the bits the hypervisor adds to entries and
 * descriptors it has looked at before it refuses.
 */
#ifndef ORACLE_SNAPSHOT_H
#define ORACLE_SNAPSHOT_H

#include "hv.h"
#include "walker.h"

struct snapshot {
    bool settled; /* no table was half checked: a comparison means something */
    struct {
        uint32_t count, type;
        uint16_t owner;
        uint64_t m2p;
    } frame[ORACLE_FRAMES];
    uint64_t contents[ORACLE_FRAMES][512]; /* of domains' frames */
};

void snapshot_take(struct snapshot *s, struct hv *hv);

/* Abort with a message if something changed since. */
void snapshot_compare(const struct snapshot *before, struct hv *hv);

#endif
