/* SPDX-License-Identifier: MIT */
/*
 * The inline part of pv-abi: shared words, the clock, rings, errors; and that
 * rows of the hypercall table really become stubs and decoders.
 */
#define SHARED_READ_HOOK

#include <errno.h>
#include <string.h>

#include <pv-abi/errno.h>
#include <pv-abi/hypercall_types.h>
#include <pv-abi/hypercalls.h>
#include <pv-abi/inline/pvclock.h>
#include <pv-abi/inline/ring.h>
#include <pv-abi/inline/shared.h>
#include <pv-abi/io/blkif.h>
#include <pv-abi/io/netif.h>
#include <pv-abi/io/xs_wire.h>

#include "suite.h"

/* --- A peer that writes while we read --------------------------------------*/

static struct {
    unsigned int reads;
    size_t last_size;
    void (*race)(const volatile void *at, void *value, size_t size);
} peer;

void shared_read_hook(const volatile void *at, void *value, size_t size)
{
    peer.reads++;
    peer.last_size = size;
    if (peer.race)
        peer.race(at, value, size);
}

/* Before each test: a peer that keeps still. */
static void reset_peer(void)
{
    memset(&peer, 0, sizeof(peer));
}

/* --- Shared words
 * -----------------------------------------------------------*/

START_TEST(a_read_is_one_access_of_the_width_of_its_type)
{
    uint8_t b = 1;
    uint16_t w = 2;
    uint32_t l = 3;
    const uint64_t q = 4;

    ck_assert_uint_eq(shared_read(&b), 1);
    ck_assert_uint_eq(peer.last_size, 1);
    ck_assert_uint_eq(shared_read(&w), 2);
    ck_assert_uint_eq(peer.last_size, 2);
    ck_assert_uint_eq(shared_read(&l), 3);
    ck_assert_uint_eq(peer.last_size, 4);
    ck_assert_uint_eq(shared_read(&q), 4);
    ck_assert_uint_eq(peer.last_size, 8);
    ck_assert_uint_eq(peer.reads, 4);
}
END_TEST

START_TEST(an_argument_of_shared_read_is_evaluated_once)
{
    uint32_t words[3] = {1, 2, 3};
    size_t at = 0;

    ck_assert_uint_eq(shared_read(&words[at++]), 1);
    ck_assert_uint_eq(shared_read(&words[at++]), 2);
    ck_assert_uint_eq(at, 2);
}
END_TEST

static void answer_seven(const volatile void *at, void *value, size_t size)
{
    memset(value, 7, size);
}

/* What a fuzzer does: the guest wrote between our reads. */
START_TEST(the_hook_replaces_what_was_read_and_not_the_memory)
{
    uint32_t word = 1;

    peer.race = answer_seven;
    ck_assert_uint_eq(shared_read(&word), 0x07070707);
    ck_assert_uint_eq(word, 1);
}
END_TEST

START_TEST(a_write_touches_its_target_alone)
{
    uint8_t bytes[3] = {1, 2, 3};

    shared_write(&bytes[1], 0xff);
    ck_assert_uint_eq(bytes[0], 1);
    ck_assert_uint_eq(bytes[1], 0xff);
    ck_assert_uint_eq(bytes[2], 3);
}
END_TEST

START_TEST(bytes_arrive_at_every_size_and_alignment)
{
    uint8_t source[40], target[42];

    for (size_t i = 0; i < sizeof(source); i++)
        source[i] = (uint8_t)(i + 1);
    for (size_t at = 0; at < 9; at++)
        for (size_t size = 0; size <= 31; size++) {
            memset(target, 0, sizeof(target));
            shared_read_bytes(target + 1, source + at, size);
            ck_assert_mem_eq(target + 1, source + at, size);
            ck_assert_uint_eq(target[0], 0);
            ck_assert_uint_eq(target[1 + size], 0);
        }
}
END_TEST

