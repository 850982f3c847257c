/* SPDX-License-Identifier: MIT */
/* core/domain/domain.c: domains are made and found. */
#include "domain_life.h"

#include <errno.h>

#include "mm/alloc.h"

START_TEST(a_new_domain_is_paused_masked_and_found)
{
    struct hv *hv = world(FRAMES);
    struct domain *d = create(hv, 0), *found;

    ck_assert_uint_eq(d->domid, 1);
    ck_assert_uint_eq(d->pause_count, 1);
    ck_assert_uint_eq(d->refs, 1);
    for (int i = 0; i < 32; i++)
        ck_assert_uint_eq(d->shared_info->vcpu_info[i].evtchn_upcall_mask, 1);
    found = domain_find(hv, 1);
    ck_assert_ptr_eq(found, d);
    ck_assert_uint_eq(d->refs, 2);
    domain_put(found);
    world_end(hv);
}
END_TEST

START_TEST(ids_are_as_wanted_or_the_next_free_ones)
{
    struct hv *hv = world(FRAMES);
    struct domain *d;

    ck_assert_uint_eq(create(hv, 3)->domid, 3);
    ck_assert_uint_eq(create(hv, 0)->domid, 1);
    ck_assert_uint_eq(create(hv, DOMID_SELF)->domid, 2);
    ck_assert_uint_eq(create(hv, 0)->domid, 4);
    ck_assert_int_eq(domain_create(hv, 3, &plain, &d), -EEXIST);
    world_end(hv);
}
END_TEST

/* Ids are not used again at once: old handles must not reach a new guest. */
START_TEST(the_id_of_a_dead_domain_is_the_last_to_come_back)
{
    struct hv *hv = world(FRAMES);

    destroy(create(hv, 0));
    domains_reap(hv);
    ck_assert_ptr_null(domain_find(hv, 1));
    ck_assert_uint_eq(create(hv, 0)->domid, 2);
    hv->last_domid = DOMID_FIRST_RESERVED - 1;
    ck_assert_uint_eq(create(hv, 0)->domid, 1);
    world_end(hv);
}
END_TEST

START_TEST(a_config_out_of_range_leaves_nothing_behind)
{
    struct hv *hv = world(FRAMES);
    uint64_t free = hv->heap.free_frames;
    struct domain_config bad = plain;
    struct domain *d;

    bad.max_vcpus = 0;
    ck_assert_int_eq(domain_create(hv, 0, &bad, &d), -EINVAL);
    bad.max_vcpus = DOMAIN_MAX_VCPUS + 1;
    ck_assert_int_eq(domain_create(hv, 0, &bad, &d), -EINVAL);
    ck_assert_uint_eq(hv->heap.free_frames, free);
    world_end(hv);
}
END_TEST

/* Whatever allocation fails first, all before it is given back. */
START_TEST(creation_without_memory_fails_cleanly)
{
    struct hv *hv = world(FRAMES);
    mfn_t held[FRAMES];
    unsigned int count = 0;
    struct domain *d;
    int error = -ENOMEM;

    while (mfn_is_valid(held[count] = heap_alloc(hv, 0)))
        count++;
    while (error) {
        uint64_t free = hv->heap.free_frames;

        error = domain_create(hv, 0, &plain, &d);
        if (!error)
            break;
        ck_assert_int_eq(error, -ENOMEM);
        ck_assert_uint_eq(hv->heap.free_frames, free);
        ck_assert_ptr_null(domain_find_next(hv, 1));
        heap_free(hv, held[--count], 0);
    }
    domain_put(d);
    while (count > 0)
        heap_free(hv, held[--count], 0);
    world_end(hv);
}
END_TEST

START_TEST(self_is_found_and_reserved_ids_are_not)
{
    struct hv *hv = world(FRAMES);
    struct domain *d = create(hv, 0);

    ck_assert_ptr_eq(domain_find_from(d, DOMID_SELF), d);
    domain_put(d);
    ck_assert_ptr_null(domain_find(hv, DOMID_SELF));
    ck_assert_ptr_null(domain_find(hv, 0xffff));
    ck_assert_ptr_null(domain_find(hv, 77));
    world_end(hv);
}
END_TEST

START_TEST(domains_are_walked_by_id)
{
    struct hv *hv = world(FRAMES);
    domid_t order[] = {9, 2, 5};
    unsigned int from = 1;

    for (int i = 0; i < 3; i++)
        create(hv, order[i]);
    for (domid_t want = 2;; want = want == 2 ? 5 : 9) {
        struct domain *d = domain_find_next(hv, (domid_t)from);

        ck_assert_uint_eq(d->domid, want);
        from = d->domid + 1u;
        domain_put(d);
        if (want == 9)
            break;
    }
    ck_assert_ptr_null(domain_find_next(hv, (domid_t)from));
    world_end(hv);
}
END_TEST

START_TEST(a_vcpu_without_state_of_the_cpu_is_not_made)
{
    struct hv *hv = world(FRAMES);
    struct domain *d = create(hv, 0);
    uint64_t free = hv->heap.free_frames;

    spin_lock(&d->lock);
    fake.vcpu_init_fails = true;
    ck_assert_int_eq(vcpu_create(d, 0), -ENOMEM);
    fake.vcpu_init_fails = false;
    ck_assert_int_eq(vcpu_create(d, 2), -EINVAL);
    ck_assert_uint_eq(hv->heap.free_frames, free);
    ck_assert_int_eq(vcpu_create(d, 1), 0);
    ck_assert_int_eq(vcpu_create(d, 1), 0);
    spin_unlock(&d->lock);
    ck_assert_ptr_null(domain_vcpu(d, 0));
    ck_assert_ptr_nonnull(domain_vcpu(d, 1));
    ck_assert_ptr_null(domain_vcpu(d, 2));
    world_end(hv);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("domain");
    TCase *t = tcase_create("object");

    tcase_add_test(t, a_new_domain_is_paused_masked_and_found);
    tcase_add_test(t, ids_are_as_wanted_or_the_next_free_ones);
    tcase_add_test(t, the_id_of_a_dead_domain_is_the_last_to_come_back);
    tcase_add_test(t, a_config_out_of_range_leaves_nothing_behind);
    tcase_add_test(t, creation_without_memory_fails_cleanly);
    tcase_add_test(t, self_is_found_and_reserved_ids_are_not);
    tcase_add_test(t, domains_are_walked_by_id);
    tcase_add_test(t, a_vcpu_without_state_of_the_cpu_is_not_made);
    suite_add_tcase(s, t);
    return s;
}
