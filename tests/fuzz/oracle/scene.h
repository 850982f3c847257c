/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the driver share: the machine, who runs where, what the
 * oracle was told; the bytes that decide, and the judgement after each step.
 */
#ifndef ORACLE_SCENE_H
#define ORACLE_SCENE_H

#include "fake/machine.h"
#include "mm/calls.h"
#include "tlb_model.h"
#include "walker.h"

#define DOMAINS       3
#define DOMAIN_FRAMES 16
#define SPARE_FRAMES  8
#define GRANTS        8

/* An active grant mapping; the references are what a grant table holds. */
struct grant {
    bool active;
    struct vcpu *mapper;
    struct grant_map map;
    struct frame *f;
};

struct scene {
    const uint8_t *bytes;
    size_t left;
    struct hv *hv;
    struct vcpu *vcpu[TLB_CPUS]; /* who runs on each CPU, for ever */
    struct oracle oracle;
    struct tlb_model tlb;
    struct grant grant[GRANTS];
    unsigned int calls;
    bool racing; /* guests write while the hypervisor reads (race.c) */
};

extern struct scene scene;

/* ------------------------------------------- bytes to choices (choices.c) */

/* The next byte of the input; 0 for ever at its end. */
unsigned int byte(void);

/* Any frame of v's domain, if it has one. */
mfn_t pick_own(const struct vcpu *v);
/* A live table of v's domain, if there is one. */
mfn_t pick_table(const struct vcpu *v);
/* Mostly v's own: what is everybody's is refused at once. */
mfn_t pick_frame(const struct vcpu *v);

/* An entry a guest may want to install. */
uint64_t pick_entry(const struct vcpu *v);
/* e, with a bit changed that a guest may want to slip in. */
uint64_t change_bits(uint64_t e);
/* What a guest writes to its own memory: entries and descriptors. */
uint64_t pick_value(const struct vcpu *v);

/* A few addresses below the same few tables; now and then elsewhere. */
uint64_t pick_va(void);
struct vcpu *pick_vcpu(void);
/* Mostly the caller's own. */
unsigned int pick_domid(void);

/* -------------------------------------------- after each step (judge.c) */

/* Tell the models what the machine does. */
void judge_listen(void);

/* Around each hypercall. refused: it said so, and may have changed nothing. */
void begin_call(void);
void end_call(bool refused);
bool is_refusal(int64_t rc);

/* Everything at once: walk the tables, count the references. */
void check_all(void);

/* --------------------------------------------------- what guests do */

/* calls.c: a hypercall of v. */
void do_update(struct vcpu *v);
void do_ext(struct vcpu *v);
void do_va(struct vcpu *v);
void do_descriptors(struct vcpu *v);
void do_memory(struct vcpu *v);
void do_ldt_fault(struct vcpu *v);
void do_store(struct vcpu *v);
/* A frame that was mapped for writing becomes a table; and back. */
void do_retype(struct vcpu *v);
void do_untype(struct vcpu *v);

/* grants.c: what a grant table would do. */
void do_grant(struct vcpu *v);
void do_ungrant(void);
/* All mappings of d, or of everybody (NULL), end. */
void drop_grants(const struct domain *d);

#endif
