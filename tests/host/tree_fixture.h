/* SPDX-License-Identifier: MIT */
/* A guest whose tree of page tables is pinned and loaded, and dom0. */
#ifndef TESTS_TREE_FIXTURE_H
#define TESTS_TREE_FIXTURE_H

#include "fake/machine.h"
#include "suite.h"

static struct hv *hv;
static struct domain *dom0, *d;
static struct vcpu *v0, *v;
static struct tree t;

/* Not loaded yet: its entries may still be poked. */
static inline void setup_tree(void)
{
    hv = machine_with_domains(3, 48);
    dom0 = machine_domain(hv, 0);
    v0 = machine_vcpu(hv, 0);
    d = machine_domain(hv, 1);
    v = machine_vcpu(hv, 1);
    t = write_tree(d, 0);
}

static inline void load_tree(void)
{
    ck_assert_int_eq(call_mmuext(v, MMUEXT_PIN_L4_TABLE, t.l4.n, 0), 0);
    ck_assert_int_eq(call_mmuext(v, MMUEXT_NEW_BASEPTR, t.l4.n, 0), 0);
}

static inline void setup_loaded_tree(void)
{
    setup_tree();
    load_tree();
}

static inline void teardown_tree(void)
{
    machine_end(hv);
}

/* Frames 4 .. 15 of the guest are data. */
static inline mfn_t data(unsigned int i)
{
    return domain_frame(d, 4 + i);
}

#endif
