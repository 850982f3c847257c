/* SPDX-License-Identifier: MIT */
/*
 * Event queues. They replace two levels for the whole domain, which the
 * kernel below knows nothing of: its handler finds no bit. So the queues are
 * looked at here, by hand, and the last word is a reset.
 */
#include "fifo.h"

#include <guest/evtchn.h>
#include <guest/hypercall.h>
#include <guest/memory.h>
#include <guest/vcpu.h>
#include <pv-abi/errno.h>
#include <pv-abi/event_channel.h>
#include "../test.h"

#define PENDING (1U << EVTCHN_FIFO_PENDING)
#define MASKED  (1U << EVTCHN_FIFO_MASKED)
#define LINKED  (1U << EVTCHN_FIFO_LINKED)

static struct evtchn_fifo_control_block *block;
static uint32_t *words;

static long init_control(unsigned int vcpu, uint64_t mfn, uint32_t offset)
{
    struct evtchn_init_control op = {
        .control_gfn = mfn, .offset = offset, .vcpu = vcpu};
    long rc = hypercall_event_channel_op(EVTCHNOP_init_control, &op);

    if (rc == 0)
        CHECK_EQUAL(op.link_bits, EVTCHN_FIFO_LINK_BITS);
    return rc;
}

static long expand(uint64_t mfn)
{
    struct evtchn_expand_array op = {.array_gfn = mfn};

    return hypercall_event_channel_op(EVTCHNOP_expand_array, &op);
}

static long set_priority(evtchn_port_t port, uint32_t priority)
{
    struct evtchn_set_priority op = {.port = port, .priority = priority};

    return hypercall_event_channel_op(EVTCHNOP_set_priority, &op);
}

/* The next port of vCPU 0's queues, as they are: one that is taken out. */
static evtchn_port_t take(void)
{
    static uint32_t next[EVTCHN_FIFO_MAX_QUEUES];
    uint32_t ready = __atomic_load_n(&block->ready, __ATOMIC_SEQ_CST);
    unsigned int q = ready ? __builtin_ctz(ready) : 0;
    evtchn_port_t port = next[q] ? next[q] : block->head[q];
    uint32_t old;

    if (!ready)
        return 0;
    old = __atomic_fetch_and(&words[port], ~(LINKED | EVTCHN_FIFO_LINK_MASK),
                             __ATOMIC_SEQ_CST);
    next[q] = old & EVTCHN_FIFO_LINK_MASK;
    if (!next[q])
        __atomic_fetch_and(&block->ready, ~(1U << q), __ATOMIC_SEQ_CST);
    CHECK(old & LINKED);
    __atomic_fetch_and(&words[port], ~PENDING, __ATOMIC_SEQ_CST);
    return port;
}

static void two_levels_have_no_queues(void)
{
    int port = evtchn_bind_ipi(NULL, NULL);

    CHECK_EQUAL(expand(virt_to_mfn(words)), -XEN_EOPNOTSUPP);
    CHECK_EQUAL(set_priority(port, 3), -XEN_ENOSYS);
    CHECK_EQUAL(set_priority(0, 3), -XEN_ENOSYS); /* port 0 is there, closed */
    CHECK_EQUAL(set_priority(100000, 3), -XEN_EINVAL);
    evtchn_close(port);
}

static void bad_control_blocks_are_refused(void)
{
    uint64_t mfn = virt_to_mfn(block);

    CHECK_EQUAL(init_control(999, mfn, 0), -XEN_ENOENT);
    CHECK_EQUAL(init_control(0, mfn, 4), -XEN_EINVAL);
    CHECK_EQUAL(init_control(0, mfn, PAGE_SIZE - 64), -XEN_EINVAL);
    CHECK_EQUAL(init_control(0, mfn, UINT32_MAX - 7), -XEN_EINVAL);
    CHECK_EQUAL(init_control(0, MFN_INVALID, 0), -XEN_EINVAL);
    CHECK_EQUAL(init_control(0, 1UL << 40, 0), -XEN_EINVAL);
    CHECK_EQUAL(init_control(999, MFN_INVALID, 4), -XEN_ENOENT);
}