START_TEST(bits_count_through_words_and_tell_what_they_were)
{
    uint64_t words[2] = {0, 0};

    ck_assert(!shared_test_and_set_bit(words, 63));
    ck_assert(!shared_test_and_set_bit(words, 64));
    ck_assert(shared_test_and_set_bit(words, 64));
    ck_assert_uint_eq(words[0], UINT64_C(1) << 63);
    ck_assert_uint_eq(words[1], 1);
    ck_assert(shared_test_bit(words, 63));
    ck_assert(!shared_test_bit(words, 62));
    ck_assert(shared_test_and_clear_bit(words, 63));
    ck_assert(!shared_test_and_clear_bit(words, 63));
    shared_set_bit(words, 5);
    shared_clear_bit(words, 64);
    ck_assert_uint_eq(words[0], 1 << 5);
    ck_assert_uint_eq(words[1], 0);
}
END_TEST

START_TEST(a_compare_exchange_that_loses_tells_what_is_there)
{
    uint16_t flags = 9, expected = 1;

    ck_assert(!shared_compare_exchange(&flags, &expected, 0));
    ck_assert_uint_eq(expected, 9);
    ck_assert(shared_compare_exchange(&flags, &expected, 0));
    ck_assert_uint_eq(flags, 0);
    ck_assert_uint_eq(shared_exchange(&flags, 3), 0);
    ck_assert_uint_eq(flags, 3);
}
END_TEST

/* --- Clock
 * ------------------------------------------------------------------*/

START_TEST(ticks_become_nanoseconds)
{
    /* 2 GHz: half a nanosecond a tick. 250 MHz: four. 8 GHz: an eighth. */
    ck_assert_uint_eq(pvclock_scale(1000, 0x80000000, 0), 500);
    ck_assert_uint_eq(pvclock_scale(1000, 0x80000000, 3), 4000);
    ck_assert_uint_eq(pvclock_scale(1000, 0x80000000, -2), 125);
}
END_TEST

/* 64 x 32 bits do not fit 64: a year of ticks would wrap. */
START_TEST(a_year_of_ticks_does_not_overflow)
{
    uint64_t year = UINT64_C(365) * 24 * 3600 * 2000000000;

    ck_assert_uint_eq(pvclock_scale(year, 0x80000000, 0), year / 2);
}
END_TEST

START_TEST(the_clock_does_not_go_back_before_its_own_tuple)
{
    struct vcpu_time_info t = {.tsc_timestamp = 1000,
                               .system_time = 500,
                               .tsc_to_system_mul = 0x80000000,
                               .tsc_shift = 1};

    ck_assert_uint_eq(pvclock_ns(&t, 1007), 507);
    ck_assert_uint_eq(pvclock_ns(&t, 1000), 500);
    ck_assert_uint_eq(pvclock_ns(&t, 999), 500);
}
END_TEST

START_TEST(a_tuple_tells_its_frequency)
{
    struct vcpu_time_info t = {.tsc_to_system_mul = 0x80000000};

    ck_assert_uint_eq(pvclock_hz(&t), 2000000000);
    t.tsc_shift = 1;
    ck_assert_uint_eq(pvclock_hz(&t), 1000000000);
    t.tsc_shift = -1;
    ck_assert_uint_eq(pvclock_hz(&t), UINT64_C(4000000000));
}
END_TEST

static struct vcpu_time_info shared_tuple;

/* A hypervisor that writes: busy for two looks, and again amid the copy. */
static void rewrite_the_tuple(const volatile void *at, void *value, size_t size)
{
    if (peer.reads == 2)
        shared_tuple.version = 4;
    if (size == sizeof(shared_tuple) && shared_tuple.version == 4) {
        shared_tuple.system_time = 77;
        shared_tuple.version = 6;
    }
}

