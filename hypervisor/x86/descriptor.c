/* SPDX-License-Identifier: MIT */
#include "vcpu.h"
#include "x86/descriptor.h"
#include "x86/entry/entry.h"
#include "x86/insn.h"
#include "x86/paging.h"
#include "x86/percpu.h"
#include "x86/trap/idt.h"

/* Guests read it through LAR and LSL, and nobody writes it. */
static char zero_page[PAGE_SIZE] __attribute__((aligned(4096)));
#define PTE_TABLE_PAGE (PTE_P | PTE_RW | PTE_A | PTE_D | PTE_NX)
#define LDT_TYPE       0x82ul
#define TSS_TYPE       0x89ul
#define INDEX(sel)     (((sel)&0xfff) >> 3)

/* Page 14: ours. */
static uint64_t *own_page(struct percpu *c)
{
    return (uint64_t *)((uint64_t)c + AREA_GDT + 14 * PAGE_SIZE);
}

static void set_system(uint64_t *gdt, unsigned int sel, uint64_t type,
                       uint64_t base, uint64_t limit)
{
    gdt[INDEX(sel) + 1] = base >> 32;
    gdt[INDEX(sel)] = (limit & 0xffff) | (base & 0xffffff) << 16 | type << 40 |
                      (limit >> 16 & 0xf) << 48 | (base >> 24 & 0xff) << 56;
}

static uint64_t zero_entry(void)
{
    return ((uint64_t)zero_page - IMAGE_VA) | PTE_P | PTE_A | PTE_NX;
}

void descriptor_init(struct percpu *c)
{
    uint64_t *gdt = own_page(c);
    uint64_t area = (uint64_t)c;
    struct table_pointer pointer = {0xffff, area + AREA_GDT};

    for (unsigned int i = 0; i < 16; i++)
        if (i != 14)
            c->area_pte[(AREA_GDT >> 12) + i] = zero_entry();
    /* All present and accessed: the CPU has nothing to write here. */
    gdt[INDEX(SEL_RING0_CODE)] = 0x00af9b000000ffff;
    gdt[INDEX(SEL_RING0_DATA)] = 0x00cf93000000ffff;
    gdt[INDEX(SEL_GUEST_CS32)] = 0x00cffb000000ffff;
    gdt[INDEX(SEL_GUEST_DS)] = 0x00cff3000000ffff;
    gdt[INDEX(SEL_GUEST_CS64)] = 0x00affb000000ffff;
    /* The limit tells a guest which CPU this is, as on Xen. */
    gdt[INDEX(SEL_CPU)] = 0x0040f10000000000 | c->cpu;
    set_system(gdt, SEL_TSS, TSS_TYPE, (uint64_t)&c->tss, sizeof(c->tss) - 1);
    lgdt(&pointer);
    reload_segments();
    lldt(0);
    ltr(SEL_TSS);
    idt_load();
}

void descriptor_load_gdt(struct percpu *c, const struct vcpu *v, bool flush)
{
    unsigned int pages = (v->mmu.gdt_entries + 511) / 512;
    unsigned int changed = pages > c->gdt_pages ? pages : c->gdt_pages;

    for (unsigned int i = 0; i < changed; i++) {
        uint64_t *pte = &c->area_pte[(AREA_GDT >> 12) + i];

        *pte = i < pages ? v->mmu.gdt_frames[i].n << 12 | PTE_TABLE_PAGE
                         : zero_entry();
        if (flush)
            invlpg((uint64_t)c + AREA_GDT + i * PAGE_SIZE);
    }
    c->gdt_pages = pages;
}

static void clear_ldt_pages(struct percpu *c, bool flush)
{
    for (unsigned int i = 0; i < VCPU_LDT_FRAMES; i++) {
        if (!c->area_pte[(AREA_LDT >> 12) + i])
            continue;
        c->area_pte[(AREA_LDT >> 12) + i] = 0;
        if (flush)
            invlpg((uint64_t)c + AREA_LDT + i * PAGE_SIZE);
    }
}

void descriptor_load_ldt(struct percpu *c, const struct vcpu *v, bool flush)
{
    unsigned int entries = v->mmu.ldt_entries;

    clear_ldt_pages(c, flush);
    for (unsigned int i = 0; i < VCPU_LDT_FRAMES; i++)
        if (v->mmu.ldt_mapped >> i & 1)
            c->area_pte[(AREA_LDT >> 12) + i] =
                v->mmu.ldt_frames[i].n << 12 | PTE_TABLE_PAGE;
    if (!entries) {
        lldt(0);
        return;
    }
    set_system(own_page(c), SEL_LDT, LDT_TYPE, (uint64_t)c + AREA_LDT,
               8 * entries - 1);
    lldt(SEL_LDT);
}

void descriptor_clear(struct percpu *c)
{
    for (unsigned int i = 0; i < c->gdt_pages; i++)
        c->area_pte[(AREA_GDT >> 12) + i] = zero_entry();
    c->gdt_pages = 0;
    clear_ldt_pages(c, false);
    lldt(0);
}
