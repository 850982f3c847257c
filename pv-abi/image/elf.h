/* SPDX-License-Identifier: MIT */
/*
 * Reader of guest images: ELF64 for x86-64 with what a Xen guest says about
 * itself, in ELF notes or in the older text section __xen_guest.
 *
 * Pure: no state, no memory of its own, nothing but <string.h>. The loader of
 * dom0 in the hypervisor and the control domain's builder compile it both.
 * The image is hostile: every offset and length in it is checked against
 * size before use, and all work is linear in size.
 *
 * Source: abi/start-of-day.md 1, 2; System V ABI, chapter 4.
 */
#ifndef PV_ABI_IMAGE_ELF_H
#define PV_ABI_IMAGE_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ELF_UNSET UINT64_MAX /* an address the image does not give */

/* What the image asks for. Addresses are virtual, of the guest. */
struct elf_image {
    const uint8_t *file; /* not owned; must outlive this struct */
    size_t size;
    const char *error; /* after a refusal: why, in plain words */

    uint64_t virt_base;  /* where pfn 0 appears */
    uint64_t virt_start; /* the image in memory: [start, end) */
    uint64_t virt_end;
    uint64_t virt_offset; /* virtual = p_paddr + this */
    uint64_t entry;
    uint64_t hypercall_page; /* ELF_UNSET: none */
    uint64_t init_p2m;       /* page aligned; ELF_UNSET: none */
    bool mod_start_pfn;      /* an initrd need not be mapped */
    bool extended_cr3;       /* PAE_MODE says yes */
    uint64_t features;       /* bits by XENFEAT_*: named in FEATURES */
    uint64_t required;       /* those with a leading '!' */
    uint64_t supported;      /* SUPPORTED_FEATURES; all ones if not given */
    char guest_os[32];       /* for messages; "" if not given */

    /* Used while reading. */
    uint64_t padd_offset;
    bool has_loader, has_linux, has_xen_version, has_note, has_section;
    bool unknown_required;
};

/*
 * Read headers and notes of the size bytes at file into *image.
 * Returns false if it is no image that can be run; image->error says why.
 */
bool elf_read(struct elf_image *image, const void *file, size_t size);

/*
 * Fill n bytes at dst with what the loaded image has at guest address va:
 * bytes of the file, and zeroes for its BSS and for all else.
 */
void elf_fill(const struct elf_image *image, uint64_t va, void *dst, size_t n);

#endif
