/* SPDX-License-Identifier: MIT */
/* Source: SDM vol. 3, 11 (11.5.4.1, 11.12); Intel 82093AA data sheet; 8259A
 * data sheet. */
#include "hal.h"
#include "printf.h"
#include "x86/boot/acpi.h"
#include "x86/cpu.h"
#include "x86/devices.h"
#include "x86/insn.h"
#include "x86/paging.h"

/* Registers by their offset in memory; as MSRs, MSR_X2APIC + offset / 16. */
enum apic_register {
    APIC_ID = 0x20,
    APIC_EOI = 0xb0,
    APIC_SPURIOUS = 0xf0,
    APIC_ICR = 0x300,
    APIC_ICR_HIGH = 0x310,
    APIC_LVT_TIMER = 0x320,
    APIC_LVT_LINT0 = 0x350,
    APIC_LVT_LINT1 = 0x360,
    APIC_TIMER_INITIAL = 0x380,
    APIC_TIMER_CURRENT = 0x390,
    APIC_TIMER_DIVIDE = 0x3e0,
};

#define BASE_ENABLED 0x800 /* of MSR_APIC_BASE */
#define BASE_X2APIC  0x400

#define ENABLE       0x100
#define LVT_MASKED   0x10000
#define LVT_NMI      0x400
#define LVT_DEADLINE 0x40000
#define ICR_PENDING  0x1000
#define ICR_ASSERT   0x4000
#define DIVIDE_BY_1  0xb
/* The last of 8 bits; larger ids would be cut down to somebody else's. */
#define XAPIC_BROADCAST 0xff

#define IOAPIC_VERSION    1
#define IOAPIC_ENTRY(n)   (0x10 + 2 * (n))
#define IOAPIC_LOW_ACTIVE (1u << 13)
#define IOAPIC_LEVEL      (1u << 15)
#define IOAPIC_MASKED     (1u << 16)

#define PIC1 0x20
#define PIC2 0xa0

#define CALIBRATE_NS 10000000ul

static volatile uint32_t *local, *io;
static unsigned int io_entries;
static bool use_x2apic, use_deadline;
/* Timer ticks per nanosecond, 32.32 fixed point. */
static uint64_t ticks_per_ns;

static uint32_t read(enum apic_register r)
{
    return use_x2apic ? (uint32_t)rdmsr(MSR_X2APIC + r / 16) : local[r / 4];
}

static void write(enum apic_register r, uint32_t v)
{
    if (use_x2apic)
        wrmsr(MSR_X2APIC + r / 16, v);
    else
        local[r / 4] = v;
}

static uint32_t io_read(unsigned int index)
{
    io[0] = index;
    return io[4];
}

static void io_write(unsigned int index, uint32_t v)
{
    io[0] = index;
    io[4] = v;
}

/* Moved away from the exceptions' vectors, should one fire all the same. */
static void mask_8259(uint16_t port, uint8_t first_vector, uint8_t cascade)
{
    outb(port, 0x11);
    outb(port + 1, first_vector);
    outb(port + 1, cascade);
    outb(port + 1, 1);
    outb(port + 1, 0xff);
}

void apic_map(bool want_x2apic, bool want_deadline)
{
    mask_8259(PIC1, 0xe0, 4);
    mask_8259(PIC2, 0xe8, 2);
    local = paging_map_device(acpi_info.lapic, 4096, false);
    /* What firmware has switched on cannot be addressed in memory. */
    use_x2apic = cpu_features.x2apic &&
                 (want_x2apic || rdmsr(MSR_APIC_BASE) & BASE_X2APIC);
    use_deadline = want_deadline && cpu_features.tsc_deadline;
    if (!acpi_info.ioapic)
        return;
    io = paging_map_device(acpi_info.ioapic, 4096, false);
    io_entries = (io_read(IOAPIC_VERSION) >> 16 & 0xff) + 1;
    for (unsigned int i = 0; i < io_entries; i++)
        io_write(IOAPIC_ENTRY(i), IOAPIC_MASKED);
}

void apic_init(void)
{
    if (use_x2apic)
        wrmsr(MSR_APIC_BASE, rdmsr(MSR_APIC_BASE) | BASE_ENABLED | BASE_X2APIC);
    this_cpu()->apic_id = read(APIC_ID) >> (use_x2apic ? 0 : 24);
    write(APIC_SPURIOUS, ENABLE | VEC_SPURIOUS);
    write(APIC_LVT_LINT0, LVT_MASKED);
    write(APIC_LVT_LINT1, LVT_NMI);
    write(APIC_TIMER_DIVIDE, DIVIDE_BY_1);
    write(APIC_LVT_TIMER, VEC_TIMER | (use_deadline ? LVT_DEADLINE : 0));
    /* The mode is chosen in memory, the deadline by MSR: keep their order. */
    asm volatile("mfence" : : : "memory");
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
    command |= ICR_ASSERT;
    if (use_x2apic) {
        /* No barrier by itself: what was stored before must be seen first. */
        asm volatile("mfence; lfence" : : : "memory");
        wrmsr(MSR_X2APIC + APIC_ICR / 16, (uint64_t)apic_id << 32 | command);
        return;
    }
    while (read(APIC_ICR) & ICR_PENDING)
        pause();
    write(APIC_ICR_HIGH, apic_id << 24);
    write(APIC_ICR, command);
}

void apic_calibrate(void)
{
    uint64_t start, now;
    uint32_t count;

    if (use_deadline) {
        ticks_per_ns = ((uint64_t)the_hv.machine.cpu_khz << 32) / 1000000;
        return;
    }
    write(APIC_LVT_TIMER, LVT_MASKED | VEC_TIMER);
    write(APIC_TIMER_INITIAL, UINT32_MAX);
    start = hal_now_ns();
    do {
        pause();
        now = hal_now_ns();
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
    uint64_t wait = deadline_ns > now_ns ? deadline_ns - now_ns : 0;
    /* Late rather than early: an early one finds nothing to do. */
    uint64_t ticks =
        (uint64_t)((unsigned __int128)wait * ticks_per_ns >> 32) + 1;

    if (use_deadline)
        wrmsr(MSR_TSC_DEADLINE, rdtsc() + ticks);
    else
        write(APIC_TIMER_INITIAL,
              ticks < UINT32_MAX ? (uint32_t)ticks : UINT32_MAX);
}

bool ioapic_route_isa(unsigned int irq, uint8_t vector)
{
    const struct acpi_isa_irq *isa = &acpi_info.isa[irq];
    uint32_t n = (isa->moved ? isa->gsi : irq) - acpi_info.ioapic_gsi;

    if (!io || n >= io_entries)
        return false;
    io_write(IOAPIC_ENTRY(n) + 1, this_cpu()->apic_id << 24);
    io_write(IOAPIC_ENTRY(n), vector | (isa->low ? IOAPIC_LOW_ACTIVE : 0) |
                                  (isa->level ? IOAPIC_LEVEL : 0));
    return true;
}
