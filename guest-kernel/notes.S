/* SPDX-License-Identifier: MIT */
/*
 * What the image tells the builder. One macro for text, one for numbers;
 * the layout of a note is: name size, data size, type, name, data.
 */
#include <pv-abi/elfnote.h>

.macro note_text type, text
    .section .note.Xen, "a", @note
    .balign 4
    .long 4, 2f - 1f, \type
    .asciz "Xen"
1:  .asciz "\text"
2:  .balign 4
.endm

.macro note_number type, value
    .section .note.Xen, "a", @note
    .balign 4
    .long 4, 8, \type
    .asciz "Xen"
    .quad \value
    .balign 4
.endm

/* Features it can live with: the initial domain's role (bit 11). */
#define SUPPORTED (1 << 11)

note_text XEN_ELFNOTE_GUEST_OS, "vireo-guest"
note_text XEN_ELFNOTE_GUEST_VERSION, "1"
note_text XEN_ELFNOTE_XEN_VERSION, "xen-3.0"
note_text XEN_ELFNOTE_LOADER, "generic"
note_text XEN_ELFNOTE_FEATURES, ""
note_number XEN_ELFNOTE_VIRT_BASE, 0xffffffff80000000
note_number XEN_ELFNOTE_PADDR_OFFSET, 0
note_number XEN_ELFNOTE_ENTRY, guest_entry
note_number XEN_ELFNOTE_SUPPORTED_FEATURES, SUPPORTED

    .section .note.GNU-stack, "", @progbits
