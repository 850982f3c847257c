/* SPDX-License-Identifier: MIT */
#include "hal.h"
#include "hv.h"
#include "printf.h"
#include "x86/boot/acpi.h"
#include "x86/cpu.h"
#include "x86/insn.h"
#include "x86/percpu.h"
#include "x86/tsc.h"

#define NS_PER_S     1000000000ul
#define PM_TIMER_HZ  3579545ul
#define PIT_HZ       1193182ul
#define CALIBRATE_MS 20

#define PIT_CHANNEL2 0x42
#define PIT_COMMAND  0x43
#define PIT_GATE     0x61

static uint64_t tsc_at_0;

/*
 * How many TSC ticks pass during `ticks` of the PM timer; 0: it stands
 * still. The timer is 24 or 32 bits wide; differences in 24 bits suit both.
 */
static uint64_t measure_pm_timer(uint32_t ticks)
{
    uint16_t port = acpi_info.pm_timer;
    uint32_t start, gone = 0;
    uint64_t tsc;

    start = inl(port);
    for (int i = 0; i < 100000 && inl(port) == start; i++)
        ;
    start = inl(port);
    tsc = rdtsc();
    for (int i = 0; gone < ticks; i++) {
        gone = (inl(port) - start) & 0xffffff;
        if (i == 1000000 && !gone)
            return 0;
    }
    return (rdtsc() - tsc) * ticks / gone;
}

/* Channel 2 counts down once; bit 5 of the gate port says when. */
static uint64_t measure_pit(uint16_t ticks)
{
    uint64_t tsc;

    outb(PIT_GATE, (inb(PIT_GATE) & 0xfc) | 1);
    outb(PIT_COMMAND, 0xb0);
    outb(PIT_CHANNEL2, (uint8_t)ticks);
    tsc = rdtsc();
    outb(PIT_CHANNEL2, (uint8_t)(ticks >> 8));
    while (!(inb(PIT_GATE) & 0x20))
        pause();
    return rdtsc() - tsc;
}

/*
 * Find mul and shift so that ns = (ticks << shift) * mul >> 32, with mul as
 * large as fits: the form in which guests are told.
 */
static void set_scale(struct hv_machine *m, uint64_t hz)
{
    uint64_t tps = hz;
    int8_t shift = 0;

    while (tps > 2 * NS_PER_S) {
        tps >>= 1;
        shift--;
    }
    while (tps <= NS_PER_S) {
        tps <<= 1;
        shift++;
    }
    m->tsc_mul = (uint32_t)((NS_PER_S << 32) / tps);
    m->tsc_shift = shift;
    m->cpu_khz = (uint32_t)(hz / 1000);
}

void tsc_init(void)
{
    uint64_t ticks, hz = 0;

    if (acpi_info.pm_timer) {
        ticks = PM_TIMER_HZ * CALIBRATE_MS / 1000;
        hz = measure_pm_timer((uint32_t)ticks) * PM_TIMER_HZ / ticks;
    }
    if (!hz) {
        ticks = PIT_HZ * CALIBRATE_MS / 1000;
        hz = measure_pit((uint16_t)ticks) * PIT_HZ / ticks;
    }
    if (hz < 1000000)
        hal_panic("the TSC counts at %lu Hz", hz);
    set_scale(&the_hv.machine, hz);
    the_hv.machine.tsc_stable = cpu_features.invariant_tsc;
    tsc_at_0 = rdtsc();
    hv_printf(LOG_INFO, "TSC: %u.%03u MHz\n", the_hv.machine.cpu_khz / 1000,
              the_hv.machine.cpu_khz % 1000);
}

static uint64_t scale(uint64_t ticks)
{
    const struct hv_machine *m = &the_hv.machine;

    if (m->tsc_shift < 0)
        ticks >>= -m->tsc_shift;
    else
        ticks <<= m->tsc_shift;
    return (uint64_t)((unsigned __int128)ticks * m->tsc_mul >> 32);
}

uint64_t tsc_to_ns(uint64_t tsc)
{
    return scale(tsc - tsc_at_0);
}

uint64_t tsc_of_ns(uint64_t ns)
{
    uint64_t khz = the_hv.machine.cpu_khz;

    return ns / 1000000 * khz + ns % 1000000 * khz / 1000000;
}

/* TSCs may differ by a little between CPUs: never before time 0. */
uint64_t hal_now_ns(void)
{
    uint64_t tsc = rdtsc();

    return tsc > tsc_at_0 ? scale(tsc - tsc_at_0) : 0;
}

struct tsc_moment tsc_moment(void)
{
    uint64_t tsc = the_hv.machine.tsc_stable ? tsc_at_0 : rdtsc();

    return (struct tsc_moment){tsc, tsc > tsc_at_0 ? scale(tsc - tsc_at_0) : 0};
}

void tsc_wait_us(uint64_t us)
{
    uint64_t end = rdtsc() + tsc_of_ns(us * 1000);

    while (rdtsc() < end)
        pause();
}
