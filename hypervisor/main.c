/* SPDX-License-Identifier: MIT */
/*
 * Start-up, in order, top to bottom. head.S comes before, with the loader's
 * information in boot_info; afterwards every CPU lives in exit_work(), which
 * runs vCPUs and waits for interrupts in turn.
 */
#include <string.h>

#include "domain/cmdline.h"
#include "domain/console.h"
#include "domain/dom0_build.h"
#include "domain/domain.h"
#include "hal.h"
#include "mm/alloc.h"
#include "printf.h"
#include "sched/clock.h"
#include "sched/runqueue.h"
#include "sched/timer.h"
#include "x86/boot/acpi.h"
#include "x86/boot/boot_info.h"
#include "x86/boot/memory_map.h"
#include "x86/cpu.h"
#include "x86/devices.h"
#include "x86/entry/entry.h"
#include "x86/paging.h"
#include "x86/trap/trap.h"

extern const char image_start[], image_end[];

/* From head.S, on the loader's tables and the boot stack. */
_Noreturn void hypervisor_main(void);

static struct cmdline options;
/* The other CPUs wait for it. */
static uint32_t may_run;

static void start_console(void)
{
    const struct page_ranges *ram = &memory_map.ram;

    console_init(&the_hv);
    uart_log_ready();
    hv_printf(LOG_INFO, "Vireo, booted by %s: %s\n", boot_info.loader,
              boot_info.line);
    if (options.unknown[0])
        hv_printf(LOG_ERROR, "Options not understood: %s\n", options.unknown);
    for (unsigned int i = 0; i < ram->count; i++)
        hv_printf(LOG_INFO, "RAM 0x%012lx-0x%012lx %9lu KiB\n", ram->r[i].start,
                  ram->r[i].end - 1, (ram->r[i].end - ram->r[i].start) >> 10);
    spec_init();
}

/* Interrupt controllers, their timer, and what time it is. */
static void start_devices(void)
{
    acpi_init(&boot_info);
    apic_map(options.x2apic, options.tsc_deadline);
    apic_init();
    tsc_init();
    apic_calibrate();
}

static void start_cpus(void)
{
    for (unsigned int cpu = 0; cpu < CONFIG_MAX_CPUS; cpu++) {
        timer_init_cpu(&the_hv, cpu);
        sched_init_cpu(&the_hv, cpu);
    }
    cpumask_add(&the_hv.online, 0);
    smp_start(options.maxcpus ? options.maxcpus : CONFIG_MAX_CPUS);
    the_hv.machine.cpu_count = cpumask_count(the_hv.online);
    hv_printf(LOG_INFO, "%u of %u CPUs: %s\n", the_hv.machine.cpu_count,
              acpi_info.cpu_count, cpu_features.name);
}

/* From here on memory comes from the heap. */
static void start_memory(void)
{
    const struct page_ranges *ram = &memory_map.ram, *free = &memory_map.free;
    uint64_t end = 0;

    paging_map_tables();
    memcpy(the_hv.l4_template, (uint64_t *)phys_to_virt(idle_l4_phys) + 256,
           sizeof(the_hv.l4_template));
    mm_init(&the_hv, the_hv.frames, the_hv.frame_count, the_hv.m2p);
    for (unsigned int i = 0; i < ram->count; i++) {
        mm_mark_io(&the_hv, mfn_of(end >> PAGE_SHIFT),
                   (ram->r[i].start - end) >> PAGE_SHIFT);
        end = ram->r[i].end;
        the_hv.machine.ram_frames += (end - ram->r[i].start) >> PAGE_SHIFT;
    }
    for (unsigned int i = 0; i < free->count; i++)
        heap_add(&the_hv, mfn_of(free->r[i].start >> PAGE_SHIFT),
                 (free->r[i].end - free->r[i].start) >> PAGE_SHIFT);
    hv_printf(LOG_INFO, "%lu MiB free\n",
              the_hv.heap.free_frames >> (20 - PAGE_SHIFT));
    if (domains_init(&the_hv))
        hal_panic("no memory for the list of domains");
}

/* What guests are told of the machine, and what none of them may touch. */
static void describe_machine(void)
{
    struct hv_machine *m = &the_hv.machine;
    const uint64_t deny[] = {acpi_info.lapic, acpi_info.ioapic};

    m->phys_bits = cpu_features.phys_bits;
    m->noreboot = options.noreboot;
    strlcpy(m->command_line, boot_info.line, sizeof(m->command_line));
    for (unsigned int i = 0; i < boot_info.range_count && i < HV_E820_MAX;
         i++) {
        const struct boot_range *r = &boot_info.ranges[i];

        m->e820[m->e820_count++] =
            (struct e820entry){r->start, r->end - r->start, r->type};
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(deny); i++)
        if (deny[i])
            m->io_deny[m->io_deny_count++] =
                (struct mfn_range){mfn_of(deny[i] >> PAGE_SHIFT), 1};
    wallclock_set(&the_hv, cmos_read_seconds() - hal_now_ns() / 1000000000, 0);
}

static void start_dom0(void)
{
    struct dom0_config config = {
        .mem_bytes = options.dom0_mem_bytes,
        .max_mem_bytes = options.dom0_max_mem_bytes,
        .max_vcpus = options.dom0_max_vcpus ? options.dom0_max_vcpus
                                            : the_hv.machine.cpu_count,
    };
    struct effects fx;

    effects_init(&fx);
    modules_find(&config);
    if (dom0_build(&the_hv, &config, &fx))
        hal_panic("the control domain cannot be built");
    modules_free(&the_hv);
    __atomic_store_n(&may_run, 1, __ATOMIC_SEQ_CST);
    if (domain_unpause(the_hv.dom0, &fx))
        hal_panic("the control domain does not start");
}

/* On CPU 0's own stack and tables. */
static void start(void)
{
    cpu_init(0);
    start_console();
    start_devices();
    start_cpus();
    start_memory();
    describe_machine();
    uart_enable_input();
    start_dom0();
    exit_first();
}

/* Another CPU, on its own stack. */
void ap_main(void)
{
    while (!__atomic_load_n(&may_run, __ATOMIC_SEQ_CST))
        hal_relax();
    exit_first();
}

void hypervisor_main(void)
{
    uart_init(UART_COM1);
    cpu_find_features();
    cmdline_parse(&options, boot_info.line);
    if (options.console != CONSOLE_COM1)
        uart_init(options.console == CONSOLE_COM2 ? UART_COM2 : 0);
    hv_set_loglevel((enum loglevel)options.loglvl);
    panic_stays = options.noreboot;
    panic_debug_exit = options.debugexit;
    memory_map_init(&boot_info, (uint64_t)image_start - IMAGE_VA,
                    (uint64_t)image_end - IMAGE_VA);
    idt_init();
    paging_init();
    paging_map_area(0);
    run_on_stack(percpu_of(0), start);
}
