/* SPDX-License-Identifier: MIT */
/*
 * Three domains, at most 64 frames, four CPUs: a machine that does what bytes
 * say. Guests write their memory through modelled TLBs, make the memory
 * hypercalls, map grants, die and come again; after each step the oracle looks
 * at the outcome. Any disagreement aborts.
 */
#ifndef ORACLE_ACTIONS_H
#define ORACLE_ACTIONS_H

#include <stddef.h>
#include <stdint.h>

void run_actions(const uint8_t *bytes, size_t n);

#endif
