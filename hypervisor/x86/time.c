/* SPDX-License-Identifier: MIT */
/*
 * Source: ACPI 6.4, 4.8.3.3 (PM timer); Intel 8254 and Motorola MC146818 data
 * sheets.
 */
#include <string.h>

#include "hal.h"
#include "printf.h"
#include "x86/boot/acpi.h"
#include "x86/cpu.h"
#include "x86/devices.h"
#include "x86/insn.h"

#define NS_PER_S     1000000000ul
#define PM_TIMER_HZ  3579545ul
#define CALIBRATE_MS 20

#define CMOS_STATUS   0xa
#define CMOS_MODE     0xb
#define CMOS_UPDATING 0x80 /* in the status */
#define CMOS_BINARY   0x04 /* in the mode */
#define CMOS_HOURS_24 0x02
#define CMOS_PM       0x80 /* in the hours, on a 12-hour clock */

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
    m->cpu_khz = (uint32_t)(hz / 1000);
    for (m->tsc_shift = 0; hz > 2 * NS_PER_S; hz >>= 1)
        m->tsc_shift--;
    for (; hz <= NS_PER_S; hz <<= 1)
        m->tsc_shift++;
    m->tsc_mul = (uint32_t)((NS_PER_S << 32) / hz);
}

void tsc_init(void)
{
    struct hv_machine *m = &the_hv.machine;
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
    set_scale(m, hz);
    m->tsc_stable = cpu_features.invariant_tsc;
    tsc_at_0 = rdtsc();
    hv_printf(LOG_INFO, "TSC: %u.%03u MHz\n", m->cpu_khz / 1000,
              m->cpu_khz % 1000);
}

/* System time at a value of this CPU's TSC. */
static uint64_t to_ns(uint64_t tsc)
{
    const struct hv_machine *m = &the_hv.machine;
    uint64_t ticks = tsc - (uint64_t)this_cpu()->tsc_ahead - tsc_at_0;

    if (m->tsc_shift < 0)
        ticks >>= -m->tsc_shift;
    else
        ticks <<= m->tsc_shift;
    return (uint64_t)((unsigned __int128)ticks * m->tsc_mul >> 32);
}

uint64_t hal_now_ns(void)
{
    return to_ns(rdtsc());
}

struct tsc_moment tsc_moment(void)
{
    uint64_t tsc = the_hv.machine.tsc_stable ? tsc_at_0 : rdtsc();

    return (struct tsc_moment){tsc, to_ns(tsc)};
}

void tsc_wait_us(uint64_t us)
{
    uint64_t end = rdtsc() + us * the_hv.machine.cpu_khz / 1000;

    while (rdtsc() < end)
        pause();
}

enum date_field { SECOND, MINUTE, HOUR, DAY, MONTH, YEAR, DATE_FIELDS };

static uint8_t cmos_read(uint8_t reg)
{
    outb(CMOS_INDEX, reg);
    return inb(CMOS_DATA);
}

static void read_date(uint8_t date[DATE_FIELDS])
{
    static const uint8_t registers[DATE_FIELDS] = {0, 2, 4, 7, 8, 9};

    for (int i = 0; i < 1000000 && cmos_read(CMOS_STATUS) & CMOS_UPDATING; i++)
        pause();
    for (unsigned int i = 0; i < DATE_FIELDS; i++)
        date[i] = cmos_read(registers[i]);
}

/* To binary, and hours of 24. */
static void decode_date(uint8_t date[DATE_FIELDS], uint8_t mode)
{
    bool pm = !(mode & CMOS_HOURS_24) && date[HOUR] & CMOS_PM;

    if (pm)
        date[HOUR] &= (uint8_t)~CMOS_PM;
    for (unsigned int i = 0; i < DATE_FIELDS && !(mode & CMOS_BINARY); i++)
        date[i] = (uint8_t)((date[i] >> 4) * 10 + (date[i] & 15));
    if (!(mode & CMOS_HOURS_24))
        date[HOUR] = (uint8_t)(date[HOUR] % 12 + (pm ? 12 : 0));
}

/* Days since 1970-01-01 of the Gregorian calendar. Years begin in March. */
static uint64_t days(unsigned int year, unsigned int month, unsigned int day)
{
    uint64_t y = month <= 2 ? year - 1 : year;
    uint64_t m = month <= 2 ? month + 9 : month - 3;

    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 -
           719468;
}

uint64_t cmos_read_seconds(void)
{
    uint8_t date[DATE_FIELDS], again[DATE_FIELDS];

    /* Twice the same: no update came between the registers. */
    read_date(date);
    for (int i = 0; i < 10; i++) {
        memcpy(again, date, sizeof(date));
        read_date(date);
        if (!memcmp(again, date, sizeof(date)))
            break;
    }
    decode_date(date, cmos_read(CMOS_MODE));
    return (days(2000u + date[YEAR], date[MONTH], date[DAY]) * 24 +
            date[HOUR]) *
               3600 +
           date[MINUTE] * 60ul + date[SECOND];
}
