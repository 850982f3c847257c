/* SPDX-License-Identifier: MIT */
/* core/domain/sysctl: the machine as tools see it. */
#include "suite.h"

#include <errno.h>
#include <string.h>

#include <pv-abi/sysctl.h>

#include "domain/console.h"
#include "domain/control.h"
#include "fake/world.h"
#include "mm/frame.h"

#define FRAMES 512

static struct xen_sysctl op;
static struct effects fx;

static int64_t call(struct hv *hv, uint32_t cmd)
{
    int64_t result;

    op.cmd = cmd;
    op.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    memcpy(fake_guest(WORLD_ARG), &op, sizeof(op));
    effects_init(&fx);
    result = do_sysctl(hv->dom0->vcpus[0], (guest_ptr_t){WORLD_ARG}, &fx);
    memcpy(&op, fake_guest(WORLD_ARG), sizeof(op));
    return result;
}

START_TEST(refusals_come_in_the_order_tools_rely_on)
{
    struct hv *hv = world(FRAMES);
    struct vcpu *guest = world_domain(hv, 1, 1)->vcpus[0];
    struct vcpu *dom0 = hv->dom0->vcpus[0];
    struct xen_sysctl *arg = fake_guest(WORLD_ARG);
    guest_ptr_t ptr = {WORLD_ARG};

    memset(arg, 0, sizeof(*arg));
    ck_assert_int_eq(do_sysctl(guest, (guest_ptr_t){8}, &fx), -EFAULT);
    ck_assert_int_eq(do_sysctl(guest, ptr, &fx), -EACCES);
    arg->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    ck_assert_int_eq(do_sysctl(guest, ptr, &fx), -EPERM);
    ck_assert_int_eq(do_sysctl(dom0, ptr, &fx), -ENOSYS);
    for (uint32_t cmd = 30; cmd < 2000; cmd++) {
        arg->cmd = cmd;
        ck_assert_int_eq(do_sysctl(dom0, ptr, &fx), -ENOSYS);
    }
    arg->cmd = XEN_SYSCTL_get_cpu_policy;
    ck_assert_int_eq(do_sysctl(dom0, ptr, &fx), -EOPNOTSUPP);
    world_end(hv);
}
END_TEST

START_TEST(the_machine_has_processors_nodes_and_memory)
{
    struct hv *hv = world(FRAMES);
    struct xen_sysctl_physinfo *info = &op.u.physinfo;
    uint64_t free;

    hv->machine.cpu_khz = 2000000;
    hv->machine.ram_frames = FRAMES + 5;
    memset(&op, 0xff, sizeof(op));
    ck_assert_int_eq(call(hv, XEN_SYSCTL_physinfo), 0);
    ck_assert_uint_eq(info->nr_cpus, WORLD_CPUS);
    ck_assert_uint_eq(info->max_cpu_id, WORLD_CPUS - 1);
    ck_assert_uint_eq(info->nr_nodes, 1);
    ck_assert_uint_eq(info->cpu_khz, 2000000);
    ck_assert_uint_eq(info->capabilities,
                      XEN_SYSCTL_PHYSCAP_pv | XEN_SYSCTL_PHYSCAP_gnttab_v1);
    ck_assert_uint_eq(info->pad, 0);
    ck_assert_uint_eq(info->hw_cap[7], 0);
    ck_assert_uint_eq(info->total_pages, FRAMES + 5);
    ck_assert_uint_eq(info->max_mfn, hv->frame_count - 1);
    free = info->free_pages;
    ck_assert_uint_eq(free, hv->heap.free_frames);
    world_domain(hv, 1, 10);
    ck_assert_int_eq(call(hv, XEN_SYSCTL_physinfo), 0);
    ck_assert_uint_le(info->free_pages, free - 10);
    world_end(hv);
}
END_TEST

/* Frames that a zombie's last mapper gave back count at once. */
START_TEST(free_memory_includes_what_zombies_left)
{
    struct hv *hv = world(FRAMES);
    struct domain *d;
    struct frame *f;
    uint64_t free;

    ck_assert_int_eq(call(hv, XEN_SYSCTL_physinfo), 0);
    free = op.u.physinfo.free_pages;
    d = world_domain(hv, 1, 10);
    ck_assert_int_eq(
        frame_get(d, frame_mfn(hv, &hv->frames[d->pages.first]), &f), 0);
    effects_init(&fx);
    ck_assert_int_eq(domain_destroy(d, &fx), 0);
    ck_assert_int_eq(call(hv, XEN_SYSCTL_physinfo), 0);
    ck_assert_uint_lt(op.u.physinfo.free_pages, free);
    frame_put(hv, f);
    ck_assert_int_eq(call(hv, XEN_SYSCTL_physinfo), 0);
    ck_assert_uint_eq(op.u.physinfo.free_pages, free);
    memset(&op, 0, sizeof(op));
    ck_assert_int_eq(call(hv, XEN_SYSCTL_availheap), 0);
    ck_assert_uint_eq(op.u.availheap.avail_bytes, free * PAGE_SIZE);
    world_end(hv);
}
END_TEST

