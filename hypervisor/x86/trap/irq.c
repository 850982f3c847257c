/* SPDX-License-Identifier: MIT */
/*
 * Interrupts only leave a mark; the work is done on the way out
 * (entry/exit.c), or by the idle loop.
 */
#include "printf.h"
#include "x86/apic.h"
#include "x86/paging.h"
#include "x86/percpu.h"
#include "x86/regs.h"
#include "x86/trap/trap.h"

void interrupt(unsigned int vector)
{
    struct percpu *c = this_cpu();

    switch (vector) {
    case VEC_SPURIOUS:
        return; /* gets no end of interrupt */
    case VEC_TIMER:
        c->timer_fired = true;
        break;
    case VEC_FLUSH:
        tlb_serve();
        break;
    case VEC_RESCHED:
        break; /* percpu.resched was set by the sender */
    case VEC_UART:
        c->uart_fired = true;
        break;
    default:
        hv_printf(LOG_DEBUG, "CPU %u: interrupt %u, unasked\n", c->cpu, vector);
    }
    apic_eoi();
}
