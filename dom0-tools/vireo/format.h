/* SPDX-License-Identifier: MIT */
/*
 * The lines that programs parse, in xl's formats. Pure: figures in, text out.
 * Source: abi/control.md 9.
 */
#ifndef VIREO_FORMAT_H
#define VIREO_FORMAT_H

#include <pv-abi/domctl.h>
#include <pv-abi/sysctl.h>

#include "vireo/json.h"

#define FORMAT_STATE_LEN 7 /* six letters and NUL */

/*
 * What a domain is doing, as six letters or dashes: r running, b blocked,
 * p paused, s shut down, then the reason of that (r reboot, s suspend, c crash,
 * w watchdog, S soft reset, ? another one), d dying.
 */
void format_state(const struct xen_domctl_getdomaininfo *info,
                  char state[FORMAT_STATE_LEN]);

/* ns as seconds with one decimal, right in so many columns; then NUL. */
#define FORMAT_SECONDS_LEN 24
void format_seconds(uint64_t ns, int columns, char text[FORMAT_SECONDS_LEN]);

/* Head line and rows of `list`: six fields each, without a newline. */
void format_list_head(FILE *out);
void format_list_row(FILE *out, const char *name,
                     const struct xen_domctl_getdomaininfo *info);

/* The same as a JSON object. */
void format_list_json(struct json *j, const char *name,
                      const struct xen_domctl_getdomaininfo *info);

/* "poweroff", "crash" ... of a SHUTDOWN_ code; NULL for an unknown one. */
const char *format_shutdown_reason(unsigned int code);

/* xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx and NUL, 37 bytes. */
#define FORMAT_UUID_LEN 37
void format_uuid(const uint8_t uuid[16], char text[FORMAT_UUID_LEN]);

#endif
