/* SPDX-License-Identifier: MIT */
/* core/domain/dom0_build: what dom0 finds at its first instruction. */
#include "suite.h"

#include <errno.h>
#include <string.h>

#include <pv-abi/arch.h>
#include <pv-abi/elfnote.h>
#include <pv-abi/start_info.h>
#include <pv-abi/version.h>

#include "domain/dom0_build.h"
#include "fake/image.h"
#include "fake/world.h"
#include "mm/alloc.h"
#include "mm/frame.h"
#include "mm/table.h"

#define MIB    (1ul << 20)
#define FRAMES 8192
#define BASE   0xffffffff80000000ul

static struct image im;
static struct effects fx;
static uint8_t initrd[10000];

static struct dom0_config config(void)
{
    return (struct dom0_config){
        .kernel = im.file,
        .kernel_bytes = im.size,
        .command_line = "console=hvc0 quiet",
        .mem_bytes = 16 * MIB,
        .max_vcpus = 2,
    };
}

/* A kernel of 6000 bytes and some BSS, one page above its base. */
static void linux_like(void)
{
    image_start(&im, 4096, 6000, 20000);
    image_note_basics(&im);
    image_note_text(&im, XEN_ELFNOTE_GUEST_OS, "linux");
    image_note_number(&im, XEN_ELFNOTE_VIRT_BASE, BASE);
    image_note_number(&im, XEN_ELFNOTE_ENTRY, BASE + 4096 + 16);
    image_note_number(&im, XEN_ELFNOTE_INIT_P2M, 1ul << 39);
    image_note_number(&im, XEN_ELFNOTE_MOD_START_PFN, 1);
    image_note_number(&im, XEN_ELFNOTE_HYPERCALL_PAGE, BASE + 2 * 4096);
    image_end(&im);
}

static void simple(void)
{
    image_start(&im, 0x100000, 6000, 20000);
    image_note_basics(&im);
    image_end(&im);
}

static struct hv *build(struct dom0_config c)
{
    struct hv *hv = world_empty(FRAMES);

    for (unsigned int i = 0; i < sizeof(initrd); i++)
        initrd[i] = (uint8_t)(i * 7);
    effects_init(&fx);
    ck_assert_int_eq(dom0_build(hv, &c, &fx), 0);
    ck_assert_uint_eq(hv->dom0->refs, 1);
    return hv;
}

/* What dom0 reads at va through its own tables. */
static void guest_read(struct hv *hv, uint64_t va, void *to, size_t n)
{
    struct vcpu *v = hv->dom0->vcpus[0];
    uint8_t *out = to;

    while (n > 0) {
        size_t part = PAGE_SIZE - va % PAGE_SIZE;
        struct walk w;
        uint8_t *page;

        if (part > n)
            part = n;
        spin_lock(&v->d->mm_lock);
        ck_assert_int_eq(walk(v, va, &w), 0);
        spin_unlock(&v->d->mm_lock);
        ck_assert(pte_is_present(w.entry));
        page = hal_map(pte_mfn(w.entry));
        memcpy(out, page + va % PAGE_SIZE, part);
        hal_unmap(page);
        va += part;
        out += part;
        n -= part;
    }
}

static struct start_info start_info(struct hv *hv)
{
    struct start_info si;

    guest_read(hv, hv->dom0->vcpus[0]->saved.rsi, &si, sizeof(si));
    return si;
}

/* p2m[pfn] by the guest's own mapping. */
static uint64_t p2m(struct hv *hv, const struct start_info *si, uint64_t pfn)
{
    uint64_t mfn;

    guest_read(hv, si->mfn_list + pfn * 8, &mfn, sizeof(mfn));
    return mfn;
}

START_TEST(registers_are_those_of_the_abi)
{
    struct cpu_user_regs want = {0}, *r;
    struct hv *hv;
    struct vcpu *v;

    linux_like();
    hv = build(config());
    v = hv->dom0->vcpus[0];
    r = &v->saved;
    want.rip = BASE + 4096 + 16;
    want.rsp = r->rsp;
    want.rsi = r->rsi;
    want.cs = FLAT_KERNEL_CS;
    want.ss = FLAT_KERNEL_SS;
    want.rflags = 0x202;
    ck_assert_mem_eq(r, &want, sizeof(want));
    ck_assert(v->kernel_mode && v->initialised);
    ck_assert_uint_eq(v->entry.kernel_sp, r->rsp);
    ck_assert_uint_eq(v->entry.kernel_ss, FLAT_KERNEL_SS);
    ck_assert_uint_eq(v->entry.callback[CALLBACKTYPE_event].address, 0);
    ck_assert(!mfn_is_valid(v->mmu.user_base));
    ck_assert_uint_eq(v->time.period_ns, 10000000);
    ck_assert(!hv->dom0->vcpus[1]->initialised);
    world_end(hv);
}
END_TEST

