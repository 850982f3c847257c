/* SPDX-License-Identifier: MIT */
/*
 * The interface is what it was: compiled into the hypervisor, the guests and
 * the host's programs, each with its own flags, and never run.
 */
#include "arch.h"
#include "callback.h"
#include "cpuid.h"
#include "domctl.h"
#include "elfnote.h"
#include "errno.h"
#include "event_channel.h"
#include "grant_table.h"
#include "hypercalls.h"
#include "io/blkif.h"
#include "io/console.h"
#include "io/netif.h"
#include "io/xenbus.h"
#include "io/xs_wire.h"
#include "memory.h"
#include "mmu.h"
#include "multicall.h"
#include "nmi.h"
#include "physdev.h"
#include "platform.h"
#include "sched.h"
#include "shared_info.h"
#include "start_info.h"
#include "sysctl.h"
#include "types.h"
#include "vcpu.h"
#include "version.h"

/* Xen's interface. */
#define ABI_GROUP(title)
#define ABI_SIZE(type, bytes)                                                  \
    _Static_assert(sizeof(type) == (bytes), "size of " #type);
#define ABI_FIELD(type, field, at, bytes)                                      \
    _Static_assert(offsetof(type, field) == (at),                              \
                   "place of " #type "." #field);                              \
    _Static_assert(sizeof(((type *)0)->field) == (bytes),                      \
                   "size of " #type "." #field);
#define ABI_VALUE(name, value)                                                 \
    _Static_assert((uint64_t)(name) == (uint64_t)(value), "value of " #name);
#include "layout.def"

/* What has no name there, or is ours. */
_Static_assert(sizeof(struct e820entry) == 20, "e820entry is packed");
_Static_assert(sizeof(GUEST_PTR(void)) == 8, "a guest pointer is one word");
_Static_assert(_Alignof(GUEST_PTR(void)) == 8, "a guest pointer is one word");
_Static_assert(sizeof(void *) == 8, "64-bit only");
_Static_assert(PTE_PSE == PTE_PAT, "the same bit at different levels");

/* A number that is used twice does not compile. */
static inline __attribute__((unused)) int abi_numbers_are_unique(uint32_t nr)
{
    switch (nr) {
#define HYPERCALL(nr, name, ...)        case nr:
#define HYPERCALL_ABSENT(nr, name, ...) case nr:
#include "hypercalls.def"
        return 1;
    default:
        return 0;
    }
}
