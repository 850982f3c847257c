/* SPDX-License-Identifier: MIT */
/*
 * Builder of guest images for tests: a small ELF64 file, whose parts a test
 * then may damage.
 */
#ifndef FAKE_IMAGE_H
#define FAKE_IMAGE_H

#include <stddef.h>
#include <stdint.h>

/* Offsets in the file, for tests that damage it. */
#define IMAGE_PHDR_LOAD 64  /* program header 0, PT_LOAD */
#define IMAGE_PHDR_NOTE 120 /* program header 1, PT_NOTE */
#define IMAGE_SHDR      176 /* section headers: none, names, guest or notes */
#define IMAGE_NAMES     384 /* section names */
#define IMAGE_DATA      512 /* contents of the segment */
#define IMAGE_BYTES     (IMAGE_DATA + 65536 + 1024)

struct image {
    uint8_t file[IMAGE_BYTES];
    size_t size;
    size_t notes; /* where the notes begin; they end at size */
};

/*
 * Begin: one segment at paddr, filesz bytes in the file (each its offset in
 * the segment, modulo 251), memsz in memory, entry at paddr.
 */
void image_start(struct image *im, uint64_t paddr, uint64_t filesz,
                 uint64_t memsz);

void image_note_number(struct image *im, uint32_t type, uint64_t value);
void image_note_text(struct image *im, uint32_t type, const char *text);
void image_note_raw(struct image *im, uint32_t type, const void *desc,
                    uint32_t n);

/* XEN_VERSION and LOADER: what every image needs. */
void image_note_basics(struct image *im);

/* End: the notes are in PT_NOTE, in a SHT_NOTE section, or there are none. */
void image_end(struct image *im);
void image_end_section_notes(struct image *im);
/* End with the text as section __xen_guest, and no notes. */
void image_end_guest_section(struct image *im, const char *text);

/* Overwrite a field. */
void image_put16(struct image *im, size_t offset, uint16_t value);
void image_put32(struct image *im, size_t offset, uint32_t value);
void image_put64(struct image *im, size_t offset, uint64_t value);

#endif
