/* SPDX-License-Identifier: MIT */
/*
 * core/domain: the small calls, each a file: version, vm_assist, physdev,
 * platform_op, console.
 */
#include "suite.h"

#include <errno.h>
#include <string.h>

#include <pv-abi/arch.h>
#include <pv-abi/event_channel.h>
#include <pv-abi/io/console.h>
#include <pv-abi/physdev.h>
#include <pv-abi/platform.h>
#include <pv-abi/version.h>

#include "domain/console.h"
#include "domain/control.h"
#include "domain/entry_calls.h"
#include "domain/version.h"
#include "fake/world.h"

#define FRAMES 256

static const guest_ptr_t arg = {WORLD_ARG};
static const guest_ptr_t nowhere = {16};
static struct effects fx;

static struct vcpu *guest_of(struct hv *hv)
{
    effects_init(&fx);
    return world_domain(hv, 1, 1)->vcpus[0];
}

/* ----------------------------------------------------------------- version */

START_TEST(it_calls_itself_xen_4_17_and_says_who_it_is)
{
    struct hv *hv = world(FRAMES);
    struct vcpu *v = guest_of(hv);
    char *text = fake_guest(WORLD_ARG);

    ck_assert_int_eq(do_xen_version(v, XENVER_version, nowhere, &fx),
                     4 << 16 | 17);
    ck_assert_int_eq(do_xen_version(v, XENVER_pagesize, nowhere, &fx), 4096);
    ck_assert_int_eq(do_xen_version(v, XENVER_extraversion, arg, &fx), 0);
    ck_assert_str_eq(text, ".7-vireo");
    ck_assert_int_eq(do_xen_version(v, XENVER_capabilities, arg, &fx), 0);
    ck_assert_str_eq(text, "xen-3.0-x86_64 ");
    ck_assert_int_eq(do_xen_version(v, XENVER_platform_parameters, arg, &fx),
                     0);
    ck_assert_uint_eq(*(uint64_t *)fake_guest(WORLD_ARG),
                      HYPERVISOR_VIRT_START);
    ck_assert_int_eq(do_xen_version(v, XENVER_build_id, arg, &fx), -ENODATA);
    ck_assert_int_eq(do_xen_version(v, 11, arg, &fx), -ENOSYS);
    ck_assert_int_eq(do_xen_version(v, ~0u, arg, &fx), -ENOSYS);
    ck_assert_int_eq(do_xen_version(v, XENVER_changeset, nowhere, &fx),
                     -EFAULT);
    world_end(hv);
}
END_TEST

START_TEST(features_are_those_a_pv_guest_expects)
{
    struct hv *hv = world(FRAMES);
    struct vcpu *v = guest_of(hv);
    struct xen_feature_info *f = fake_guest(WORLD_ARG);

    *f = (struct xen_feature_info){0, 0xffffffff};
    ck_assert_int_eq(do_xen_version(v, XENVER_get_features, arg, &fx), 0);
    ck_assert_uint_eq(f->submap, 0x000220e0);
    ck_assert_int_eq(
        do_vm_assist(v, VMASST_CMD_enable, VMASST_TYPE_pae_extended_cr3, &fx),
        0);
    ck_assert_int_eq(do_xen_version(v, XENVER_get_features, arg, &fx), 0);
    ck_assert_uint_eq(f->submap, 0x000220f0);
    ck_assert_int_eq(
        do_xen_version(hv->dom0->vcpus[0], XENVER_get_features, arg, &fx), 0);
    ck_assert_uint_eq(f->submap, 0x000228e0);
    f->submap_idx = 1;
    ck_assert_int_eq(do_xen_version(v, XENVER_get_features, arg, &fx), -EINVAL);
    world_end(hv);
}
END_TEST