START_TEST(all_domains_are_listed_by_id)
{
    struct hv *hv = world(FRAMES);
    struct xen_domctl_getdomaininfo *list = fake_guest(WORLD_DATA);

    world_domain(hv, 1, 1);
    world_domain(hv, 1, 2);
    memset(&op, 0, sizeof(op));
    op.u.getdomaininfolist.max_domains = 10;
    op.u.getdomaininfolist.buffer.va = WORLD_DATA;
    ck_assert_int_eq(call(hv, XEN_SYSCTL_getdomaininfolist), 0);
    ck_assert_uint_eq(op.u.getdomaininfolist.num_domains, 3);
    for (unsigned int i = 0; i < 3; i++)
        ck_assert_uint_eq(list[i].domain, i);
    ck_assert_uint_eq(list[2].tot_pages, 2);

    op.u.getdomaininfolist.first_domain = 1;
    op.u.getdomaininfolist.max_domains = 1;
    ck_assert_int_eq(call(hv, XEN_SYSCTL_getdomaininfolist), 0);
    ck_assert_uint_eq(op.u.getdomaininfolist.num_domains, 1);
    ck_assert_uint_eq(list[0].domain, 1);
    op.u.getdomaininfolist.first_domain = 0xffff;
    ck_assert_int_eq(call(hv, XEN_SYSCTL_getdomaininfolist), 0);
    ck_assert_uint_eq(op.u.getdomaininfolist.num_domains, 0);
    op.u.getdomaininfolist.first_domain = 0;
    op.u.getdomaininfolist.buffer.va = 16;
    ck_assert_int_eq(call(hv, XEN_SYSCTL_getdomaininfolist), -EFAULT);
    world_end(hv);
}
END_TEST

static size_t read_log(struct hv *hv, bool incremental, bool clear)
{
    uint32_t index = op.u.readconsole.index;

    memset(&op.u, 0, sizeof(op.u));
    op.u.readconsole.index = index;
    op.u.readconsole.incremental = incremental;
    op.u.readconsole.clear = clear;
    op.u.readconsole.count = 2000;
    op.u.readconsole.buffer.va = WORLD_DATA;
    ck_assert_int_eq(call(hv, XEN_SYSCTL_readconsole), 0);
    return op.u.readconsole.count;
}

START_TEST(the_log_is_read_whole_or_from_where_one_was)
{
    struct hv *hv = world(FRAMES);

    memset(&op, 0, sizeof(op));
    console_log(hv, "first\n", 6);
    ck_assert_uint_eq(read_log(hv, false, false), 6);
    ck_assert_mem_eq(fake_guest(WORLD_DATA), "first\n", 6);
    console_log(hv, "second\n", 7);
    ck_assert_uint_eq(read_log(hv, true, false), 7);
    ck_assert_mem_eq(fake_guest(WORLD_DATA), "second\n", 7);
    ck_assert_uint_eq(read_log(hv, true, false), 0);
    ck_assert_uint_eq(read_log(hv, false, true), 13);
    ck_assert_uint_eq(read_log(hv, false, false), 0);
    world_end(hv);
}
END_TEST

/* The reader's place may be long overwritten. */
START_TEST(a_reader_that_was_overtaken_starts_at_the_oldest_byte)
{
    struct hv *hv = world(FRAMES);
    char line[64];

    memset(&op, 0, sizeof(op));
    console_log(hv, "x", 1);
    ck_assert_uint_eq(read_log(hv, false, false), 1);
    memset(line, 'a', sizeof(line));
    for (unsigned int i = 0; i < CONSOLE_LOG_BYTES / sizeof(line); i++)
        console_log(hv, line, sizeof(line));
    console_log(hv, "b", 1);
    ck_assert_uint_eq(read_log(hv, true, false), 2000);
    ck_assert_uint_eq(op.u.readconsole.index, 2 + 2000);
    world_end(hv);
}
END_TEST

START_TEST(a_message_gets_lost_rather_than_waits_for_ever)
{
    struct hv *hv = world(FRAMES);

    memset(&op, 0, sizeof(op));
    /* An NMI comes, or another processor panics, with the log locked. */
    spin_lock(&hv->console.lock);
    console_log(hv, "lost", 4);
    spin_unlock(&hv->console.lock);
    console_log(hv, "kept", 4);
    ck_assert_uint_eq(read_log(hv, false, false), 4);
    ck_assert_mem_eq(fake_guest(WORLD_DATA), "kept", 4);
    world_end(hv);
}
END_TEST

