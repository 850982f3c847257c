/* SPDX-License-Identifier: MIT */
/*
 * Mapping granted frames into the caller's page tables, and back. The page
 * tables are core/mm's (mm/calls.h); here is what each mapping holds.
 *
 * An unmapping is over only when no CPU can use the entry any more: the
 * entries of a whole batch are cleared, the TLBs flushed once, and then the
 * pins are given back.
 */
#include <errno.h>

#include "bug.h"
#include "domain/domain.h"
#include "grant/grant.h"
#include "hal.h"
#include "hv.h"
#include "mm/alloc.h"
#include "mm/calls.h"
#include "mm/tlb.h"
#include "speculation.h"

#define PARTS (GNTMAP_device_map | GNTMAP_host_map)

/* ------------------------------------------------------------ maptrack */

/* A page of free mappings. Lock held. */
static bool add_mappings(struct hv *hv, struct grant_table *t)
{
    grant_handle_t first =
        (grant_handle_t)(t->mapping_frame_count * MAPPINGS_PER_FRAME);
    struct grant_mapping *page;

    if (t->mapping_frame_count == t->mapping_frame_max)
        return false;
    page = hv_alloc(hv, PAGE_SIZE);
    if (!page)
        return false;
    for (unsigned int i = 0; i < MAPPINGS_PER_FRAME; i++)
        page[i].next = first + i + 1;
    page[MAPPINGS_PER_FRAME - 1].next = t->mapping_free;
    t->mappings[t->mapping_frame_count++] = page;
    t->mapping_free = first;
    return true;
}

/* A mapping without parts, busy. */
static int16_t mapping_alloc(struct domain *d, grant_handle_t *handle)
{
    struct grant_table *t = d->grant;
    struct grant_mapping *m;

    spin_guard(&t->lock);
    if (t->mapping_free == MAPPING_NONE && !add_mappings(d->hv, t))
        return GNTST_no_space;
    m = grant_mapping_of(t, t->mapping_free);
    *handle = t->mapping_free;
    t->mapping_free = m->next;
    *m = (struct grant_mapping){.busy = true};
    return GNTST_okay;
}

/* The busy mapping lost these parts; free if it has none left. */
static void mapping_release(struct domain *d, grant_handle_t handle,
                            uint16_t parts)
{
    struct grant_table *t = d->grant;
    struct grant_mapping *m;

    spin_guard(&t->lock);
    m = grant_mapping_of(t, handle);
    m->flags &= (uint16_t)~parts;
    m->busy = false;
    if ((m->flags & PARTS) == 0) {
        *m = (struct grant_mapping){.next = t->mapping_free};
        t->mapping_free = handle;
    }
}

/* A copy of the mapping, which becomes busy. */
static int16_t mapping_take(struct domain *d, grant_handle_t handle,
                            struct grant_mapping *copy)
{
    struct grant_table *t = d->grant;
    struct grant_mapping *m;
    size_t count;

    spin_guard(&t->lock);
    count = t->mapping_frame_count * MAPPINGS_PER_FRAME;
    if (handle >= count)
        return GNTST_bad_handle;
    m = grant_mapping_of(t, (grant_handle_t)index_masked(handle, count));
    if (!(m->flags & PARTS) || m->busy)
        return GNTST_bad_handle;
    m->busy = true;
    *copy = *m;
    return GNTST_okay;
}

/* The pin of each part of m. It holds, so what it says does not change. */
static struct grant_pin pin_of(const struct grant_mapping *m)
{
    uint32_t frame = grant_active_of(m->granter->grant, m->ref)->frame;

    return (struct grant_pin){
        .granter = m->granter,
        .ref = m->ref,
        .writable = !(m->flags & GNTMAP_readonly),
        .frame = frame_of(m->granter->hv, mfn_of(frame)),
    };
}

static struct grant_map entry_of(const struct grant_mapping *m,
                                 uint64_t host_addr)
{
    return (struct grant_map){
        .host_addr = host_addr,
        .contains_pte = m->flags & GNTMAP_contains_pte,
        .readonly = m->flags & GNTMAP_readonly,
        .application = m->flags & GNTMAP_application_map,
        .avail = m->avail,
    };
}

static void put_parts(const struct grant_pin *pin, uint16_t parts)
{
    if (parts & GNTMAP_device_map)
        grant_pin_put(pin);
    if (parts & GNTMAP_host_map)
        grant_pin_put(pin);
}

/* ----------------------------------------------------------------- map */

/* Pin once for each part, map, and fill in the mapping that handle stands for.
 */
static int16_t map_grant(struct vcpu *v, const struct grant_mapping *m,
                         grant_handle_t handle, uint64_t host_addr,
                         uint64_t *bus_addr, struct effects *fx)
{
    struct grant_table *t = v->d->grant;
    struct grant_map entry = entry_of(m, host_addr);
    struct grant_pin pin;
    int16_t status =
        grant_pin_get(m->granter, m->ref, v->d, !(m->flags & GNTMAP_readonly),
                      (m->flags & PARTS) == PARTS ? 2 : 1, &pin);

    if (status)
        return status;
    if ((m->flags & GNTMAP_host_map) &&
        mm_map_grant(v, &entry, pin.frame, fx)) {
        put_parts(&pin, m->flags);
        return GNTST_general_error;
    }
    *bus_addr = frame_mfn(v->d->hv, pin.frame).n << PAGE_SHIFT;
    spin_guard(&t->lock);
    *grant_mapping_of(t, handle) = *m;
    return GNTST_okay;
}

