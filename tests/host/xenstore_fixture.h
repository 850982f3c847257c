/* SPDX-License-Identifier: MIT */
/*
 * A xenstored to test: clients that speak the wire protocol to it within the
 * process, and what they hear, as text that a test can compare.
 */
#ifndef TESTS_HOST_XENSTORE_FIXTURE_H
#define TESTS_HOST_XENSTORE_FIXTURE_H

#include "xenstored/connection.h"
#include "xenstored/server.h"
#include "xenstored/xenstored.h"

#define FIXTURE_TEXT   16384
#define FIXTURE_DOMAIN 8 /* domains 1 to 7 have a page for a ring */

struct fixture {
    struct xenstored *server;
    unsigned logged; /* lines */
    char last_log[160];
    unsigned mapped;   /* rings */
    unsigned notified; /* signals to domains */
    struct xenstore_domain_interface page[FIXTURE_DOMAIN];
    char text[FIXTURE_TEXT];  /* what ask() returned last */
    char heard[FIXTURE_TEXT]; /* what events() returned last */
};

/* Whether the code of the server runs just now, and not that of a test. */
extern bool fixture_serving;

void fixture_init(struct fixture *f);
/* Checks all invariants first. */
void fixture_done(struct fixture *f);

/* A client without a ring: domain 0 is privileged, others are not. */
struct connection *client(struct fixture *f, domid_t domid);

/*
 * Send one request and return the answer: its body with each NUL shown as '|',
 * or '!' and the name of the error.
 */
const char *ask(struct fixture *f, struct connection *c, uint32_t type,
                uint32_t tx, const void *payload, size_t len);

/* With a string literal, whose final NUL is sent. */
#define ASK(c, type, payload)                                                  \
    ask(&fixture, c, type, 0, payload, sizeof(payload))
#define ASK_IN(c, tx, type, payload)                                           \
    ask(&fixture, c, type, tx, payload, sizeof(payload))
/* Without it: "path\0value". */
#define WRITE(c, payload)                                                      \
    ask(&fixture, c, XS_WRITE, 0, payload, sizeof(payload) - 1)
#define WRITE_IN(c, tx, payload)                                               \
    ask(&fixture, c, XS_WRITE, tx, payload, sizeof(payload) - 1)

/* Begin a transaction; its id. */
uint32_t begin(struct fixture *f, struct connection *c);

/* All events the client has not taken yet, as "path token;" each. */
const char *events(struct fixture *f, struct connection *c);

/* Put bytes of a request into the connection, as far as it takes them. */
size_t feed(struct connection *c, const void *bytes, size_t len);
/* Let the server do all it can. */
void settle(struct fixture *f);

#endif
