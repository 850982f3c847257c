/* SPDX-License-Identifier: MIT */
#include "domain/dom0_memory.h"

#include <string.h>

#include "bug.h"
#include "hal.h"
#include "mm/alloc.h"
#include "mm/frame.h"

#define P2M_ENTRIES (PAGE_SIZE / sizeof(uint64_t))

/* Add a run, or make the last one longer. */
static void add_run(struct dom0_memory *m, mfn_t first, uint64_t count)
{
    struct dom0_run *last = &m->runs[m->run_count - 1];

    if (m->run_count > 0 && last->mfn + last->count == first.n)
        last->count += count;
    else
        m->runs[m->run_count++] = (struct dom0_run){
            .pfn = m->page_count, .mfn = first.n, .count = count};
    for (uint64_t i = 0; i < count; i++)
        m2p_set(m->d->hv, mfn_of(first.n + i), m->page_count + i);
    m->page_count += count;
}

void dom0_memory_alloc(struct dom0_memory *m, struct domain *d,
                       uint64_t page_count)
{
    unsigned int order = HEAP_ORDER_MAX;

    memset(m, 0, sizeof(*m));
    m->d = d;
    while (m->page_count < page_count && m->run_count < DOM0_RUNS) {
        mfn_t first;

        if (1ul << order <= page_count - m->page_count &&
            domain_frame_alloc(d, order, &first) == 0)
            add_run(m, first, 1ul << order);
        else if (order-- == 0)
            break;
    }
}

mfn_t dom0_mfn(const struct dom0_memory *m, uint64_t pfn)
{
    for (unsigned int i = 0; i < m->run_count; i++) {
        const struct dom0_run *run = &m->runs[i];

        if (pfn - run->pfn < run->count)
            return mfn_of(run->mfn + (pfn - run->pfn));
    }
    BUG();
}

void *dom0_map(const struct dom0_memory *m, uint64_t pfn)
{
    return hal_map(dom0_mfn(m, pfn));
}

void dom0_copy(const struct dom0_memory *m, uint64_t pfn, const void *from,
               uint64_t n)
{
    const uint8_t *at = from;

    for (; n > 0; pfn++) {
        uint64_t part = n < PAGE_SIZE ? n : PAGE_SIZE;
        void *page = dom0_map(m, pfn);

        memcpy(page, at, part);
        hal_unmap(page);
        at += part;
        n -= part;
    }
}

void dom0_write_p2m(const struct dom0_memory *m, const struct dom0_part *part)
{
    uint64_t pfn = 0;

    for (uint64_t i = 0; i < part->count; i++) {
        uint64_t *page = dom0_map(m, part->pfn + i);

        for (unsigned int j = 0; j < P2M_ENTRIES; j++, pfn++)
            page[j] = pfn < m->page_count ? dom0_mfn(m, pfn).n : ~0ul;
        hal_unmap(page);
    }
}
