/* SPDX-License-Identifier: MIT */
/* See world.h. */
#include <string.h>
#include <guest/console.h>
#include <guest/evtchn.h>
#include <guest/hypercall.h>
#include <guest/memory.h>
#include <guest/start.h>
#include <pv-abi/mmu.h>
#include "calls.h"
#include "world.h"

#define USER_ADDRESS 0x0000123456789000UL

struct world world;

static void need(bool made, const char *what)
{
    if (!made)
        panic("abi-rows: cannot make %s", what);
}

uint64_t mfn(const void *page)
{
    return virt_to_mfn(page);
}

uint64_t at(const uint64_t *page, unsigned int index)
{
    return (mfn(page) << PAGE_SHIFT) + index * 8;
}

/* A page without any writable mapping, filled with one word. */
static uint64_t *read_only_page(uint64_t word)
{
    uint64_t *page = page_alloc(1);

    need(page, "a page");
    for (size_t i = 0; i < PAGE_SIZE / 8; i++)
        page[i] = word;
    need(!pt_set(pt_root_mfn(), (uint64_t)page, PTE(mfn(page), PTE_KERNEL_RO)),
         "a read-only page");
    return page;
}

static uint64_t *data_page(uint8_t byte)
{
    uint64_t *page = page_alloc(1);

    need(page, "a page");
    memset(page, byte, PAGE_SIZE);
    return page;
}

uint64_t page_detach(void *page)
{
    uint64_t frame = mfn(page);

    need(!va_map(page, 0, UVMF_INVLPG), "a frame without a mapping");
    return frame;
}

void page_attach(void *page, uint64_t frame)
{
    uint64_t pfn = virt_to_pfn(page);
    struct xen_memory_reservation r = {
        .extent_start = &frame, .nr_extents = 1, .domid = DOMID_SELF};

    if (va_map(page, PTE(frame, PTE_KERNEL), UVMF_INVLPG)) {
        frame = pfn;
        need(hypercall_memory_op(XENMEM_populate_physmap, &r) == 1 &&
                 !va_map(page, PTE(frame, PTE_KERNEL), UVMF_INVLPG),
             "a mapping again");
    }
    ((uint64_t *)start_info->mfn_list)[pfn] = frame;
}

static void make_pages(void)
{
    world.data = data_page(0xd1);
    world.other = data_page(0x07);
    world.lent = data_page(0x1e);
    world.blank = read_only_page(0);
    world.junk = read_only_page(~0UL);
    world.l1 = read_only_page(0);
    world.l2 = read_only_page(0);
    world.l3 = read_only_page(0);
    world.l4 = read_only_page(0);
    world.pinned = read_only_page(0);
}

/* While a table is no table yet, an update is a plain store. */
static void make_tables(void)
{
    need(!mmu(at(world.l1, 5), PTE(mfn(world.data), PTE_KERNEL)) &&
             !mmu(at(world.l2, 3), PTE(mfn(world.l1), PTE_TABLE)) &&
             !mmu(at(world.l3, 2), PTE(mfn(world.l2), PTE_TABLE)) &&
             !mmu(at(world.l4, 1), PTE(mfn(world.l3), PTE_TABLE)) &&
             !ext(MMUEXT_PIN_L4_TABLE, mfn(world.l4), 0) &&
             !ext(MMUEXT_PIN_L1_TABLE, mfn(world.pinned), 0),
         "page tables");
    world.slot = kmap_reserve(1);
    need(world.slot, "address space");
    pt_lookup(pt_root_mfn(), (uint64_t)world.slot, 1, &world.slot_at);
    need(world.slot_at, "a page table");
    world.nowhere = (char *)USER_ADDRESS;
}

static void make_gdt(void)
{
    uint64_t frame;

    world.gdt = page_alloc_zeroed(1);
    need(world.gdt, "a page");
    world.gdt[1] = SEGMENT_DATA;
    world.gdt[2] = SEGMENT_CODE64;
    world.gdt[3] = SEGMENT_DATA & ~(1UL << 47); /* not present */
    frame = mfn(world.gdt);
    need(!pt_set(pt_root_mfn(), (uint64_t)world.gdt,
                 PTE(frame, PTE_KERNEL_RO)) &&
             !hypercall_set_gdt(&frame, GDT_ENTRIES),
         "a descriptor table");
}

/* Memory of the machine, but not of this domain. */
static void find_theirs(void)
{
    uint64_t frame = 0x400; /* the first megabytes are no ordinary memory */

    while (mfn_to_pfn(frame) != MFN_INVALID)
        frame++;
    world.theirs = frame;
}

static void count_upcall(evtchn_port_t port, void *arg)
{
    world.upcalls++;
}

static void make_ports(void)
{
    struct evtchn_status status = {.dom = DOMID_SELF};
    int ipi = evtchn_bind_ipi(count_upcall, NULL);
    int unbound = evtchn_alloc_unbound(DOMID_SELF, NULL, NULL);
    int peer = evtchn_alloc_unbound(DOMID_SELF, NULL, NULL);
    int local;

    need(ipi > 0 && unbound > 0 && peer > 0, "event channels");
    world.ipi = ipi;
    world.unbound = status.port = unbound;
    world.peer = peer;
    need(!hypercall_event_channel_op(EVTCHNOP_status, &status),
         "out our own number");
    world.self = status.u.unbound.dom;
    local = evtchn_bind_interdomain(world.self, peer, NULL, NULL);
    need(local > 0, "a pair of event channels");
    world.local = local;
    evtchn_take(local); /* a new one is pending */
}

static void set_grant(enum world_grant ref, uint16_t flags, domid_t to,
                      uint64_t frame)
{
    world.grants[ref] =
        (struct grant_entry_v1){.flags = flags, .domid = to, .frame = frame};
}

static void make_grants(void)
{
    uint64_t frame = 0;

    need(!GRANT(setup_table, .dom = DOMID_SELF, .nr_frames = 1,
                .frame_list = &frame) &&
             frame,
         "a grant table");
    world.grants = kmap_frame(frame, PTE_KERNEL, DOMID_SELF);
    need(world.grants, "a mapping of the grant table");
    set_grant(GRANT_DATA, GTF_permit_access, world.self, mfn(world.lent));
    set_grant(GRANT_RO, GTF_permit_access | GTF_readonly, world.self,
              mfn(world.lent));
    set_grant(GRANT_STRANGER, GTF_permit_access, NO_DOMAIN, mfn(world.lent));
    set_grant(GRANT_TRANSFER, GTF_accept_transfer, world.self, 0);
    set_grant(GRANT_NOT_OURS, GTF_permit_access, world.self, world.theirs);
    set_grant(GRANT_PAGE_TABLE, GTF_permit_access, world.self,
              mfn(world.pinned));
}

void world_make(void)
{
    make_pages();
    make_tables();
    make_gdt();
    find_theirs();
    make_ports();
    make_grants();
}
