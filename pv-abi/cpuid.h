/* SPDX-License-Identifier: MIT */
/*
 * CPUID leaves of the hypervisor, and the way to ask for what it answers.
 *
 * A plain CPUID in a PV guest is executed by the processor and shows the
 * machine. The same instruction behind XEN_EMULATE_PREFIX is answered by the
 * hypervisor; guests look for the signature from 0x40000000 on in steps of
 * 0x100. Leaves at VIREO_CPUID_FIRST_LEAF announce extensions; a guest that
 * does not ask for them sees plain Xen.
 */
#ifndef PV_ABI_CPUID_H
#define PV_ABI_CPUID_H

#include "types.h"

#define XEN_CPUID_FIRST_LEAF 0x40000000
#define XEN_CPUID_LEAF(i)    (XEN_CPUID_FIRST_LEAF + (i))

/* leaf 0: "XenVMMXenVMM" in EBX, ECX, EDX; EAX is the last leaf */
#define XEN_CPUID_SIGNATURE_EBX 0x566e6558
#define XEN_CPUID_SIGNATURE_ECX 0x65584d4d
#define XEN_CPUID_SIGNATURE_EDX 0x4d4d566e

/* leaf 2, ECX */
#define XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD (ABI_U32(1) << 0)

/* leaf 5.0, EBX: bits of a machine address */
#define XEN_CPUID_MACHINE_ADDRESS_WIDTH_MASK ABI_U32(0xff)

#define XEN_CPUID_MAX_NUM_LEAVES 5

/* extensions: EAX the last leaf, then "VireoVireoPV" */
#define VIREO_CPUID_FIRST_LEAF    0x40000100
#define VIREO_CPUID_SIGNATURE_EBX 0x65726956
#define VIREO_CPUID_SIGNATURE_ECX 0x7269566f
#define VIREO_CPUID_SIGNATURE_EDX 0x56506f65

/* ud2, then "xen" */
#ifdef __ASSEMBLER__
#define XEN_EMULATE_PREFIX .byte 0x0f, 0x0b, 0x78, 0x65, 0x6e;
#define XEN_CPUID          XEN_EMULATE_PREFIX cpuid
#else
#define XEN_EMULATE_PREFIX ".byte 0x0f, 0x0b, 0x78, 0x65, 0x6e; "
#define XEN_CPUID          XEN_EMULATE_PREFIX "cpuid"
#endif

#endif
