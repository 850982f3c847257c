/* SPDX-License-Identifier: MIT */
/*
 * The xenstore client against a server in the same guest: a page for the ring,
 * a channel with both ends here, and a thread that answers as each test wants.
 * The ring is smaller than a message can be, so both sides have to wait.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <guest/clock.h>
#include <guest/evtchn.h>
#include <guest/memory.h>
#include <guest/thread.h>
#include <guest/xenbus.h>
#include <pv-abi/errno.h>
#include <pv-abi/io/xs_wire.h>
#include "../test.h"

const char test_name[] = "xenbus";

static struct xenstore_domain_interface *ring;
static int server_port;
static struct waitq moved = WAITQ_INIT(moved);

static void kicked(evtchn_port_t port, void *arg)
{
    waitq_wake_all(&moved);
}

/* --- the server's end of the ring: a byte at a time, plainly --- */

static volatile uint32_t *index_of(uint32_t *index)
{
    return index;
}

static void server_read(void *to, size_t len)
{
    for (char *at = to; len--; at++) {
        waitq_until(&moved, WAIT_FOREVER,
                    *index_of(&ring->req_prod) != ring->req_cons);
        *at = ring->req[MASK_XENSTORE_IDX(ring->req_cons)];
        *index_of(&ring->req_cons) += 1;
        evtchn_send(server_port);
    }
}

static void server_write(const void *from, size_t len)
{
    for (const char *at = from; len--; at++) {
        waitq_until(&moved, WAIT_FOREVER,
                    ring->rsp_prod - *index_of(&ring->rsp_cons) <
                        XENSTORE_RING_SIZE);
        ring->rsp[MASK_XENSTORE_IDX(ring->rsp_prod)] = *at;
        *index_of(&ring->rsp_prod) += 1;
        evtchn_send(server_port);
    }
}

static void reply(const struct xsd_sockmsg *to, uint32_t type, const void *body,
                  uint32_t len)
{
    struct xsd_sockmsg header = {
        .type = type, .req_id = to->req_id, .tx_id = to->tx_id, .len = len};

    server_write(&header, sizeof(header));
    server_write(body, len);
}

/* A watch event comes between a request and its answer. */
static void fire(const char *payload, size_t len)
{
    struct xsd_sockmsg none = {0};

    reply(&none, XS_WATCH_EVENT, payload, len);
}

/*
 * What the server knows: reading "missing" fails, reading "big" gives 4000
 * bytes, reading N gives N, writing echoes the value's length into "written",
 * "held" is answered only after the request behind it.
 */
static size_t written;
static struct xsd_sockmsg held;
static struct waitq came = WAITQ_INIT(came); /* the one that is held */

static void answer_read(const struct xsd_sockmsg *header, const char *path)
{
    static char big[4000];

    if (!strcmp(path, "missing")) {
        reply(header, XS_ERROR, "ENOENT", 7);
    } else if (!strcmp(path, "big")) {
        memset(big, 'b', sizeof(big));
        reply(header, XS_READ, big, sizeof(big));
    } else if (!strcmp(path, "held")) {
        held = *header;
        waitq_wake_all(&came);
    } else {
        reply(header, XS_READ, path, strlen(path));
        if (held.req_id) {
            reply(&held, XS_READ, "late", 4);
            held.req_id = 0;
        }
    }
}

static void serve(void *arg)
{
    static char body[XENSTORE_PAYLOAD_MAX + 1];
    struct xsd_sockmsg header;

    for (;;) {
        server_read(&header, sizeof(header));
        server_read(body, header.len);
        body[header.len] = '\0';
        switch (header.type) {
        case XS_READ:
            answer_read(&header, body);
            break;
        case XS_WRITE:
            written = header.len - strlen(body) - 1;
            reply(&header, XS_WRITE, "OK", 3);
            break;
        case XS_DIRECTORY:
            reply(&header, XS_DIRECTORY, "one\0two\0three", 14);
            break;
        case XS_TRANSACTION_START:
            reply(&header, XS_TRANSACTION_START, "17", 3);
            break;
        case XS_TRANSACTION_END:
            if (body[0] == 'T' && header.tx_id == 17)
                reply(&header, XS_ERROR, "EAGAIN", 7);
            else
                reply(&header, XS_TRANSACTION_END, "OK", 3);
            break;
        case XS_WATCH:
            fire(body, header.len);
            reply(&header, XS_WATCH, "OK", 3);
            break;
        case XS_RM: /* ends the connection: an impossible index */
            *index_of(&ring->rsp_prod) += XENSTORE_RING_SIZE + 1;
            evtchn_send(server_port);
            return;
        default:
            reply(&header, XS_ERROR, "ENOSYS", 7);
        }
    }
}