static void the_first_block_switches(void)
{
    int port = evtchn_bind_ipi(NULL, NULL);

    CHECK_EQUAL(init_control(0, virt_to_mfn(block), 0), 0);
    CHECK_EQUAL(init_control(0, virt_to_mfn(block), 128), -XEN_EINVAL);
    CHECK_EQUAL(evtchn_send(port), 0); /* it has no word yet */
    CHECK_EQUAL(block->ready & (1U << 7), 0);
    CHECK_EQUAL(expand(MFN_INVALID), -XEN_EINVAL);
    CHECK_EQUAL(expand(virt_to_mfn(words)), 0);
    CHECK_EQUAL(words[port] & (PENDING | LINKED), PENDING | LINKED);
    while (take())
        ;
    evtchn_close(port);
}

static void ports_come_in_the_order_of_their_priority(void)
{
    int low = evtchn_bind_ipi(NULL, NULL), usual = evtchn_bind_ipi(NULL, NULL);
    int high = evtchn_bind_ipi(NULL, NULL), next = evtchn_bind_ipi(NULL, NULL);
    uint64_t upcalls;

    CHECK_EQUAL(set_priority(low, 16), -XEN_EINVAL);
    CHECK_EQUAL(set_priority(next + 1, 3), -XEN_EACCES);
    CHECK_EQUAL(set_priority(0, 3), -XEN_EACCES);
    CHECK_EQUAL(set_priority(low, 15), 0);
    CHECK_EQUAL(set_priority(high, 0), 0);
    CHECK_EQUAL(set_priority(next, 0), 0);
    evtchn_send(low);
    evtchn_send(usual);
    upcalls = this_vcpu()->upcalls;
    evtchn_send(high);
    evtchn_send(next);
    CHECK_EQUAL(this_vcpu()->info->evtchn_upcall_pending, 1);
    upcall_restore(false);
    CHECK(this_vcpu()->upcalls > upcalls);
    upcall_mask();
    CHECK_EQUAL(take(), high);
    CHECK_EQUAL(take(), next);
    CHECK_EQUAL(take(), usual);
    CHECK_EQUAL(take(), low);
    evtchn_close(low);
    evtchn_close(usual);
    evtchn_close(high);
    evtchn_close(next);
}

static void a_masked_port_is_linked_when_it_is_unmasked(void)
{
    int port = evtchn_bind_ipi(NULL, NULL);
    struct evtchn_unmask op = {.port = port};

    words[port] = MASKED;
    evtchn_send(port);
    CHECK_EQUAL(words[port], MASKED | PENDING);
    CHECK_EQUAL(hypercall_event_channel_op(EVTCHNOP_unmask, &op), 0);
    CHECK_EQUAL(words[port], LINKED | PENDING);
    CHECK_EQUAL(take(), port);
    evtchn_close(port);
}

static void a_tail_that_changes_its_queue_takes_nobody_along(void)
{
    int a = evtchn_bind_ipi(NULL, NULL), b = evtchn_bind_ipi(NULL, NULL);

    evtchn_send(a);
    CHECK_EQUAL(take(), a);
    CHECK_EQUAL(set_priority(a, 3), 0);
    evtchn_send(a);
    evtchn_send(b);
    CHECK_EQUAL(words[a], PENDING | LINKED);
    CHECK_EQUAL(take(), a);
    CHECK_EQUAL(take(), b);
    evtchn_close(a);
    evtchn_close(b);
}

static void a_closed_port_that_is_linked_is_not_given_again(void)
{
    int port = evtchn_bind_ipi(NULL, NULL), other;

    evtchn_send(port);
    evtchn_close(port);
    CHECK_EQUAL(words[port], LINKED);
    other = evtchn_bind_ipi(NULL, NULL);
    CHECK(other != port);
    take();
    evtchn_close(other);
    CHECK_EQUAL(evtchn_bind_ipi(NULL, NULL), port);
}

static void reset_goes_back_to_two_levels(void)
{
    struct evtchn_reset op = {.dom = DOMID_SELF};

    CHECK_EQUAL(hypercall_event_channel_op(EVTCHNOP_reset, &op), 0);
    CHECK_EQUAL(expand(virt_to_mfn(words)), -XEN_EOPNOTSUPP);
}

/* Upcalls stay masked from here on: the kernel would look in vain. */
void fifo_tests(void)
{
    block = page_alloc_zeroed(1);
    words = page_alloc_zeroed(1);
    NEED(block && words);
    upcall_mask();
    two_levels_have_no_queues();
    bad_control_blocks_are_refused();
    the_first_block_switches();
    ports_come_in_the_order_of_their_priority();
    a_masked_port_is_linked_when_it_is_unmasked();
    a_tail_that_changes_its_queue_takes_nobody_along();
    a_closed_port_that_is_linked_is_not_given_again();
    reset_goes_back_to_two_levels();
}
