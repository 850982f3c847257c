/* SPDX-License-Identifier: MIT */
/* pv-abi/image/elf: what images say about themselves, true or false. */
#include "suite.h"

#include <stdlib.h>
#include <string.h>

#include <pv-abi/elfnote.h>
#include <pv-abi/version.h>

#include <pv-abi/image/elf.h>
#include "fake/image.h"

#define MIB (1ul << 20)

static struct image im;
static struct elf_image e;

static bool read_image(void)
{
    return elf_read(&e, im.file, im.size);
}

#define ck_refused(part)                                                       \
    do {                                                                       \
        ck_assert(!read_image());                                              \
        ck_assert_ptr_nonnull(strstr(e.error, part));                          \
    } while (0)

START_TEST(an_image_with_two_notes_is_enough)
{
    image_start(&im, MIB, 100, 5000);
    image_note_basics(&im);
    image_end(&im);

    ck_assert(read_image());
    ck_assert_uint_eq(e.virt_base, 0);
    ck_assert_uint_eq(e.virt_start, MIB);
    ck_assert_uint_eq(e.virt_end, MIB + 5000);
    ck_assert_uint_eq(e.entry, MIB);
    ck_assert(e.hypercall_page == ELF_UNSET && e.init_p2m == ELF_UNSET);
    ck_assert(!e.mod_start_pfn);
}
END_TEST

