/* SPDX-License-Identifier: MIT */
/*
 * The first domain, built by the hypervisor from an image the boot loader
 * brought. All others are built by dom0's own tools.
 *
 * Source: abi/start-of-day.md 1 - 6.
 */
#ifndef DOMAIN_DOM0_BUILD_H
#define DOMAIN_DOM0_BUILD_H

#include "domain/domain.h"

struct dom0_config {
    const void *kernel; /* an ELF image, readable while dom0 is built */
    size_t kernel_bytes;
    const void *initrd; /* its module; 0 bytes: none */
    size_t initrd_bytes;
    const char *command_line; /* dom0's; what does not fit is cut off */
    uint64_t mem_bytes;       /* 0: half of what is free, at most 512 MiB */
    uint64_t max_mem_bytes;   /* how far it may grow; 0: not */
    unsigned int max_vcpus;
};

/*
 * Build dom0: memory, page tables, start_info, vCPU 0 ready to run, the
 * others allocated. hv->dom0 is it, paused once: domain_unpause starts it.
 * Returns 0; -EINVAL (the image), -ENOMEM. What is wrong has been logged;
 * nothing is cleaned up, because a machine without dom0 has no use.
 */
must_check int dom0_build(struct hv *hv, const struct dom0_config *config,
                          struct effects *fx);

#endif