START_TEST(topology_is_one_node_of_all_processors)
{
    struct hv *hv = world(FRAMES);
    struct xen_sysctl_cputopo *cpus = fake_guest(WORLD_DATA);
    uint8_t *map = fake_guest(WORLD_DATA);

    memset(&op, 0, sizeof(op));
    ck_assert_int_eq(call(hv, XEN_SYSCTL_cputopoinfo), 0);
    ck_assert_uint_eq(op.u.cputopoinfo.num_cpus, WORLD_CPUS);
    op.u.cputopoinfo.cputopo.va = WORLD_DATA;
    ck_assert_int_eq(call(hv, XEN_SYSCTL_cputopoinfo), 0);
    for (unsigned int i = 0; i < WORLD_CPUS; i++) {
        ck_assert_uint_eq(cpus[i].core, i);
        ck_assert_uint_eq(cpus[i].socket, 0);
        ck_assert_uint_eq(cpus[i].node, 0);
    }
    hv->machine.ram_frames = FRAMES + 5;
    memset(&op, 0, sizeof(op));
    ck_assert_int_eq(call(hv, XEN_SYSCTL_numainfo), 0);
    ck_assert_uint_eq(op.u.numainfo.num_nodes, 1);
    op.u.numainfo.meminfo.va = WORLD_DATA;
    op.u.numainfo.distance.va = WORLD_DATA + 64;
    ck_assert_int_eq(call(hv, XEN_SYSCTL_numainfo), 0);
    ck_assert_uint_eq(*(uint32_t *)fake_guest(WORLD_DATA + 64), 10);
    ck_assert_uint_eq(*(uint64_t *)fake_guest(WORLD_DATA),
                      (FRAMES + 5) * PAGE_SIZE);

    memset(&op, 0, sizeof(op));
    op.u.cpupool_op.op = XEN_SYSCTL_CPUPOOL_OP_INFO;
    op.u.cpupool_op.cpupool_id = XEN_SYSCTL_CPUPOOL_PAR_ANY;
    op.u.cpupool_op.cpumap.bitmap.va = WORLD_DATA;
    op.u.cpupool_op.cpumap.nr_bits = 8;
    ck_assert_int_eq(call(hv, XEN_SYSCTL_cpupool_op), 0);
    ck_assert_uint_eq(op.u.cpupool_op.cpupool_id, 0);
    ck_assert_uint_eq(op.u.cpupool_op.n_dom, 1);
    ck_assert_uint_eq(map[0], 0xf);
    op.u.cpupool_op.cpupool_id = 1;
    ck_assert_int_eq(call(hv, XEN_SYSCTL_cpupool_op), -ENOENT);
    op.u.cpupool_op.op = XEN_SYSCTL_CPUPOOL_OP_CREATE;
    ck_assert_int_eq(call(hv, XEN_SYSCTL_cpupool_op), -EOPNOTSUPP);
    memset(&op, 0, sizeof(op));
    ck_assert_int_eq(call(hv, XEN_SYSCTL_sched_id), 0);
    ck_assert_uint_eq(op.u.sched_id.sched_id, XEN_SCHEDULER_CREDIT2);
    world_end(hv);
}
END_TEST

START_TEST(random_calls_break_nothing)
{
    struct random r = random_start(12);
    struct hv *hv = world(FRAMES);
    unsigned int done = 0;

    for (int i = 0; i < 20000; i++) {
        uint64_t *words = (uint64_t *)&op;

        for (unsigned int w = 0; w < sizeof(op) / 8; w++)
            words[w] = random_below(&r, 2) ? WORLD_DATA : random_next(&r);
        done += call(hv, (uint32_t)random_below(&r, 32)) == 0;
    }
    ck_assert_uint_gt(done, 1000);
    world_end(hv);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("sysctl");
    TCase *t = tcase_create("sysctl");

    tcase_add_test(t, refusals_come_in_the_order_tools_rely_on);
    tcase_add_test(t, the_machine_has_processors_nodes_and_memory);
    tcase_add_test(t, free_memory_includes_what_zombies_left);
    tcase_add_test(t, all_domains_are_listed_by_id);
    tcase_add_test(t, the_log_is_read_whole_or_from_where_one_was);
    tcase_add_test(t, a_reader_that_was_overtaken_starts_at_the_oldest_byte);
    tcase_add_test(t, a_message_gets_lost_rather_than_waits_for_ever);
    tcase_add_test(t, topology_is_one_node_of_all_processors);
    tcase_add_test(t, random_calls_break_nothing);
    suite_add_tcase(s, t);
    return s;
}
