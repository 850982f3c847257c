/* SPDX-License-Identifier: MIT */
#include "builder/build.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pv-abi/errno.h>
#include <pv-abi/grant_table.h>
#include <pv-abi/image/layout.h>
#include <pv-abi/shared_info.h>

#include "libpv/pv.h"

/* Pages of the new domain that are mapped at a time. */
#define WINDOW 64

struct build {
    const struct build_request *want;
    struct elf_image image;
    struct layout layout;
    struct layout_facts facts;
    uint64_t *p2m; /* nr_pages entries, ours */
    uint64_t nr_pages;
    domid_t domid;
    char *error;
};

static int fail(struct build *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static int fail(struct build *b, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(b->error, BUILD_ERROR_MAX, format, args);
    va_end(args);
    return -1;
}

/* A step that only the hypervisor can refuse. */
static int step(struct build *b, int rc, const char *what)
{
    return rc < 0 ? fail(b, "%s: %s", what, xen_strerror(rc)) : 0;
}

static int plan(struct build *b)
{
    const struct build_request *want = b->want;
    struct layout_request request = {
        .image = &b->image,
        .ramdisk = want->ramdisk,
        .ramdisk_bytes = want->ramdisk_bytes,
        .nr_pages = b->nr_pages,
        .cmdline = want->cmdline,
    };
    const char *error;

    if (!elf_read(&b->image, want->kernel, want->kernel_bytes))
        return fail(b, "kernel image: %s", b->image.error);
    error = layout_plan(&b->layout, &request);
    return error ? fail(b, "%s (memory = %lu MiB)", error,
                        (unsigned long)(want->memory_kib >> 10))
                 : 0;
}

/* Enough free memory? Asked first, for the sake of the message. */
static int check_free(struct build *b)
{
    struct xen_sysctl_physinfo info;
    uint64_t free;
    int rc = pv_physinfo(&info);

    if (rc)
        return step(b, rc, "free memory");
    free = info.free_pages - info.outstanding_pages;
    if (free >= b->nr_pages)
        return 0;
    return fail(b, "not enough memory: %lu MiB wanted, %lu MiB free",
                (unsigned long)(b->nr_pages >> 8), (unsigned long)(free >> 8));
}

static int create(struct build *b)
{
    struct pv_create c = {.max_vcpus = b->want->vcpus};
    int rc;

    memcpy(c.uuid, b->want->uuid, sizeof(c.uuid));
    rc = pv_domain_create(&c, &b->domid);
    if (rc) {
        b->domid = 0;
        return step(b, rc, "create domain");
    }
    rc = pv_domain_set_max_mem(b->domid, b->want->max_memory_kib);
    if (!rc)
        rc = pv_set_64_bit(b->domid);
    if (!rc)
        rc = pv_set_tsc_mode(b->domid, b->want->tsc_mode);
    if (!rc)
        rc = pv_set_memory_map(b->domid, b->want->max_memory_kib);
    return step(b, rc, "set up domain");
}

static int populate(struct build *b)
{
    int rc = pv_populate(b->domid, 0, b->nr_pages, b->p2m);

    if (rc == -XEN_ENOMEM)
        return fail(b, "not enough memory: %lu MiB wanted",
                    (unsigned long)(b->nr_pages >> 8));
    return step(b, rc, "give the domain memory");
}

static int make_ports(struct build *b)
{
    int store = pv_evtchn_alloc_unbound(b->domid, BUILD_BACKEND);
    int console = pv_evtchn_alloc_unbound(b->domid, BUILD_BACKEND);

    if (store < 0 || console < 0)
        return step(b, store < 0 ? store : console, "event channels");
    b->facts.store_port = (evtchn_port_t)store;
    b->facts.console_port = (evtchn_port_t)console;
    return 0;
}

/* The page that hypervisor and guest share: no event gets through yet. */
static int init_shared_info(struct build *b)
{
    struct xen_domctl_getdomaininfo info;
    struct shared_info *shared;
    int rc = pv_domain_info(b->domid, &info);

    if (rc)
        return step(b, rc, "shared info");
    b->facts.shared_info_mfn = info.shared_info_frame;
    shared = pv_map_foreign(b->domid, &info.shared_info_frame, 1);
    if (!shared)
        return fail(b, "shared info: cannot be mapped");
    for (size_t i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
        shared->vcpu_info[i].evtchn_upcall_mask = 1;
    pv_unmap_foreign(shared, 1);
    return 0;
}

static int write_window(struct build *b, uint64_t first, uint64_t count)
{
    char *pages = pv_map_foreign(b->domid, b->p2m + first, count);

    if (!pages)
        return fail(b, "cannot map the domain's memory");
    for (uint64_t i = 0; i < count; i++)
        layout_page(&b->layout, &b->facts, first + i, pages + i * LAYOUT_PAGE);
    pv_unmap_foreign(pages, count);
    return 0;
}

/* All must be unmapped again before the tables can be taken for tables. */
static int write_memory(struct build *b)
{
    const uint64_t end = b->layout.pages_used;

    for (uint64_t pfn = 0; pfn < end; pfn += WINDOW)
        if (write_window(b, pfn, end - pfn < WINDOW ? end - pfn : WINDOW))
            return -1;
    return 0;
}

static int write_hypercall_page(struct build *b)
{
    uint64_t va = b->image.hypercall_page;
    uint64_t pfn = (va - b->image.virt_base) / LAYOUT_PAGE;

    if (va == ELF_UNSET)
        return 0;
    return step(b, pv_hypercall_page(b->domid, b->p2m[pfn]), "hypercall page");
}

static int set_context(struct build *b)
{
    struct vcpu_guest_context *c = calloc(1, sizeof(*c));
    int rc;

    if (!c)
        return fail(b, "the control domain is out of memory");
    layout_context(&b->layout, &b->facts, c);
    rc = pv_vcpu_set_context(b->domid, 0, c);
    free(c);
    return step(b, rc, "registers of the first processor");
}

static int seed_grants(struct build *b)
{
    const grant_ref_t refs[] = {GNTTAB_RESERVED_CONSOLE,
                                GNTTAB_RESERVED_XENSTORE};
    const uint64_t mfns[] = {b->p2m[b->layout.console.first],
                             b->p2m[b->layout.store.first]};

    return step(b, pv_grant_seed(b->domid, BUILD_BACKEND, refs, mfns, 2),
                "grants of the rings");
}

static int fill(struct build *b)
{
    b->p2m = calloc(b->nr_pages, sizeof(*b->p2m));
    if (!b->p2m)
        return fail(b, "the control domain is out of memory");
    b->facts.p2m = b->p2m;
    if (populate(b) || make_ports(b) || init_shared_info(b) ||
        write_memory(b) || write_hypercall_page(b))
        return -1;
    if (step(b, pv_pin_l4(b->domid, b->p2m[b->layout.tables.first]),
             "page tables"))
        return -1;
    return set_context(b) || seed_grants(b) ? -1 : 0;
}

int domain_build(const struct build_request *want, struct build_result *result,
                 char *error)
{
    struct build b = {
        .want = want, .error = error, .nr_pages = want->memory_kib >> 2};
    int rc = plan(&b);

    if (!rc)
        rc = check_free(&b);
    if (!rc)
        rc = create(&b);
    if (!rc)
        rc = fill(&b);
    if (rc && b.domid)
        pv_domain_destroy(b.domid);
    if (!rc) {
        result->domid = b.domid;
        result->store_mfn = b.p2m[b.layout.store.first];
        result->console_mfn = b.p2m[b.layout.console.first];
        result->store_port = b.facts.store_port;
        result->console_port = b.facts.console_port;
    }
    free(b.p2m);
    return rc;
}
