/* SPDX-License-Identifier: MIT */
/* Domains on their rings: framing, bad behaviour, life and death. */
#include "suite.h"

#include <stdio.h>
#include <string.h>

#include "xenstore_fixture.h"

static struct fixture fixture;
static struct connection *dom0;
static struct xenstore_domain_interface *page;

static void setup(void)
{
    fixture_init(&fixture);
    dom0 = client(&fixture, 0);
    page = &fixture.page[3];
    ck_assert_int_eq(xenstored_introduce(fixture.server, 3, 100, 7), 0);
    ASK(dom0, XS_MKDIR, "/local/domain/3");
    ASK(dom0, XS_SET_PERMS, "/local/domain/3\0n3");
}

static void teardown(void)
{
    fixture_done(&fixture);
}

/* --- The guest's side of the ring ----------------------------------------- */

static void guest_kick(void)
{
    xenstored_kick(fixture.server, 3);
    settle(&fixture);
}

/* Put bytes into the ring, one by one as they fit. */
static void guest_send(const void *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (page->req_prod - page->req_cons == XENSTORE_RING_SIZE)
            guest_kick();
        page->req[MASK_XENSTORE_IDX(page->req_prod)] = ((char *)bytes)[i];
        page->req_prod++;
    }
}

static void guest_request(uint32_t type, const void *payload, size_t len)
{
    struct xsd_sockmsg header = {.type = type, .req_id = type, .len = len};

    guest_send(&header, sizeof(header));
    guest_send(payload, len);
}

/* Take bytes that are there, at most len. */
static size_t guest_receive(void *bytes, size_t len)
{
    size_t i;

    for (i = 0; i < len && page->rsp_cons != page->rsp_prod; i++) {
        ((char *)bytes)[i] = page->rsp[MASK_XENSTORE_IDX(page->rsp_cons)];
        page->rsp_cons++;
    }
    return i;
}

/* The next message, its body with '|' for NUL; "" if there is none. */
static const char *guest_answer(void)
{
    static char body[XENSTORE_PAYLOAD_MAX + 1];
    struct xsd_sockmsg header;
    size_t got = guest_receive(&header, sizeof(header));

    if (got == 0)
        return "";
    ck_assert_uint_eq(got, sizeof(header));
    for (got = 0; got < header.len; guest_kick())
        got += guest_receive(body + got, header.len - got);
    for (got = 0; got < header.len; got++)
        body[got] = body[got] ? body[got] : '|';
    body[got] = '\0';
    return body;
}

START_TEST(request_over_the_ring_is_answered_and_signalled)
{
    unsigned before = fixture.notified;

    guest_request(XS_WRITE, "a\0hello", 7);
    guest_request(XS_READ, "a", 2);
    guest_kick();

    ck_assert_str_eq(guest_answer(), "OK|");
    ck_assert_str_eq(guest_answer(), "hello");
    ck_assert_uint_gt(fixture.notified, before);
}
END_TEST

START_TEST(request_may_come_in_pieces)
{
    struct xsd_sockmsg header = {.type = XS_WRITE, .len = 4};

    guest_send(&header, 5);
    guest_kick();
    guest_send((char *)&header + 5, sizeof(header) - 5);
    guest_kick();
    guest_send("a\0v", 3);
    guest_kick();
    ck_assert_str_eq(guest_answer(), "");
    guest_send("w", 1);
    guest_kick();

    ck_assert_str_eq(guest_answer(), "OK|");
    ck_assert_str_eq(ASK(dom0, XS_READ, "/local/domain/3/a"), "vw");
}
END_TEST

START_TEST(longest_request_and_answer_pass_through_the_small_ring)
{
    char payload[XENSTORE_PAYLOAD_MAX] = "/big";

    memset(payload + 5, 'x', sizeof(payload) - 5);
    ask(&fixture, dom0, XS_WRITE, 0, payload, sizeof(payload));
    ASK(dom0, XS_SET_PERMS, "/big\0r0");

    guest_request(XS_READ, "/big", 5);
    guest_kick();

    ck_assert_uint_eq(strlen(guest_answer()), sizeof(payload) - 5);
}
END_TEST