START_TEST(start_info_tells_the_truth)
{
    struct start_info si;
    struct hv *hv;

    simple();
    hv = build(config());
    si = start_info(hv);
    ck_assert_str_eq(si.magic, "xen-3.0-x86_64");
    ck_assert_uint_eq(si.nr_pages, 16 * MIB / PAGE_SIZE);
    ck_assert_uint_eq(si.shared_info, hv->dom0->shared_info_mfn.n << 12);
    ck_assert_uint_eq(si.flags, SIF_PRIVILEGED | SIF_INITDOMAIN);
    ck_assert_uint_eq(si.console.dom0.info_size, 0);
    ck_assert_str_eq(si.cmd_line, "console=hvc0 quiet");
    ck_assert_uint_eq(si.mod_len, 0);
    ck_assert_uint_eq(si.nr_p2m_frames, 0);
    ck_assert_uint_eq(si.store_evtchn, 0);
    /* In order: p2m, start_info, tables, stack. */
    ck_assert_uint_lt(si.mfn_list, hv->dom0->vcpus[0]->saved.rsi);
    ck_assert_uint_eq(si.pt_base, hv->dom0->vcpus[0]->saved.rsi + PAGE_SIZE);
    ck_assert_uint_eq(hv->dom0->vcpus[0]->saved.rsp,
                      si.pt_base + (si.nr_pt_frames + 1) * PAGE_SIZE);
    ck_assert_uint_eq(p2m(hv, &si, si.pt_base >> 12),
                      hv->dom0->vcpus[0]->mmu.kernel_base.n);
    world_end(hv);
}
END_TEST

START_TEST(p2m_and_m2p_are_inverse)
{
    struct start_info si;
    struct hv *hv;

    linux_like();
    hv = build(config());
    si = start_info(hv);
    ck_assert_uint_eq(si.mfn_list, 1ul << 39);
    for (uint64_t pfn = 0; pfn < si.nr_pages; pfn++) {
        mfn_t m = mfn_of(p2m(hv, &si, pfn));

        ck_assert_uint_eq(m2p_get(hv, m), pfn);
        ck_assert_ptr_eq(frame_owner(hv, frame_of(hv, m)), hv->dom0);
    }
    ck_assert_uint_gt(si.first_p2m_pfn, 0);
    ck_assert_uint_eq(si.nr_p2m_frames, 8 + 3);
    world_end(hv);
}
END_TEST

START_TEST(the_image_is_where_it_wants_to_be)
{
    uint8_t bytes[20000], stub[4];
    struct hv *hv;

    simple();
    hv = build(config());
    guest_read(hv, 0x100000, bytes, sizeof(bytes));
    for (unsigned int i = 0; i < sizeof(bytes); i++)
        ck_assert_uint_eq(bytes[i], i < 6000 ? i % 251 : 0);
    world_end(hv);

    linux_like();
    hv = build(config());
    guest_read(hv, BASE + 2 * 4096 + 29 * 32, stub, sizeof(stub));
    ck_assert_mem_eq(stub, "\x51\x41\x53\xb8", 4);
    world_end(hv);
}
END_TEST

START_TEST(an_initrd_is_mapped_behind_the_kernel)
{
    struct dom0_config c;
    struct start_info si;
    uint8_t bytes[sizeof(initrd)];
    struct hv *hv;

    simple();
    c = config();
    c.initrd = initrd;
    c.initrd_bytes = sizeof(initrd);
    hv = build(c);
    si = start_info(hv);
    ck_assert_uint_eq(si.mod_len, sizeof(initrd));
    ck_assert(!(si.flags & SIF_MOD_START_PFN));
    ck_assert_uint_eq(si.mod_start, (0x100000 + 20000 + 4095) & ~4095ul);
    guest_read(hv, si.mod_start, bytes, sizeof(bytes));
    ck_assert_mem_eq(bytes, initrd, sizeof(bytes));
    world_end(hv);
}
END_TEST

START_TEST(an_initrd_that_need_not_be_mapped_is_told_by_pfn)
{
    struct dom0_config c;
    struct start_info si;
    struct hv *hv;
    uint8_t *page;

    linux_like();
    c = config();
    c.initrd = initrd;
    c.initrd_bytes = sizeof(initrd);
    hv = build(c);
    si = start_info(hv);
    ck_assert(si.flags & SIF_MOD_START_PFN);
    page = hal_map(mfn_of(p2m(hv, &si, si.mod_start)));
    ck_assert_mem_eq(page, initrd, PAGE_SIZE);
    hal_unmap(page);
    world_end(hv);
}
END_TEST

