/* SPDX-License-Identifier: MIT */
#include "domain/domain.h"

#include <string.h>

#include "errno.h"

#include "bug.h"
#include "event/channel.h"
#include "event/upcall.h"
#include "grant/grant.h"
#include "hal.h"
#include "mm/alloc.h"
#include "mm/vcpu_mmu.h"
#include "sched/clock.h"
#include "sched/runqueue.h"

#define DOMAIN_DEFAULT_WEIGHT 256

/* -------------------------------------------------------------- references */

int domains_init(struct hv *hv)
{
    spin_lock_init(&hv->domains_lock, LOCK_DOMAINS);
    LIST_INIT(&hv->domains);
    hv->by_domid = hv_alloc(hv, DOMID_FIRST_RESERVED * sizeof(hv->by_domid[0]));
    return hv->by_domid ? 0 : -ENOMEM;
}

/*
 * A reference on d, unless its last one is gone; that may happen at any time.
 * Lock: domains_lock, which keeps the struct.
 */
static bool try_get(struct domain *d)
{
    uint32_t refs = __atomic_load_n(&d->refs, __ATOMIC_RELAXED);

    do {
        if (refs == 0)
            return false;
    } while (!__atomic_compare_exchange_n(&d->refs, &refs, refs + 1, false,
                                          __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
    return true;
}

void domain_get(struct domain *d)
{
    __atomic_fetch_add(&d->refs, 1, __ATOMIC_SEQ_CST);
}

struct domain *domain_find(struct hv *hv, domid_t id)
{
    struct domain *d;

    if (id >= DOMID_FIRST_RESERVED)
        return NULL;
    spin_guard(&hv->domains_lock);
    d = hv->by_domid[id];
    return d && try_get(d) ? d : NULL;
}

struct domain *domain_find_from(struct domain *caller, domid_t id)
{
    if (id != DOMID_SELF)
        return domain_find(caller->hv, id);
    domain_get(caller);
    return caller;
}

struct domain *domain_find_next(struct hv *hv, domid_t from)
{
    struct domain *d;

    spin_guard(&hv->domains_lock);
    LIST_FOREACH (d, &hv->domains, link)
        if (d->domid >= from && try_get(d))
            return d;
    return NULL;
}

/* -------------------------------------------------------------------- vCPU */

int vcpu_create(struct domain *d, unsigned int id)
{
    struct effects unused;
    struct vcpu *v;

    if (id >= d->max_vcpus)
        return -EINVAL;
    if (d->vcpus[id])
        return 0;
    v = hv_alloc(d->hv, sizeof(*v));
    if (!v)
        return -ENOMEM;
    v->d = d;
    v->id = id;
    v->regs = &v->saved;
    v->kernel_mode = true;
    if (hal_vcpu_init(v)) {
        hv_free(d->hv, v, sizeof(*v));
        return -ENOMEM;
    }

    vcpu_mm_init(v);
    vcpu_event_init(v);
    vcpu_sched_init(v);
    /* What holds the others holds it: see the head of domain.h. */
    effects_init(&unused);
    if (d->pause_count > 0)
        vcpu_pause(v, &unused);
    if (d->shut_down)
        vcpu_pause(v, &unused);
    if (d->dying != DOMAIN_ALIVE)
        vcpu_pause(v, &unused);
    d->vcpus[id] = v;
    return 0;
}

static void vcpu_destroy(struct vcpu *v)
{
    vcpu_sched_destroy(v);
    hal_vcpu_destroy(v);
    hv_free(v->d->hv, v, sizeof(*v));
}

/* ------------------------------------------------------------ create, free */

/* The page that guest and hypervisor share, every vCPU masked. */
static int shared_info_create(struct domain *d)
{
    if (special_frame_alloc(d, &d->shared_info_mfn))
        return -ENOMEM;
    d->shared_info = hal_map(d->shared_info_mfn);
    for (unsigned int i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
        d->shared_info->vcpu_info[i].evtchn_upcall_mask = 1;
    return 0;
}

static void shared_info_destroy(struct domain *d)
{
    if (!d->shared_info)
        return;
    hal_unmap(d->shared_info);
    d->shared_info = NULL;
    special_frame_free(d, d->shared_info_mfn);
}

/* An id for d; it cannot be found by it yet, because refs is 0. */
static int claim_domid(struct domain *d, domid_t wanted)
{
    struct hv *hv = d->hv;
    unsigned int id = d->privileged ? 0 : wanted, tries = DOMID_FIRST_RESERVED;

    spin_guard(&hv->domains_lock);
    if (d->privileged || (wanted > 0 && wanted < DOMID_FIRST_RESERVED)) {
        if (hv->by_domid[id])
            return -EEXIST;
    } else {
        id = hv->last_domid;
        do
            id = id + 1 < DOMID_FIRST_RESERVED ? id + 1 : 1;
        while (hv->by_domid[id] && --tries > 0);
        if (hv->by_domid[id])
            return -ENOMEM;
        hv->last_domid = (domid_t)id;
    }
    d->domid = (domid_t)id;
    hv->by_domid[id] = d;
    return 0;
}

/* Put d where it can be found, held by itself and by the caller. */
static void publish(struct domain *d)
{
    struct hv *hv = d->hv;
    struct domain *at, *before = NULL;

    spin_guard(&hv->domains_lock);
    LIST_FOREACH (at, &hv->domains, link) {
        if (at->domid > d->domid)
            break;
        before = at;
    }
    if (before)
        LIST_INSERT_AFTER(before, d, link);
    else
        LIST_INSERT_HEAD(&hv->domains, d, link);
    d->holds_itself = true;
    d->refs = 2;
    if (d->privileged)
        hv->dom0 = d;
}

static void forget_domid(struct domain *d)
{
    spin_guard(&d->hv->domains_lock);
    d->hv->by_domid[d->domid] = NULL;
}

static struct domain *alloc_struct(struct hv *hv,
                                   const struct domain_config *config)
{
    struct domain *d = hv_alloc(hv, sizeof(*d));

    if (!d)
        return NULL;
    d->hv = hv;
    d->privileged = config->privileged;
    d->xenstore = config->xenstore;
    d->device_access = config->privileged;
    d->shutdown_code = DOMAIN_NO_SHUTDOWN_CODE;
    d->pause_count = 1;
    d->max_vcpus = config->max_vcpus;
    d->weight = DOMAIN_DEFAULT_WEIGHT;
    memcpy(d->handle, config->handle, sizeof(d->handle));
    spin_lock_init(&d->lock, LOCK_DOMAIN);
    return d;
}

int domain_create(struct hv *hv, domid_t wanted,
                  const struct domain_config *config, struct domain **out)
{
    struct domain *d;
    int error;

    if (config->max_vcpus < 1 || config->max_vcpus > DOMAIN_MAX_VCPUS)
        return -EINVAL;
    d = alloc_struct(hv, config);
    if (!d)
        return -ENOMEM;
    error = claim_domid(d, wanted);
    if (error)
        goto free_domain;

    domain_mm_init(d);
    d->pages.max = config->max_pages;
    error = shared_info_create(d);
    if (error)
        goto free_mm;
    error = domain_grant_init(d, config->max_grant_frames,
                              config->max_maptrack_frames);
    if (error)
        goto free_shared_info;
    domain_event_init(d, config->max_evtchn_port);
    domain_sched_init(d);
    wallclock_publish(d);
    publish(d);
    *out = d;
    return 0;

free_shared_info:
    shared_info_destroy(d);
free_mm:
    domain_mm_destroy(d);
    forget_domid(d);
free_domain:
    hv_free(hv, d, sizeof(*d));
    return error;
}

/* The last reference is gone: nobody can find d any more. */
static void domain_free(struct domain *d)
{
    struct hv *hv = d->hv;
    struct vcpu *v;

    BUG_ON(d->dying != DOMAIN_DEAD || domain_owns_frames(d));
    spin_lock(&hv->domains_lock);
    LIST_REMOVE(d, link);
    hv->by_domid[d->domid] = NULL;
    spin_unlock(&hv->domains_lock);

    domain_for_each_vcpu (d, v)
        vcpu_destroy(v);
    domain_grant_free(d);
    domain_mm_destroy(d);
    hv_free(hv, d, sizeof(*d));
}

void domain_put(struct domain *d)
{
    if (__atomic_sub_fetch(&d->refs, 1, __ATOMIC_SEQ_CST) == 0)
        domain_free(d);
}

/*
 * Whether d has only itself left. Then nobody writes to its shared_info, and
 * nobody begins to: all who do hold a reference. Lock: domains_lock.
 */
static bool is_alone(struct domain *d)
{
    return d->dying == DOMAIN_DEAD && d->holds_itself &&
           __atomic_load_n(&d->refs, __ATOMIC_SEQ_CST) == 1;
}

void domains_reap(struct hv *hv)
{
    struct domain *d;

    do {
        spin_lock(&hv->domains_lock);
        LIST_FOREACH (d, &hv->domains, link) {
            if (!is_alone(d))
                continue;
            shared_info_destroy(d);
            if (!domain_owns_frames(d)) {
                d->holds_itself = false;
                break;
            }
        }
        spin_unlock(&hv->domains_lock);
        if (d)
            domain_put(d);
    } while (d);
}
