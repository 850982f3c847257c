/* SPDX-License-Identifier: MIT */
/*
 * A domain's connection over the ring in its page.
 *
 * The domain may write anything into the page at any time. Data is copied out
 * before it is looked at, each index is read once, and the server keeps its own
 * two indices for itself. An index that promises more than the ring holds
 * breaks the connection: the reason is written into the page, the domain is
 * signalled, and nothing is read or written there until it asks for a new
 * connection (pv-abi/io/xs_wire.h, `connection`).
 *
 * Order, receiving: req_prod, barrier, data, barrier, req_cons, signal.
 * Sending: rsp_cons, barrier, data, barrier, rsp_prod, signal.
 * The domain is signalled in both cases: it may wait for data or for room.
 */
#ifndef XENSTORED_TRANSPORT_RING_H
#define XENSTORED_TRANSPORT_RING_H

#include "connection.h"
#include "xenstored.h"

/* Begin to serve a ring that has been mapped: page, notify, ctx are filled. */
void ring_start(struct xs_ring *r);

/*
 * Move bytes both ways and answer requests, at most `budget` rounds.
 * Returns whether there was more to do: call again, the domain sends no signal
 * for what it has sent already.
 */
bool ring_serve(struct xs_ring *r, struct connection *c, unsigned budget);

#endif
