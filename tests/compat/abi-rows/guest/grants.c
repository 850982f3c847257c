/* SPDX-License-Identifier: MIT */
/* grant_table_op: mappings replaced by others. */
#include "calls.h"

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
