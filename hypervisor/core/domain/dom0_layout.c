/* SPDX-License-Identifier: MIT */
#include "domain/dom0_layout.h"

#include <string.h>

#include <pv-abi/arch.h>

#include "types.h"

#define REGION_ALIGN (4ul << 20)
#define REGION_SPARE (512ul << 10)

static uint64_t pages_of(uint64_t bytes)
{
    return bytes / PAGE_SIZE + (bytes % PAGE_SIZE != 0);
}

/* Units of size 1 << shift that [start, end) touches. */
static uint64_t touched(uint64_t start, uint64_t end, unsigned int shift)
{
    return ((end - 1) >> shift) - (start >> shift) + 1;
}

uint64_t dom0_table_count(uint64_t start, uint64_t end)
{
    return touched(start, end, 21) + touched(start, end, 30) +
           touched(start, end, 39);
}

/* Give part the next count frames of the boot region. */
static void append(struct dom0_layout *l, struct dom0_part *part,
                   uint64_t count)
{
    part->pfn = l->used_pages;
    part->count = count;
    part->va = l->virt_base + part->pfn * PAGE_SIZE;
    l->used_pages += count;
}

/* Whether [start, end) is canonical and free of the hypervisor. */
static bool is_guest_range(uint64_t start, uint64_t end)
{
    return start < end && (end <= 1ul << 47 || start >= HYPERVISOR_VIRT_END);
}

/*
 * Tables take room in the region that they map: take more of them until
 * the end they lead to is one they reach.
 */
static bool place_tables(struct dom0_layout *l)
{
    uint64_t start = l->used_pages, count = 1, end;

    for (;;) {
        l->used_pages = start;
        append(l, &l->tables, count);
        append(l, &l->stack, 1);
        end = l->virt_base + l->used_pages * PAGE_SIZE;
        end = (end + REGION_SPARE + REGION_ALIGN - 1) & ~(REGION_ALIGN - 1);
        if (!is_guest_range(l->virt_base, end))
            return false;
        if (1 + dom0_table_count(l->virt_base, end) <= count)
            break;
        count = 1 + dom0_table_count(l->virt_base, end);
    }
    l->virt_end = end;
    l->used_pages = pages_of(end - l->virt_base);
    return true;
}

/* Frames behind the region. */
static void append_unmapped(struct dom0_layout *l, struct dom0_part *part,
                            uint64_t count)
{
    append(l, part, count);
    part->va = 0;
}

bool dom0_layout(struct dom0_layout *out, const struct elf_image *image,
                 uint64_t initrd_bytes, uint64_t page_count)
{
    uint64_t p2m_bytes = page_count * sizeof(uint64_t);
    bool far_p2m = image->init_p2m != ELF_UNSET;

    /* Beyond these nothing fits, and no sum below can wrap. */
    if (page_count > 1ul << 36 || initrd_bytes > page_count * PAGE_SIZE ||
        image->virt_end - image->virt_base > page_count * PAGE_SIZE)
        return false;

    memset(out, 0, sizeof(*out));
    out->virt_base = image->virt_base;
    out->page_count = page_count;
    append(out, &out->kernel, pages_of(image->virt_end - image->virt_base));
    if (initrd_bytes != 0 && !image->mod_start_pfn)
        append(out, &out->initrd, pages_of(initrd_bytes));
    if (!far_p2m)
        append(out, &out->p2m, pages_of(p2m_bytes));
    append(out, &out->start_info, 1);
    if (!place_tables(out))
        return false;

    if (initrd_bytes != 0 && image->mod_start_pfn)
        append_unmapped(out, &out->initrd, pages_of(initrd_bytes));
    if (far_p2m) {
        uint64_t end = image->init_p2m + pages_of(p2m_bytes) * PAGE_SIZE;

        if (!is_guest_range(image->init_p2m, end) || end > out->virt_base)
            return false;
        append_unmapped(out, &out->p2m, pages_of(p2m_bytes));
        out->p2m.va = image->init_p2m;
        append_unmapped(out, &out->p2m_tables,
                        dom0_table_count(image->init_p2m, end));
    }
    return out->used_pages <= page_count;
}
