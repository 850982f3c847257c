/* SPDX-License-Identifier: MIT */
/*
 * Every structure that a row of hypercalls.def or of an operation table may
 * name: for whoever makes prototypes, stubs or decoders of the rows, so that
 * a new row needs no new #include there.
 */
#ifndef PV_ABI_HYPERCALL_TYPES_H
#define PV_ABI_HYPERCALL_TYPES_H

#include "arch.h"
#include "callback.h"
#include "domctl.h"
#include "event_channel.h"
#include "grant_table.h"
#include "memory.h"
#include "mmu.h"
#include "multicall.h"
#include "nmi.h"
#include "physdev.h"
#include "platform.h"
#include "sched.h"
#include "sysctl.h"
#include "types.h"
#include "vcpu.h"
#include "version.h"

#endif
