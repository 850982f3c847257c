/* SPDX-License-Identifier: MIT */
#include <pv-abi/image/layout.h>

#include <string.h>

#include <pv-abi/arch.h>

#define REGION_ALIGN (4ul << 20)   /* the boot region ends on 4 MiB ... */
#define REGION_PAD   (512ul << 10) /* ... and leaves this much free */
#define NR_PAGES_MAX (1ul << 36)   /* no sum below can wrap */

static uint64_t pages_of(uint64_t bytes)
{
    return bytes / LAYOUT_PAGE + (bytes % LAYOUT_PAGE != 0);
}

static uint64_t align_up(uint64_t value, uint64_t to)
{
    return (value + to - 1) / to * to;
}

/* Take the next `count` pages. */
static struct layout_range take(uint64_t *next, uint64_t count)
{
    struct layout_range r = {.first = *next, .count = count};

    *next += count;
    return r;
}

/* The tables of `level` that the n pages at va need. */
static struct layout_tables tables_for(uint64_t va, uint64_t n, int level)
{
    int shift = 12 + 9 * level;
    uint64_t first = va >> shift;
    uint64_t last = (va + n * LAYOUT_PAGE - 1) >> shift;

    /* The whole address space is one L4, whatever the sign extension. */
    if (level == 4)
        return (struct layout_tables){.count = 1};
    return (struct layout_tables){.slot = first, .count = last - first + 1};
}

static uint64_t count_tables(const struct layout_map *m)
{
    uint64_t n = 0;

    for (int i = 0; i < 4; i++)
        n += m->tables[i].count;
    return n;
}

/* Whether [start, end) is a guest's; an end of 0 stands for 2^64. */
static bool is_guest_range(uint64_t start, uint64_t end)
{
    return start <= end - 1 &&
           (end - 1 < 1ul << 47 || start >= HYPERVISOR_VIRT_END);
}

/*
 * The tables map the region that holds them: make the region longer until
 * the tables that it needs fit. Returns its pages, 0 if it would leave the
 * guest's part of the address space.
 */
static uint64_t size_region(struct layout_map *m, uint64_t before_tables)
{
    uint64_t tables = 0;

    for (;;) {
        uint64_t used = before_tables + tables + 1; /* and the stack */
        uint64_t end =
            align_up(m->va + used * LAYOUT_PAGE + REGION_PAD, REGION_ALIGN);

        if (!is_guest_range(m->va, end))
            return 0;
        m->pages = (end - m->va) / LAYOUT_PAGE;
        for (int level = 1; level <= 4; level++)
            m->tables[level - 1] = tables_for(m->va, m->pages, level);
        if (count_tables(m) == tables)
            return m->pages;
        tables = count_tables(m);
    }
}

/*
 * The p2m at the image's own place: its tables, less those it shares with
 * the boot region. INIT_P2M is below VIRT_BASE, so only the last can be.
 */
static void plan_p2m_map(struct layout_map *m, const struct layout_map *region)
{
    for (int level = 1; level <= 3; level++) {
        struct layout_tables *t = &m->tables[level - 1];

        *t = tables_for(m->va, m->pages, level);
        if (t->slot + t->count > region->tables[level - 1].slot)
            t->count = region->tables[level - 1].slot - t->slot;
    }
    m->tables[3].count = 0; /* the L4 is the region's */
}

static const char *check(const struct layout_request *want)
{
    const struct elf_image *image = want->image;

    if (strlen(want->cmdline) >= MAX_GUEST_CMDLINE)
        return "the command line is longer than 1023 characters";
    if (image->virt_base % LAYOUT_PAGE)
        return "the image's VIRT_BASE is not on a page";
    if (want->nr_pages > NR_PAGES_MAX)
        return "no machine has that much memory";
    if (pages_of(image->virt_end - image->virt_base) > want->nr_pages ||
        pages_of(want->ramdisk_bytes) > want->nr_pages)
        return "the image and its ramdisk are larger than the memory";
    return NULL;
}

/* Place what belongs into the boot region; returns its first free pfn. */
static uint64_t plan_region(struct layout *l)
{
    const struct layout_request *want = &l->want;
    const struct elf_image *image = want->image;
    uint64_t next = 0;

    l->kernel.first = (image->virt_start - image->virt_base) / LAYOUT_PAGE;
    next = pages_of(image->virt_end - image->virt_base);
    l->kernel.count = next - l->kernel.first;
    if (!image->mod_start_pfn)
        l->ramdisk = take(&next, pages_of(want->ramdisk_bytes));
    if (image->init_p2m == ELF_UNSET)
        l->p2m = take(&next, pages_of(want->nr_pages * 8));
    l->start_info = take(&next, 1);
    if (!want->dom0) {
        l->store = take(&next, 1);
        l->console = take(&next, 1);
    }
    return next;
}

/* Place what belongs behind the boot region; false: the p2m has no room. */
static bool plan_behind(struct layout *l, uint64_t *next)
{
    const struct layout_request *want = &l->want;
    struct layout_map *m = &l->map[1];
    uint64_t end;

    if (want->image->mod_start_pfn)
        l->ramdisk = take(next, pages_of(want->ramdisk_bytes));
    if (want->image->init_p2m == ELF_UNSET)
        return true;
    l->p2m = take(next, pages_of(want->nr_pages * 8));
    *m = (struct layout_map){
        .va = want->image->init_p2m,
        .pages = l->p2m.count,
        .pfn = l->p2m.first,
        .tables_pfn = *next,
    };
    end = m->va + m->pages * LAYOUT_PAGE;
    if (!is_guest_range(m->va, end) || end > l->map[0].va)
        return false;
    l->map_count = 2;
    plan_p2m_map(m, &l->map[0]);
    l->p2m_tables = take(next, count_tables(m));
    return true;
}

const char *layout_plan(struct layout *l, const struct layout_request *want)
{
    const char *error = check(want);
    uint64_t next, region;

    if (error)
        return error;
    memset(l, 0, sizeof(*l));
    l->want = *want;
    next = plan_region(l);
    l->map[0].va = want->image->virt_base;
    l->map[0].tables_pfn = next;
    l->map_count = 1;
    region = size_region(&l->map[0], next);
    if (!region)
        return "the image leaves no room for its page tables";
    l->tables = take(&next, count_tables(&l->map[0]));
    l->stack = take(&next, 1);
    next = region;
    if (!plan_behind(l, &next))
        return "the image's INIT_P2M leaves no room for the p2m";
    l->pages_used = next;
    if (next > want->nr_pages)
        return "the image, its ramdisk and page tables are larger than the "
               "memory";
    return NULL;
}

uint64_t layout_va(const struct layout *l, uint64_t pfn)
{
    return l->map[0].va + pfn * LAYOUT_PAGE;
}