START_TEST(the_command_line_is_dom0s_business)
{
    struct hv *hv = world(FRAMES);
    struct vcpu *v = guest_of(hv);
    char *text = fake_guest(WORLD_ARG);

    strcpy(hv->machine.command_line, "loglvl=debug");
    ck_assert_int_eq(do_xen_version(v, XENVER_commandline, arg, &fx), 0);
    ck_assert_str_eq(text, "<denied>");
    ck_assert_int_eq(
        do_xen_version(hv->dom0->vcpus[0], XENVER_commandline, arg, &fx), 0);
    ck_assert_str_eq(text, "loglvl=debug");
    world_end(hv);
}
END_TEST

/* A stack byte in the padding would be another guest's secret. */
START_TEST(what_is_not_filled_is_zero)
{
    static const struct {
        uint32_t cmd;
        size_t bytes;
    } ops[] = {{XENVER_extraversion, 16},
               {XENVER_compile_info, 144},
               {XENVER_capabilities, 1024},
               {XENVER_changeset, 64},
               {XENVER_commandline, 1024}};
    struct hv *hv = world(FRAMES);
    struct vcpu *v = guest_of(hv);

    for (unsigned int i = 0; i < ARRAY_SIZE(ops); i++) {
        char *text = fake_guest(WORLD_ARG);

        memset(text, 0xff, 2048);
        ck_assert_int_eq(do_xen_version(v, ops[i].cmd, arg, &fx), 0);
        for (size_t b = strlen(text); b < 16; b++)
            ck_assert_int_eq(text[b], 0);
        ck_assert_int_eq(text[ops[i].bytes - 1], 0);
        ck_assert_uint_eq((uint8_t)text[ops[i].bytes], 0xff);
    }
    world_end(hv);
}
END_TEST

/* -------------------------------------------------------------- vm_assist */

START_TEST(assists_are_switched_on_and_off)
{
    struct hv *hv = world(FRAMES);
    struct vcpu *v = guest_of(hv);
    static const uint32_t known[] = {0, 1, 2, 3, 4, 5, 32};

    for (unsigned int i = 0; i < ARRAY_SIZE(known); i++) {
        ck_assert_int_eq(do_vm_assist(v, VMASST_CMD_enable, known[i], &fx), 0);
        ck_assert((v->d->vm_assist >> known[i] & 1));
        ck_assert_int_eq(do_vm_assist(v, 2, known[i], &fx), -ENOSYS);
        ck_assert_int_eq(do_vm_assist(v, VMASST_CMD_disable, known[i], &fx), 0);
        ck_assert(!(v->d->vm_assist >> known[i] & 1));
    }
    ck_assert_int_eq(do_vm_assist(v, 0, 6, &fx), -EINVAL);
    ck_assert_int_eq(do_vm_assist(v, 0, 33, &fx), -EINVAL);
    ck_assert_int_eq(do_vm_assist(v, 0, 64, &fx), -EINVAL);
    ck_assert_int_eq(do_vm_assist(v, 0, ~0u, &fx), -EINVAL);
    world_end(hv);
}
END_TEST

/* ---------------------------------------------------------------- physdev */

START_TEST(io_rights_are_remembered)
{
    struct hv *hv = world(FRAMES);
    struct vcpu *v = guest_of(hv);
    struct physdev_set_iopl *iopl = fake_guest(WORLD_ARG);
    struct physdev_set_iobitmap *map = fake_guest(WORLD_ARG);

    iopl->iopl = 1;
    ck_assert_int_eq(do_physdev_op(v, PHYSDEVOP_set_iopl, arg, &fx), 0);
    ck_assert_uint_eq(v->entry.iopl, 1);
    iopl->iopl = 4;
    ck_assert_int_eq(do_physdev_op(v, PHYSDEVOP_set_iopl, arg, &fx), -EINVAL);
    ck_assert_uint_eq(v->entry.iopl, 1);
    ck_assert_int_eq(do_physdev_op(v, PHYSDEVOP_set_iopl, nowhere, &fx),
                     -EFAULT);
    *map =
        (struct physdev_set_iobitmap){.bitmap.va = 0x5000, .nr_ports = 65536};
    ck_assert_int_eq(do_physdev_op(v, PHYSDEVOP_set_iobitmap, arg, &fx), 0);
    ck_assert_uint_eq(v->entry.iobitmap_ports, 65536);
    map->nr_ports = 65537;
    ck_assert_int_eq(do_physdev_op(v, PHYSDEVOP_set_iobitmap, arg, &fx),
                     -EINVAL);
    ck_assert_int_eq(do_physdev_op(v, PHYSDEVOP_map_pirq, arg, &fx), -ENOSYS);
    ck_assert_int_eq(do_physdev_op(v, 99, arg, &fx), -ENOSYS);
    world_end(hv);
}
END_TEST

