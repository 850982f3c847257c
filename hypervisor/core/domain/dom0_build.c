/* SPDX-License-Identifier: MIT */
#include "domain/dom0_build.h"

#include <string.h>

#include "errno.h"

#include <pv-abi/arch.h>
#include <pv-abi/image/elf.h>
#include <pv-abi/start_info.h>
#include <pv-abi/version.h>

#include "domain/dom0_layout.h"
#include "domain/dom0_memory.h"
#include "domain/hypercall_page.h"
#include "domain/vcpu_context.h"
#include "hal.h"
#include "mm/alloc.h"
#include "mm/table.h"
#include "printf.h"

#define RFLAGS_IF (1ul << 9)

/* Everything the steps share. Lies in allocated pages: stacks are small. */
struct build {
    struct elf_image image;
    struct dom0_layout layout;
    struct dom0_memory memory;
    struct vcpu_guest_context context;
};

/* -------------------------------------------------------------------- plan */

static uint64_t wanted_pages(const struct hv *hv,
                             const struct dom0_config *config)
{
    uint64_t bytes = hv->heap.free_frames * PAGE_SIZE / 2;

    if (bytes > DOM0_DEFAULT_BYTES)
        bytes = DOM0_DEFAULT_BYTES;
    if (config->mem_bytes)
        bytes = config->mem_bytes;
    return bytes / PAGE_SIZE;
}

static int read_image(struct build *b, const struct dom0_config *config)
{
    if (!elf_read(&b->image, config->kernel, config->kernel_bytes)) {
        hv_printf(LOG_ERROR, "dom0: kernel refused: %s\n", b->image.error);
        return -EINVAL;
    }
    if (!(b->image.supported & (1ul << XENFEAT_dom0))) {
        hv_printf(LOG_ERROR, "dom0: kernel refused: made for guests only\n");
        return -EINVAL;
    }
    return 0;
}

static int create(struct hv *hv, const struct dom0_config *config,
                  struct domain **d)
{
    uint64_t max = config->max_mem_bytes / PAGE_SIZE;
    struct domain_config c = {
        .max_vcpus = config->max_vcpus,
        .max_evtchn_port = UINT32_MAX,
        .max_grant_frames = -1,
        .max_maptrack_frames = -1,
        .max_pages = wanted_pages(hv, config),
        .privileged = true,
    };
    int error;

    if (c.max_pages < max)
        c.max_pages = max;
    error = domain_create(hv, 0, &c, d);
    if (!error)
        domain_put(*d); /* it holds itself */
    for (unsigned int i = 0; !error && i < c.max_vcpus; i++) {
        spin_lock(&(*d)->lock);
        error = vcpu_create(*d, i);
        spin_unlock(&(*d)->lock);
    }
    if (error)
        hv_printf(LOG_ERROR, "dom0: cannot create it, error %d\n", error);
    return error;
}

static int get_memory(struct build *b, struct domain *d, uint64_t pages,
                      uint64_t initrd_bytes)
{
    dom0_memory_alloc(&b->memory, d, pages);
    if (dom0_layout(&b->layout, &b->image, initrd_bytes, b->memory.page_count))
        return 0;
    hv_printf(LOG_ERROR,
              "dom0: %lu MiB do not hold kernel (%lu KiB) and initrd (%lu KiB);"
              " see dom0_mem=\n",
              b->memory.page_count >> 8,
              (b->image.virt_end - b->image.virt_start) >> 10,
              initrd_bytes >> 10);
    return -ENOMEM;
}

/* ------------------------------------------------------------------- write */

static void write_kernel(const struct build *b)
{
    const struct dom0_part *part = &b->layout.kernel;

    for (uint64_t i = 0; i < part->count; i++) {
        void *page = dom0_map(&b->memory, part->pfn + i);

        elf_fill(&b->image, part->va + i * PAGE_SIZE, page, PAGE_SIZE);
        hal_unmap(page);
    }
    if (b->image.hypercall_page != ELF_UNSET) {
        uint64_t pfn =
            (b->image.hypercall_page - b->image.virt_base) / PAGE_SIZE;
        void *page = dom0_map(&b->memory, pfn);

        hypercall_page_fill(page);
        hal_unmap(page);
    }
}

/* As much of text as fits, and a NUL. */
static void put_text(char *to, size_t size, const char *text)
{
    size_t n = strlen(text);

    if (n > size - 1)
        n = size - 1;
    memcpy(to, text, n);
    to[n] = '\0';
}

