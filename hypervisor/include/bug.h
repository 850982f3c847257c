/* SPDX-License-Identifier: MIT */
/*
 * BUG_ON: the hypervisor broke its own rule; always checked.
 * ASSERT: the same, in CONFIG_DEBUG and host builds only.
 */
#ifndef HV_BUG_H
#define HV_BUG_H

#include <config.h>

#include "hal.h"

#define BUG()        hal_panic("BUG at %s:%d", __FILE__, __LINE__)
#define BUG_ON(cond)                                                     \
    do {                                                                 \
        if (__builtin_expect(!!(cond), 0))                               \
            hal_panic("BUG at %s:%d: %s", __FILE__, __LINE__, #cond);    \
    } while (0)

#ifdef CONFIG_DEBUG
#define ASSERT(cond) BUG_ON(!(cond))
#else
#define ASSERT(cond) ((void)sizeof(!(cond)))
#endif

#endif
