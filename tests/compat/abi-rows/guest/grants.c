/* SPDX-License-Identifier: MIT */
/* grant_table_op: frames given away, mappings exchanged for others. */
#include <string.h>
#include <guest/start.h>
#include "calls.h"

/* ------------------------------------------------------------ transfer */

static long give(uint64_t frame, domid_t to, grant_ref_t ref)
{
    return GRANT(transfer, .mfn = frame, .domid = to, .ref = ref);
}

/* A page whose frame nobody maps, back whether it was given away or not. */
static long give_page(domid_t to, grant_ref_t ref)
{
    void *page = page_alloc(1);
    uint64_t frame = page_detach(page);
    long answer = give(frame, to, ref);

    page_attach(page, frame);
    page_free(page, 1);
    return answer;
}

/* To ourselves, by invitation: what the entry says then. */
static long give_and_look(domid_t giver, uint16_t flags)
{
    struct grant_entry_v1 *e = &world.grants[GRANT_TRANSFER], before = *e;
    uint64_t *page = page_alloc(1), frame, pfn = virt_to_pfn(page);
    long answer;

    page[7] = 0x77;
    frame = page_detach(page);
    *e = (struct grant_entry_v1){
        .flags = flags, .domid = giver, .frame = (uint32_t)pfn};
    answer = give(frame, world.self, GRANT_TRANSFER);
    if (!answer)
        answer = e->frame == frame && m2p(frame) == pfn ? e->flags : -1;
    *e = before;
    page_attach(page, frame);
    if (answer > 0 && !(answer & ANSWER_STATUS) && page[7] != 0x77)
        answer = -2;
    page_free(page, 1);
    return answer;
}

/* --------------------------------------------------------------- table */

static long tell_frames(void *list)
{
    return GRANT(setup_table, .dom = DOMID_SELF, .nr_frames = 1,
                 .frame_list = list);
}

/* ----------------------------------------------------- unmap_and_replace */

#define NO_ADDRESS ((void *)0)

static char *area; /* two pages of address space */

static struct gnttab_map_grant_ref map_at(uint64_t address, uint32_t flags)
{
    struct gnttab_map_grant_ref op = {.host_addr = address,
                                      .flags = GNTMAP_host_map | flags,
                                      .ref = GRANT_DATA,
                                      .dom = world.self};

    if (!area)
        area = kmap_reserve(2);
    if (!address)
        op.host_addr = (uint64_t)area;
    if (hypercall_grant_table_op(GNTTABOP_map_grant_ref, &op, 1))
        op.status = GNTST_general_error;
    return op;
}

static void unmap(const struct gnttab_map_grant_ref *m)
{
    (void)GRANT(unmap_grant_ref, .host_addr = m->host_addr,
                .handle = m->handle);
}

static uint64_t entry_at(const void *va)
{
    return pt_lookup(pt_root_mfn(), (uint64_t)va, 1, NULL);
}

/* A grant mapped in our area, then replaced by what is mapped behind it. */
static long replace(void)
{
    struct gnttab_map_grant_ref m = map_at(0, 0);
    char *behind = area + PAGE_SIZE;
    uint64_t entry;
    long answer;

    if (m.status || va_map(behind, PTE(mfn(world.other), PTE_KERNEL_RO), 0))
        return -1;
    entry = entry_at(behind);
    answer = GRANT(unmap_and_replace, .host_addr = m.host_addr,
                   .new_addr = (uint64_t)behind, .handle = m.handle);
    if (!answer && (entry_at(area) != entry || entry_at(behind) != 0 ||
                    *(uint64_t *)area != world.other[0]))
        answer = -2;
    if (!answer && GRANT(unmap_grant_ref, .host_addr = m.host_addr,
                         .handle = m.handle) != STATUS(GNTST_bad_handle))
        answer = -3;
    va_map(area, 0, UVMF_INVLPG);
    va_map(behind, 0, UVMF_INVLPG);
    return answer;
}

/* By another address or for another one, after which the mapping is left. */
static long replace_with(uint64_t off, const void *new_addr)
{
    struct gnttab_map_grant_ref m = map_at(0, 0);
    long answer =
        m.status ? -1
                 : GRANT(unmap_and_replace, .host_addr = m.host_addr + off,
                         .new_addr = (uint64_t)new_addr, .handle = m.handle);

    unmap(&m);
    return answer;
}

static long replace_none(void)
{
    struct gnttab_map_grant_ref m = map_at(0, 0);
    long answer = m.status
                      ? -1
                      : GRANT(unmap_and_replace, .host_addr = 0,
                              .new_addr = (uint64_t)area, .handle = m.handle);
    long kept =
        GRANT(unmap_grant_ref, .host_addr = m.host_addr, .handle = m.handle);

    return answer ? answer : kept;
}

static long replace_entry(const void *new_addr)
{
    struct gnttab_map_grant_ref m = map_at(world.slot_at, GNTMAP_contains_pte);
    long answer =
        m.status ? -1
                 : GRANT(unmap_and_replace, .host_addr = m.host_addr,
                         .new_addr = (uint64_t)new_addr, .handle = m.handle);

    unmap(&m);
    return answer;
}

#define AREA      grants
#define AREA_ROWS "grants.def"
#include "area.h"
