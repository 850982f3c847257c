/* SPDX-License-Identifier: MIT */
#include "actions.h"

#include <errno.h>
#include <string.h>

#include "mm/alloc.h"
#include "mm/calls.h"
#include "scene.h"

struct scene scene;

/* ------------------------------------------------------- life and death */

/* A tree that maps all frames of d: tables read-only, the rest writable. */
static void boot(struct domain *d)
{
    struct tree t;
    struct vcpu *v;

    if (d->pages.total < DOMAIN_FRAMES / 2)
        return;
    t = write_tree(d, 0);
    for (unsigned int i = 0; i < d->pages.total; i++)
        poke(t.l1, i,
             pte_make(domain_frame(d, i),
                      i < TREE_FRAMES ? PTE_RO : PTE_DATA | (i & 1) << 2));
    if (call_mmuext(d->vcpus[0], MMUEXT_PIN_L4_TABLE, t.l4.n, 0))
        oracle_fail("a good tree is refused");
    scene.oracle.pinned[t.l4.n] = 4;
    domain_for_each_vcpu (d, v) {
        if (call_mmuext(v, MMUEXT_NEW_BASEPTR, t.l4.n, 0))
            oracle_fail("a good root is refused");
    }
}

static void kill(struct domain *d)
{
    struct effects fx;

    if (d->dying != DOMAIN_ALIVE || d->domid == 0)
        return;
    d->dying = DOMAIN_DYING;
    drop_grants(d);
    for (unsigned int i = 0; i < scene.hv->frame_count; i++)
        if (scene.hv->frames[i].owner == d->domid)
            scene.oracle.pinned[i] = 0;
    do {
        effects_init(&fx);
        fx.budget = call_budget;
    } while (domain_release_memory(d, &fx) == -ERESTART);
    tlb_check(&scene.tlb);
}

/* The next domain of that number, once the last trace of the old is gone. */
static void revive(struct domain *d)
{
    mfn_t m;

    if (d->dying == DOMAIN_ALIVE || domain_owns_frames(d))
        return;
    d->dying = DOMAIN_ALIVE;
    call_runs_max = 0;
    for (unsigned int i = 0; i < DOMAIN_FRAMES; i++)
        if (domain_frame_alloc(d, 0, &m))
            break;
    tlb_check(&scene.tlb);
    boot(d);
}

/* ------------------------------------------------------------- running */

static void do_access(struct vcpu *v, bool write)
{
    unsigned int cpu = v->sched.cpu, flags = byte();
    uint64_t va = pick_va();
    mfn_t m;

    if ((flags & 6) == 6) {
        scene.tlb.cpu[cpu].user = !scene.tlb.cpu[cpu].user;
        tlb_load_root(&scene.tlb, cpu, v);
    }
    if (!va_is_guest(va))
        return;
    m = tlb_access(&scene.tlb, cpu, va, write, flags & 1);
    if (write && mfn_is_valid(m)) {
        unsigned int word = byte() % 32;

        fake_frame_write(m, word, pick_value(v));
    }
}

static void act(void)
{
    unsigned int what = byte() % 32;
    struct vcpu *v = pick_vcpu();

    if (what == 31) {
        kill(v->d);
        return;
    }
    if (v->d->dying != DOMAIN_ALIVE) {
        revive(v->d);
        return;
    }
    if (what < 7)
        do_access(v, what & 1);
    else if (what < 12)
        do_update(v);
    else if (what < 15)
        do_ext(v);
    else if (what < 18)
        do_retype(v);
    else if (what < 20)
        do_untype(v);
    else if (what < 23)
        do_va(v);
    else if (what < 25)
        do_memory(v);
    else if (what < 26)
        do_descriptors(v);
    else if (what < 27)
        do_ldt_fault(v);
    else if (what < 28)
        do_store(v);
    else if (what < 30)
        do_grant(v);
    else
        do_ungrant();
}

static void start(void)
{
    scene.hv = machine_with_spare(DOMAINS, DOMAIN_FRAMES, SPARE_FRAMES);
    scene.oracle.hv = scene.hv;
    tlb_model_start(&scene.tlb, scene.hv);
    judge_listen();
    for (unsigned int id = 0; id < DOMAINS; id++)
        scene.vcpu[id] = machine_vcpu(scene.hv, (domid_t)id);
    scene.vcpu[3] = machine_add_vcpu(machine_domain(scene.hv, 1), 3);
    call_runs_max = 0;
    call_budget = EFFECTS_BUDGET;
    for (unsigned int id = 0; id < DOMAINS; id++)
        boot(machine_domain(scene.hv, (domid_t)id));
}

/* Everybody dies; nothing may be left. */
static void finish(void)
{
    call_runs_max = 0;
    check_all();
    for (unsigned int id = 1; id < DOMAINS; id++)
        kill(machine_domain(scene.hv, (domid_t)id));
    drop_grants(NULL);
    machine_end(scene.hv);
}

void run_actions(const uint8_t *bytes, size_t n)
{
    memset(&scene, 0, sizeof(scene));
    scene.bytes = bytes;
    scene.left = n;
    start();
    /* Enough to begin with an entry on each level: some progress is owed. */
    call_budget = 8 + (int)byte() * 4;
    while (scene.left > 0)
        act();
    finish();
}