/* The notes of a Linux kernel: high virtual base, p2m far below it. */
START_TEST(a_linux_image_gets_its_addresses)
{
    image_start(&im, 16 * MIB, 4096, 8192);
    image_note_text(&im, XEN_ELFNOTE_GUEST_OS, "linux");
    image_note_text(&im, XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
    image_note_number(&im, XEN_ELFNOTE_VIRT_BASE, 0xffffffff80000000);
    image_note_number(&im, XEN_ELFNOTE_ENTRY, 0xffffffff81001000);
    image_note_number(&im, XEN_ELFNOTE_INIT_P2M, 0x8000000000);
    image_note_number(&im, XEN_ELFNOTE_MOD_START_PFN, 1);
    image_note_text(&im, XEN_ELFNOTE_FEATURES,
                    "!writable_page_tables|pae_pgdir_above_4gb");
    image_note_raw(&im, XEN_ELFNOTE_SUPPORTED_FEATURES,
                   &(uint32_t){1u << XENFEAT_dom0}, 4);
    image_end(&im);

    ck_assert(read_image());
    ck_assert_uint_eq(e.virt_start, 0xffffffff81000000);
    ck_assert_uint_eq(e.entry, 0xffffffff81001000);
    ck_assert_uint_eq(e.init_p2m, 0x8000000000);
    ck_assert(e.mod_start_pfn);
    ck_assert_uint_eq(e.required, 1u << XENFEAT_writable_page_tables);
    ck_assert_uint_eq(e.features, 1u << XENFEAT_writable_page_tables |
                                      1u << XENFEAT_pae_pgdir_above_4gb);
    ck_assert_uint_eq(e.supported, 1u << XENFEAT_dom0);
    ck_assert_str_eq(e.guest_os, "linux");
}
END_TEST

START_TEST(notes_are_also_found_in_a_section)
{
    image_start(&im, MIB, 100, 100);
    image_note_basics(&im);
    image_note_number(&im, XEN_ELFNOTE_ENTRY, MIB + 16);
    image_end_section_notes(&im);

    ck_assert(read_image());
    ck_assert_uint_eq(e.entry, MIB + 16);
}
END_TEST

/* Mini-OS: its PADDR_OFFSET defaults to VIRT_BASE, its page is a number. */
START_TEST(the_old_text_section_is_understood)
{
    image_start(&im, 0x40000000, 100, 0x4000);
    image_end_guest_section(&im, "GUEST_OS=Mini-OS,XEN_VER=xen-3.0,"
                                 "VIRT_BASE=0x40000000,HYPERCALL_PAGE=0x2,"
                                 "LOADER=generic,FEATURES=dom0");

    ck_assert(read_image());
    ck_assert_uint_eq(e.virt_base, 0x40000000);
    ck_assert_uint_eq(e.virt_offset, 0);
    ck_assert_uint_eq(e.hypercall_page, 0x40002000);
    ck_assert_uint_eq(e.features, 1u << XENFEAT_dom0);
    ck_assert_str_eq(e.guest_os, "Mini-OS");
}
END_TEST

START_TEST(notes_win_over_the_text_section)
{
    image_start(&im, MIB, 100, 100);
    image_note_basics(&im);
    image_end(&im);
    image_put64(&im, 40, IMAGE_SHDR);

    ck_assert(read_image());
    ck_assert(!e.has_section);
}
END_TEST

START_TEST(filling_gives_file_bytes_then_zeroes)
{
    uint8_t page[4096];

    image_start(&im, MIB + 16, 100, 8192);
    image_note_basics(&im);
    image_end(&im);
    ck_assert(read_image());

    memset(page, 0xff, sizeof(page));
    elf_fill(&e, MIB, page, sizeof(page));
    for (size_t i = 0; i < sizeof(page); i++)
        ck_assert_uint_eq(page[i], i < 16 || i >= 116 ? 0 : (i - 16) % 251);
}
END_TEST

START_TEST(filling_from_the_middle_of_a_segment_works)
{
    uint8_t part[50];

    image_start(&im, MIB, 10000, 10000);
    image_note_basics(&im);
    image_end(&im);
    ck_assert(read_image());

    elf_fill(&e, MIB + 9970, part, sizeof(part));
    for (size_t i = 0; i < sizeof(part); i++)
        ck_assert_uint_eq(part[i], i < 30 ? (9970 + i) % 251 : 0);
}
END_TEST

/* Such a segment is passed over when extents are checked. */
START_TEST(a_segment_without_memory_is_not_loaded_either)
{
    uint8_t page[4096];

    image_start(&im, MIB, 100, 100);
    image_note_basics(&im);
    image_end(&im);
    /* The note segment becomes one of 2 GiB of file and no memory. */
    image_put32(&im, IMAGE_PHDR_NOTE, 1);
    image_put64(&im, IMAGE_PHDR_NOTE + 24, MIB);
    image_put64(&im, IMAGE_PHDR_NOTE + 32, 1ul << 31);
    image_put64(&im, IMAGE_PHDR_NOTE + 40, 0);
    image_end_section_notes(&im);
    ck_assert(read_image());
    elf_fill(&e, MIB, page, sizeof(page));
    ck_assert_uint_eq(page[99], 99);
    ck_assert_uint_eq(page[100], 0);
}
END_TEST

START_TEST(what_is_no_program_for_this_cpu_is_refused)
{
    image_start(&im, MIB, 100, 100);
    image_note_basics(&im);
    image_end(&im);
    im.file[0] = 'x';
    ck_refused("no ELF");
    im.file[0] = 0x7f;
    im.file[4] = 1;
    ck_refused("64-bit x86");
    im.file[4] = 2;
    image_put16(&im, 18, 183);
    ck_refused("64-bit x86");
    image_put16(&im, 18, 62);
    image_put16(&im, 16, 1);
    ck_refused("no program");
}
END_TEST

START_TEST(an_image_that_is_no_xen_guest_is_refused)
{
    image_start(&im, MIB, 100, 100);
    image_end(&im);
    ck_refused("no Xen guest");

    image_start(&im, MIB, 100, 100);
    image_note_text(&im, XEN_ELFNOTE_LOADER, "generic");
    image_end(&im);
    ck_refused("xen-3.0");

    image_start(&im, MIB, 100, 100);
    image_note_text(&im, XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
    image_note_text(&im, XEN_ELFNOTE_LOADER, "special");
    image_end(&im);
    ck_refused("loader");
}
END_TEST

START_TEST(a_required_feature_nobody_knows_is_refused)
{
    image_start(&im, MIB, 100, 100);
    image_note_basics(&im);
    image_note_text(&im, XEN_ELFNOTE_FEATURES, "dom0|!time_travel");
    image_end(&im);
    ck_refused("requires");
}
END_TEST

START_TEST(an_optional_feature_nobody_knows_is_ignored)
{
    image_start(&im, MIB, 100, 100);
    image_note_basics(&im);
    image_note_text(&im, XEN_ELFNOTE_FEATURES, "time_travel|dom0");
    image_end(&im);
    ck_assert(read_image());
    ck_assert_uint_eq(e.features, 1u << XENFEAT_dom0);
}
END_TEST

START_TEST(addresses_that_contradict_each_other_are_refused)
{
    static const struct {
        uint32_t note;
        uint64_t value;
        const char *why;
    } bad[] = {
        {XEN_ELFNOTE_PADDR_OFFSET, 0x1000, "without VIRT_BASE"},
        {XEN_ELFNOTE_VIRT_BASE, UINT64_MAX - 0xfff, "below"},
        {XEN_ELFNOTE_VIRT_BASE, 0x80000001, "aligned"},
        {XEN_ELFNOTE_ENTRY, MIB - 1, "entry"},
        {XEN_ELFNOTE_ENTRY, MIB + 101, "entry"},
        {XEN_ELFNOTE_HYPERCALL_PAGE, MIB + 4096, "hypercall page"},
        {XEN_ELFNOTE_HYPERCALL_PAGE, 16, "hypercall page"},
        {XEN_ELFNOTE_INIT_P2M, MIB, "INIT_P2M"},
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        image_start(&im, MIB, 100, 100);
        image_note_basics(&im);
        if (bad[i].note == XEN_ELFNOTE_VIRT_BASE)
            image_note_number(&im, XEN_ELFNOTE_ENTRY, bad[i].value + MIB);
        image_note_number(&im, bad[i].note, bad[i].value);
        image_end(&im);
        ck_refused(bad[i].why);
    }
}
END_TEST

START_TEST(a_p2m_above_the_base_is_placed_in_the_region)
{
    image_start(&im, MIB, 100, 100);
    image_note_basics(&im);
    image_note_number(&im, XEN_ELFNOTE_INIT_P2M, 0x8000000000);
    image_end(&im);

    ck_assert(read_image());
    ck_assert(e.init_p2m == ELF_UNSET);
}
END_TEST

START_TEST(segments_outside_of_the_file_are_refused)
{
    static const struct {
        size_t field;
        uint64_t value;
    } bad[] = {
        {IMAGE_PHDR_LOAD + 8, IMAGE_BYTES}, {IMAGE_PHDR_LOAD + 8, UINT64_MAX},
        {IMAGE_PHDR_LOAD + 32, 1ul << 40},  {IMAGE_PHDR_LOAD + 32, UINT64_MAX},
        {IMAGE_PHDR_LOAD + 40, 99},         {IMAGE_PHDR_LOAD + 40, UINT64_MAX},
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        image_start(&im, MIB, 100, 100);
        image_note_basics(&im);
        image_end(&im);
        image_put64(&im, bad[i].field, bad[i].value);
        ck_refused("segment");
    }
}
END_TEST

/* Every cut of a good image, and each of its header's bytes turned: the
 * sanitizers watch. */
START_TEST(damaged_images_are_read_within_their_bounds)
{
    image_start(&im, MIB, 64, 64);
    image_note_basics(&im);
    image_note_number(&im, XEN_ELFNOTE_ENTRY, MIB);
    image_end(&im);
    for (size_t size = 0; size <= im.size; size++) {
        uint8_t *cut = malloc(size ? size : 1);

        memcpy(cut, im.file, size);
        elf_read(&e, cut, size);
        free(cut);
    }
    for (size_t at = 0; at < im.size; at++)
        for (unsigned int bit = 0; bit < 8; bit++) {
            uint8_t page[64];

            im.file[at] ^= (uint8_t)(1u << bit);
            if (read_image())
                elf_fill(&e, e.virt_start, page, sizeof(page));
            im.file[at] ^= (uint8_t)(1u << bit);
        }
    ck_assert(read_image());
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("elf");
    TCase *good = tcase_create("good"), *bad = tcase_create("bad");

    tcase_add_test(good, an_image_with_two_notes_is_enough);
    tcase_add_test(good, a_linux_image_gets_its_addresses);
    tcase_add_test(good, notes_are_also_found_in_a_section);
    tcase_add_test(good, the_old_text_section_is_understood);
    tcase_add_test(good, notes_win_over_the_text_section);
    tcase_add_test(good, filling_gives_file_bytes_then_zeroes);
    tcase_add_test(good, filling_from_the_middle_of_a_segment_works);
    tcase_add_test(good, an_optional_feature_nobody_knows_is_ignored);
    tcase_add_test(good, a_p2m_above_the_base_is_placed_in_the_region);
    tcase_add_test(bad, a_segment_without_memory_is_not_loaded_either);
    tcase_add_test(bad, what_is_no_program_for_this_cpu_is_refused);
    tcase_add_test(bad, an_image_that_is_no_xen_guest_is_refused);
    tcase_add_test(bad, a_required_feature_nobody_knows_is_refused);
    tcase_add_test(bad, addresses_that_contradict_each_other_are_refused);
    tcase_add_test(bad, segments_outside_of_the_file_are_refused);
    tcase_add_test(bad, damaged_images_are_read_within_their_bounds);
    suite_add_tcase(s, good);
    suite_add_tcase(s, bad);
    return s;
}
