/* SPDX-License-Identifier: MIT */
/* What the xenstore- commands share. */
#ifndef VIREO_STORE_H
#define VIREO_STORE_H

#include <stddef.h>

#include <xenstore.h>

/* Print a value of n bytes; what is not printable as \n, \t, \ooo. */
void store_print(const char *value, size_t n);

/* "path/name"; to be freed. NULL without memory. */
char *store_child(const char *path, const char *name);

#endif
