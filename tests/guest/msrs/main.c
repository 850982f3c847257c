/* SPDX-License-Identifier: MIT */
/*
 * Model-specific registers that a stock kernel reads while it starts, without
 * asking first whether they are there: each must answer, and those with a
 * fixed value must say it.
 */
#include <guest/probe.h>
#include <guest/trap.h>
#include "../test.h"

const char test_name[] = "msrs";

struct access {
    uint32_t msr;
    uint64_t value;
};

static void read_msr(void *arg)
{
    struct access *a = arg;
    uint32_t low, high;

    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(a->msr));
    a->value = low | (uint64_t)high << 32;
}

static bool reads_as(uint32_t msr, uint64_t value)
{
    struct access a = {.msr = msr};
    struct probe p;

    return probe_run(&p, read_msr, &a) && a.value == value;
}

static bool is_refused(uint32_t msr)
{
    struct access a = {.msr = msr};
    struct probe p;

    return !probe_run(&p, read_msr, &a) && p.vector == TRAP_GP;
}

void test_main(void)
{
    CHECK(reads_as(0x1b, 0xfee00900));          /* APIC_BASE, first CPU */
    CHECK(reads_as(0x17a, 0));                  /* MCG_STATUS */
    CHECK(reads_as(0x277, 0x0000050100070406)); /* PAT */
    CHECK(reads_as(0xc0000080, 0xd01));         /* EFER */
    CHECK(is_refused(0xc0000082));              /* LSTAR */
    CHECK(is_refused(0x40000001));              /* Xen's own, beyond */
}
