/* SPDX-License-Identifier: MIT */
/*
 * The contract as data: every hypercall and its arguments, every operation and
 * its argument struct, every struct and its fields. Made from the same tables
 * as the dispatcher and the reference (pv-abi/hypercalls.def, *_ops.def,
 * layout.def), so that a new row is played without a word here.
 */
#ifndef DISPATCH_TABLES_H
#define DISPATCH_TABLES_H

#include <stdint.h>

/* A row of hypercalls.def; types and names of arguments as they stand there. */
struct call_row {
    uint64_t nr;
    unsigned int arg_count;
    struct {
        const char *type, *name;
    } arg[4];
};

extern const struct call_row call_rows[];
extern const unsigned int call_row_count;

/* A row of an operation table; type: of the argument, NULL: not said. */
struct operation {
    uint64_t call, nr;
    const char *type;
};

/* The i-th operation (modulo how many there are) of a call; NULL: has none. */
const struct operation *operation_of(uint64_t call, unsigned int i);

/*
 * A struct: its fields are the rows behind it, up to the next without a name.
 * Members of unions overlap.
 */
struct shape {
    const char *type, *name; /* name NULL: the struct itself */
    unsigned int at, bytes;
};

/* The struct of that type, or NULL: no struct, or not of the contract. */
const struct shape *shape_of(const char *type);

#define shape_for_each_field(f, shape) for ((f) = (shape) + 1; (f)->name; (f)++)

#endif