static void connect(void)
{
    int client_port = evtchn_alloc_unbound(DOMID_SELF, NULL, NULL);

    ring = page_alloc_zeroed(1);
    NEED(ring && client_port > 0);
    CHECK_EQUAL(xenbus_read(XENBUS_NO_TX, "x", NULL, NULL), -XEN_ENODEV);
    server_port =
        evtchn_bind_interdomain(DOMID_SELF, client_port, kicked, NULL);
    NEED(server_port > 0);
    NEED(thread_create("server", serve, NULL));
    CHECK_EQUAL(xenbus_connect(ring, client_port), 0);
    CHECK_EQUAL(xenbus_connect(ring, client_port), -XEN_EBUSY);
}

static void values_and_errors_come_back(void)
{
    char *value;
    uint64_t number = 0;
    size_t len = 0;

    CHECK_EQUAL(xenbus_read(XENBUS_NO_TX, "4711", &value, &len), 0);
    CHECK_EQUAL(len, 4);
    CHECK(!strcmp(value, "4711"));
    free(value);
    CHECK_EQUAL(xenbus_read_u64(XENBUS_NO_TX, "815", &number), 0);
    CHECK_EQUAL(number, 815);
    CHECK_EQUAL(xenbus_read_u64(XENBUS_NO_TX, "eight", &number), -XEN_EINVAL);
    CHECK_EQUAL(xenbus_read(XENBUS_NO_TX, "missing", &value, NULL),
                -XEN_ENOENT);
    CHECK_EQUAL(xenbus_mkdir(XENBUS_NO_TX, "dir"), -XEN_ENOSYS);
    CHECK_EQUAL(xenbus_printf(XENBUS_NO_TX, "a", "%d-%s", 12, "ab"), 0);
    CHECK_EQUAL(written, 5);
}

static void messages_larger_than_the_ring_pass(void)
{
    static char large[4000];
    char *value;
    size_t len = 0;

    CHECK_EQUAL(xenbus_read(XENBUS_NO_TX, "big", &value, &len), 0);
    CHECK_EQUAL(len, 4000);
    CHECK_EQUAL(value[3999], 'b');
    free(value);
    memset(large, 'l', sizeof(large) - 1);
    CHECK_EQUAL(xenbus_write(XENBUS_NO_TX, "a", large), 0);
    CHECK_EQUAL(written, 3999);
}

static void what_cannot_pass_is_refused_here(void)
{
    static char huge[5000];

    memset(huge, 'h', sizeof(huge) - 1);
    CHECK_EQUAL(xenbus_write(XENBUS_NO_TX, "a", huge), -XEN_E2BIG);
}

static void read_held(void *arg)
{
    char *value = NULL;

    CHECK_EQUAL(xenbus_read(XENBUS_NO_TX, "held", &value, NULL), 0);
    CHECK(value && !strcmp(value, "late"));
    free(value);
}

/* The server answers the second request first. */
static void answers_find_their_request(void)
{
    struct thread *t = thread_create("held", read_held, NULL);
    char *value;

    NEED(t != NULL);
    waitq_until(&came, WAIT_FOREVER, held.req_id);
    CHECK_EQUAL(xenbus_read(XENBUS_NO_TX, "mine", &value, NULL), 0);
    CHECK(!strcmp(value, "mine"));
    free(value);
    thread_join(t);
}

static void directories_and_transactions(void)
{
    xenbus_tx_t tx = 0;
    char *names;
    size_t count = 0;

    CHECK_EQUAL(xenbus_directory(XENBUS_NO_TX, "d", &names, &count), 0);
    CHECK_EQUAL(count, 3);
    CHECK(!strcmp(names + 4, "two"));
    free(names);
    CHECK_EQUAL(xenbus_begin(&tx), 0);
    CHECK_EQUAL(tx, 17);
    CHECK_EQUAL(xenbus_end(tx, true), -XEN_EAGAIN);
    CHECK_EQUAL(xenbus_end(tx, false), 0);
}

static void watches_fire(void)
{
    static struct xenbus_watch a, b;

    CHECK_EQUAL(xenbus_watch(&a, "path/a"), 0);
    CHECK(xenbus_watch_wait(&a, clock_ns() + NS_PER_SEC));
    CHECK_EQUAL(xenbus_watch(&b, "path/b"), 0);
    CHECK(xenbus_watch_wait(&b, clock_ns() + NS_PER_SEC));
    CHECK(!xenbus_watch_wait(&a, clock_ns() + 5 * NS_PER_MS));
}

static void a_broken_ring_fails_every_request(void)
{
    char *value;

    CHECK_EQUAL(xenbus_rm(XENBUS_NO_TX, "x"), -XEN_EIO);
    CHECK_EQUAL(xenbus_read(XENBUS_NO_TX, "y", &value, NULL), -XEN_EIO);
}

void test_main(void)
{
    connect();
    values_and_errors_come_back();
    messages_larger_than_the_ring_pass();
    what_cannot_pass_is_refused_here();
    answers_find_their_request();
    directories_and_transactions();
    watches_fire();
    a_broken_ring_fails_every_request();
}
