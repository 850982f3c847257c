/* SPDX-License-Identifier: MIT */
/*
 * Try something that may fault, and learn how it ended.
 *
 * A probe calls a function; the first exception inside it, at whatever depth,
 * abandons the call and comes back with the vector, the error code and the
 * place. Nothing the function acquired is released. Probes nest, and belong
 * to the thread that started them; upcalls are delivered as usual.
 *
 *     struct probe p;
 *     if (!probe_run(&p, poke, (void *)0x1000))
 *         printf("%s error %#x\n", trap_name(p.vector), p.error_code);
 */
#ifndef GUEST_PROBE_H
#define GUEST_PROBE_H

#include <stdbool.h>
#include <stdint.h>

struct probe {
    uint32_t vector;     /* enum trap_vector */
    uint32_t error_code; /* 0 for vectors without one */
    uint64_t rip;        /* of the exception, as the frame said */
    uint64_t rsp;
    uint64_t address; /* page faults: the linear address; else 0 */
    struct {
        uint64_t rbx, rbp, r12, r13, r14, r15, rsp, rip;
    } resume; /* private: where to continue */
    struct probe *outer;
};

/*
 * Run fn(arg). Returns true when it returned, false when an exception ended
 * it; then the first five fields of *p say which.
 */
bool probe_run(struct probe *p, void (*fn)(void *), void *arg);

/* Read or write 8 bytes at any address. Same result as probe_run(). */
bool probe_read64(struct probe *p, const void *address, uint64_t *value);
bool probe_write64(struct probe *p, void *address, uint64_t value);

#endif
