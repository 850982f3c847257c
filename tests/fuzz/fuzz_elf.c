/* SPDX-License-Identifier: MIT */
/*
 * Guest images and boot archives: whoever makes a guest writes them. The
 * input is read both ways.
 *
 * Beside the sanitizers: an image that is accepted keeps its promises. Its
 * addresses go together, it loads to its own extent, and dom0's layout puts
 * each part where it belongs.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <pv-abi/image/cpio.h>
#include <pv-abi/image/elf.h>

#include "domain/dom0_layout.h"

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

static void lay_out(const struct elf_image *e)
{
    struct dom0_layout l;
    const struct dom0_part *parts[] = {
        &l.kernel, &l.initrd,     &l.p2m,   &l.start_info,
        &l.tables, &l.p2m_tables, &l.stack,
    };

    if (!dom0_layout(&l, e, e->size, (64ul << 20) / PAGE))
        return;
    CHECK(l.used_pages <= l.page_count);
    CHECK(l.tables.count >= 1 + dom0_table_count(l.virt_base, l.virt_end));
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        CHECK(parts[i]->pfn + parts[i]->count <= l.used_pages);
        for (size_t j = 0; j < i; j++)
            CHECK(parts[i]->count == 0 || parts[j]->count == 0 ||
                  parts[i]->pfn >= parts[j]->pfn + parts[j]->count ||
                  parts[j]->pfn >= parts[i]->pfn + parts[i]->count);
    }
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
    lay_out(&e);
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
