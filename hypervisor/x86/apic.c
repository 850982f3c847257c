/* SPDX-License-Identifier: MIT */
#include "printf.h"
#include "x86/apic.h"
#include "x86/cpu.h"
#include "x86/insn.h"
#include "x86/paging.h"
#include "x86/regs.h"
#include "x86/tsc.h"

#define CALIBRATE_NS 10000000ul
#define DIVIDE_BY_1  0xb
/* The last of 8 bits; larger ids would be cut down to somebody else's. */
#define XAPIC_BROADCAST 0xff

static volatile uint32_t *registers;
static bool use_x2apic, use_deadline;
/* Timer ticks per nanosecond, 32.32 fixed point. */
static uint64_t ticks_per_ns;

static uint32_t read(enum apic_register r)
{
    return use_x2apic ? x2apic_read(r) : registers[r / 4];
}

static void write(enum apic_register r, uint32_t v)
{
    if (use_x2apic)
        x2apic_write(r, v);
    else
        registers[r / 4] = v;
}

void apic_map(uint64_t phys, bool want_x2apic, bool want_deadline)
{
    registers = paging_map_device(phys, 4096, false);
    /* What firmware has switched on cannot be addressed in memory. */
    use_x2apic = cpu_features.x2apic &&
                 (want_x2apic || rdmsr(MSR_APIC_BASE) & APIC_BASE_X2APIC);
    use_deadline = want_deadline && cpu_features.tsc_deadline;
}

void apic_init(void)
{
    if (use_x2apic)
        x2apic_enable();
    write(APIC_SPURIOUS, APIC_ENABLE | VEC_SPURIOUS);
    write(APIC_LVT_LINT0, APIC_LVT_MASKED);
    write(APIC_LVT_LINT1, APIC_LVT_NMI);
    write(APIC_TIMER_DIVIDE, DIVIDE_BY_1);
    write(APIC_LVT_TIMER, VEC_TIMER | (use_deadline ? APIC_LVT_DEADLINE : 0));
    if (use_deadline)
        tsc_deadline_init();
}

unsigned int apic_id(void)
{
    return use_x2apic ? x2apic_read(APIC_ID) : read(APIC_ID) >> 24;
}

void apic_eoi(void)
{
    write(APIC_EOI, 0);
}

bool apic_reaches(unsigned int apic_id)
{
    return use_x2apic || apic_id < XAPIC_BROADCAST;
}

void apic_send(unsigned int apic_id, uint32_t command)
{
    if (use_x2apic) {
        x2apic_send(apic_id, command);
        return;
    }
    while (read(APIC_ICR) & APIC_ICR_PENDING)
        pause();
    write(APIC_ICR_HIGH, apic_id << 24);
    write(APIC_ICR, command | APIC_ICR_ASSERT);
}

void apic_calibrate(void)
{
    uint64_t start, now;
    uint32_t count;

    if (use_deadline)
        return;
    write(APIC_LVT_TIMER, APIC_LVT_MASKED | VEC_TIMER);
    write(APIC_TIMER_INITIAL, UINT32_MAX);
    start = tsc_to_ns(rdtsc());
    do {
        pause();
        now = tsc_to_ns(rdtsc());
        count = UINT32_MAX - read(APIC_TIMER_CURRENT);
    } while (now - start < CALIBRATE_NS);
    write(APIC_TIMER_INITIAL, 0);
    write(APIC_LVT_TIMER, VEC_TIMER);
    ticks_per_ns = ((uint64_t)count << 32) / (now - start);
    hv_printf(LOG_DEBUG, "APIC timer: %lu kHz\n",
              (uint64_t)count * 1000000 / (now - start));
}

void apic_set_timer(uint64_t deadline_ns, uint64_t now_ns)
{
    uint64_t ticks = 0;

    if (use_deadline) {
        tsc_deadline_set(deadline_ns, now_ns);
        return;
    }
    if (deadline_ns != UINT64_MAX) {
        uint64_t wait = deadline_ns > now_ns ? deadline_ns - now_ns : 0;

        /* Late rather than early: an early one finds nothing to do. */
        ticks = (uint64_t)((unsigned __int128)wait * ticks_per_ns >> 32) + 1;
        if (ticks > UINT32_MAX)
            ticks = UINT32_MAX;
    }
    write(APIC_TIMER_INITIAL, (uint32_t)ticks);
}
