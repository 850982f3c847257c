/* SPDX-License-Identifier: MIT */
/*
 * xenstored in the control domain: a thread that serves the rings of domains.
 * The tools are in the same program: xs_open() leads to it.
 */
#ifndef XENSTORED_DOM0_H
#define XENSTORED_DOM0_H

/* Start the server and its thread. Once. Returns 0 or -XEN_ENOMEM. */
int store_start(void);

/*
 * Some domain has shut down or died: have the thread find out which. May be
 * called from an event handler.
 */
void store_look(void);

#endif
