/* SPDX-License-Identifier: MIT */
/*
 * libpv: what a control domain may ask of the hypervisor, one C function for
 * each thing. Knows nothing of xenstore, files or text.
 *
 * Every function returns 0 (or what it says) or a negative number of
 * pv-abi/errno.def, as the hypervisor answered; -XEN_EPERM always when the
 * caller is not privileged. State is unchanged on error unless it says so.
 * Buffers are the caller's. No locks: may be called from any thread.
 *
 * call.h is the only way from here to the hypervisor.
 * Source: abi/control.md.
 */
#ifndef LIBPV_PV_H
#define LIBPV_PV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pv-abi/arch.h>
#include <pv-abi/domctl.h>
#include <pv-abi/sysctl.h>
#include <pv-abi/types.h>

/* ------------------------------------------------ a domain's life */

struct pv_create {
    uint8_t uuid[16];
    unsigned int max_vcpus;
};

/*
 * Make an empty domain, paused, with its vCPUs allocated.
 *  *domid  in: the id wanted, 0 for the next free one; out: the id.
 * Returns 0, -XEN_EEXIST (id in use), -XEN_ENOMEM, -XEN_EINVAL (vCPUs).
 */
int pv_domain_create(const struct pv_create *c, domid_t *domid);

/*
 * Take the domain apart; returns when nothing of it runs. Frames that others
 * have mapped keep a remnant alive. -XEN_ESRCH: no such domain.
 */
int pv_domain_destroy(domid_t domid);

int pv_domain_pause(domid_t domid);
int pv_domain_unpause(domid_t domid);

/* Tell the domain it has shut down for `reason` (SHUTDOWN_*). */
int pv_domain_remote_shutdown(domid_t domid, unsigned int reason);

/* The domain's limit, in KiB. */
int pv_domain_set_max_mem(domid_t domid, uint64_t kib);

/* -XEN_ESRCH: no domain with exactly this id. */
int pv_domain_info(domid_t domid, struct xen_domctl_getdomaininfo *info);

/*
 * Describe up to `max` domains from id `first` on, ascending.
 * Returns how many were filled in.
 */
int pv_domain_list(domid_t first, unsigned int max,
                   struct xen_domctl_getdomaininfo *info);

/* ------------------------------------------------ building one */

/*
 * Give the domain `count` frames of zeroes. mfns[i] gets the frame behind
 * pfn first_pfn + i.
 * Returns 0; -XEN_ENOMEM: not enough memory, some may have been given.
 */
int pv_populate(domid_t domid, uint64_t first_pfn, uint64_t count,
                uint64_t *mfns);

/*
 * Map `count` frames of the domain behind each other, for reading and
 * writing. NULL: one was refused, or no address space is left; then nothing
 * stays mapped. A table that the hypervisor has taken for one is refused.
 */
void *pv_map_foreign(domid_t domid, const uint64_t *mfns, size_t count);
void pv_unmap_foreign(void *va, size_t count);

/* A port of `domid` to which domain `remote` may bind: returns it (> 0). */
int pv_evtchn_alloc_unbound(domid_t domid, domid_t remote);

/* Say that the domain is a 64-bit one. */
int pv_set_64_bit(domid_t domid);

/* How it reads the TSC: 0 as the hypervisor likes, 2 the processor's own. */
int pv_set_tsc_mode(domid_t domid, uint32_t mode);

/* Have the hypervisor write its stubs into a frame of the domain. */
int pv_hypercall_page(domid_t domid, uint64_t mfn);

/* Check and pin the page tables below an L4. -XEN_EINVAL: refused. */
int pv_pin_l4(domid_t domid, uint64_t mfn);

/*
 * Enter grants into the domain's own table: reference refs[i] lets domain
 * `to` map frame mfns[i] for reading and writing.
 */
int pv_grant_seed(domid_t domid, domid_t to, const grant_ref_t *refs,
                  const uint64_t *mfns, size_t count);

int pv_vcpu_set_context(domid_t domid, unsigned int vcpu,
                        struct vcpu_guest_context *context);
int pv_vcpu_get_context(domid_t domid, unsigned int vcpu,
                        struct vcpu_guest_context *context);

/* The memory map the domain is told: RAM from 0, `kib` long. */
int pv_set_memory_map(domid_t domid, uint64_t kib);

/* ------------------------------------------------ its processor time */

/*
 * Weight (1 .. 65535) and cap (percent of one processor, 0: none) of a domain.
 * Setting weight 0 leaves it as it is. -XEN_EINVAL: another scheduler than
 * credit2 runs.
 */
int pv_shares_get(domid_t domid, struct xen_domctl_sched_credit2 *shares);
int pv_shares_set(domid_t domid, const struct xen_domctl_sched_credit2 *shares);

/*
 * The processors, of the first 64, that a vCPU may use (hard) and those of them
 * it likes (soft); bit 0 is processor 0. Set: NULL leaves one as it is.
 * -XEN_EINVAL: no such vCPU, or none of hard is there.
 */
int pv_vcpu_affinity_get(domid_t domid, unsigned int vcpu, uint64_t *hard,
                         uint64_t *soft);
int pv_vcpu_affinity_set(domid_t domid, unsigned int vcpu, const uint64_t *hard,
                         const uint64_t *soft);

/* What it does, where, and how long it has run. -XEN_EINVAL: no such vCPU. */
int pv_vcpu_info(domid_t domid, unsigned int vcpu,
                 struct xen_domctl_getvcpuinfo *info);

/* Raise an NMI. -XEN_ESRCH: no such vCPU. */
int pv_vcpu_nmi(domid_t domid, unsigned int vcpu);

/* ------------------------------------------------ the machine */

int pv_physinfo(struct xen_sysctl_physinfo *info);

/* The node of all memory. -XEN_ENOSYS: the hypervisor does not tell. */
int pv_node(struct xen_sysctl_meminfo *memory, uint32_t *distance);

/* Which scheduler: a number of XEN_SCHEDULER_*. */
int pv_scheduler_id(uint32_t *id);

/*
 * Read the hypervisor's log from *index on. Returns the bytes read, at most
 * size, and moves *index behind them. clear: forget what was read.
 */
int pv_log_read(char *buffer, size_t size, uint32_t *index, bool clear);

/* What XENVER_version answers: major << 16 | minor. */
int pv_version(void);

/* XENVER_extraversion, _capabilities ... as text of at most size bytes. */
int pv_version_text(unsigned int which, char *text, size_t size);

#endif
