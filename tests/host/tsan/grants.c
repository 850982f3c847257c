/* SPDX-License-Identifier: MIT */
#include <pv-abi/grant_table.h>
#include <pv-abi/hypercalls.h>

#include "fake/machine.h"
#include "guests.h"

/* Grants that are used at all. */
#define REFS 6

static void grant_op(struct cpu *c, uint32_t cmd, void *op, size_t bytes)
{
    call_op(c, __HYPERVISOR_grant_table_op, cmd, op, bytes, 1);
}

/* An entry of its own table, or the end of one. */
static void grant_lend(struct cpu *c)
{
    uint64_t flags = chance(c, 8) ? GTF_permit_access : GTF_invalid;
    uint64_t m = any_frame(c, self(c)).n;

    if (self(c) >= GUESTS)
        return;
    flags |= chance(c, 3) ? 0 : GTF_readonly;
    poke(guests[self(c)].grants, chance(c, REFS),
         flags | (uint64_t)any_domid(c) << 16 | m << 32);
}

static void grant_map(struct cpu *c)
{
    struct gnttab_map_grant_ref op = {
        .host_addr = host_address(c),
        .flags = GNTMAP_host_map | (chance(c, 2) ? GNTMAP_readonly : 0) |
                 (chance(c, 4) ? 0 : GNTMAP_device_map),
        .ref = chance(c, REFS),
        .dom = any_domid(c),
    };
    struct gnttab_unmap_grant_ref undo;

    grant_op(c, GNTTABOP_map_grant_ref, &op, sizeof(op));
    if (op.status != GNTST_okay || chance(c, 2))
        return;
    if (!c->current)
        return;
    undo = (struct gnttab_unmap_grant_ref){op.host_addr, op.dev_bus_addr,
                                           op.handle, 0, 0};
    grant_op(c, GNTTABOP_unmap_grant_ref, &undo, sizeof(undo));
}

/* One that some vCPU made: handles are few. */
static void grant_unmap(struct cpu *c)
{
    struct gnttab_unmap_grant_ref op = {.host_addr = host_address(c),
                                        .handle = chance(c, SLOTS)};

    grant_op(c, GNTTABOP_unmap_grant_ref, &op, sizeof(op));
}

static void grant_copy(struct cpu *c)
{
    struct gnttab_copy op = {
        .source = {{.ref = chance(c, REFS)}, any_domid(c), 0, 0},
        .dest = {{.gmfn = any_frame(c, self(c)).n}, DOMID_SELF, 8, 0},
        .len = (uint16_t)chance(c, 64),
        .flags = GNTCOPY_source_gref,
    };

    if (chance(c, 2)) {
        struct gnttab_copy_ptr ptr = op.source;

        op.source = op.dest;
        op.dest = ptr;
        op.flags = GNTCOPY_dest_gref;
    }
    grant_op(c, GNTTABOP_copy, &op, sizeof(op));
}

void grant_step(struct cpu *c)
{
    struct gnttab_query_size query = {.dom = DOMID_SELF};
    struct gnttab_setup_table setup = {.dom = DOMID_SELF,
                                       .nr_frames = 1 + chance(c, 2),
                                       .frame_list.va = c->arg_va + 256};

    switch (chance(c, 10)) {
    case 0 ... 1:
        grant_lend(c);
        break;
    case 2 ... 5:
        grant_map(c);
        break;
    case 6 ... 7:
        grant_unmap(c);
        break;
    case 8:
        grant_copy(c);
        break;
    default:
        if (chance(c, 2))
            grant_op(c, GNTTABOP_query_size, &query, sizeof(query));
        else
            grant_op(c, GNTTABOP_setup_table, &setup, sizeof(setup));
    }
}
