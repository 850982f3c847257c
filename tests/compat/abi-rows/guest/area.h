/* SPDX-License-Identifier: MIT */
/*
 * Make the rows of AREA_ROWS functions and a table: see row.h. Included once
 * by each area, at its end.
 */
#include "row.h"

#define REFUSES(name, want, call) ROW(name, true, (void)0, want, want, call)
#define ANSWERS(name, want, call) ROW(name, false, (void)0, want, want, call)
#define REFUSES_EACH(name, dom0, domu, call)                                   \
    ROW(name, true, (void)0, dom0, domu, call)
#define ANSWERS_EACH(name, dom0, domu, call)                                   \
    ROW(name, false, (void)0, dom0, domu, call)
#define REFUSES_AFTER(name, prepare, want, call)                               \
    ROW(name, true, prepare, want, want, call)

#define ROW(name, refused, prepare, dom0, domu, call)                          \
    static void before_##name(void)                                            \
    {                                                                          \
        (void)(prepare);                                                       \
    }                                                                          \
    static long row_##name(void)                                               \
    {                                                                          \
        return (long)(call);                                                   \
    }
#include AREA_ROWS
#undef ROW

#define AREA_TABLE_(area) rows_##area
#define AREA_TABLE(area)  AREA_TABLE_(area)

const struct row AREA_TABLE(AREA)[] = {
#define ROW(name, refused, prepare, dom0, domu, call)                          \
    {#name, before_##name, row_##name, dom0, domu, refused},
#include AREA_ROWS
#undef ROW
    {0},
};