START_TEST(a_copy_waits_for_the_writer_and_starts_over_when_torn)
{
    struct vcpu_time_info copy;

    peer.race = rewrite_the_tuple;
    shared_tuple = (struct vcpu_time_info){.version = 3, .system_time = 1};
    pvclock_copy(&copy, &shared_tuple);
    ck_assert_uint_eq(copy.version, 6);
    ck_assert_uint_eq(copy.system_time, 77);
    ck_assert(!pvclock_changed(&copy, &shared_tuple));
    shared_tuple.version = 8;
    ck_assert(pvclock_changed(&copy, &shared_tuple));
}
END_TEST

/* --- Rings
 * ------------------------------------------------------------------*/

static union {
    struct blkif_sring blk;
    struct netif_tx_sring tx;
    struct netif_rx_sring rx;
    char bytes[4096];
} page;

struct ends {
    struct blkif_front_ring front;
    struct blkif_back_ring back;
};

/* Both ends of a ring whose indices stand just before they wrap. */
static struct ends ring_about_to_wrap(void)
{
    struct ends e;
    RING_IDX start = (RING_IDX)-2;

    memset(&page, 0xff, sizeof(page));
    SHARED_RING_INIT(&page.blk);
    page.blk.req_prod = page.blk.rsp_prod = start;
    page.blk.req_event = page.blk.rsp_event = start + 1;
    FRONT_RING_ATTACH(&e.front, &page.blk, start, sizeof(page));
    BACK_RING_ATTACH(&e.back, &page.blk, start, sizeof(page));
    return e;
}

START_TEST(a_page_holds_the_largest_power_of_two_of_slots)
{
    struct netif_tx_front_ring tx;
    struct netif_rx_back_ring rx;
    struct ends e = ring_about_to_wrap();

    FRONT_RING_INIT(&tx, &page.tx, sizeof(page));
    BACK_RING_INIT(&rx, &page.rx, sizeof(page));
    ck_assert_uint_eq(RING_SIZE(&e.front), 32);
    ck_assert_uint_eq(RING_SIZE(&tx), 256);
    ck_assert_uint_eq(RING_SIZE(&rx), 256);
    ck_assert_uint_eq(ring_slots(64 + 12, 64, 12), 1);
}
END_TEST

static bool send_request(struct ends *e, uint64_t id)
{
    bool notify;

    RING_GET_REQUEST(&e->front, e->front.req_prod_pvt++)->id = id;
    RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&e->front, notify);
    return notify;
}

START_TEST(requests_arrive_in_order_over_the_wrap)
{
    struct ends e = ring_about_to_wrap();
    struct blkif_request got;

    for (uint64_t id = 0; id < 5; id++)
        send_request(&e, id);
    ck_assert_uint_eq(RING_HAS_UNCONSUMED_REQUESTS(&e.back), 5);
    for (uint64_t id = 0; id < 5; id++) {
        RING_COPY_REQUEST(&e.back, e.back.req_cons++, &got);
        ck_assert_uint_eq(got.id, id);
    }
    ck_assert_uint_eq(RING_HAS_UNCONSUMED_REQUESTS(&e.back), 0);
    ck_assert_uint_eq(e.back.req_cons, 3);
}
END_TEST

/* One notification for a burst: the consumer is awake until it says not. */
START_TEST(only_the_request_that_was_waited_for_notifies)
{
    struct ends e = ring_about_to_wrap();
    int work;

    ck_assert(send_request(&e, 0));
    ck_assert(!send_request(&e, 1));
    e.back.req_cons += 2;
    RING_FINAL_CHECK_FOR_REQUESTS(&e.back, work);
    ck_assert(!work);
    ck_assert(send_request(&e, 2));
}
END_TEST

START_TEST(the_final_check_sees_what_came_meanwhile)
{
    struct ends e = ring_about_to_wrap();
    int work;

    send_request(&e, 0);
    RING_FINAL_CHECK_FOR_REQUESTS(&e.back, work);
    ck_assert(work);
}
END_TEST

