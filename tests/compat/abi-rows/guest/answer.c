/* SPDX-License-Identifier: MIT */
/* Answers as text. See row.h. */
#include <stdio.h>
#include <guest/trap.h>
#include <pv-abi/errno.h>
#include "row.h"

#define ERRORS_END (-4096L)

void answer_print(long answer)
{
    if (answer < 0 && answer > ERRORS_END)
        printf("-%s", xen_errname(answer));
    else if (answer > 0 && answer & ANSWER_FAULT)
        printf("#%s(%#lx)", trap_name(answer >> 32 & 0xff),
               answer & 0xffffffffL);
    else if (answer > 0 && answer & ANSWER_STATUS)
        printf("GNTST(%d)", (int16_t)answer);
    else
        printf("%#lx", answer);
}
