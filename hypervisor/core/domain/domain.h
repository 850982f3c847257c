/* SPDX-License-Identifier: MIT */
/*
 * Domains: created, found and held (domain.c); paused, shut down, crashed,
 * destroyed (life.c).
 *
 * References. A domain starts with one, its own, which goes when it is dead
 * and owns no frame any more (domains_reap). domain_find and domain_get
 * take one more; domain_put of the last frees the struct. A pointer without
 * a reference is good only for the calling domain, for dom0, and for the
 * owner of a frame that the caller holds a reference on.
 *
 * A domain's vCPUs run only while it is not paused, not shut down and not
 * dying. Each of the three holds its own pause on every vCPU (vcpu_pause),
 * so they need not know of each other.
 *
 * Locks: the functions take hv->domains_lock or d->lock themselves; call
 * without locks, except where said.
 * Source: abi/control.md 1, 8; abi/events-time-sched.md 2, 6.
 */
#ifndef DOMAIN_DOMAIN_H
#define DOMAIN_DOMAIN_H

#include <domain.h> /* struct domain; the quoted name is this file */

#include "effects.h"
#include "speculation.h"
#include "vcpu.h"

struct domain_config {
    uint8_t handle[16];
    unsigned int max_vcpus;   /* 1 .. DOMAIN_MAX_VCPUS */
    uint32_t max_evtchn_port; /* highest port, ~0: no limit of its own */
    int32_t max_grant_frames; /* -1: the default */
    int32_t max_maptrack_frames;
    uint64_t max_pages; /* limit on frames owned */
    bool privileged;    /* dom0: gets id 0 */
    bool xenstore;      /* shown to tools, else without effect */
};

/* Set up hv's list of domains: empty. Once, at boot. 0 or -ENOMEM. */
must_check int domains_init(struct hv *hv);

/*
 * Make a domain: paused (pause_count 1), no memory, no vCPU yet; with its
 * shared_info page, events and grants set up.
 *  wanted  0 < wanted < DOMID_FIRST_RESERVED: this id; anything else: the
 *          next free one after the last that was handed out.
 *  out     the domain, with one reference for the caller.
 * Returns 0, -EEXIST (wanted is in use), -EINVAL (config out of range),
 * -ENOMEM (no memory, or no id is free). Nothing is left behind on error.
 */
must_check int domain_create(struct hv *hv, domid_t wanted,
                             const struct domain_config *config,
                             struct domain **out);

/* As domain_find; id may also be DOMID_SELF, which is always found. */
struct domain *domain_find_from(struct domain *caller, domid_t id);

/*
 * The first domain whose id is at least from, with a reference for the
 * caller; NULL: none. Dying domains are found by all three.
 */
struct domain *domain_find_next(struct hv *hv, domid_t from);

/* One more reference; the caller has one, or d is sure to live. */
void domain_get(struct domain *d);

/*
 * Let go of domains that are dead and own no frame any more. A frame that
 * somebody else had mapped comes free without a word to this module:
 * whoever lists domains or counts memory asks here first.
 */
void domains_reap(struct hv *hv);

/*
 * Allocate vCPU id of d: offline, no context. Lock: d->lock held.
 * Returns 0 (also when it exists), -EINVAL (id), -ENOMEM.
 */
must_check int vcpu_create(struct domain *d, unsigned int id);

/* vCPU id of d, or NULL: out of range or not allocated. */
static inline struct vcpu *domain_vcpu(const struct domain *d, unsigned int id)
{
    return id < d->max_vcpus ? d->vcpus[index_masked(id, d->max_vcpus)] : NULL;
}

/*
 * Stop all vCPUs of d; counted. They may be on a CPU for a moment after
 * the return; domain_is_quiet says when not.
 * Returns 0, -EINVAL (the count is at its end).
 */
must_check int domain_pause(struct domain *d, struct effects *fx);

/*
 * Undo one domain_pause. The first time the count comes to 0 the domain
 * starts. Returns 0, -EINVAL (not paused).
 */
must_check int domain_unpause(struct domain *d, struct effects *fx);

/* Whether no vCPU of d is on any CPU. */
bool domain_is_quiet(const struct domain *d);

/*
 * The domain is over, by its own wish or by its kernel's death: its vCPUs
 * stop and VIRQ_DOM_EXC is raised. The first shutdown counts, later ones
 * change nothing. dom0's ends the machine: SHUTDOWN_poweroff turns it off,
 * every other code resets it; does not return then. (With the option noreboot
 * nothing happens to the machine after a crash of dom0.)
 *  code  SHUTDOWN_*; the low eight bits count.
 */
void domain_shutdown(struct domain *d, uint32_t code, struct effects *fx);

/*
 * As if the shutdown had never been: the vCPUs go on.
 * Returns 0, -EINVAL (not shut down, or dying).
 */
must_check int domain_resume(struct domain *d, struct effects *fx);

/*
 * The domain broke a rule for which there is no error code: it ends with
 * SHUTDOWN_crash. The first reason is kept in d->crash_reason and logged
 * as "domN crashed: reason". Plain words, no newline.
 */
void domain_crash(struct domain *d, struct effects *fx, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Destroy d in bounded steps; the caller holds a reference and is not d.
 * Frames that others still map stay theirs to use, and d stays a zombie,
 * seen by tools as dying, until the last of them is unmapped.
 * Returns 0 (all done, also if it had been before), -EINVAL (dom0),
 * -ERESTART (call again with the same arguments).
 */
must_check int domain_destroy(struct domain *d, struct effects *fx);

#endif