START_TEST(responses_make_room_for_requests)
{
    struct ends e = ring_about_to_wrap();
    struct blkif_response answer;
    bool notify;

    for (uint64_t id = 0; id < 32; id++)
        send_request(&e, id);
    ck_assert(RING_FULL(&e.front));
    e.back.req_cons++;
    RING_GET_RESPONSE(&e.back, e.back.rsp_prod_pvt)->id = 0;
    RING_GET_RESPONSE(&e.back, e.back.rsp_prod_pvt++)->status = -1;
    RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&e.back, notify);
    ck_assert(notify);
    ck_assert_uint_eq(RING_HAS_UNCONSUMED_RESPONSES(&e.front), 1);
    RING_COPY_RESPONSE(&e.front, e.front.rsp_cons++, &answer);
    ck_assert_int_eq(answer.status, -1);
    ck_assert_uint_eq(RING_FREE_REQUESTS(&e.front), 1);
}
END_TEST

START_TEST(a_producer_beyond_the_ring_is_caught)
{
    struct ends e = ring_about_to_wrap();
    RING_IDX prod = e.back.rsp_prod_pvt;

    ck_assert(!RING_REQUEST_PROD_OVERFLOW(&e.back, prod + 32));
    ck_assert(RING_REQUEST_PROD_OVERFLOW(&e.back, prod + 33));
    ck_assert(RING_REQUEST_PROD_OVERFLOW(&e.back, prod - 1));
    ck_assert(!RING_RESPONSE_PROD_OVERFLOW(&e.front, prod + 32));
    ck_assert(RING_RESPONSE_PROD_OVERFLOW(&e.front, prod + 33));
    page.blk.req_prod = prod + 1000;
    ck_assert_uint_eq(RING_HAS_UNCONSUMED_REQUESTS(&e.back), 32);
}
END_TEST

/* The front end can write our producer index too; it must not decide by that
 * whether others hear of a response. */
START_TEST(an_index_of_ours_is_not_believed_from_the_page)
{
    struct ends e = ring_about_to_wrap();
    bool notify;

    page.blk.rsp_event = e.back.rsp_prod_pvt + 1;
    page.blk.rsp_prod = e.back.rsp_prod_pvt + 1; /* the front end lies */
    e.back.rsp_prod_pvt++;
    RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&e.back, notify);
    ck_assert(notify);
}
END_TEST

/* --- Errors
 * -----------------------------------------------------------------*/

/* Host programs and host tests of core/ use Linux's numbers for these. */
START_TEST(errors_are_those_of_linux)
{
#define ERRNO(name, number, text) ck_assert_int_eq(XEN_##name, name);
#include <pv-abi/errno.def>
}
END_TEST

START_TEST(an_error_has_a_name_and_a_text)
{
    ck_assert_str_eq(xen_errname(-22), "EINVAL");
    ck_assert_str_eq(xen_errname(22), "EINVAL");
    ck_assert_str_eq(xen_errname(4711), "E?");
    ck_assert_str_eq(xen_strerror(-XEN_ENOSYS), "Not implemented");
    ck_assert_str_eq(xen_strerror(0), "Success");
    ck_assert_str_eq(xen_strerror(4711), "Unknown error");
}
END_TEST

START_TEST(xenstore_errors_keep_this_sides_numbers)
{
    size_t count = sizeof(xsd_errors) / sizeof(xsd_errors[0]);

    ck_assert_uint_eq(count, 16);
    ck_assert_int_eq(xsd_errors[0].errnum, EINVAL);
    ck_assert_str_eq(xsd_errors[0].errstring, "EINVAL");
    ck_assert_int_eq(xsd_errors[count - 1].errnum, EPERM);
    ck_assert_str_eq(xsd_errors[count - 1].errstring, "EPERM");
}
END_TEST

/* --- The table
 * --------------------------------------------------------------*/

/* What dispatch makes of a row: a prototype and a decoder of registers. */
#define HYPERCALL_0(nr, name, fn, who, doc)                                    \
    static long fn(void);                                                      \
    static long decode_##name(const uint64_t *r)                               \
    {                                                                          \
        return fn();                                                           \
    }
