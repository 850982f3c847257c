/* SPDX-License-Identifier: MIT */
#include "scene.h"

#include <errno.h>
#include <string.h>

#include "fake/check.h"
#include "mm/table.h"
#include "snapshot.h"

/* Calls between two looks at everything. */
#define WALK_EVERY 64

static void check_references(void)
{
    static struct frame_refs refs[ORACLE_FRAMES];

    memset(refs, 0, sizeof(refs));
    for (unsigned int i = 0; i < GRANTS; i++) {
        const struct grant *g = &scene.grant[i];
        uint64_t m;

        if (!g->active)
            continue;
        m = frame_mfn(scene.hv, g->f).n;
        refs[m].general++;
        if (!g->map.readonly) {
            refs[m].type++;
            refs[m].kind = FRAME_WRITABLE;
        }
    }
    mm_check(scene.hv, refs);
}

void check_all(void)
{
    memset(scene.oracle.lent, 0, sizeof(scene.oracle.lent));
    for (unsigned int i = 0; i < GRANTS; i++)
        if (scene.grant[i].active)
            oracle_lend(&scene.oracle, frame_mfn(scene.hv, scene.grant[i].f).n,
                        scene.grant[i].mapper->d->domid);
    oracle_walk(&scene.oracle);
    check_references();
}

/* What a refusal leaves to be emptied is not its business any more. */
static void settle(void)
{
    struct domain *d;
    struct effects fx;

    LIST_FOREACH (d, &scene.hv->domains, link) {
        effects_init(&fx);
        fx.budget = 1 << 30;
        spin_lock(&d->mm_lock);
        if (debris_drain(d, &fx))
            oracle_fail("debris without end");
        spin_unlock(&d->mm_lock);
    }
}

static struct snapshot before;

void begin_call(void)
{
    snapshot_take(&before, scene.hv);
    /* Now and then a guest turns to something else in the middle. */
    call_runs_max = byte() % 8 == 0 ? 1 : 0;
}

void end_call(bool refused)
{
    tlb_check(&scene.tlb);
    if (refused) {
        settle();
        snapshot_compare(&before, scene.hv);
    }
    if (refused || ++scene.calls % WALK_EVERY == 0)
        check_all();
}

bool is_refusal(int64_t rc)
{
    return rc < 0 && rc != -ERESTART;
}

/* What the models are told by the machine. */

static void on_flush(cpumask_t cpus)
{
    tlb_flush_all(&scene.tlb, cpus);
}

static void on_flush_page(cpumask_t cpus, uint64_t va)
{
    tlb_flush_page(&scene.tlb, cpus, va);
}

static void on_reload(struct vcpu *v, unsigned int what)
{
    if (what & RELOAD_BASE)
        tlb_load_root(&scene.tlb, v->sched.cpu, v);
}

/* What the hypervisor does to frames in the midst of a call. */
static void on_map(mfn_t m)
{
    uint32_t type = scene.hv->frames[m.n].type;

    if (type & FRAME_PARTIAL)
        tlb_check_not_writable(&scene.tlb, m);
    if ((type & FRAME_TYPE_MASK) == FRAME_WRITABLE &&
        (type & FRAME_TYPE_COUNT) > 0)
        tlb_check_not_walked(&scene.tlb, m);
}

void judge_listen(void)
{
    fake.on_flush = on_flush;
    fake.on_flush_page = on_flush_page;
    fake.on_reload = on_reload;
    fake.on_map = on_map;
}