START_TEST(too_long_request_ends_this_connection_only)
{
    struct xsd_sockmsg header = {.type = XS_READ,
                                 .len = XENSTORE_PAYLOAD_MAX + 1};

    guest_send(&header, sizeof(header));
    guest_kick();
    ck_assert_uint_eq(page->error, XENSTORE_ERROR_PROTO);

    page->req_prod = page->req_cons;
    guest_request(XS_READ, "/", 2);
    guest_kick();
    ck_assert_str_eq(guest_answer(), "");
    ck_assert_str_eq(ASK(dom0, XS_READ, "/"), "");
}
END_TEST

START_TEST(request_index_beyond_the_ring_breaks_it)
{
    page->req_prod = page->req_cons + XENSTORE_RING_SIZE + 1;
    guest_kick();
    ck_assert_uint_eq(page->error, XENSTORE_ERROR_RINGIDX);
    ck_assert_str_eq(fixture.last_log, "domain 3: ring index out of range");
    ck_assert_str_eq(ASK(dom0, XS_READ, "/"), "");
}
END_TEST

START_TEST(answer_index_beyond_the_ring_breaks_it)
{
    page->rsp_cons = 1;
    guest_request(XS_READ, "/", 2);
    guest_request(XS_READ, "/", 2);
    guest_kick();
    ck_assert_uint_eq(page->error, XENSTORE_ERROR_RINGIDX);
}
END_TEST

/* The guest owns the memory of the server's indices, not their meaning. */
START_TEST(servers_own_indices_are_not_believed)
{
    guest_request(XS_WRITE, "a\0v", 3);
    guest_kick();
    ck_assert_str_eq(guest_answer(), "OK|");

    page->req_cons = 12345;
    guest_request(XS_READ, "a", 2);
    guest_kick();

    ck_assert_uint_eq(page->error, XENSTORE_ERROR_NONE);
    ck_assert_str_eq(guest_answer(), "v");
}
END_TEST

START_TEST(index_may_wrap_around_32_bits)
{
    fixture.page[4].req_cons = fixture.page[4].req_prod = 0xfffffff0;
    fixture.page[4].rsp_cons = fixture.page[4].rsp_prod = 0xfffffffa;
    ck_assert_int_eq(xenstored_introduce(fixture.server, 4, 100, 7), 0);
    page = &fixture.page[4];

    guest_request(XS_GET_DOMAIN_PATH, "17", 3);
    xenstored_kick(fixture.server, 4);
    settle(&fixture);

    ck_assert_str_eq(guest_answer(), "/local/domain/17|");
}
END_TEST

/* A guest that asks and never listens is not read from any more. */
START_TEST(unread_answers_stop_the_reading)
{
    struct domain *d = domain_find(fixture.server, 3);

    for (int i = 0; i < 200; i++) {
        struct xsd_sockmsg header = {.type = XS_GET_PERMS, .len = 2};

        if (page->req_prod - page->req_cons + 18 > XENSTORE_RING_SIZE)
            break;
        guest_send(&header, sizeof(header));
        guest_send("/", 2);
        guest_kick();
    }
    ck_assert_uint_eq(d->conn->replies, 20);

    for (int i = 0; i < 100; i++) {
        const char *answer = guest_answer();

        guest_kick();
        if (!*answer)
            break;
        ck_assert_str_eq(answer, "r0|");
    }
    ck_assert_uint_eq(d->conn->replies, 0);
    ck_assert_uint_eq(page->req_cons, page->req_prod);
}
END_TEST