#define HYPERCALL_1(nr, name, fn, who, t1, a1, doc)                            \
    static long fn(t1 a1);                                                     \
    static long decode_##name(const uint64_t *r)                               \
    {                                                                          \
        return fn(ABI_ARGUMENT(t1, r[0]));                                     \
    }
#define HYPERCALL_2(nr, name, fn, who, t1, a1, t2, a2, doc)                    \
    static long fn(t1 a1, t2 a2);                                              \
    static long decode_##name(const uint64_t *r)                               \
    {                                                                          \
        return fn(ABI_ARGUMENT(t1, r[0]), ABI_ARGUMENT(t2, r[1]));             \
    }
#define HYPERCALL_3(nr, name, fn, who, t1, a1, t2, a2, t3, a3, doc)            \
    static long fn(t1 a1, t2 a2, t3 a3);                                       \
    static long decode_##name(const uint64_t *r)                               \
    {                                                                          \
        return fn(ABI_ARGUMENT(t1, r[0]), ABI_ARGUMENT(t2, r[1]),              \
                  ABI_ARGUMENT(t3, r[2]));                                     \
    }
#define HYPERCALL_4(nr, name, fn, who, t1, a1, t2, a2, t3, a3, t4, a4, doc)    \
    static long fn(t1 a1, t2 a2, t3 a3, t4 a4);                                \
    static long decode_##name(const uint64_t *r)                               \
    {                                                                          \
        return fn(ABI_ARGUMENT(t1, r[0]), ABI_ARGUMENT(t2, r[1]),              \
                  ABI_ARGUMENT(t3, r[2]), ABI_ARGUMENT(t4, r[3]));             \
    }
#include <pv-abi/hypercalls.def>

/* Handlers that leave what they were given in `seen`. */
static uint64_t seen[4], seen_bits[4];

#define SEE(index, argument)                                                   \
    (seen_bits[index] = ~0ul >> (64 - 8 * sizeof(argument)),                   \
     memcpy(&seen[index], &argument, sizeof(argument)))
#define HYPERCALL_0(nr, name, fn, who, doc)                                    \
    static long fn(void)                                                       \
    {                                                                          \
        return nr;                                                             \
    }
#define HYPERCALL_1(nr, name, fn, who, t1, a1, doc)                            \
    static long fn(t1 a1)                                                      \
    {                                                                          \
        SEE(0, a1);                                                            \
        return nr;                                                             \
    }
#define HYPERCALL_2(nr, name, fn, who, t1, a1, t2, a2, doc)                    \
    static long fn(t1 a1, t2 a2)                                               \
    {                                                                          \
        SEE(0, a1);                                                            \
        SEE(1, a2);                                                            \
        return nr;                                                             \
    }
#define HYPERCALL_3(nr, name, fn, who, t1, a1, t2, a2, t3, a3, doc)            \
    static long fn(t1 a1, t2 a2, t3 a3)                                        \
    {                                                                          \
        SEE(0, a1);                                                            \
        SEE(1, a2);                                                            \
        SEE(2, a3);                                                            \
        return nr;                                                             \
    }
#define HYPERCALL_4(nr, name, fn, who, t1, a1, t2, a2, t3, a3, t4, a4, doc)    \
    static long fn(t1 a1, t2 a2, t3 a3, t4 a4)                                 \
    {                                                                          \
        SEE(0, a1);                                                            \
        SEE(1, a2);                                                            \
        SEE(2, a3);                                                            \
        SEE(3, a4);                                                            \
        return nr;                                                             \
    }
#include <pv-abi/hypercalls.def>

static const struct {
    long (*decode)(const uint64_t *registers);
    unsigned int nargs;
} dispatch[HYPERCALL_NUMBERS] = {
#define HYPERCALL(nr, name, fn, nargs, who, doc) [nr] = {decode_##name, nargs},
#include <pv-abi/hypercalls.def>
};

