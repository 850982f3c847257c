/* SPDX-License-Identifier: MIT */
/*
 * Writes JSON: the writer keeps the commas and the indentation, the caller
 * opens and closes what it opened. Strings are escaped; bytes that are not
 * UTF-8 come out as U+FFFD, so that the output is always valid.
 *
 *   struct json j;
 *   json_begin(&j, stdout);
 *   json_object(&j, NULL);
 *   json_string(&j, "name", name);
 *   json_close(&j);
 *   json_end(&j);
 *
 * key: the member's name inside an object, NULL inside an array or on top.
 */
#ifndef VIREO_JSON_H
#define VIREO_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define JSON_DEPTH 8

struct json {
    FILE *out;
    unsigned int depth;
    char close[JSON_DEPTH]; /* what ends each open level */
    bool empty[JSON_DEPTH + 1];
};

void json_begin(struct json *j, FILE *out);
void json_end(struct json *j); /* everything must be closed */

void json_object(struct json *j, const char *key);
void json_array(struct json *j, const char *key);
void json_close(struct json *j); /* the innermost object or array */

void json_string(struct json *j, const char *key, const char *value);
void json_uint(struct json *j, const char *key, uint64_t value);
void json_bool(struct json *j, const char *key, bool value);
void json_null(struct json *j, const char *key);

#endif
