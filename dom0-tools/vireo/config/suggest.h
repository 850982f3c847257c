/* SPDX-License-Identifier: MIT */
#ifndef VIREO_CONFIG_SUGGEST_H
#define VIREO_CONFIG_SUGGEST_H

#include <stddef.h>

/*
 * The candidate that `word` was most probably meant to be; NULL if none is
 * close. `candidate(i)` is NULL behind the last one.
 */
const char *config_suggest(const char *word,
                           const char *(*candidate)(size_t i));

#endif
