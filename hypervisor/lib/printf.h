/* SPDX-License-Identifier: MIT */
/*
 * Formatted text for the console, and the one place that decides which
 * messages are shown.
 *
 * Conversions: %d %u %x %c %s %p %%, with l and z, a width and the flag '0'.
 * Of what it does not know the letter is printed.
 *
 * Lock: none. hv_printf hands over one whole line part per call; the console
 * serialises them.
 */
#ifndef LIB_PRINTF_H
#define LIB_PRINTF_H

#include <stdarg.h>
#include <stddef.h>

enum loglevel {
    LOG_ERROR = 1, /* the hypervisor or the machine is in trouble */
    LOG_INFO = 2,  /* what happens to domains */
    LOG_DEBUG = 3, /* each refusal, each oddity */
};

/*
 * Write at most size bytes with the NUL to buf. Returns the length of the
 * whole text; it was cut off if that is not less than size.
 */
size_t hv_vsnprintf(char *buf, size_t size, const char *fmt, va_list args)
    __attribute__((format(printf, 3, 0)));

/* To the console, if level is shown; at most 255 bytes a call. */
void hv_printf(enum loglevel level, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void hv_vprintf(enum loglevel level, const char *fmt, va_list args)
    __attribute__((format(printf, 2, 0)));

/* Show messages up to this level; CONFIG_LOGLVL until then (loglvl=). */
void hv_set_loglevel(enum loglevel level);

#endif
