/* SPDX-License-Identifier: MIT */
/* Source: Motorola MC146818 data sheet; ACPI 6.4, 5.2.9 (century). */
#include "x86/boot/acpi.h"
#include "x86/cmos.h"
#include "x86/insn.h"

#define CMOS_INDEX 0x70
#define CMOS_DATA  0x71
#define UPDATING   0x80 /* in register A */
#define BINARY     0x04 /* in register B */
#define HOURS_24   0x02
#define PM         0x80 /* in the hours, on a 12-hour clock */

struct date {
    uint8_t second, minute, hour, day, month, year, century;
};

static uint8_t read(uint8_t reg)
{
    outb(CMOS_INDEX, reg);
    return inb(CMOS_DATA);
}

static struct date read_once(void)
{
    for (int i = 0; i < 1000000 && read(0xa) & UPDATING; i++)
        pause();
    return (struct date){
        read(0),
        read(2),
        read(4),
        read(7),
        read(8),
        read(9),
        acpi_info.century ? read(acpi_info.century) : 0,
    };
}

static uint8_t from_bcd(uint8_t v)
{
    return (uint8_t)((v >> 4) * 10 + (v & 15));
}

static void decode(struct date *d, uint8_t mode)
{
    bool pm = d->hour & PM && !(mode & HOURS_24);

    if (!(mode & HOURS_24))
        d->hour &= 0x7f;
    if (!(mode & BINARY)) {
        d->second = from_bcd(d->second);
        d->minute = from_bcd(d->minute);
        d->hour = from_bcd(d->hour);
        d->day = from_bcd(d->day);
        d->month = from_bcd(d->month);
        d->year = from_bcd(d->year);
        d->century = from_bcd(d->century);
    }
    if (!(mode & HOURS_24))
        d->hour = (uint8_t)(d->hour % 12 + (pm ? 12 : 0));
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
    struct date d = read_once(), again;
    unsigned int year;

    /* Twice the same: no update came between the registers. */
    for (int i = 0; i < 10; i++) {
        again = read_once();
        if (again.second == d.second && again.minute == d.minute &&
            again.hour == d.hour)
            break;
        d = again;
    }
    decode(&d, read(0xb));
    year = d.year + (d.century >= 19 ? d.century * 100u : 2000u);
    return (days(year, d.month, d.day) * 24 + d.hour) * 3600 + d.minute * 60ul +
           d.second;
}
