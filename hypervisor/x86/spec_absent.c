/* SPDX-License-Identifier: MIT */
#include "x86/cpu.h"

void spec_init(void)
{
}

void spec_switch_domain(void)
{
}
