/* SPDX-License-Identifier: MIT */
#include "tlb_model.h"

#include <string.h>

#include "domain.h"
#include "fake/fake.h"
#include "mm/frame.h"
#include "vcpu.h"
#include "walker.h"

#define BIT_PRESENT 0x001ul
#define BIT_WRITE   0x002ul
#define BIT_A       0x020ul
#define BIT_D       0x040ul
#define BIT_SIZE    0x080ul
#define BIT_GLOBAL  0x100ul
#define ENTRY_FRAME 0x000ffffffffff000ul

static unsigned int shift_of(unsigned int level)
{
    return 12 + 9 * (level - 1);
}

void tlb_model_start(struct tlb_model *t, struct hv *hv)
{
    memset(t, 0, sizeof(*t));
    t->hv = hv;
    for (unsigned int i = 0; i < TLB_CPUS; i++)
        t->cpu[i].root = MFN_INVALID;
}

void tlb_load_root(struct tlb_model *t, unsigned int cpu, const struct vcpu *v)
{
    struct tlb_cpu *c = &t->cpu[cpu];

    if (c->user && !mfn_is_valid(v->mmu.user_base))
        c->user = false;
    c->root = c->user ? v->mmu.user_base : v->mmu.kernel_base;
    for (unsigned int i = 0; i < TLB_ROOMS; i++) {
        c->upper[i].valid = false;
        if (!c->leaf[i].global)
            c->leaf[i].valid = false;
    }
}

void tlb_flush_all(struct tlb_model *t, cpumask_t cpus)
{
    unsigned int i;

    cpumask_for_each(i, cpus)
    {
        memset(t->cpu[i].leaf, 0, sizeof(t->cpu[i].leaf));
        memset(t->cpu[i].upper, 0, sizeof(t->cpu[i].upper));
    }
}

void tlb_flush_page(struct tlb_model *t, cpumask_t cpus, uint64_t va)
{
    unsigned int i;

    cpumask_for_each(i, cpus)
    {
        struct tlb_cpu *c = &t->cpu[i];

        /* INVLPG empties the paging-structure caches altogether. */
        memset(c->upper, 0, sizeof(c->upper));
        for (unsigned int k = 0; k < TLB_ROOMS; k++)
            if (c->leaf[k].page == va >> 12)
                c->leaf[k].valid = false;
    }
}

/* The lowest table that c knows for va. */
static bool find_upper(const struct tlb_cpu *c, uint64_t va, mfn_t *table,
                       unsigned int *level)
{
    for (unsigned int l = 1; l <= 3; l++)
        for (unsigned int i = 0; i < TLB_ROOMS; i++) {
            const struct tlb_upper *u = &c->upper[i];

            if (u->valid && u->level == l &&
                u->prefix == va >> shift_of(l + 1)) {
                *table = u->table;
                *level = l;
                return true;
            }
        }
    return false;
}

static struct tlb_leaf *find_leaf(struct tlb_cpu *c, uint64_t va)
{
    for (unsigned int i = 0; i < TLB_ROOMS; i++)
        if (c->leaf[i].valid && c->leaf[i].page == va >> 12)
            return &c->leaf[i];
    return NULL;
}

static bool is_ram(const struct tlb_model *t, mfn_t m)
{
    return m.n > 0 && m.n < t->hv->frame_count;
}

static unsigned int owner_of(const struct tlb_model *t, mfn_t m)
{
    if (!is_ram(t, m))
        oracle_fail("a CPU walks to frame %#lx, which is no RAM", m.n);
    return t->hv->frames[m.n].owner;
}

static void keep_upper(struct tlb_model *t, struct tlb_cpu *c,
                       unsigned int level, uint64_t va, mfn_t table)
{
    c->upper[c->next_upper++ % TLB_ROOMS] = (struct tlb_upper){
        .valid = true,
        .level = level,
        .prefix = va >> shift_of(level + 1),
        .table = table,
        .owner = owner_of(t, table),
    };
}

/* Read one entry and set A (and D), as the walker of the processor does. */
static uint64_t fetch(mfn_t table, unsigned int i, uint64_t set)
{
    uint64_t e = fake_frame_read(table, i);

    if ((e & BIT_PRESENT) && (e & set) != set)
        fake_frame_write(table, i, e | set);
    return e;
}

