/* SPDX-License-Identifier: MIT */
/*
 * ELF notes of a guest image, owner "Xen". Numbers have 4 or 8 bytes, texts
 * end in NUL. Usable from assembly.
 */
#ifndef PV_ABI_ELFNOTE_H
#define PV_ABI_ELFNOTE_H

#define XEN_ELFNOTE_INFO               0
#define XEN_ELFNOTE_ENTRY              1  /* va; default e_entry */
#define XEN_ELFNOTE_HYPERCALL_PAGE     2  /* va of the page to fill */
#define XEN_ELFNOTE_VIRT_BASE          3  /* va of pfn 0; default 0 */
#define XEN_ELFNOTE_PADDR_OFFSET       4  /* subtracted from p_paddr */
#define XEN_ELFNOTE_XEN_VERSION        5  /* text, begins "xen-3.0" */
#define XEN_ELFNOTE_GUEST_OS           6  /* text */
#define XEN_ELFNOTE_GUEST_VERSION      7  /* text */
#define XEN_ELFNOTE_LOADER             8  /* text, begins "generic" */
#define XEN_ELFNOTE_PAE_MODE           9  /* text; no effect on 64 bits */
#define XEN_ELFNOTE_FEATURES           10 /* text: names joined by '|' */
#define XEN_ELFNOTE_BSD_SYMTAB         11 /* text "yes": append symbols */
#define XEN_ELFNOTE_HV_START_LOW       12 /* 32-bit only */
#define XEN_ELFNOTE_L1_MFN_VALID       13 /* pairs of mask and value */
#define XEN_ELFNOTE_SUSPEND_CANCEL     14 /* 1: knows cancelled suspends */
#define XEN_ELFNOTE_INIT_P2M           15 /* va for the p2m, out of the way */
#define XEN_ELFNOTE_MOD_START_PFN      16 /* 1: module may stay unmapped */
#define XEN_ELFNOTE_SUPPORTED_FEATURES 17 /* bits by XENFEAT_* */
#define XEN_ELFNOTE_PHYS32_ENTRY       18 /* physical; PVH boot, not PV */
#define XEN_ELFNOTE_MAX                XEN_ELFNOTE_PHYS32_ENTRY

#endif