static int16_t map_one(struct vcpu *v, struct gnttab_map_grant_ref *op,
                       struct effects *fx)
{
    struct grant_mapping m = {
        .ref = op->ref,
        .flags = (uint16_t)(op->flags & ~GNTMAP_guest_avail_mask),
        .avail = op->flags >> GNTMAP_guest_avail0 & 7,
    };
    grant_handle_t handle;
    int16_t status;

    effects_spend(fx, 1);
    if ((op->flags & PARTS) == 0)
        return GNTST_bad_gntref;
    m.granter = domain_find(v->d->hv, op->dom);
    if (!m.granter)
        return GNTST_bad_domain;
    status = mapping_alloc(v->d, &handle);
    if (!status) {
        status = map_grant(v, &m, handle, op->host_addr, &op->dev_bus_addr, fx);
        if (status)
            mapping_release(v->d, handle, PARTS);
        else
            op->handle = handle;
    }
    domain_put(m.granter);
    return status;
}

int grant_op_map_grant_ref(struct vcpu *v, struct gnttab_map_grant_ref *op,
                           unsigned int n, struct effects *fx)
{
    for (unsigned int i = 0; i < n; i++)
        op[i].status = map_one(v, &op[i], fx);
    return 0;
}

/* --------------------------------------------------------------- unmap */

/* An unmapping between its two halves. */
struct unmapping {
    struct grant_pin pin;
    uint16_t parts; /* those that go */
};

/* Clear or replace the entry. The mapping stays busy if this succeeds. */
static int16_t unmap_begin(struct vcpu *v,
                           const struct gnttab_unmap_grant_ref *op,
                           uint64_t new_addr, struct unmapping *u,
                           struct effects *fx)
{
    struct grant_mapping m;
    struct grant_map entry;
    int16_t status = mapping_take(v->d, op->handle, &m);

    effects_spend(fx, 1);
    if (status)
        return status;
    u->pin = pin_of(&m);
    u->parts = 0;
    entry = entry_of(&m, op->host_addr);
    entry.new_addr = new_addr;
    if (op->dev_bus_addr != 0 &&
        op->dev_bus_addr != frame_mfn(v->d->hv, u->pin.frame).n << PAGE_SHIFT)
        status = GNTST_general_error;
    else if (op->dev_bus_addr != 0)
        u->parts |= m.flags & GNTMAP_device_map;
    if (!status && op->host_addr != 0 && (m.flags & GNTMAP_host_map)) {
        if (mm_unmap_grant(v, &entry, u->pin.frame, fx))
            status = GNTST_general_error;
        else
            u->parts |= GNTMAP_host_map;
    }
    if (status)
        mapping_release(v->d, op->handle, 0);
    return status;
}

/* With new_addr, what mm_unmap_grant says of it: one element then. */
static int unmap_batch(struct vcpu *v, struct gnttab_unmap_grant_ref *op,
                       unsigned int n, uint64_t new_addr, struct effects *fx)
{
    struct unmapping u[GRANT_BATCH];
    uint16_t parts = 0;

    for (unsigned int i = 0; i < n; i++) {
        op[i].status = unmap_begin(v, &op[i], new_addr, &u[i], fx);
        if (op[i].status == GNTST_okay)
            parts |= u[i].parts;
    }
    if (parts & GNTMAP_host_map)
        hal_flush_tlb(flush_all(v->d));
    for (unsigned int i = 0; i < n; i++) {
        if (op[i].status != GNTST_okay)
            continue;
        put_parts(&u[i].pin, u[i].parts);
        mapping_release(v->d, op[i].handle, u[i].parts);
    }
    return 0;
}

int grant_op_unmap_grant_ref(struct vcpu *v, struct gnttab_unmap_grant_ref *op,
                             unsigned int n, struct effects *fx)
{
    return unmap_batch(v, op, n, 0, fx);
}

int grant_op_unmap_and_replace(struct vcpu *v,
                               struct gnttab_unmap_and_replace *op,
                               unsigned int n, struct effects *fx)
{
    for (unsigned int i = 0; i < n; i++) {
        struct gnttab_unmap_grant_ref one = {.host_addr = op[i].host_addr,
                                             .handle = op[i].handle};

        (void)unmap_batch(v, &one, 1, op[i].new_addr, fx);
        op[i].status = one.status;
    }
    return 0;
}

/* ------------------------------------------------------------ teardown */

/*
 * d's page tables still hold references of their own, until they are torn
 * down themselves; since d does not run, nobody uses them.
 */
int grant_undo_mappings(struct domain *d, struct effects *fx)
{
    struct grant_table *t = d->grant;
    uint32_t end = (uint32_t)(t->mapping_frame_count * MAPPINGS_PER_FRAME);

    for (; t->teardown < end; t->teardown++) {
        struct grant_mapping m;

        if (t->teardown % MAPPINGS_PER_FRAME == 0 && !effects_spend(fx, 1))
            return -ERESTART;
        if (mapping_take(d, t->teardown, &m))
            continue;
        struct grant_pin pin = pin_of(&m);

        put_parts(&pin, m.flags);
        mapping_release(d, t->teardown, PARTS);
        if (!effects_spend(fx, 1))
            return -ERESTART;
    }
    return 0;
}
