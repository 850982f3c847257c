/* SPDX-License-Identifier: MIT */
/*
 * Start-up, in order, top to bottom. head.S comes before, with the loader's
 * information in boot_info; after it, the exit path runs dom0's vCPUs.
 */
#include <string.h>

#include "hal.h"
#include "hv.h"
#include "printf.h"
#include "x86/apic.h"
#include "x86/boot/acpi.h"
#include "x86/boot/boot_info.h"
#include "x86/boot/memory_map.h"
#include "x86/boot/smp.h"
#include "x86/cpu.h"
#include "x86/entry/entry.h"
#include "x86/insn.h"
#include "x86/ioapic.h"
#include "x86/paging.h"
#include "x86/percpu.h"
#include "x86/trap/idt.h"
#include "x86/tsc.h"
#include "x86/uart.h"

extern const char image_start[], image_end[];

/* From head.S, on the loader's map and the boot stack. */
_Noreturn void hypervisor_main(void);

static void print_memory(void)
{
    const struct page_ranges *ram = &memory_map.ram;

    for (unsigned int i = 0; i < ram->count; i++)
        hv_printf(LOG_INFO, "RAM 0x%012lx-0x%012lx %8lu KiB\n", ram->r[i].start,
                  ram->r[i].end, (ram->r[i].end - ram->r[i].start) >> 10);
}

/* On CPU 0's own stack and page tables. */
static void start(void)
{
    cpu_init(0, 0);
    print_memory();
    acpi_init(&boot_info);
    ioapic_init();
    apic_map(acpi_info.lapic, false, false);
    apic_init();
    percpu_of(0)->apic_id = apic_id();
    tsc_init();
    apic_calibrate();
    paging_map_tables();
    cpumask_add(&the_hv.online, 0);
    smp_start(CONFIG_MAX_CPUS);
    hv_printf(LOG_INFO, "%u CPUs: %s\n", cpumask_count(the_hv.online),
              cpu_features.name);
    hal_panic("nothing to run");
}

void ap_main(void)
{
    for (;;)
        hlt();
}

void hypervisor_main(void)
{
    uart_init();
    hv_printf(LOG_INFO, "\nVireo, booted by %s\n", boot_info.loader);
    cpu_find_features();
    memory_map_init(&boot_info, (uint64_t)image_start - IMAGE_VA,
                    (uint64_t)image_end - IMAGE_VA);
    idt_init();
    paging_init();
    paging_map_area(0);
    run_on_stack(percpu_of(0), start);
}
