/* SPDX-License-Identifier: MIT */
#include "scene.h"

#include <pv-abi/arch.h>

#include "mm/table.h"

unsigned int byte(void)
{
    if (scene.left == 0)
        return 0;
    scene.left--;
    return *scene.bytes++;
}

/* Any frame of v's domain, if it has one. */
mfn_t pick_own(const struct vcpu *v)
{
    unsigned int b = byte();

    if (v->d->pages.total == 0)
        return mfn_of(0);
    return domain_frame(v->d, b % (unsigned int)v->d->pages.total);
}

/* A live table of v's domain, if there is one; of all that are there, the
 * next after a random one. */
mfn_t pick_table(const struct vcpu *v)
{
    uint64_t b = byte();

    for (uint64_t i = 0; i < scene.hv->frame_count; i++) {
        uint64_t m = (b + i) % scene.hv->frame_count;
        const struct frame *f = &scene.hv->frames[m];

        if (f->owner == v->d->domid && type_level(f->type) > 0 &&
            (f->type & FRAME_TYPE_COUNT) > 0)
            return mfn_of(m);
    }
    return mfn_of(0);
}

/* Mostly v's own: what is everybody's is refused at once. */
mfn_t pick_frame(const struct vcpu *v)
{
    unsigned int b = byte();

    if (b < 150)
        return pick_own(v);
    switch (b) {
    case 0xff:
        return MFN_INVALID;
    case 0xfe:
        return mfn_of(scene.hv->frame_count + 1);
    case 0xfd:
        return mfn_of(1ul << 27);
    case 0xfc:
        return hal_mfn_of(scene.hv->m2p);
    default:
        return mfn_of(b % scene.hv->frame_count);
    }
}

uint64_t pick_entry(const struct vcpu *v)
{
    static const uint64_t flags[] = {
        PTE_RO,
        PTE_DATA,
        PTE_DATA | PTE_US,
        PTE_TABLE,
        PTE_TABLE | PTE_NX,
        PTE_RO | PTE_US,
        PTE_P,
        PTE_P | PTE_RW,
        PTE_TABLE | PTE_PSE,
        PTE_DATA | PTE_G,
        PTE_DATA | PTE_PCD,
        PTE_DATA | PTE_GUEST_KERNEL,
        PTE_RW,
        0,
    };
    mfn_t m = pick_frame(v);

    return pte_make(m, flags[byte() % ARRAY_SIZE(flags)]) &
           (PTE_FRAME_MASK | 0xfff | PTE_NX | PTE_GUEST_KERNEL);
}

/* Bits a guest may want to slip into an entry that is there. */
uint64_t change_bits(uint64_t e)
{
    static const uint64_t bits[] = {PTE_PSE, PTE_RW,  PTE_P,  PTE_G,
                                    PTE_NX,  PTE_PCD, PTE_US, PTE_A};

    return e ^ bits[byte() % ARRAY_SIZE(bits)];
}

/* What a guest writes to its own memory: entries and descriptors. */
uint64_t pick_value(const struct vcpu *v)
{
    static const uint64_t descriptors[] = {
        0x00af9a000000ffff, 0x00cf92000000ffff, 0x0000890000000067,
        0x00008c0000080000, 0x0000ec00e0080000, 0x00affa000000ffff,
    };

    if (byte() % 4)
        return pick_entry(v);
    return descriptors[byte() % ARRAY_SIZE(descriptors)];
}

/* A few addresses below the same few tables; now and then elsewhere. */
uint64_t pick_va(void)
{
    unsigned int page = byte(), up = byte();

    up = up < 200 ? 0 : up;
    return (page & 31ul) << 12 | (up & 1ul) << 21 | (up >> 1 & 1ul) << 30 |
           (up >> 2 & 1ul) << 39 | (up == 0xff ? 0xffff800000000000 : 0);
}

struct vcpu *pick_vcpu(void)
{
    return scene.vcpu[byte() % TLB_CPUS];
}

/* Mostly the caller's own. */
unsigned int pick_domid(void)
{
    static const unsigned int ids[] = {DOMID_SELF, 0,        1,  2,
                                       DOMID_XEN,  DOMID_IO, 77, 0x7fff};
    unsigned int b = byte();

    return b < 160 ? DOMID_SELF : ids[b % ARRAY_SIZE(ids)];
}