START_TEST(reconnection_begins_with_nothing)
{
    guest_request(XS_WATCH, "a\0t", 4);
    guest_request(XS_TRANSACTION_START, "", 1);
    guest_request(XS_READ, "half of it", 3);
    page->req_prod--;
    guest_kick();
    ck_assert(page->server_features & XENSTORE_SERVER_FEATURE_RECONNECTION);

    page->connection = XENSTORE_RECONNECT;
    guest_kick();

    ck_assert_uint_eq(page->connection, XENSTORE_CONNECTED);
    ck_assert_uint_eq(page->rsp_prod, 0);
    ck_assert_str_eq(guest_answer(), "");
    guest_request(XS_UNWATCH, "a\0t", 4);
    guest_kick();
    ck_assert_str_eq(guest_answer(), "ENOENT|");
}
END_TEST

START_TEST(reconnection_mends_a_broken_ring)
{
    page->req_prod = page->req_cons + XENSTORE_RING_SIZE + 1;
    guest_kick();

    page->connection = XENSTORE_RECONNECT;
    guest_kick();
    guest_request(XS_GET_DOMAIN_PATH, "3", 2);
    guest_kick();

    ck_assert_uint_eq(page->error, XENSTORE_ERROR_NONE);
    ck_assert_str_eq(guest_answer(), "/local/domain/3|");
}
END_TEST

START_TEST(guest_may_not_do_what_is_the_control_domains)
{
    static const uint32_t types[] = {XS_CONTROL, XS_INTRODUCE, XS_RELEASE,
                                     XS_RESUME, XS_SET_TARGET};

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        guest_request(types[i],
                      "4\0"
                      "5\0"
                      "6",
                      6);
        guest_kick();
        ck_assert_str_eq(guest_answer(), "EACCES|");
    }
}
END_TEST

START_TEST(introduction_is_checked)
{
    ck_assert_str_eq(ASK(dom0, XS_INTRODUCE,
                         "0\0"
                         "1\0"
                         "2"),
                     "!EINVAL");
    ck_assert_str_eq(ASK(dom0, XS_INTRODUCE,
                         "32752\0"
                         "1\0"
                         "2"),
                     "!EINVAL");
    ck_assert_str_eq(ASK(dom0, XS_INTRODUCE,
                         "4\0x\0"
                         "2"),
                     "!EINVAL");
    ck_assert_str_eq(ASK(dom0, XS_INTRODUCE,
                         "4\0"
                         "1"),
                     "!EINVAL");
    ck_assert_str_eq(ASK(dom0, XS_IS_DOMAIN_INTRODUCED, "3"), "T|");
    ck_assert_str_eq(ASK(dom0, XS_IS_DOMAIN_INTRODUCED, "4"), "F|");
    ck_assert_str_eq(ASK(dom0, XS_IS_DOMAIN_INTRODUCED, "0"), "T|");
    ck_assert_str_eq(ASK(dom0, XS_RELEASE, "4"), "!ENOENT");
    ck_assert_str_eq(ASK(dom0, XS_RESUME, "4"), "!ENOENT");
}
END_TEST

START_TEST(second_introduction_connects_anew)
{
    guest_request(XS_WATCH, "a\0t", 4);
    guest_kick();
    ck_assert_str_eq(ASK(dom0, XS_INTRODUCE,
                         "3\0"
                         "100\0"
                         "8"),
                     "OK|");
    ck_assert_uint_eq(fixture.mapped, 1);
    ck_assert_uint_eq(domain_find(fixture.server, 3)->conn->watch_count, 0);
}
END_TEST

START_TEST(shutdown_is_announced_once_until_resumed)
{
    ASK(dom0, XS_WATCH, "@releaseDomain\0t");
    events(&fixture, dom0);

    xenstored_domain_shutdown(fixture.server, 3);
    xenstored_domain_shutdown(fixture.server, 3);
    ck_assert_str_eq(events(&fixture, dom0), "@releaseDomain t;");

    ASK(dom0, XS_RESUME, "3");
    xenstored_domain_shutdown(fixture.server, 3);
    ck_assert_str_eq(events(&fixture, dom0), "@releaseDomain t;");
}
END_TEST

