/* SPDX-License-Identifier: MIT */
/*
 * Random memory hypercalls of three domains, against an independent oracle:
 * tests/fuzz/oracle/actions.h.
 */
#include "oracle/actions.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    run_actions(data, size);
    return 0;
}
