/* SPDX-License-Identifier: MIT */
#include "x86/spec.h"

void spec_init(void)
{
}

void spec_switch_domain(void)
{
}