/* The next domain with this number must find nothing of the last one. */
START_TEST(dead_domain_leaves_no_node_and_no_right)
{
    ASK(dom0, XS_MKDIR, "/shared");
    ASK(dom0, XS_SET_PERMS, "/shared\0n0\0b3\0r4");
    guest_request(XS_WRITE, "/shared/mine\0v", 14);
    guest_request(XS_WRITE, "data/x\0v", 8);
    guest_kick();

    xenstored_domain_died(fixture.server, 3);

    ck_assert_uint_eq(fixture.mapped, 0);
    ck_assert_str_eq(ASK(dom0, XS_READ, "/shared/mine"), "!ENOENT");
    ck_assert_str_eq(ASK(dom0, XS_GET_PERMS, "/shared"), "n0|r4|");
    ck_assert_str_eq(ASK(dom0, XS_READ, "/local/domain/3"), "!ENOENT");
    ck_assert_str_eq(ASK(dom0, XS_IS_DOMAIN_INTRODUCED, "3"), "F|");
}
END_TEST

START_TEST(target_shares_its_rights_until_it_dies)
{
    ck_assert_int_eq(xenstored_introduce(fixture.server, 4, 100, 7), 0);
    ck_assert_str_eq(ASK(dom0, XS_SET_TARGET,
                         "3\0"
                         "4"),
                     "OK|");
    WRITE(dom0, "/n\0v");
    ASK(dom0, XS_SET_PERMS, "/n\0n4");

    guest_request(XS_READ, "/n", 3);
    guest_kick();
    ck_assert_str_eq(guest_answer(), "v");

    ASK(dom0, XS_SET_PERMS, "/n\0n0");
    xenstored_domain_died(fixture.server, 4);
    ASK(dom0, XS_SET_PERMS, "/n\0n4");
    guest_request(XS_READ, "/n", 3);
    guest_kick();
    ck_assert_str_eq(guest_answer(), "EACCES|");
}
END_TEST

START_TEST(control_reports)
{
    ck_assert_str_eq(ASK(dom0, XS_CONTROL, "check"), "store is consistent\n|");
    ck_assert_ptr_nonnull(strstr(ASK(dom0, XS_CONTROL, "quota"), "nodes"));
    ck_assert_ptr_nonnull(strstr(ASK(dom0, XS_CONTROL, "help"), "quota"));
    ck_assert_str_eq(ASK(dom0, XS_CONTROL, "reboot"), "!EINVAL");
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("xenstore_ring");
    TCase *ring = tcase_create("ring"), *domain = tcase_create("domain");

    tcase_add_checked_fixture(ring, setup, teardown);
    tcase_add_test(ring, request_over_the_ring_is_answered_and_signalled);
    tcase_add_test(ring, request_may_come_in_pieces);
    tcase_add_test(ring,
                   longest_request_and_answer_pass_through_the_small_ring);
    tcase_add_test(ring, too_long_request_ends_this_connection_only);
    tcase_add_test(ring, request_index_beyond_the_ring_breaks_it);
    tcase_add_test(ring, answer_index_beyond_the_ring_breaks_it);
    tcase_add_test(ring, servers_own_indices_are_not_believed);
    tcase_add_test(ring, index_may_wrap_around_32_bits);
    tcase_add_test(ring, unread_answers_stop_the_reading);
    tcase_add_test(ring, reconnection_begins_with_nothing);
    tcase_add_test(ring, reconnection_mends_a_broken_ring);
    suite_add_tcase(s, ring);
    tcase_add_checked_fixture(domain, setup, teardown);
    tcase_add_test(domain, guest_may_not_do_what_is_the_control_domains);
    tcase_add_test(domain, introduction_is_checked);
    tcase_add_test(domain, second_introduction_connects_anew);
    tcase_add_test(domain, shutdown_is_announced_once_until_resumed);
    tcase_add_test(domain, dead_domain_leaves_no_node_and_no_right);
    tcase_add_test(domain, target_shares_its_rights_until_it_dies);
    tcase_add_test(domain, control_reports);
    suite_add_tcase(s, domain);
    return s;
}