/* --------------------------------------------------------------- platform */

static struct xen_platform_op *platform(uint32_t cmd)
{
    struct xen_platform_op *op = fake_guest(WORLD_ARG);

    memset(op, 0, sizeof(*op));
    op->cmd = cmd;
    op->interface_version = XENPF_INTERFACE_VERSION;
    return op;
}

START_TEST(dom0_sets_the_time_of_day)
{
    struct hv *hv = world(FRAMES);
    struct vcpu *v = hv->dom0->vcpus[0];
    struct domain *guest = guest_of(hv)->d;
    struct xen_platform_op *op = platform(XENPF_settime64);

    op->u.settime64.secs = 1000000;
    op->u.settime64.nsecs = 1;
    op->u.settime64.system_time = 2000000002;
    ck_assert_int_eq(do_platform_op(v, arg, &fx), 0);
    ck_assert_uint_eq(hv->wallclock_sec, 999997);
    ck_assert_uint_eq(hv->wallclock_nsec, 999999999);
    ck_assert_uint_eq(guest->shared_info->wc_sec, 999997);

    op->u.settime64.mbz = 1;
    ck_assert_int_eq(do_platform_op(v, arg, &fx), -EINVAL);
    op = platform(XENPF_settime32);
    op->u.settime32.secs = 1;
    op->u.settime32.nsecs = 1000000000;
    ck_assert_int_eq(do_platform_op(v, arg, &fx), -EINVAL);
    op->u.settime32.nsecs = 0;
    op->u.settime32.system_time = 5000000000;
    ck_assert_int_eq(do_platform_op(v, arg, &fx), -EINVAL);
    ck_assert_uint_eq(hv->wallclock_sec, 999997);
    world_end(hv);
}
END_TEST

START_TEST(only_dom0_may_and_only_by_the_right_version)
{
    struct hv *hv = world(FRAMES);
    struct vcpu *guest = guest_of(hv), *dom0 = hv->dom0->vcpus[0];

    platform(XENPF_settime64)->interface_version++;
    ck_assert_int_eq(do_platform_op(guest, arg, &fx), -EACCES);
    platform(XENPF_settime64);
    ck_assert_int_eq(do_platform_op(guest, arg, &fx), -EPERM);
    ck_assert_int_eq(do_platform_op(guest, nowhere, &fx), -EFAULT);
    platform(XENPF_get_cpuinfo);
    ck_assert_int_eq(do_platform_op(dom0, arg, &fx), -ENOSYS);
    platform(XENPF_enter_acpi_sleep)->u.enter_acpi_sleep.sleep_state = 3;
    ck_assert_int_eq(do_platform_op(dom0, arg, &fx), -EINVAL);
    world_end(hv);
}
END_TEST

START_TEST(acpi_s5_turns_the_machine_off)
{
    struct hv *hv = world(FRAMES);

    effects_init(&fx);
    platform(XENPF_enter_acpi_sleep)->u.enter_acpi_sleep.sleep_state = 5;
    if (FAKE_PANICS()) {
        ck_assert_int_eq(do_platform_op(hv->dom0->vcpus[0], arg, &fx), 1);
        ck_abort_msg("the machine goes on");
    }
    ck_assert(fake.power_used);
    ck_assert_int_eq(fake.power, HAL_POWER_OFF);
    world_end(hv);
}
END_TEST

/* ---------------------------------------------------------------- console */

