/* SPDX-License-Identifier: MIT */
/*
 * The last hypercalls of each CPU, in a ring, for whoever has to find out why
 * it panicked. Kconfig TRACE; without it nothing is recorded, and no
 * instruction is spent.
 *
 * A CPU writes its own ring only, and nobody reads it but that CPU when it
 * panics: no lock.
 */
#ifndef CALL_TRACE_H
#define CALL_TRACE_H

#include <config.h>

#include "vcpu.h"

#ifdef CONFIG_TRACE
/*
 * v has made call nr on this CPU.
 *  argument  the first one, as it was at the beginning.
 *  result    what RAX becomes; -ERESTART: it will be run again.
 */
void trace_call(struct vcpu *v, uint64_t nr, uint64_t argument, int64_t result);

/* Print the ring of a CPU that has panicked, newest first. */
void trace_print(const struct hv *hv, unsigned int cpu);
#else
static inline void trace_call(struct vcpu *v, uint64_t nr, uint64_t argument,
                              int64_t result)
{
}

static inline void trace_print(const struct hv *hv, unsigned int cpu)
{
}
#endif

#endif
