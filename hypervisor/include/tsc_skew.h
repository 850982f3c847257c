/* SPDX-License-Identifier: MIT */
/*
 * How far the TSC of one CPU is ahead of that of the boot CPU, from rounds in
 * which they ask each other through memory: the boot CPU reads its TSC
 * (before), the other one reads its own (there), the boot CPU again (after).
 * So the skew is between there - after and there - before; each round can
 * only narrow that. Ticks, modulo 2^64.
 */
#ifndef HV_TSC_SKEW_H
#define HV_TSC_SKEW_H

#include <stdbool.h>
#include <stdint.h>

struct tsc_skew {
    int64_t least, most;
};

#define TSC_SKEW_UNKNOWN ((struct tsc_skew){INT64_MIN, INT64_MAX})

static inline void tsc_skew_narrow(struct tsc_skew *s, uint64_t before,
                                   uint64_t there, uint64_t after)
{
    int64_t least = (int64_t)(there - after);
    int64_t most = (int64_t)(there - before);

    if (least > s->least)
        s->least = least;
    if (most < s->most)
        s->most = most;
}

/* False: no number fits all rounds; the TSCs do not count alike. */
static inline bool tsc_skew_is_constant(const struct tsc_skew *s)
{
    return s->least <= s->most;
}

/*
 * What to take from the other TSC, so that in no round time would have
 * stepped back: 0 if the round trip explains all, else the middle.
 */
static inline int64_t tsc_skew_offset(const struct tsc_skew *s)
{
    if (s->least <= 0 && s->most >= 0)
        return 0;
    return s->least + (s->most - s->least) / 2;
}

#endif
