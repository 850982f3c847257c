/* SPDX-License-Identifier: MIT */
/*
 * The `protocol` key of a front end: whose structure layout its ring has.
 */
#ifndef PV_ABI_IO_PROTOCOLS_H
#define PV_ABI_IO_PROTOCOLS_H

#define XEN_IO_PROTO_ABI_X86_32 "x86_32-abi"
#define XEN_IO_PROTO_ABI_X86_64 "x86_64-abi"
#define XEN_IO_PROTO_ABI_NATIVE XEN_IO_PROTO_ABI_X86_64

#endif
