/* SPDX-License-Identifier: MIT */
/* hypervisor/core/mm/vcpu_mmu.c: what guests may put into GDT and LDT. */
#include "suite.h"

#include <errno.h>
#include <string.h>

#include "fake/machine.h"
#include "mm/vcpu_mmu.h"

/* Access byte at bits 40-47. */
#define DESC(access) ((uint64_t)(access) << 40)
#define CODE64       0x00affa000000ffff

static struct hv *hv;
static struct domain *d;
static struct vcpu *v;

static void setup(void)
{
    hv = machine_with_domains(2, 32);
    d = machine_domain(hv, 1);
    v = machine_vcpu(hv, 1);
}

static void teardown(void)
{
    vcpu_mm_drop(v);
    machine_end(hv);
}

static int64_t set_gdt(const uint64_t *frames, unsigned int entries)
{
    struct effects fx;

    effects_init(&fx);
    memcpy(fake_guest(FAKE_GUEST_VA), frames, 14 * sizeof(*frames));
    return do_set_gdt(v, (guest_ptr_t){FAKE_GUEST_VA}, entries, &fx);
}

START_TEST(privilege_levels_are_made_harmless)
{
    const struct {
        uint64_t in, out;
    } rows[] = {
        {0, 0},
        {DESC(0x1a), DESC(0x1a)}, /* absent: anything */
        {DESC(0x09), DESC(0x09)}, /* an absent TSS too */
        {DESC(0x9a), DESC(0xfa)}, /* code of ring 0 becomes ring 3 */
        {DESC(0x92), DESC(0xf2)},
        {DESC(0xfe), DESC(0xfe)}, /* conforming */
        {CODE64, CODE64},
        {DESC(0x80), DESC(0x80)},                     /* system type 0 */
        {DESC(0xec) | 8 << 16, DESC(0x8c) | 8 << 16}, /* call gate */
        {DESC(0x8c) | 0xe033ul << 16, DESC(0x8c) | 0xe033ul << 16},
        {DESC(0x8c) | 0xfffful << 16, DESC(0x8c) | 0xfffful << 16}, /* LDT */
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++) {
        uint64_t e = rows[i].in;

        ck_assert(descriptor_fix(&e));
        ck_assert_uint_eq(e, rows[i].out);
    }
}
END_TEST

START_TEST(system_segments_and_gates_are_refused)
{
    for (unsigned int type = 1; type < 16; type++) {
        uint64_t e = DESC(0xe0 | type) | 8 << 16;

        ck_assert(descriptor_fix(&e) == (type == 12));
    }
    {
        /* A gate into the hypervisor's own code segment. */
        uint64_t e = DESC(0xec) | 0xe008ul << 16;

        ck_assert(!descriptor_fix(&e));
    }
}
END_TEST

START_TEST(set_gdt_types_its_frames_and_drops_the_old)
{
    uint64_t frames[14] = {domain_frame(d, 0).n, domain_frame(d, 1).n};

    poke(mfn_of(frames[0]), 3, DESC(0x9a));
    ck_assert_int_eq(set_gdt(frames, 513), 0);
    ck_assert(frame_is(frame_of(hv, mfn_of(frames[0])), FRAME_SEGDESC));
    ck_assert(frame_is(frame_of(hv, mfn_of(frames[1])), FRAME_SEGDESC));
    ck_assert_uint_eq(peek(mfn_of(frames[0]), 3), DESC(0xfa));
    ck_assert_uint_eq(v->mmu.gdt_entries, 513);
    ck_assert(fake.reloaded & RELOAD_GDT);
    machine_check(hv, NULL, 0);
    ck_assert_int_eq(set_gdt(frames, 1), 0);
    ck_assert(!frame_is(frame_of(hv, mfn_of(frames[1])), FRAME_SEGDESC));
    ck_assert_int_eq(set_gdt(frames, 0), 0);
    ck_assert(!frame_is(frame_of(hv, mfn_of(frames[0])), FRAME_SEGDESC));
}
END_TEST

START_TEST(a_refused_gdt_leaves_the_old_one)
{
    uint64_t good[14] = {domain_frame(d, 0).n}, bad[14];
    struct frame *f;

    ck_assert_int_eq(set_gdt(good, 512), 0);
    memcpy(bad, good, sizeof(bad));
    bad[1] = domain_frame(machine_domain(hv, 0), 0).n; /* another's */
    ck_assert_int_eq(set_gdt(bad, 1024), -EINVAL);
    bad[1] = domain_frame(d, 1).n; /* mapped writable */
    ck_assert_int_eq(frame_get_writable(d, mfn_of(bad[1]), &f), 0);
    ck_assert_int_eq(set_gdt(bad, 1024), -EINVAL);
    frame_put_writable(hv, f);
    poke(mfn_of(bad[1]), 9, DESC(0x89)); /* has a TSS */
    ck_assert_int_eq(set_gdt(bad, 1024), -EINVAL);
    ck_assert_int_eq(set_gdt(good, 7169), -EINVAL);
    ck_assert_uint_eq(v->mmu.gdt_frames[0].n, good[0]);
    ck_assert(!mfn_is_valid(v->mmu.gdt_frames[1]));
    machine_check(hv, NULL, 0);
}
END_TEST

START_TEST(frames_that_fault_are_efault)
{
    struct effects fx;

    ck_assert_int_eq(do_set_gdt(v, (guest_ptr_t){8}, 512, &fx), -EFAULT);
}
END_TEST

