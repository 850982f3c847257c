/* SPDX-License-Identifier: MIT */
/*
 * Guest images and boot archives: whoever makes a guest writes them. The
 * input is read both ways.
 *
 * Beside the sanitizers: an image that is accepted keeps its promises. Its
 * addresses go together, it loads to its own extent, and the layout puts each
 * part where it belongs.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <pv-abi/image/cpio.h>
#include <pv-abi/image/layout.h>
#include <pv-abi/mmu.h>

#define PAGE 4096ul

/* Not assert(): a finding must end the process in every build. */
#define CHECK(cond)                                                            \
    do {                                                                       \
        if (!(cond))                                                           \
            abort();                                                           \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What lies outside of the image is zero, and stays within the buffer. */
static void load(const struct elf_image *e)
{
    uint64_t length = e->virt_end - e->virt_start;
    uint8_t page[PAGE];

    elf_fill(e, e->virt_start, page, sizeof(page));
    elf_fill(e, e->virt_start + length / 2, page, 100);
    elf_fill(e, e->virt_end - 1, page, 1);
    if (e->virt_start >= PAGE) {
        elf_fill(e, e->virt_start - PAGE, page, sizeof(page));
        for (size_t i = 0; i < sizeof(page); i++)
            CHECK(page[i] == 0);
    }
}

/* Every table is one that the layout knows, and points into the domain. */
static void write_tables(const struct layout *l)
{
    static uint64_t p2m[(64ul << 20) / PAGE];
    const struct layout_facts facts = {.p2m = p2m};
    uint64_t page[PAGE / 8];

    for (uint64_t i = 0; i < l->want.nr_pages; i++)
        p2m[i] = i;
    for (uint64_t i = 0; i < l->tables.count + l->p2m_tables.count; i++) {
        bool near = i < l->tables.count;
        uint64_t pfn = near ? l->tables.first + i
                            : l->p2m_tables.first + i - l->tables.count;

        CHECK(layout_page(l, &facts, pfn, page));
        for (size_t j = 0; j < PAGE / 8; j++)
            CHECK((page[j] & PTE_FRAME_MASK) >> 12 < l->want.nr_pages);
    }
}

static void lay_out(const struct elf_image *e, bool dom0)
{
    const struct layout_request want = {
        .image = e,
        .ramdisk = e->file,
        .ramdisk_bytes = e->size,
        .nr_pages = (64ul << 20) / PAGE,
        .cmdline = "",
        .dom0 = dom0,
    };
    struct layout l;
    const struct layout_range *parts[] = {
        &l.kernel,  &l.ramdisk, &l.p2m,   &l.start_info, &l.store,
        &l.console, &l.tables,  &l.stack, &l.p2m_tables,
    };

    if (layout_plan(&l, &want))
        return;
    CHECK(l.pages_used <= want.nr_pages);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        CHECK(parts[i]->first + parts[i]->count <= l.pages_used);
        for (size_t j = 0; j < i; j++)
            CHECK(parts[i]->count == 0 || parts[j]->count == 0 ||
                  parts[i]->first >= parts[j]->first + parts[j]->count ||
                  parts[j]->first >= parts[i]->first + parts[i]->count);
    }
    write_tables(&l);
}

static void read_image(const uint8_t *data, size_t size)
{
    struct elf_image e;

    if (!elf_read(&e, data, size)) {
        CHECK(e.error && e.error[0]);
        return;
    }
    CHECK(e.virt_base <= e.virt_start && e.virt_start < e.virt_end);
    CHECK(e.entry >= e.virt_start && e.entry <= e.virt_end);
    CHECK(strlen(e.guest_os) < sizeof(e.guest_os));
    load(&e);
    lay_out(&e, false);
    lay_out(&e, true);
}

static void read_archive(const uint8_t *data, size_t size)
{
    struct cpio_member m;
    size_t offset = 0, before = 0;

    while (cpio_next(data, size, &offset, &m)) {
        CHECK(offset > before && offset <= size);
        CHECK(m.data >= data && m.data + m.size <= data + size);
        CHECK((const uint8_t *)m.name + strlen(m.name) < data + size);
        before = offset;
    }
    cpio_find(data, size, "dom0", &m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_image(data, size);
    read_archive(data, size);
    return 0;
}
