/* SPDX-License-Identifier: MIT */
/*
 * One attack: a function that tries what must not work, and how it may end.
 *
 * The function returns what the hypervisor answered, or ATTACK_FAULT with the
 * vector when an exception stopped it. It puts back what it changed. Whether
 * the answer is right is decided here, by the list of answers that are.
 */
#ifndef HOSTILE_ATTACK_H
#define HOSTILE_ATTACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <pv-abi/types.h>

/* Beyond every error number and every plausible count. */
#define ATTACK_FAULT(vector) (-100000L - (long)(vector))

/* The attack cannot be tried here: no such feature, or we are privileged. */
#define ATTACK_SKIPPED (-200000L)

#define ANSWERS_MAX 4

struct attack {
    const char *name;
    long (*run)(void);
    long answers[ANSWERS_MAX]; /* the rest is 0, which is never right */
};

/* By file; each list ends with an empty name. */
extern const struct attack mmu_attacks[];
extern const struct attack cpu_attacks[];
extern const struct attack call_attacks[];

/* Run fn(arg) and say how it ended: 0, or ATTACK_FAULT. */
long attack_probe(void (*fn)(void *), void *arg);

/* Our number, which grants are asked for by. DOMID_INVALID if nobody tells. */
domid_t attack_own_domid(void);

/*
 * Map every machine frame below the highest; how many succeeded that are not
 * ours, or -1 when it could not be tried.
 */
long attack_map_every_frame(void);

/*
 * `count` hypercalls with numbers and arguments by chance, the same for the
 * same seed. Calls that would only end or unhinge this guest are left out.
 */
void attack_by_chance(uint64_t seed, uint64_t count);

/*
 * Race stores of a second vCPU against the page becoming a page table, until
 * so many races showed something. Says how many races there were and how many
 * the hypervisor lost.
 */
void attack_race(unsigned long rounds);

#endif
