/* SPDX-License-Identifier: MIT */
/*
 * A row: one call, and what the interface says it answers.
 *
 * Rows stand in <area>.def files, one table for each area of the interface; an
 * area is a C file with the functions its rows use, which ends with
 *
 *     #define AREA      name
 *     #define AREA_ROWS "name.def"
 *     #include "area.h"
 *
 * and then has the array rows_<name>. A row's name is unique in all areas.
 *
 *   ANSWERS(name, want, call)
 *       The expression `call` gives `want`. What it changed it undoes itself.
 *   REFUSES(name, want, call)
 *       The same, and it must change nothing: the state (state.h) before and
 *       after is compared.
 *   ..._EACH(name, dom0, domu, call)
 *       The initial domain gets another answer than an unprivileged one.
 *       NOT_HERE: the row is not run there.
 *   ..._AFTER(name, prepare, want, call)
 *       The expression `prepare` comes first, before the state is looked at.
 *
 * An answer is a number. Negative ones are errors (-XEN_Exxx); STATUS() and
 * FAULT() make numbers of the two other ways an operation may end.
 */
#ifndef ABI_ROWS_ROW_H
#define ABI_ROWS_ROW_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#define NOT_HERE LONG_MIN

/* The status of a grant operation, GNTST_*. */
#define ANSWER_STATUS (1L << 61)
#define STATUS(code)  (ANSWER_STATUS | ((code)&0xffffL))

/* An exception instead of an answer. */
#define ANSWER_FAULT         (1L << 60)
#define FAULT(vector, error) (ANSWER_FAULT | (long)(vector) << 32 | (error))

struct row {
    const char *name;
    void (*prepare)(void); /* or NULL */
    long (*call)(void);
    long dom0, domu; /* the answer wanted in either kind of domain */
    bool refused;    /* nothing may change */
};

/* Print an answer: "0x10", "-EINVAL", "GNTST(-3)", "#GP(0x0)". */
void answer_print(long answer);

#define AREAS(AREA)                                                            \
    AREA(version)                                                              \
    AREA(mmu_update)                                                           \
    AREA(mmuext)                                                               \
    AREA(va_mapping)                                                           \
    AREA(memory)                                                               \
    AREA(grants)

#define AREA_DECLARE(area) extern const struct row rows_##area[];
AREAS(AREA_DECLARE)

#endif
