/* SPDX-License-Identifier: MIT */
/*
 * What a domain is told when it starts: one page, its address in RSI at the
 * entry point. The domain builder writes it (the hypervisor for dom0, the
 * toolstack for the others) before the first instruction; from then on the
 * page is ordinary memory of the guest and nobody else writes to it, except
 * that a restore fills the fields marked "again" anew.
 */
#ifndef PV_ABI_START_INFO_H
#define PV_ABI_START_INFO_H

#include "types.h"

#define XEN_START_MAGIC   "xen-3.0-x86_64" /* what magic[] begins with */
#define MAX_GUEST_CMDLINE 1024

/* start_info.flags */
#define SIF_PRIVILEGED      (1 << 0) /* may use the control interfaces */
#define SIF_INITDOMAIN      (1 << 1) /* the first domain of the machine */
#define SIF_MULTIBOOT_MOD   (1 << 2) /* mod_start is a list of modules */
#define SIF_MOD_START_PFN   (1 << 3) /* mod_start is a pfn, not mapped */
#define SIF_VIRT_P2M_4TOOLS (1 << 4) /* tools understand a linear p2m */
#define SIF_PM_MASK         (0xFF << 8)

#ifndef __ASSEMBLER__

struct start_info {
    char magic[32];       /* XEN_START_MAGIC, NUL terminated; again */
    uint64_t nr_pages;    /* frames the domain owns; again */
    uint64_t shared_info; /* machine *address* of struct shared_info; again */
    uint32_t flags;       /* SIF_*; again */
    uint32_t _pad0;
    uint64_t store_mfn;    /* frame of the xenstore ring; again */
    uint32_t store_evtchn; /* its port; 0 in the domain that serves it; again */
    uint32_t _pad1;
    union { /* again */
        struct {
            uint64_t mfn;    /* frame of the console ring */
            uint32_t evtchn; /* its port */
            uint32_t _pad;
        } domU;
        struct {
            uint32_t info_off;  /* bytes from here to dom0_vga_console_info */
            uint32_t info_size; /* its size; 0 without a display */
        } dom0;
    } console;
    uint64_t pt_base;      /* va of the boot L4 */
    uint64_t nr_pt_frames; /* page tables of the boot region, L4 included */
    uint64_t mfn_list;     /* va of the p2m: nr_pages words, pfn to mfn */
    uint64_t mod_start;    /* va of the initial module, or its pfn */
    uint64_t mod_len;      /* bytes; 0 without a module */
    char cmd_line[MAX_GUEST_CMDLINE]; /* NUL terminated */
    /* Where p2m and its tables lie if the image chose a place; else 0. */
    uint64_t first_p2m_pfn;
    uint64_t nr_p2m_frames;
};

#endif /* C */

#endif
