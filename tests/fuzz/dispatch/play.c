/* SPDX-License-Identifier: MIT */
#include "play.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "domain/console.h"
#include "domain/domain.h"
#include "hv.h"
#include "vcpu.h"

/*
 * What the hypervisor needs for itself and three domains of GUEST_FRAMES; what
 * is left brings guests to 64 frames, so memory is short all the time.
 */
#define MACHINE_FRAMES 178

struct scene scene;
struct play play;

static jmp_buf turned_off;

/* dom0 may end the machine; nothing is left to be looked at then. */
static void on_power(enum hal_power what)
{
    spin_check_none_held();
    longjmp(turned_off, 1);
}

static void forget_machine(void)
{
    struct domain *d;
    struct vcpu *v;

    LIST_FOREACH (d, &scene.hv->domains, link)
        domain_for_each_vcpu (d, v)
            hal_vcpu_destroy(v);
    free(scene.hv->frames);
    free(scene.hv);
    fake_stop();
}

static void start(void)
{
    scene.hv = world_empty(MACHINE_FRAMES);
    scene.oracle.hv = scene.hv;
    tlb_model_start(&scene.tlb, scene.hv);
    fake.on_power = on_power;
    cpus_start();
    guests_start();
    /* When dom0 crashes, the others go on. */
    scene.hv->machine.noreboot = true;
}

/* dom0 destroys the others; the rest is world_end's. */
static void finish(void)
{
    struct domain *d;

    judge_all();
    time_pass(0);
    for (domid_t id = 1; (d = domain_find_next(scene.hv, id)); id++) {
        id = d->domid;
        domain_put(d);
        guest_destroy(id);
    }
    judge_all();
    fake.on_flush = NULL;
    fake.on_reload = NULL;
    fake.on_map = NULL;
    world_end(scene.hv);
}

static void type_at_console(void)
{
    struct effects fx;

    effects_init(&fx);
    fake_set_cpu(0);
    console_input(scene.hv, (char)byte(), &fx);
    cpu_exit(0, &fx);
}

static void let_time_pass(void)
{
    static const uint64_t steps[] = {1000,     100000,     1000000,   10000000,
                                     30000000, 1000000000, 5000000000};

    time_pass(steps[byte() % ARRAY_SIZE(steps)]);
}

/* What the vCPU on a CPU does. */
static void live(struct vcpu *v, unsigned int what)
{
    struct call c;

    if (what < 18) {
        call_make(&c, v, 0);
        if (v->d->privileged && call_ends_machine(&c) && byte() < 250)
            return;
        (void)call_run(v, c);
    } else if (what < 22) {
        guest_access(v);
    } else if (what < 25) {
        guest_lend(v);
    } else if (what < 26) {
        guest_scribble(v);
    } else if (what < 27) {
        guest_part(v);
    } else {
        guest_fault(v);
    }
}

static void act(void)
{
    unsigned int what = byte() % 32, cpu = byte() % WORLD_CPUS;
    struct effects fx;

    effects_init(&fx);
    /* A CPU that was told to pick again may go on for a while. */
    if (play.resched[cpu] && byte() % 4)
        cpu_exit(cpu, &fx);
    if (what >= 30)
        let_time_pass();
    else if (what == 29)
        type_at_console();
    else if (what == 28)
        guest_build();
    else if (play.on[cpu])
        live(play.on[cpu], what);
    else
        let_time_pass();
}

void play_bytes(const uint8_t *bytes, size_t n)
{
    memset(&scene, 0, sizeof(scene));
    memset(&play, 0, sizeof(play));
    if (setjmp(turned_off)) {
        forget_machine();
        return;
    }
    start();
    scene.bytes = bytes;
    scene.left = n;
    play.budget = 32 + (int)byte() * 4;
    while (scene.left > 0)
        act();
    finish();
}
