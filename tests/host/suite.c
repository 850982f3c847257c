/* SPDX-License-Identifier: MIT */
#include "suite.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

bool random_is_pinned(void)
{
    return getenv("SEED") != NULL;
}

struct random random_start(uint64_t seed)
{
    if (random_is_pinned())
        seed = strtoull(getenv("SEED"), NULL, 0);
    printf("# seed %" PRIu64 "\n", seed);
    fflush(stdout);
    return (struct random){.state = seed};
}

/* splitmix64: any seed, zero included, gives a full-period sequence. */
uint64_t random_next(struct random *r)
{
    uint64_t z = (r->state += 0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

uint64_t random_below(struct random *r, uint64_t bound)
{
    return random_next(r) % bound;
}

int main(void)
{
    SRunner *runner = srunner_create(suite());
    int failed;

    srunner_set_fork_status(runner,
                            getenv("CK_FORK") ? CK_FORK_GETENV : CK_NOFORK);
    srunner_set_tap(runner, "-");
    srunner_run_all(runner, CK_SILENT);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
