/* SPDX-License-Identifier: MIT */
/*
 * Builds a domain: from an image in memory to a domain that is paused before
 * its first instruction.
 *
 * Knows nothing of xenstore and configuration files: the caller announces
 * the domain, and unpauses it.
 */
#ifndef BUILDER_BUILD_H
#define BUILDER_BUILD_H

#include <stddef.h>
#include <stdint.h>

#include <pv-abi/types.h>

/* Who serves the domain's two rings. */
#define BUILD_BACKEND 0

struct build_request {
    const void *kernel; /* the ELF image */
    size_t kernel_bytes;
    const void *ramdisk; /* NULL: none */
    size_t ramdisk_bytes;
    const char *cmdline;
    uint64_t memory_kib;
    uint64_t max_memory_kib; /* at least memory_kib */
    unsigned int vcpus;
    uint32_t tsc_mode; /* see pv_set_tsc_mode() */
    uint8_t uuid[16];
};

struct build_result {
    domid_t domid;
    uint64_t store_mfn, console_mfn;
    evtchn_port_t store_port, console_port; /* of the new domain */
};

#define BUILD_ERROR_MAX 160

/*
 * Build *want. Returns 0 and fills *result, or -1 and a text of at most
 * BUILD_ERROR_MAX bytes in error that names the cause and, where there is
 * one, the cure; then nothing of the domain is left.
 */
int domain_build(const struct build_request *want, struct build_result *result,
                 char *error);

#endif
