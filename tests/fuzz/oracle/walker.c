/* SPDX-License-Identifier: MIT */
#include "walker.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain.h"
#include "fake/fake.h"
#include "mm/frame.h"
#include "vcpu.h"

/* Own names for the bits: a mistake in the other list is not made here. */
#define BIT_PRESENT 0x001ul
#define BIT_WRITE   0x002ul
#define BIT_USER    0x004ul
#define BIT_CACHE   0x018ul
#define BIT_SIZE    0x080ul /* upper levels; PAT in the last */
#define BIT_GLOBAL  0x100ul
#define BIT_KERNEL  (1ul << 52)
#define ENTRY_FRAME 0x000ffffffffff000ul

char oracle_context[160];

void oracle_fail(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    fprintf(stderr, "oracle: ");
    vfprintf(stderr, fmt, args);
    fprintf(stderr, "%s\n", oracle_context);
    va_end(args);
    abort();
}

static void use(struct oracle *o, uint64_t frame, unsigned int as)
{
    unsigned int all = o->use[frame] |= as;
    unsigned int exclusive = all & ~USE_READABLE;

    if (exclusive & (exclusive - 1))
        oracle_fail("frame %lu is used as %#x at once", frame, all);
}

/* Who may map a frame of somebody else. */
static void check_owner(struct oracle *o, unsigned int domid, uint64_t frame,
                        uint64_t entry)
{
    unsigned int owner = o->hv->frames[frame].owner;

    if (owner == domid || (o->lent[frame] >> domid % 64 & 1))
        return;
    if (owner == DOMID_XEN) {
        if ((entry & BIT_WRITE) || domid != 0)
            oracle_fail("domain %u maps page %lu of the hypervisor: %#lx",
                        domid, frame, entry);
        return;
    }
    if (owner == FRAME_NO_OWNER)
        oracle_fail("domain %u maps frame %lu, which is nobody's: %#lx", domid,
                    frame, entry);
    if (domid != 0)
        oracle_fail("domain %u maps frame %lu of domain %u: %#lx", domid, frame,
                    owner, entry);
}

/* What is no RAM: for who drives devices, and never cached. */
static void check_device(struct oracle *o, unsigned int domid, uint64_t e)
{
    const struct domain *d = o->hv->by_domid[domid];
    unsigned int cache = e & (BIT_CACHE | BIT_SIZE);

    if (!d || !d->device_access)
        oracle_fail("domain %u maps %#lx, which is no RAM", domid, e);
    /* Write-back, write-through, write-protect in the hypervisor's PAT. */
    if (cache == 0 || cache == 0x08 || cache == 0x88)
        oracle_fail("domain %u maps a device cached: %#lx", domid, e);
}

static void walk_leaf(struct oracle *o, unsigned int domid, uint64_t e)
{
    uint64_t frame = (e & ENTRY_FRAME) >> 12;

    if (!(e & BIT_USER) || !(e & BIT_KERNEL) == !(e & BIT_GLOBAL))
        oracle_fail("neither a user nor a kernel page: %#lx", e);
    if (frame >= o->hv->frame_count || frame == 0) {
        check_device(o, domid, e);
        return;
    }
    if (e & (BIT_CACHE | BIT_SIZE))
        oracle_fail("domain %u maps RAM with cache bits: %#lx", domid, e);
    check_owner(o, domid, frame, e);
    use(o, frame, e & BIT_WRITE ? USE_WRITABLE : USE_READABLE);
}

static void walk_table(struct oracle *o, unsigned int domid, unsigned int level,
                       uint64_t table)
{
    bool seen = o->use[table] & USE_TABLE(level);

    use(o, table, USE_TABLE(level));
    if (o->hv->frames[table].owner != domid)
        oracle_fail("table %lu of domain %u is owned by %u", table, domid,
                    o->hv->frames[table].owner);
    for (unsigned int i = 0; i < 512 && !seen; i++) {
        uint64_t e = fake_frame_read(mfn_of(table), i);

        if (level == 4 && i >= 256 && i < 272) {
            if (e != o->hv->l4_template[i - 256] && (i != 256 || e != 0))
                oracle_fail("slot %u of root %lu is %#lx", i, table, e);
            continue;
        }
        if (!(e & BIT_PRESENT))
            continue;
        if (level == 1) {
            walk_leaf(o, domid, e);
            continue;
        }
        if ((e & (BIT_SIZE | BIT_GLOBAL | BIT_CACHE)) || !(e & BIT_USER))
            oracle_fail("bad bits in a level %u entry: %#lx", level, e);
        if ((e & ENTRY_FRAME) >> 12 >= o->hv->frame_count)
            oracle_fail("a level %u entry names no RAM: %#lx", level, e);
        walk_table(o, domid, level - 1, (e & ENTRY_FRAME) >> 12);
    }
}

static void walk_descriptors(struct oracle *o, unsigned int domid, mfn_t m)
{
    if (o->hv->frames[m.n].owner != domid)
        oracle_fail("descriptor page %lu is not domain %u's", m.n, domid);
    use(o, m.n, USE_DESCRIPTORS);
    for (unsigned int i = 0; i < 512; i++) {
        uint64_t e = fake_frame_read(m, i);
        unsigned int type = (e >> 40) & 15, dpl = (e >> 45) & 3;

        if (!((e >> 47) & 1))
            continue;
        if ((e >> 44) & 1 ? dpl != 3 : type != 0 && (type != 12 || dpl != 0))
            oracle_fail("descriptor %u of page %lu is %#lx", i, m.n, e);
    }
}

static void walk_vcpu(struct oracle *o, const struct vcpu *v)
{
    const struct vcpu_mmu *mmu = &v->mmu;
    unsigned int domid = v->d->domid;

    if (mfn_is_valid(mmu->kernel_base))
        walk_table(o, domid, 4, mmu->kernel_base.n);
    if (mfn_is_valid(mmu->user_base))
        walk_table(o, domid, 4, mmu->user_base.n);
    for (unsigned int i = 0; i < VCPU_GDT_FRAMES; i++)
        if (mfn_is_valid(mmu->gdt_frames[i]))
            walk_descriptors(o, domid, mmu->gdt_frames[i]);
    for (unsigned int i = 0; i < VCPU_LDT_FRAMES; i++)
        if (mfn_is_valid(mmu->ldt_frames[i]))
            walk_descriptors(o, domid, mmu->ldt_frames[i]);
}

void oracle_walk(struct oracle *o)
{
    struct domain *d;
    struct vcpu *v;

    if (o->hv->frame_count > ORACLE_FRAMES)
        oracle_fail("more than %d frames", ORACLE_FRAMES);
    memset(o->use, 0, sizeof(o->use));
    for (uint64_t m = 0; m < o->hv->frame_count; m++)
        if (o->pinned[m])
            walk_table(o, o->hv->frames[m].owner, o->pinned[m], m);
    LIST_FOREACH (d, &o->hv->domains, link)
        domain_for_each_vcpu (d, v)
            walk_vcpu(o, v);
}