START_TEST(a_gdt_may_name_one_frame_twice)
{
    uint64_t m = domain_frame(d, 0).n, frames[14] = {m, m, m};

    ck_assert_int_eq(set_gdt(frames, 1536), 0);
    machine_check(hv, NULL, 0);
}
END_TEST

/* --------------------------------------------------- one descriptor */

static int64_t update(mfn_t m, unsigned int offset, uint64_t value)
{
    struct effects fx;

    effects_init(&fx);
    return do_update_descriptor(v, (m.n << PAGE_SHIFT) + offset, value, &fx);
}

START_TEST(a_descriptor_in_use_is_replaced_by_a_harmless_one)
{
    uint64_t m = domain_frame(d, 0).n, frames[14] = {m};

    ck_assert_int_eq(set_gdt(frames, 512), 0);
    ck_assert_int_eq(update(mfn_of(m), 8, DESC(0x9a)), 0);
    ck_assert_uint_eq(peek(mfn_of(m), 1), DESC(0xfa));
    ck_assert_int_eq(update(mfn_of(m), 8, DESC(0x8b)), -EINVAL);
    ck_assert_uint_eq(peek(mfn_of(m), 1), DESC(0xfa));
    machine_check(hv, NULL, 0);
}
END_TEST

START_TEST(a_descriptor_goes_only_where_the_domain_may_write)
{
    struct tree t = write_tree(d, 0);
    mfn_t own = domain_frame(d, 8);
    mfn_t foreign = domain_frame(machine_domain(hv, 0), 8);

    ck_assert_int_eq(call_mmuext(v, MMUEXT_NEW_BASEPTR, t.l4.n, 0), 0);
    ck_assert_int_eq(update(own, 0, DESC(0x92)), 0);
    ck_assert_int_eq(update(own, 4, DESC(0x92)), -EINVAL);
    ck_assert_int_eq(update(foreign, 0, DESC(0x92)), -EINVAL);
    ck_assert_int_eq(update(t.l4, 0, DESC(0x92)), -EINVAL);
    ck_assert_int_eq(update(mfn_of(~0ul >> PAGE_SHIFT), 0, 0), -EINVAL);
    machine_check(hv, NULL, 0);
}
END_TEST

/* ---------------------------------------------------------------- LDT */

START_TEST(ldt_pages_are_checked_when_first_used)
{
    struct tree t = write_tree(d, 0);
    mfn_t good = domain_frame(d, 8), bad = domain_frame(d, 9);

    poke(good, 0, DESC(0x92));
    poke(bad, 0, DESC(0x8b));
    poke(t.l1, 4, pte_make(good, PTE_RO));
    poke(t.l1, 5, pte_make(bad, PTE_RO));
    ck_assert_int_eq(call_mmuext(v, MMUEXT_NEW_BASEPTR, t.l4.n, 0), 0);
    ck_assert_int_eq(call_mmuext(v, MMUEXT_SET_LDT, 4 << 12, 2048), 0);
    ck_assert(!frame_is(frame_of(hv, good), FRAME_SEGDESC));

    ck_assert_int_eq(vcpu_map_ldt_page(v, 0), 0);
    ck_assert_int_eq(vcpu_map_ldt_page(v, 0), 0);
    ck_assert(frame_is(frame_of(hv, good), FRAME_SEGDESC));
    ck_assert_uint_eq(peek(good, 0), DESC(0xf2));
    ck_assert_int_eq(vcpu_map_ldt_page(v, 1), -EINVAL);
    ck_assert_int_eq(vcpu_map_ldt_page(v, 2), -EINVAL); /* not mapped */
    ck_assert_int_eq(vcpu_map_ldt_page(v, 4), -EINVAL); /* not in the LDT */
    machine_check(hv, NULL, 0);
    ck_assert_int_eq(call_mmuext(v, MMUEXT_SET_LDT, 0, 0), 0);
    ck_assert(!frame_is(frame_of(hv, good), FRAME_SEGDESC));
}
END_TEST

START_TEST(silly_ldts_are_refused)
{
    const struct {
        uint64_t va, entries;
    } rows[] = {{4, 1},
                {0x4000, 8193},
                {0xffff830000000000, 1},
                {0x0000900000000000, 1},
                {0x00007ffffffff000, 1024}};

    for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++)
        ck_assert_int_eq(
            call_mmuext(v, MMUEXT_SET_LDT, rows[i].va, rows[i].entries),
            -EINVAL);
    ck_assert_uint_eq(v->mmu.ldt_entries, 0);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("descriptor");
    TCase *c = tcase_create("descriptor");

    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, privilege_levels_are_made_harmless);
    tcase_add_test(c, system_segments_and_gates_are_refused);
    tcase_add_test(c, set_gdt_types_its_frames_and_drops_the_old);
    tcase_add_test(c, a_refused_gdt_leaves_the_old_one);
    tcase_add_test(c, frames_that_fault_are_efault);
    tcase_add_test(c, a_gdt_may_name_one_frame_twice);
    tcase_add_test(c, a_descriptor_in_use_is_replaced_by_a_harmless_one);
    tcase_add_test(c, a_descriptor_goes_only_where_the_domain_may_write);
    tcase_add_test(c, ldt_pages_are_checked_when_first_used);
    tcase_add_test(c, silly_ldts_are_refused);
    suite_add_tcase(s, c);
    return s;
}
