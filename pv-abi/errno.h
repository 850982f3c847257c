/* SPDX-License-Identifier: MIT */
/*
 * Errors of the ABI under names of their own: XEN_EPERM, XEN_EINVAL, …
 * Derived from errno.def. Usable from C and from assembly.
 *
 * The prefix is there because a guest's libc has its own errno.h, and its
 * numbers may differ: a result of a hypercall is compared with these only.
 */
#ifndef PV_ABI_ERRNO_H
#define PV_ABI_ERRNO_H

#ifdef __ASSEMBLER__

#define ERRNO(name, number, text) .equ XEN_##name, number;
#include "errno.def"

#else /* C */

enum xen_errno {
#define ERRNO(name, number, text) XEN_##name = number,
#include "errno.def"
    XEN_EWOULDBLOCK = XEN_EAGAIN,
    XEN_EDEADLOCK = XEN_EDEADLK,
};

/* The text of an error, or "Unknown error". Takes -Exxx as well as Exxx. */
static inline const char *xen_strerror(long error)
{
    switch (error < 0 ? -error : error) {
    case 0:
        return "Success";
#define ERRNO(name, number, text)                                              \
    case number:                                                               \
        return text;
#include "errno.def"
    default:
        return "Unknown error";
    }
}

/* The name of an error ("EPERM"), or "E?". Takes -Exxx as well as Exxx. */
static inline const char *xen_errname(long error)
{
    switch (error < 0 ? -error : error) {
#define ERRNO(name, number, text)                                              \
    case number:                                                               \
        return #name;
#include "errno.def"
    default:
        return "E?";
    }
}

#endif /* C */

#endif
