/* SPDX-License-Identifier: MIT */
/*
 * struct domain: one guest. State only; each part is changed by one module,
 * named at the part.
 *
 * Life: created paused (core/domain/domain.h), runs, is shut down by itself
 * or crashed, dying, then dead when the last frame and the last reference
 * are gone. A frame whose owner is a domain keeps that domain's struct
 * alive: an owner found through a counted frame needs no lock.
 */
#ifndef HV_DOMAIN_H
#define HV_DOMAIN_H

#include <pv-abi/event_channel.h>
#include <pv-abi/memory.h>
#include <pv-abi/shared_info.h>

#include "hv.h"

struct evtchn;
struct grant_table;

/* Frames owned. Module: core/mm. Lock: pages_lock (leaf). */
struct domain_pages {
    struct spinlock lock;
    bool releasing;   /* teardown has begun to */
    uint32_t cursor;  /* teardown: the next frame to release */
    uint32_t first;   /* index of the newest frame, FRAME_LIST_END: none */
    uint32_t special; /* the same for frames the guest may map but not
                         own: shared_info, grant frames */
    uint64_t total;   /* frames in first's list */
    uint64_t max;     /* limit on total */
};

/* Buckets of ports, and ports in each of them; see event/channel.h. */
#define EVTCHN_BUCKETS     512
#define EVTCHN_BUCKET_SIZE 256

/* Ports. Module: core/event. Lock: event.lock. */
struct domain_event {
    struct spinlock lock;
    struct evtchn *buckets[EVTCHN_BUCKETS]; /* or NULL */
    unsigned int port_count; /* ports that exist so far: whole buckets */
    unsigned int port_max;   /* limit, highest port + 1 */
    unsigned int first_free; /* every port below it is in use, but for 0 */
    unsigned int open_count; /* ports in use */
    unsigned int reset_next; /* where a reset goes on; atomic, no lock */
    unsigned int pollers;    /* vCPUs in SCHEDOP_poll; atomic, no lock */

    /* Queues; see event/upcall.h. Lock: fifo_lock. */
    struct spinlock fifo_lock;
    bool fifo; /* in use instead of two levels; atomic, event.lock */
    unsigned int fifo_page_count;
    uint32_t *fifo_pages[EVTCHN_FIFO_PAGES]; /* the guest's, mapped */
};

/* SCHEDOP_watchdog. Module: core/sched. Lock: domain.lock. */
#define DOMAIN_WATCHDOGS 2
struct domain_watchdog {
    struct timer timer;
    struct domain *d;
    bool in_use;
};

/* The limit on CPU time. Module: core/sched/cap. Lock: LOCK_CAP. */
struct domain_cap {
    struct spinlock lock;
    uint16_t percent;     /* of one CPU; 0: no limit. Atomic */
    int64_t budget_ns;    /* nobody has taken yet; below 0: a debt */
    uint64_t refilled_ns; /* when this period began */
    struct timer timer;   /* armed while vCPUs are parked */
};

/* A guest may have this many vCPUs at most. */
#define DOMAIN_MAX_VCPUS 64

#define DOMAIN_NO_SHUTDOWN_CODE UINT32_MAX

enum domain_dying {
    DOMAIN_ALIVE,
    DOMAIN_DYING, /* being torn down, in steps */
    DOMAIN_DEAD,  /* nothing left but references others hold */
};

struct domain {
    struct hv *hv;
    domid_t domid;
    bool privileged; /* dom0: may control others and the machine */
    uint32_t refs;   /* atomic; the struct is freed at 0 */
    uint8_t handle[16];

    struct spinlock lock;    /* LOCK_DOMAIN */
    struct spinlock mm_lock; /* LOCK_MM: every page table it owns */

    _Atomic enum domain_dying dying; /* changes under lock */
    unsigned int teardown_step;      /* how far destroy has come */
    bool teardown_busy;              /* a CPU is in it */
    bool holds_itself;        /* has its own reference; hv->domains_lock */
    unsigned int pause_count; /* by domctl; created with 1 */
    bool shut_down;           /* its vCPUs do not run any more */
    uint32_t shutdown_code;   /* SHUTDOWN_*, or DOMAIN_NO_SHUTDOWN_CODE */
    bool creation_finished;   /* has been unpaused once */
    bool xenstore;            /* serves the store: shown to tools only */
    char crash_reason[96];    /* first reason wins; "" for none */

    unsigned int max_vcpus;
    struct vcpu *_Atomic vcpus[DOMAIN_MAX_VCPUS]; /* NULL until allocated */

    struct domain_pages pages;
    uint32_t debris;        /* to be emptied; mm/table.h. Lock: mm_lock */
    struct e820entry *e820; /* given by the toolstack; NULL: none */
    unsigned int e820_count; /* both: d->lock */
    struct domain_event event;
    struct grant_table *grant; /* Module: core/grant */

    mfn_t shared_info_mfn;
    struct shared_info *shared_info; /* mapped for the domain's life */

    /* CPUs whose TLB may hold entries of this domain's tables. */
    cpumask_t dirty_cpus;
    uint64_t vm_assist; /* 1 << VMASST_TYPE_* */
    bool device_access; /* may map MMIO and choose cache attributes */

    struct domain_watchdog watchdogs[DOMAIN_WATCHDOGS];
    _Atomic unsigned int weight; /* scheduler, 1..65535, default 256 */
    struct domain_cap cap;
    int64_t time_offset_s;
    uint32_t tsc_mode, tsc_incarnation;

    LIST_ENTRY(domain) link; /* hv->domains, by domid */
};

/*
 * Domain id with a reference for the caller, or NULL: none of that id; and
 * giving a reference back: the last one frees the struct. core/domain has
 * them; core/mm, below it, needs no more of domains.
 */
struct domain *domain_find(struct hv *hv, domid_t id);
void domain_put(struct domain *d);

#define domain_for_each_vcpu(d, v)                                             \
    for (unsigned int i_ = 0; i_ < (d)->max_vcpus; i_++)                       \
        if (!((v) = (d)->vcpus[i_])) {                                         \
        } else

#endif