static void write_start_info(const struct build *b,
                             const struct dom0_config *config)
{
    const struct dom0_layout *l = &b->layout;
    struct start_info *si = dom0_map(&b->memory, l->start_info.pfn);

    put_text(si->magic, sizeof(si->magic),
             b->image.extended_cr3 ? XEN_START_MAGIC "p" : XEN_START_MAGIC);
    si->nr_pages = l->page_count;
    si->shared_info = maddr_of_mfn(b->memory.d->shared_info_mfn).a;
    si->flags = SIF_PRIVILEGED | SIF_INITDOMAIN;
    si->console.dom0.info_off = sizeof(*si);
    si->pt_base = l->tables.va;
    si->nr_pt_frames = l->tables.count;
    si->mfn_list = l->p2m.va;
    if (l->initrd.count > 0) {
        bool mapped = l->initrd.va != 0;

        si->mod_start = mapped ? l->initrd.va : l->initrd.pfn;
        si->mod_len = config->initrd_bytes;
        si->flags |= mapped ? 0 : SIF_MOD_START_PFN;
    }
    if (l->p2m_tables.count > 0) {
        si->first_p2m_pfn = l->p2m.pfn;
        si->nr_p2m_frames = l->p2m.count + l->p2m_tables.count;
    }
    if (config->command_line)
        put_text(si->cmd_line, sizeof(si->cmd_line), config->command_line);
    hal_unmap(si);
}

/* ------------------------------------------------------------------- start */

/* Check the tables like any guest's, and keep them so: that is a pin. */
static int pin(struct domain *d, mfn_t l4, struct effects *fx)
{
    struct frame *f;
    int error;

    spin_lock(&d->mm_lock);
    do {
        fx->budget = EFFECTS_BUDGET;
        error = type_get(d, l4, FRAME_L4, fx, &f);
    } while (error == -ERESTART);
    if (!error)
        __atomic_fetch_or(&f->type, FRAME_PINNED, __ATOMIC_SEQ_CST);
    spin_unlock(&d->mm_lock);
    return error;
}

static int set_context(struct build *b, mfn_t l4, struct effects *fx)
{
    const struct dom0_layout *l = &b->layout;
    struct vcpu_guest_context *c = &b->context;

    c->flags = VGCF_in_kernel | VGCF_online;
    c->user_regs.rip = b->image.entry;
    c->user_regs.rsp = l->stack.va + PAGE_SIZE;
    c->user_regs.rsi = l->start_info.va;
    c->user_regs.rflags = RFLAGS_IF;
    c->user_regs.cs = FLAT_KERNEL_CS;
    c->user_regs.ss = FLAT_KERNEL_SS;
    c->kernel_ss = c->user_regs.ss;
    c->kernel_sp = c->user_regs.rsp;
    c->ctrlreg[3] = xen_pfn_to_cr3(l4.n);
    if (b->image.extended_cr3)
        c->vm_assist = 1ul << VMASST_TYPE_pae_extended_cr3;
    return vcpu_set_context(b->memory.d->vcpus[0], c, fx);
}

static int start(struct build *b, struct effects *fx)
{
    mfn_t l4 = dom0_mfn(&b->memory, b->layout.tables.pfn);
    int error = pin(b->memory.d, l4, fx);

    if (!error)
        error = set_context(b, l4, fx);
    if (error)
        hv_printf(LOG_ERROR, "dom0: its own tables are refused, error %d\n",
                  error);
    return error;
}

static int build(struct build *b, struct hv *hv,
                 const struct dom0_config *config, struct effects *fx)
{
    struct domain *d;
    int error = read_image(b, config);

    if (!error)
        error = create(hv, config, &d);
    if (!error)
        error =
            get_memory(b, d, wanted_pages(hv, config), config->initrd_bytes);
    if (error)
        return error;

    write_kernel(b);
    if (config->initrd_bytes > 0)
        dom0_copy(&b->memory, b->layout.initrd.pfn, config->initrd,
                  config->initrd_bytes);
    dom0_write_p2m(&b->memory, &b->layout.p2m);
    write_start_info(b, config);
    dom0_write_tables(&b->memory, &b->layout);
    error = start(b, fx);
    if (!error)
        hv_printf(LOG_INFO, "dom0: %s, %lu MiB, %u vCPUs, entry %p\n",
                  b->image.guest_os[0] ? b->image.guest_os : "kernel",
                  b->memory.page_count >> 8, config->max_vcpus,
                  (void *)b->image.entry);
    return error;
}

int dom0_build(struct hv *hv, const struct dom0_config *config,
               struct effects *fx)
{
    struct build *b = hv_alloc(hv, sizeof(*b));
    int error;

    if (!b)
        return -ENOMEM;
    error = build(b, hv, config, fx);
    hv_free(hv, b, sizeof(*b));
    return error;
}
