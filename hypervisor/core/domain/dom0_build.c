/* SPDX-License-Identifier: MIT */
#include "domain/dom0_build.h"

#include <string.h>

#include "errno.h"

#include <pv-abi/image/layout.h>
#include <pv-abi/version.h>

#include "domain/hypercall_page.h"
#include "domain/vcpu_context.h"
#include "hal.h"
#include "mm/alloc.h"
#include "mm/table.h"
#include "printf.h"

#define DEFAULT_BYTES_MAX (512ul << 20)

/* Everything the steps share. Lies in allocated pages: stacks are small. */
struct build {
    const struct dom0_config *config;
    struct domain *d;
    struct elf_image image;
    struct layout layout;
    struct layout_facts facts;
    struct vcpu_guest_context context;
    char command_line[MAX_GUEST_CMDLINE];
    uint64_t *p2m; /* `pages` of its entries count */
    uint64_t p2m_bytes;
    uint64_t pages;
};

static uint64_t wanted_pages(const struct hv *hv,
                             const struct dom0_config *config)
{
    uint64_t bytes = hv->heap.free_frames * PAGE_SIZE / 2;

    if (bytes > DEFAULT_BYTES_MAX)
        bytes = DEFAULT_BYTES_MAX;
    if (config->mem_bytes)
        bytes = config->mem_bytes;
    return bytes / PAGE_SIZE;
}

static int read_image(struct build *b)
{
    const char *error = NULL;

    if (!elf_read(&b->image, b->config->kernel, b->config->kernel_bytes))
        error = b->image.error;
    else if (!(b->image.supported & (1ul << XENFEAT_dom0)))
        error = "made for guests only";
    if (error)
        hv_printf(LOG_ERROR, "dom0: kernel refused: %s\n", error);
    return error ? -EINVAL : 0;
}

static int create(struct build *b, struct hv *hv, uint64_t pages)
{
    uint64_t max = b->config->max_mem_bytes / PAGE_SIZE;
    struct domain_config c = {
        .max_vcpus = b->config->max_vcpus,
        .max_evtchn_port = UINT32_MAX,
        .max_grant_frames = -1,
        .max_maptrack_frames = -1,
        .max_pages = pages > max ? pages : max,
        .privileged = true,
    };
    int error = domain_create(hv, 0, &c, &b->d);

    if (!error)
        domain_put(b->d); /* it holds itself */
    for (unsigned int i = 0; !error && i < c.max_vcpus; i++) {
        spin_lock(&b->d->lock);
        error = vcpu_create(b->d, i);
        spin_unlock(&b->d->lock);
    }
    if (error)
        hv_printf(LOG_ERROR, "dom0: cannot create it, error %d\n", error);
    return error;
}

/* Up to `pages` zeroed frames in runs as large as can be had, in the M2P. */
static void get_memory(struct build *b, struct hv *hv, uint64_t pages)
{
    unsigned int order = HEAP_ORDER_MAX;
    mfn_t first;

    if (pages > hv->heap.free_frames)
        pages = hv->heap.free_frames;
    b->p2m_bytes = pages * sizeof(*b->p2m);
    b->p2m = hv_alloc(hv, b->p2m_bytes);
    while (b->p2m && b->pages < pages) {
        if (1ul << order > pages - b->pages ||
            domain_frame_alloc(b->d, order, &first)) {
            if (order-- == 0)
                break;
            continue;
        }
        for (uint64_t i = 0; i < 1ul << order; i++) {
            m2p_set(hv, mfn_of(first.n + i), b->pages);
            b->p2m[b->pages++] = first.n + i;
        }
    }
}

static mfn_t mfn_at(const struct build *b, uint64_t pfn)
{
    return mfn_of(b->p2m[pfn]);
}

static int plan(struct build *b)
{
    struct layout_request request = {
        .image = &b->image,
        .ramdisk = b->config->initrd,
        .ramdisk_bytes = b->config->initrd_bytes,
        .nr_pages = b->pages,
        .cmdline = b->command_line,
        .dom0 = true,
    };

    memcpy(b->command_line, b->config->command_line,
           strnlen(b->config->command_line, MAX_GUEST_CMDLINE - 1));
    if (!layout_plan(&b->layout, &request))
        return 0;
    hv_printf(LOG_ERROR,
              "dom0: %lu MiB do not hold kernel (%lu KiB) and initrd (%lu KiB);"
              " see dom0_mem=\n",
              b->pages >> 8, (b->image.virt_end - b->image.virt_start) >> 10,
              b->config->initrd_bytes >> 10);
    return -ENOMEM;
}

static void write_memory(const struct build *b)
{
    for (uint64_t pfn = 0; pfn < b->layout.pages_used; pfn++) {
        void *page = hal_map(mfn_at(b, pfn));

        layout_page(&b->layout, &b->facts, pfn, page);
        hal_unmap(page);
    }
    if (b->image.hypercall_page != ELF_UNSET) {
        uint64_t va = b->image.hypercall_page - b->image.virt_base;
        void *page = hal_map(mfn_at(b, va / PAGE_SIZE));

        hypercall_page_fill(page);
        hal_unmap(page);
    }
}

/* Check the tables like any guest's, and keep them so: that is a pin. */
static int pin(struct domain *d, mfn_t l4, struct effects *fx)
{
    struct frame *f;
    int error;

    spin_guard(&d->mm_lock);
    do {
        fx->budget = EFFECTS_BUDGET;
        error = type_get(d, l4, FRAME_L4, fx, &f);
    } while (error == -ERESTART);
    if (!error)
        __atomic_fetch_or(&f->type, FRAME_PINNED, __ATOMIC_SEQ_CST);
    return error;
}

static int start(struct build *b, struct effects *fx)
{
    int error = pin(b->d, mfn_at(b, b->layout.tables.first), fx);

    layout_context(&b->layout, &b->facts, &b->context);
    if (!error)
        error = vcpu_set_context(b->d->vcpus[0], &b->context, fx);
    if (error)
        hv_printf(LOG_ERROR, "dom0: its own tables are refused, error %d\n",
                  error);
    else
        hv_printf(LOG_INFO, "dom0: %s, %lu MiB, %u vCPUs, entry %p\n",
                  b->image.guest_os[0] ? b->image.guest_os : "kernel",
                  b->pages >> 8, b->d->max_vcpus, (void *)b->image.entry);
    return error;
}

static int build(struct build *b, struct hv *hv, struct effects *fx)
{
    uint64_t pages = wanted_pages(hv, b->config);
    int error = read_image(b);

    if (!error)
        error = create(b, hv, pages);
    if (error)
        return error;
    get_memory(b, hv, pages);
    error = plan(b);
    if (error)
        return error;
    b->facts.p2m = b->p2m;
    b->facts.shared_info_mfn = b->d->shared_info_mfn.n;
    write_memory(b);
    return start(b, fx);
}

int dom0_build(struct hv *hv, const struct dom0_config *config,
               struct effects *fx)
{
    struct build *b = hv_alloc(hv, sizeof(*b));
    int error;

    if (!b)
        return -ENOMEM;
    b->config = config;
    error = build(b, hv, fx);
    hv_free(hv, b->p2m, b->p2m_bytes);
    hv_free(hv, b, sizeof(*b));
    return error;
}
