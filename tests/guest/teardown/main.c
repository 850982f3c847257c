/* SPDX-License-Identifier: MIT */
/*
 * A domain is destroyed while this one, the control domain, has frames of it
 * mapped and a port bound to it: the frames stay what they were, nothing new
 * can be had of it, and with the last mapping it goes, and all it had.
 */
#include <guest/clock.h>
#include <guest/evtchn.h>
#include <guest/start.h>
#include <guest/thread.h>
#include <pv-abi/errno.h>
#include "../test.h"
#include "libpv/pv.h"

const char test_name[] = "teardown";

#define PAGES    4096 /* more than one step of a destruction takes */
#define MAPPED   3
#define WORDS    512
#define PATIENCE (10 * NS_PER_SEC)

static uint64_t mfns[PAGES];
static uint64_t *mapped[MAPPED];
static domid_t victim;
static int far_port, port;

static void signalled(evtchn_port_t from, void *arg)
{
}

static uint64_t free_pages(void)
{
    struct xen_sysctl_physinfo info;

    NEED(!pv_physinfo(&info));
    return info.free_pages;
}

/* From both ends of the list of its frames, and the middle. */
static uint64_t *mfn_of_mapped(int i)
{
    return &mfns[i * (PAGES - 1) / (MAPPED - 1)];
}

static void make_victim(void)
{
    const struct pv_create create = {.max_vcpus = 1};

    victim = 0; /* whichever is free */
    NEED(!pv_domain_create(&create, &victim));
    NEED(!pv_domain_set_max_mem(victim, PAGES * 4));
    NEED(!pv_populate(victim, 0, PAGES, mfns));
    for (int i = 0; i < MAPPED; i++) {
        mapped[i] = pv_map_foreign(victim, mfn_of_mapped(i), 1);
        NEED(mapped[i] != NULL);
        for (int word = 0; word < WORDS; word++)
            mapped[i][word] = (uint64_t)(i + 1) << 32 | (uint64_t)word;
    }
    far_port = pv_evtchn_alloc_unbound(victim, 0);
    NEED(far_port > 0);
    port = evtchn_bind_interdomain(victim, (evtchn_port_t)far_port, signalled,
                                   NULL);
    NEED(port > 0);
}

static void is_a_zombie_of(uint64_t pages)
{
    struct xen_domctl_getdomaininfo info = {0};

    CHECK_EQUAL(pv_domain_info(victim, &info), 0);
    CHECK(info.flags & XEN_DOMINF_dying);
    CHECK_EQUAL(info.tot_pages, pages);
}

static void what_is_mapped_stays_what_it_was(void)
{
    for (int i = 0; i < MAPPED; i++) {
        int word = 0;

        while (word < WORDS &&
               mapped[i][word] == ((uint64_t)(i + 1) << 32 | (uint64_t)word))
            word++;
        CHECK_EQUAL(word, WORDS);
        mapped[i][0]++;
        CHECK_EQUAL(mapped[i][0], ((uint64_t)(i + 1) << 32) + 1);
        mapped[i][0]--;
    }
}

static void nothing_new_can_be_had(void)
{
    uint64_t mfn;

    CHECK_EQUAL(evtchn_bind_interdomain(victim, (evtchn_port_t)far_port,
                                        signalled, NULL),
                -XEN_EINVAL);
    CHECK_EQUAL(pv_evtchn_alloc_unbound(victim, 0), -XEN_EINVAL);
    CHECK_EQUAL(pv_populate(victim, PAGES, 1, &mfn), -XEN_ENOMEM);
    CHECK(!pv_map_foreign(victim, mfn_of_mapped(0) + 1, 1));
    /* Nobody is there to hear it. */
    CHECK_EQUAL(evtchn_send((evtchn_port_t)port), 0);
}

static void it_goes_with_the_last_mapping(uint64_t free_before)
{
    struct xen_domctl_getdomaininfo info;
    uint64_t deadline;

    for (int i = 0; i < MAPPED; i++) {
        is_a_zombie_of((uint64_t)(MAPPED - i));
        pv_unmap_foreign(mapped[i], 1);
    }
    CHECK_EQUAL(pv_domain_info(victim, &info), -XEN_ESRCH);
    CHECK_EQUAL(evtchn_close((evtchn_port_t)port), 0);
    /* Vireo has it all back by now, Xen a moment later. */
    deadline = clock_ns() + PATIENCE;
    while (free_pages() != free_before && clock_ns() < deadline)
        thread_yield();
    CHECK_EQUAL(free_pages(), free_before);
}

void test_main(void)
{
    uint64_t before;

    NEED(start_is_dom0());
    before = free_pages();
    make_victim();
    CHECK_EQUAL(pv_domain_destroy(victim), 0);
    is_a_zombie_of(MAPPED);
    what_is_mapped_stays_what_it_was();
    nothing_new_can_be_had();
    CHECK_EQUAL(pv_domain_destroy(victim), 0); /* as if it were the first */
    what_is_mapped_stays_what_it_was();
    it_goes_with_the_last_mapping(before);
}
