/* SPDX-License-Identifier: MIT */
/*
 * Errors by their plain names, from the table of the ABI. A function returns
 * 0 or one of them negated. Host tests see libc's header of this name; the
 * numbers are the same.
 */
#ifndef LIB_ERRNO_H
#define LIB_ERRNO_H

enum {
#define ERRNO(name, number, text) name = number,
#include <pv-abi/errno.def>
};

#endif
