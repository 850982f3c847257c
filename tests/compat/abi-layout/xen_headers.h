/* SPDX-License-Identifier: MIT */
/*
 * Xen's own headers, as its tools see them, with the few names that are
 * spelled differently there. Nothing of pv-abi may be included with this.
 */
#ifndef COMPAT_XEN_HEADERS_H
#define COMPAT_XEN_HEADERS_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#define __XEN_TOOLS__
#define __XEN_INTERFACE_VERSION__ 0x00040e00

#include <xen/xen.h>

#include <xen/arch-x86/cpuid.h>
#include <xen/arch-x86/xen-mca.h>
#include <xen/callback.h>
#include <xen/domctl.h>
#include <xen/elfnote.h>
#include <xen/event_channel.h>
#include <xen/features.h>
#include <xen/grant_table.h>
#include <xen/io/blkif.h>
#include <xen/io/console.h>
#include <xen/io/netif.h>
#include <xen/io/xenbus.h>
#include <xen/io/xs_wire.h>
#include <xen/memory.h>
#include <xen/nmi.h>
#include <xen/physdev.h>
#include <xen/platform.h>
#include <xen/sched.h>
#include <xen/sysctl.h>
#include <xen/vcpu.h>
#include <xen/version.h>

/* The whole list of errors, with those that only the hypervisor sees. */
enum xen_all_errno {
#define __XEN__
#define XEN_ERRNO(name, value) XEN_##name = value,
#include <xen/errno.h>
#undef __XEN__
};

/* A length without a name there. */
#define XEN_COMMANDLINE_LEN sizeof(xen_commandline_t)

#endif
