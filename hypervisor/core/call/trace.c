/* SPDX-License-Identifier: MIT */
#include "call/trace.h"

#include "call/dispatch.h"
#include "domain.h"
#include "hal.h"
#include "printf.h"

void trace_call(struct vcpu *v, uint64_t nr, uint64_t argument, int64_t result)
{
    struct trace_ring *t = &v->d->hv->cpus[hal_cpu()].trace;

    t->records[t->count++ % TRACE_RECORDS] = (struct trace_record){
        .at_ns = hal_now_ns(),
        .nr = nr,
        .argument = argument,
        .result = result,
        .domid = v->d->domid,
        .vcpu = (uint16_t)v->id,
    };
}

void trace_print(const struct hv *hv, unsigned int cpu)
{
    const struct trace_ring *t = &hv->cpus[cpu].trace;

    hv_printf(LOG_ERROR, "Hypercalls on CPU %u, newest first:\n", cpu);
    for (uint64_t n = 1; n <= t->count && n <= TRACE_RECORDS; n++) {
        const struct trace_record *r =
            &t->records[(t->count - n) % TRACE_RECORDS];
        const char *name = hypercall_name(r->nr);

        hv_printf(LOG_ERROR, "  %lu ns dom%u vCPU %u: %s(0x%lx ...) = %ld\n",
                  r->at_ns, r->domid, r->vcpu, name ? name : "no such call",
                  r->argument, r->result);
    }
}
