/* SPDX-License-Identifier: MIT */
/*
 * Numbers of the hypercalls, __HYPERVISOR_<name>, from hypercalls.def. In C
 * they are an enum, in assembly symbols set by .equ.
 *
 * A guest kernel either executes `syscall` itself or calls its hypercall page:
 * 128 stubs of 32 bytes, stub n makes call n. The stub of iret is jumped to.
 * From user mode `syscall` is never a hypercall.
 */
#ifndef PV_ABI_HYPERCALLS_H
#define PV_ABI_HYPERCALLS_H

#define HYPERCALL_STUB_BYTES 32
#define HYPERCALL_STUB_COUNT 128
#define HYPERCALL_NUMBERS    64 /* every number in use is below */

#ifdef __ASSEMBLER__

#define HYPERCALL(nr, name, fn, nargs, who, doc) .equ __HYPERVISOR_##name, nr;
#define HYPERCALL_ABSENT(nr, name, doc)          .equ __HYPERVISOR_##name, nr;
#include "hypercalls.def"

#else /* C */

enum hypercall {
#define HYPERCALL(nr, name, fn, nargs, who, doc) __HYPERVISOR_##name = nr,
#define HYPERCALL_ABSENT(nr, name, doc)          __HYPERVISOR_##name = nr,
#include "hypercalls.def"
};

#endif /* C */

#endif
