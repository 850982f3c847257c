/* SPDX-License-Identifier: MIT */
/*
 * The words the rest of the contract is written in.
 *
 * Everything under pv-abi/ is shared by the hypervisor, the guests, the
 * control domain's programs and host tools. Rules that hold in all of it:
 *
 *  - 64-bit x86 only. Every field has a fixed width and all padding is
 *    written out (pad, _pad…): zero it when you write, ignore it when you
 *    read, unless a structure says otherwise.
 *  - Names and numbers are those of Xen 4.17's public interface, so that one
 *    image runs on both. layout.def asserts them, tests/compat/abi-layout
 *    compares the same list with Xen's own headers.
 *  - A field is marked IN (the caller fills it), OUT (the hypervisor fills
 *    it) or IN/OUT. OUT fields are undefined when the call fails.
 *  - "mfn" is a machine frame, "pfn" a guest's own numbering. For a PV guest
 *    a "gfn" or "gmfn" field holds an mfn. Addresses called "va" are virtual
 *    under the calling kernel's page tables.
 *  - Calls return 0, a count, or a negative number of errno.def.
 *
 * Sources: Xen 4.17 public interface; no text of it is carried over.
 */
#ifndef PV_ABI_TYPES_H
#define PV_ABI_TYPES_H

#ifdef __ASSEMBLER__

#define ABI_U32(x) x
#define ABI_U64(x) x

#else /* C */

#include <stddef.h>
#include <stdint.h>

#define ABI_U32(x) x##U
#define ABI_U64(x) x##UL

typedef uint16_t domid_t;        /* a domain, or one of DOMID_* below */
typedef uint32_t evtchn_port_t;  /* an event channel of one domain; 0 never */
typedef uint32_t grant_ref_t;    /* index into the granter's table */
typedef uint32_t grant_handle_t; /* index into the mapper's own mappings */

/*
 * GUEST_PTR(t): a pointer into the caller's memory, one 8-byte word.
 *
 * A guest, or a program of the control domain, sees an ordinary pointer.
 * The hypervisor is compiled with -DPV_ABI_HYPERVISOR and gets a structure:
 * it cannot be followed by mistake, only handed to the guest copy functions.
 */
#ifdef PV_ABI_HYPERVISOR
typedef struct {
    uint64_t va;
} guest_ptr_t;
#define GUEST_PTR(type) guest_ptr_t
#else
#define GUEST_PTR(type) type *
#endif

/*
 * The argument of type `type` that arrived in the 64-bit register `reg`: its
 * low bytes, whatever the caller left above them. Works for integers and for
 * GUEST_PTR in both of its forms.
 */
#define ABI_ARGUMENT(type, reg)                                                \
    (((union {                                                                 \
         uint64_t word;                                                        \
         type value;                                                           \
     }){.word = (reg)})                                                        \
         .value)

#endif /* C */

/* Domains that are not a number: real ids are below DOMID_FIRST_RESERVED. */
#define DOMID_FIRST_RESERVED ABI_U32(0x7FF0)
#define DOMID_SELF           ABI_U32(0x7FF0) /* the caller */
#define DOMID_IO             ABI_U32(0x7FF1) /* device memory */
#define DOMID_XEN            ABI_U32(0x7FF2) /* the hypervisor's pages */
#define DOMID_COW            ABI_U32(0x7FF3) /* shared copies */
#define DOMID_INVALID        ABI_U32(0x7FF4) /* nobody */
#define DOMID_IDLE           ABI_U32(0x7FFF) /* the processor's idle loop */
#define DOMID_MASK           ABI_U32(0x7FFF)

#endif