START_TEST(every_row_reaches_its_handler_with_its_arguments)
{
    const uint64_t registers[4] = {0x1111111111111111, 0x2222222222222222,
                                   0x3333333333333333, 0x4444444444444444};

    for (unsigned int nr = 0; nr < HYPERCALL_NUMBERS; nr++) {
        if (!dispatch[nr].decode)
            continue;
        memset(seen, 0, sizeof(seen));
        ck_assert_int_eq(dispatch[nr].decode(registers), nr);
        for (unsigned int i = 0; i < 4; i++)
            if (i < dispatch[nr].nargs)
                ck_assert_uint_eq(seen[i], registers[i] & seen_bits[i]);
            else
                ck_assert_uint_eq(seen[i], 0);
    }
    ck_assert_ptr_nonnull(dispatch[__HYPERVISOR_mmu_update].decode);
    ck_assert_uint_eq(dispatch[__HYPERVISOR_mmu_update].nargs, 4);
    ck_assert_ptr_null(dispatch[__HYPERVISOR_hvm_op].decode);
}
END_TEST

/* The upper half of a register that carries 32 bits is anybody's. */
START_TEST(an_argument_of_32_bits_loses_the_rest_of_its_register)
{
    const uint64_t registers[4] = {UINT64_MAX, UINT64_MAX};

    memset(seen, 0, sizeof(seen));
    decode_set_gdt(registers);
    ck_assert_uint_eq(seen[0], UINT64_MAX);
    ck_assert_uint_eq(seen[1], UINT32_MAX);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("pv-abi");
    TCase *words = tcase_create("words"), *clock = tcase_create("clock");
    TCase *ring = tcase_create("ring"), *list = tcase_create("tables");

    tcase_add_checked_fixture(words, reset_peer, NULL);
    tcase_add_checked_fixture(clock, reset_peer, NULL);
    tcase_add_checked_fixture(ring, reset_peer, NULL);

    tcase_add_test(words, a_read_is_one_access_of_the_width_of_its_type);
    tcase_add_test(words, an_argument_of_shared_read_is_evaluated_once);
    tcase_add_test(words, the_hook_replaces_what_was_read_and_not_the_memory);
    tcase_add_test(words, a_write_touches_its_target_alone);
    tcase_add_test(words, bytes_arrive_at_every_size_and_alignment);
    tcase_add_test(words, bits_count_through_words_and_tell_what_they_were);
    tcase_add_test(words, a_compare_exchange_that_loses_tells_what_is_there);
    suite_add_tcase(s, words);

    tcase_add_test(clock, ticks_become_nanoseconds);
    tcase_add_test(clock, a_year_of_ticks_does_not_overflow);
    tcase_add_test(clock, the_clock_does_not_go_back_before_its_own_tuple);
    tcase_add_test(clock, a_tuple_tells_its_frequency);
    tcase_add_test(clock,
                   a_copy_waits_for_the_writer_and_starts_over_when_torn);
    suite_add_tcase(s, clock);

    tcase_add_test(ring, a_page_holds_the_largest_power_of_two_of_slots);
    tcase_add_test(ring, requests_arrive_in_order_over_the_wrap);
    tcase_add_test(ring, only_the_request_that_was_waited_for_notifies);
    tcase_add_test(ring, the_final_check_sees_what_came_meanwhile);
    tcase_add_test(ring, responses_make_room_for_requests);
    tcase_add_test(ring, a_producer_beyond_the_ring_is_caught);
    tcase_add_test(ring, an_index_of_ours_is_not_believed_from_the_page);
    suite_add_tcase(s, ring);

    tcase_add_test(list, errors_are_those_of_linux);
    tcase_add_test(list, an_error_has_a_name_and_a_text);
    tcase_add_test(list, xenstore_errors_keep_this_sides_numbers);
    tcase_add_test(list, every_row_reaches_its_handler_with_its_arguments);
    tcase_add_test(list, an_argument_of_32_bits_loses_the_rest_of_its_register);
    suite_add_tcase(s, list);
    return s;
}
