/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "hal.h"
#include "printf.h"
#include "tsc_skew.h"
#include "x86/boot/acpi.h"
#include "x86/boot/memory_map.h"
#include "x86/cpu.h"
#include "x86/devices.h"
#include "x86/entry/entry.h"
#include "x86/insn.h"
#include "x86/paging.h"

/* A CPU that has not answered after this is taken for absent. */
#define ANSWER_US 100000
/* How often a CPU is asked for its TSC. */
#define ROUNDS 64

/* The CPU that starts, one at a time, and the stack that head.S loads. */
static unsigned int starting;
uint64_t trampoline_stack;
extern const char trampoline_start[], trampoline_end[];

/* What each CPU last saw of the next one. */
static struct watch {
    uint64_t ticks, since_ns;
    bool reported;
} watches[CONFIG_MAX_CPUS];

/*
 * The boot CPU asks the one that starts for its TSC. turn: 0 nobody is there
 * yet; odd: it may ask; even: it has asked, and waits for tsc.
 */
static struct {
    uint32_t turn;
    uint64_t tsc;
} rounds;

static void wait_for_turn(uint32_t turn)
{
    while (__atomic_load_n(&rounds.turn, __ATOMIC_ACQUIRE) != turn)
        pause();
}

static void give_turn(uint32_t turn)
{
    __atomic_store_n(&rounds.turn, turn, __ATOMIC_RELEASE);
}

/* From head.S, on that stack. */
void ap_entry(void);

void ap_entry(void)
{
    cpu_init(starting);
    apic_init();
    give_turn(1);
    for (uint32_t turn = 2; turn <= 2 * ROUNDS; turn += 2) {
        wait_for_turn(turn);
        rounds.tsc = rdtsc();
        give_turn(turn + 1);
    }
    ap_main();
}

/* False: no correction makes one clock of the two. */
static bool compare_tsc(struct percpu *c)
{
    struct tsc_skew skew = TSC_SKEW_UNKNOWN;

    for (uint32_t turn = 2; turn <= 2 * ROUNDS; turn += 2) {
        uint64_t before = rdtsc();

        give_turn(turn);
        wait_for_turn(turn + 1);
        tsc_skew_narrow(&skew, before, rounds.tsc, rdtsc());
    }
    if (!tsc_skew_is_constant(&skew)) {
        hv_printf(LOG_ERROR, "CPU %u: the TSC counts differently\n", c->cpu);
        return false;
    }
    c->tsc_ahead = tsc_skew_offset(&skew);
    if (c->tsc_ahead) {
        the_hv.machine.tsc_stable = false;
        hv_printf(LOG_INFO, "CPU %u: TSC %ld ticks ahead\n", c->cpu,
                  c->tsc_ahead);
    }
    return true;
}

static bool start(unsigned int cpu, unsigned int apic_id)
{
    starting = cpu;
    give_turn(0);
    trampoline_stack = (uint64_t)guest_regs(percpu_of(cpu)) - 8;
    apic_send(apic_id, APIC_ICR_INIT);
    tsc_wait_us(10000);
    for (int i = 0; i < 2; i++) {
        apic_send(apic_id, APIC_ICR_STARTUP | TRAMPOLINE_PHYS >> 12);
        tsc_wait_us(200);
    }
    for (unsigned int us = 0; us < ANSWER_US; us += 10) {
        if (__atomic_load_n(&rounds.turn, __ATOMIC_ACQUIRE)) {
            if (!compare_tsc(percpu_of(cpu)))
                break;
            cpumask_add_atomic(&the_hv.online, cpu);
            return true;
        }
        tsc_wait_us(10);
    }
    /* Should it wake up late after all, it must not find our stack. */
    apic_send(apic_id, APIC_ICR_INIT);
    return false;
}

void smp_start(unsigned int max)
{
    unsigned int cpu = 1, areas = 1;

    if (!memory_map_is_ram(TRAMPOLINE_PHYS, TRAMPOLINE_PHYS + PAGE_SIZE)) {
        hv_printf(LOG_ERROR, "No memory at 0x%x: one CPU\n", TRAMPOLINE_PHYS);
        return;
    }
    memcpy(phys_to_virt(TRAMPOLINE_PHYS), trampoline_start,
           (size_t)(trampoline_end - trampoline_start));
    for (unsigned int i = 0; i < acpi_info.cpu_count && cpu < max; i++) {
        uint32_t id = acpi_info.apic_ids[i];

        if (id == this_cpu()->apic_id)
            continue;
        /* A CPU that did not start has left its area to the next one. */
        if (areas == cpu)
            paging_map_area(areas++);
        if (apic_reaches(id) && start(cpu, id))
            cpu++;
        else
            hv_printf(LOG_ERROR, "CPU with APIC id %u does not start\n", id);
    }
}

void smp_send(cpumask_t m, uint8_t vector)
{
    unsigned int cpu;

    cpumask_remove(&m, this_cpu()->cpu);
    cpumask_for_each(cpu, m) apic_send(percpu_of(cpu)->apic_id, vector);
}

static void send_nmi(cpumask_t m, enum cpu_request request)
{
    unsigned int cpu;

    cpumask_for_each(cpu, m)
    {
        __atomic_fetch_or(&percpu_of(cpu)->requests, request, __ATOMIC_SEQ_CST);
        apic_send(percpu_of(cpu)->apic_id, APIC_ICR_NMI);
    }
}

void smp_stop_others(void)
{
    cpumask_t others = cpumask_read(&the_hv.online);

    /* Before there are areas there are no others either. */
    if (cpumask_is_empty(others))
        return;
    cpumask_remove(&others, this_cpu()->cpu);
    send_nmi(others, REQUEST_STOP);
}

void watchdog_tick(unsigned int cpu, uint64_t now_ns)
{
    struct watch *w = &watches[cpu];
    unsigned int next = (cpu + 1) % cpumask_count(the_hv.online);
    uint64_t ticks;

    __atomic_fetch_add(&the_hv.cpus[cpu].ticks, 1, __ATOMIC_RELAXED);
    ticks = __atomic_load_n(&the_hv.cpus[next].ticks, __ATOMIC_RELAXED);
    if (next == cpu || ticks != w->ticks || !w->since_ns) {
        w->ticks = ticks;
        w->since_ns = now_ns;
        w->reported = false;
    } else if (!w->reported && now_ns - w->since_ns > WATCHDOG_LIMIT_NS) {
        w->reported = true;
        hv_printf(LOG_ERROR, "CPU %u has not served its timer for %lu s\n",
                  next, WATCHDOG_LIMIT_NS / 1000000000);
        send_nmi(cpumask_read(&the_hv.online), REQUEST_BACKTRACE);
    }
}
