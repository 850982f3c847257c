/* SPDX-License-Identifier: MIT */
/*
 * All that core/ knows, byte by byte: struct hv and every frame the hypervisor
 * allocated. A refused call changes none of it. What guests' frames hold and
 * how frames are used is compared by oracle/snapshot.h.
 *
 * Not compared: tickets of locks that are free (set to zero), the log, the TLB
 * clock, the order of free blocks, which id is tried first for a new domain.
 */
#ifndef DISPATCH_STATE_H
#define DISPATCH_STATE_H

#include "hv.h"

/* Remember it. No lock may be held. */
void state_take(struct hv *hv);

/* Abort, and say where, if something differs from what was remembered. */
void state_compare(struct hv *hv);

#endif