mfn_t tlb_access(struct tlb_model *t, unsigned int cpu, uint64_t va, bool write,
                 bool upper)
{
    struct tlb_cpu *c = &t->cpu[cpu];
    struct tlb_leaf *known = find_leaf(c, va);
    unsigned int level = 4;
    mfn_t table = c->root;
    uint64_t e, rights = BIT_WRITE;

    if (known && (!write || known->writable))
        return known->m;
    if (!mfn_is_valid(c->root))
        return MFN_INVALID;
    if (upper)
        (void)find_upper(c, va, &table, &level);
    for (;; level--) {
        unsigned int i = (va >> shift_of(level)) & 511;

        e = fetch(table, i, level > 1 ? BIT_A : 0);
        if (!(e & BIT_PRESENT))
            return MFN_INVALID;
        rights &= e;
        if (level == 1)
            break;
        if (e & BIT_SIZE)
            oracle_fail("a CPU finds a superpage: %#lx", e);
        table = mfn_of((e & ENTRY_FRAME) >> 12);
        keep_upper(t, c, level - 1, va, table);
    }
    if (write && !rights)
        return MFN_INVALID;
    fetch(table, (va >> 12) & 511, BIT_A | (write ? BIT_D : 0));
    /* Devices are not modelled; whoever may map them, the walker knows. */
    if (!is_ram(t, mfn_of((e & ENTRY_FRAME) >> 12)))
        return MFN_INVALID;
    if (known)
        known->valid = false;
    c->leaf[c->next_leaf++ % TLB_ROOMS] = (struct tlb_leaf){
        .valid = true,
        .writable = rights,
        .global = e & BIT_GLOBAL,
        .page = va >> 12,
        .m = mfn_of((e & ENTRY_FRAME) >> 12),
        .owner = owner_of(t, mfn_of((e & ENTRY_FRAME) >> 12)),
    };
    return mfn_of((e & ENTRY_FRAME) >> 12);
}

/* Whether m is in the heap: no use, and nobody will see what is written. */
static bool is_free(const struct tlb_model *t, mfn_t m)
{
    const struct heap *h = &t->hv->heap;

    for (unsigned int order = 0; order < HEAP_ORDERS; order++)
        for (uint32_t i = h->free[order]; i != FRAME_LIST_END;
             i = t->hv->frames[i].next)
            if (m.n >= i && m.n < i + (1ul << order))
                return true;
    return false;
}

static void check_owner(const struct tlb_model *t, unsigned int cpu, mfn_t m,
                        unsigned int before)
{
    unsigned int owner = t->hv->frames[m.n].owner;

    if (is_free(t, m))
        return;
    if (owner == FRAME_NO_OWNER)
        oracle_fail("CPU %u still knows frame %lu, now the hypervisor's", cpu,
                    m.n);
    if (owner != before)
        oracle_fail("CPU %u still knows frame %lu of domain %u, now of %u", cpu,
                    m.n, before, owner);
}

/* What the hypervisor uses m as now, in its own words; 0: nothing. */
static uint32_t type_now(const struct tlb_model *t, mfn_t m)
{
    uint32_t type = t->hv->frames[m.n].type;

    if (!(type & (FRAME_TYPE_COUNT | FRAME_PARTIAL)))
        return FRAME_NONE;
    return type & FRAME_TYPE_MASK;
}

static void check_leaf(const struct tlb_model *t, unsigned int cpu,
                       const struct tlb_leaf *l)
{
    uint32_t type = type_now(t, l->m);

    check_owner(t, cpu, l->m, l->owner);
    if (l->writable && type != FRAME_NONE && type != FRAME_WRITABLE)
        oracle_fail("CPU %u can still write frame %lu, now of type %#x", cpu,
                    l->m.n, type);
}

static void check_upper(const struct tlb_model *t, unsigned int cpu,
                        const struct tlb_upper *u)
{
    uint32_t type = type_now(t, u->table);

    check_owner(t, cpu, u->table, u->owner);
    if (type != FRAME_NONE && type != u->level << 29)
        oracle_fail("CPU %u still walks frame %lu as level %u, now type %#x",
                    cpu, u->table.n, u->level, type);
}

void tlb_check(const struct tlb_model *t)
{
    for (unsigned int cpu = 0; cpu < TLB_CPUS; cpu++) {
        const struct tlb_cpu *c = &t->cpu[cpu];

        for (unsigned int i = 0; i < TLB_ROOMS; i++) {
            if (c->leaf[i].valid)
                check_leaf(t, cpu, &c->leaf[i]);
            if (c->upper[i].valid)
                check_upper(t, cpu, &c->upper[i]);
        }
        if (mfn_is_valid(c->root) && type_now(t, c->root) != FRAME_L4)
            oracle_fail("CPU %u runs on root %lu, now no L4 table", cpu,
                        c->root.n);
    }
}

void tlb_check_not_writable(const struct tlb_model *t, mfn_t m)
{
    for (unsigned int cpu = 0; cpu < TLB_CPUS; cpu++)
        for (unsigned int i = 0; i < TLB_ROOMS; i++) {
            const struct tlb_leaf *l = &t->cpu[cpu].leaf[i];

            if (l->valid && l->writable && mfn_eq(l->m, m))
                oracle_fail("frame %lu is checked while CPU %u can write it",
                            m.n, cpu);
        }
}

void tlb_check_not_walked(const struct tlb_model *t, mfn_t m)
{
    for (unsigned int cpu = 0; cpu < TLB_CPUS; cpu++)
        for (unsigned int i = 0; i < TLB_ROOMS; i++) {
            const struct tlb_upper *u = &t->cpu[cpu].upper[i];

            if (u->valid && mfn_eq(u->table, m))
                oracle_fail("frame %lu is written while CPU %u walks it", m.n,
                            cpu);
        }
}
