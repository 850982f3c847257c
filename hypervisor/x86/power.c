/* SPDX-License-Identifier: MIT */
/*
 * Off and on again. Each way is tried in turn; the last one, a triple
 * fault, no machine survives.
 * Source: ACPI 6.4, 4.8.3.2.1 (PM1 control), 4.8.3.6 (reset register).
 */
#include "hal.h"
#include "printf.h"
#include "x86/boot/acpi.h"
#include "x86/cpu.h"
#include "x86/devices.h"
#include "x86/insn.h"

#define PM1_SLP_EN     (1u << 13)
#define PM1_SLP_TYP(t) ((uint32_t)(t) << 10)

#define RESET_CONTROL   0xcf9
#define KEYBOARD_STATUS 0x64
#define KEYBOARD_RESET  0xfe

/* How long a way may take before the next one is tried. */
#define PATIENCE_US 50000

static void sleep_to(uint16_t port, uint8_t type)
{
    uint32_t v;

    if (!port)
        return;
    v = inw(port) & ~(PM1_SLP_TYP(7) | PM1_SLP_EN);
    outw(port, (uint16_t)(v | PM1_SLP_TYP(type) | PM1_SLP_EN));
}

_Noreturn static void power_off(void)
{
    if (acpi_info.s5_known) {
        sleep_to(acpi_info.pm1a, acpi_info.s5_a);
        sleep_to(acpi_info.pm1b, acpi_info.s5_b);
        tsc_wait_us(PATIENCE_US);
    }
    hv_printf(LOG_ERROR, "The machine does not turn itself off.\n");
    for (;;)
        hlt();
}

_Noreturn static void reset(void)
{
    const struct acpi_info *a = &acpi_info;
    struct table_pointer none = {0, 0};

    if (a->reset_known) {
        if (a->reset_is_port)
            outb((uint16_t)a->reset_address, a->reset_value);
        else
            *(volatile uint8_t *)a->reset_address = a->reset_value;
        tsc_wait_us(PATIENCE_US);
    }
    outb(RESET_CONTROL, 0x02);
    outb(RESET_CONTROL, 0x06);
    tsc_wait_us(PATIENCE_US);
    outb(KEYBOARD_STATUS, KEYBOARD_RESET);
    tsc_wait_us(PATIENCE_US);
    lidt(&none);
    for (;;)
        asm volatile("ud2");
}

void hal_power(enum hal_power what)
{
    cli();
    smp_stop_others();
    if (what == HAL_POWER_OFF)
        power_off();
    reset();
}
