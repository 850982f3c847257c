/* SPDX-License-Identifier: MIT */
/*
 * How the two halves of a split device find each other: each writes its own
 * `state` key in the xenstore, and watches the other's.
 */
#ifndef PV_ABI_IO_XENBUS_H
#define PV_ABI_IO_XENBUS_H

enum xenbus_state {
    XenbusStateUnknown = 0,
    XenbusStateInitialising = 1,
    XenbusStateInitWait = 2,    /* back: waits for the front's keys */
    XenbusStateInitialised = 3, /* front: keys written */
    XenbusStateConnected = 4,
    XenbusStateClosing = 5,
    XenbusStateClosed = 6,
    XenbusStateReconfiguring = 7,
    XenbusStateReconfigured = 8,
};

#endif