/* Linux walks them; a writable one would have been refused by the pin. */
START_TEST(tables_are_pinned_readonly_and_in_order)
{
    struct start_info si;
    struct hv *hv;
    struct frame *f;

    linux_like();
    hv = build(config());
    si = start_info(hv);
    f = frame_of(hv, hv->dom0->vcpus[0]->mmu.kernel_base);
    ck_assert(frame_is(f, FRAME_L4));
    ck_assert(f->type & FRAME_PINNED);
    ck_assert_uint_eq(f->type & FRAME_TYPE_COUNT, 2);
    for (uint64_t i = 0; i < si.nr_pt_frames; i++) {
        static const uint32_t order[] = {FRAME_L4, FRAME_L1, FRAME_L2,
                                         FRAME_L3};
        uint64_t va = si.pt_base + i * PAGE_SIZE;
        uint32_t want = i < 4 ? order[i] : FRAME_L1;
        struct walk w;

        spin_lock(&hv->dom0->mm_lock);
        ck_assert_int_eq(walk(hv->dom0->vcpus[0], va, &w), 0);
        spin_unlock(&hv->dom0->mm_lock);
        ck_assert(!(w.entry & PTE_RW));
        ck_assert(frame_is(frame_of(hv, pte_mfn(w.entry)), want));
    }
    world_end(hv);
}
END_TEST

START_TEST(more_memory_than_there_is_gives_what_there_is)
{
    struct dom0_config c;
    struct hv *hv;

    simple();
    c = config();
    c.mem_bytes = 64 * MIB;
    hv = build(c);
    ck_assert_uint_gt(start_info(hv).nr_pages, FRAMES / 2);
    ck_assert_uint_eq(start_info(hv).nr_pages, hv->dom0->pages.total);
    world_end(hv);
}
END_TEST

START_TEST(memory_may_be_allowed_to_grow)
{
    struct dom0_config c;
    struct hv *hv;

    simple();
    c = config();
    c.max_mem_bytes = 24 * MIB;
    hv = build(c);
    ck_assert_uint_eq(hv->dom0->pages.max, 24 * MIB / PAGE_SIZE);
    ck_assert_uint_eq(hv->dom0->pages.total, 16 * MIB / PAGE_SIZE);
    world_end(hv);
}
END_TEST

static void refused(struct dom0_config c, int error, const char *why)
{
    struct hv *hv = world_empty(FRAMES);

    effects_init(&fx);
    fake.console_length = 0;
    ck_assert_int_eq(dom0_build(hv, &c, &fx), error);
    ck_assert_ptr_nonnull(strstr(fake.console, why));
    world_end(hv);
}

START_TEST(what_cannot_be_dom0_is_refused_in_words)
{
    struct dom0_config c;

    simple();
    c = config();
    c.kernel_bytes = 100;
    refused(c, -EINVAL, "not in the file");
    c = config();
    c.mem_bytes = 2 * MIB;
    refused(c, -ENOMEM, "do not hold kernel (19 KiB)");

    image_start(&im, 0x100000, 100, 100);
    image_note_basics(&im);
    image_note_number(&im, XEN_ELFNOTE_SUPPORTED_FEATURES, 1);
    image_end(&im);
    refused(config(), -EINVAL, "guests only");
}
END_TEST

START_TEST(a_long_command_line_is_cut)
{
    static char line[3000];
    struct dom0_config c;
    struct hv *hv;

    simple();
    memset(line, 'x', sizeof(line) - 1);
    c = config();
    c.command_line = line;
    hv = build(c);
    ck_assert_uint_eq(strlen(start_info(hv).cmd_line), MAX_GUEST_CMDLINE - 1);
    world_end(hv);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("dom0_build");
    TCase *t = tcase_create("dom0");

    tcase_add_test(t, registers_are_those_of_the_abi);
    tcase_add_test(t, start_info_tells_the_truth);
    tcase_add_test(t, p2m_and_m2p_are_inverse);
    tcase_add_test(t, the_image_is_where_it_wants_to_be);
    tcase_add_test(t, an_initrd_is_mapped_behind_the_kernel);
    tcase_add_test(t, an_initrd_that_need_not_be_mapped_is_told_by_pfn);
    tcase_add_test(t, tables_are_pinned_readonly_and_in_order);
    tcase_add_test(t, more_memory_than_there_is_gives_what_there_is);
    tcase_add_test(t, memory_may_be_allowed_to_grow);
    tcase_add_test(t, what_cannot_be_dom0_is_refused_in_words);
    tcase_add_test(t, a_long_command_line_is_cut);
    suite_add_tcase(s, t);
    return s;
}