START_TEST(dom0_writes_to_the_console_but_not_to_the_log)
{
    struct hv *hv = world(FRAMES);
    struct vcpu *v = hv->dom0->vcpus[0];
    char *text = fake_guest(WORLD_ARG), log[64];
    uint32_t index = 0;

    effects_init(&fx);
    fake.console_length = 0;
    console_log_clear(hv);
    memcpy(text, "\033[1mhi\n", 7);
    ck_assert_int_eq(do_console_io(v, CONSOLEIO_write, 7, arg, &fx), 0);
    ck_assert_str_eq(fake.console, "\033[1mhi\n");
    ck_assert_uint_eq(console_log_read(hv, false, &index, log, 64), 0);
    ck_assert_int_eq(do_console_io(v, CONSOLEIO_write, 7, nowhere, &fx),
                     -EFAULT);
    ck_assert_int_eq(do_console_io(v, CONSOLEIO_write, 0, nowhere, &fx), 0);
    ck_assert_int_eq(do_console_io(v, 2, 7, arg, &fx), -ENOSYS);
    world_end(hv);
}
END_TEST

START_TEST(a_long_write_is_put_off_and_loses_nothing)
{
    struct hv *hv = world(FRAMES);
    struct vcpu *v = hv->dom0->vcpus[0];
    uint64_t va = WORLD_ARG;
    uint32_t count = 5000;
    unsigned int restarts = 0;

    memset(fake_guest(WORLD_ARG), 'x', count);
    fake.console_length = 0;
    for (;;) {
        effects_init(&fx);
        fx.budget = 300;
        if (do_console_io(v, CONSOLEIO_write, count, (guest_ptr_t){va}, &fx) ==
            0)
            break;
        ck_assert_uint_eq(fx.restart_args, 3);
        ck_assert_uint_eq(fx.restart[0], CONSOLEIO_write);
        count = (uint32_t)fx.restart[1];
        va = fx.restart[2];
        restarts++;
    }
    ck_assert_uint_ge(restarts, 5);
    ck_assert_uint_eq(strspn(fake.console, "x"), 5000);
    world_end(hv);
}
END_TEST

START_TEST(what_is_typed_waits_for_dom0)
{
    struct hv *hv = world(FRAMES);
    struct vcpu *v = hv->dom0->vcpus[0];
    char *text = fake_guest(WORLD_ARG);

    effects_init(&fx);
    for (const char *s = "list\n"; *s; s++)
        console_input(hv, *s, &fx);
    ck_assert_int_eq(do_console_io(v, CONSOLEIO_read, 3, arg, &fx), 3);
    ck_assert_mem_eq(text, "lis", 3);
    ck_assert_int_eq(do_console_io(v, CONSOLEIO_read, 100, arg, &fx), 2);
    ck_assert_mem_eq(text, "t\n", 2);
    ck_assert_int_eq(do_console_io(v, CONSOLEIO_read, 100, arg, &fx), 0);
    for (unsigned int i = 0; i < 1000; i++)
        console_input(hv, 'y', &fx);
    ck_assert_int_eq(do_console_io(v, CONSOLEIO_read, 2000, arg, &fx),
                     CONSOLE_INPUT_BYTES);
    world_end(hv);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("guest_calls");
    TCase *t = tcase_create("calls");

    tcase_add_test(t, it_calls_itself_xen_4_17_and_says_who_it_is);
    tcase_add_test(t, features_are_those_a_pv_guest_expects);
    tcase_add_test(t, the_command_line_is_dom0s_business);
    tcase_add_test(t, what_is_not_filled_is_zero);
    tcase_add_test(t, assists_are_switched_on_and_off);
    tcase_add_test(t, io_rights_are_remembered);
    tcase_add_test(t, dom0_sets_the_time_of_day);
    tcase_add_test(t, only_dom0_may_and_only_by_the_right_version);
    tcase_add_test(t, acpi_s5_turns_the_machine_off);
    tcase_add_test(t, dom0_writes_to_the_console_but_not_to_the_log);
    tcase_add_test(t, a_long_write_is_put_off_and_loses_nothing);
    tcase_add_test(t, what_is_typed_waits_for_dom0);
    suite_add_tcase(s, t);
    return s;
}
