/* SPDX-License-Identifier: MIT */
/*
 * The two forms in which an image says what guest it is: ELF notes with the
 * owner "Xen", and the text section __xen_guest. Inner header of elf.c.
 *
 * A later note replaces an earlier one of the same kind. A note of a wrong
 * size, of an unknown kind or of another owner is passed over.
 */
#ifndef PV_ABI_IMAGE_ELF_NOTE_H
#define PV_ABI_IMAGE_ELF_NOTE_H

#include <pv-abi/image/elf.h>

/* Take what the n bytes of notes say into *image; sets has_note. */
void elf_notes_read(struct elf_image *image, const uint8_t *notes, size_t n);

/* Take "NAME=value,NAME=value", ended by NUL or n; sets has_section. */
void elf_guest_section_read(struct elf_image *image, const uint8_t *text,
                            size_t n);

#endif
