/* SPDX-License-Identifier: MIT */
/*
 * struct console: the hypervisor's log, and what was typed at the machine's
 * console for dom0. State only; the functions are in domain/console.h.
 */
#ifndef HV_CONSOLE_H
#define HV_CONSOLE_H

#include <stdint.h>

#include "spinlock.h"

#define CONSOLE_LOG_BYTES   32768 /* a power of two */
#define CONSOLE_INPUT_BYTES 256   /* a power of two */

/* Counters run freely; the position is the counter modulo the size. */
struct console {
    struct spinlock lock; /* LOCK_CONSOLE */
    uint32_t log_start;   /* the oldest byte not yet cleared */
    uint32_t log_end;     /* the next byte to write */
    uint32_t input_start;
    uint32_t input_end;
    char log[CONSOLE_LOG_BYTES];
    char input[CONSOLE_INPUT_BYTES];
};

#endif
