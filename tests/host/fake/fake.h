/* SPDX-License-Identifier: MIT */
/*
 * hal.h on the host: a machine of allocated memory, for tests.
 *
 * Frames lie in one arena. ASan lets nobody touch a frame that is not mapped
 * by hal_map at the moment, so a use after hal_unmap is reported where it
 * happens. Guest virtual memory is an arena of its own, reached through the
 * hal_copy functions only; pages of it can be made to fault.
 *
 * There is one such machine per process; fake_start begins a new one.
 */
#ifndef FAKE_FAKE_H
#define FAKE_FAKE_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>

#include "cpumask.h"
#include "hal.h"
#include "types.h"

/* Where the guest arena appears to guests. */
#define FAKE_GUEST_VA    0x10000000ul
#define FAKE_GUEST_PAGES 64

struct hv;

struct fake {
    struct hv *hv; /* whose TLB clock a flush moves; may be NULL */
    uint64_t now_ns;

    /* Recorded: what was asked of the machine. */
    unsigned int flush_count;
    cpumask_t flushed; /* by the last flush */
    unsigned int reload_count;
    unsigned int reloaded; /* enum hal_reload, all since it was cleared */
    struct vcpu *reload_vcpu;
    char console[8192]; /* the last bytes written, NUL terminated */
    size_t console_length;
    bool power_used;
    enum hal_power power;

    /* Called at each flush before hal_flush_tlb returns; may be NULL. */
    void (*on_flush)(cpumask_t cpus);
    /* Called where effects ask for INVLPG (machine.c); may be NULL. */
    void (*on_flush_page)(cpumask_t cpus, uint64_t va);
    /* Called when the hypervisor maps a frame; may be NULL. */
    void (*on_map)(mfn_t m);
    /* Called when the guest can see what was copied to va; may be NULL. */
    void (*on_copy)(uint64_t va);
    /* Called at each reload; may be NULL. */
    void (*on_reload)(struct vcpu *v, unsigned int what);
    /* Called when the machine is to be turned off; may jump away; may be NULL:
     * a panic. */
    void (*on_power)(enum hal_power what);
    /* Called after guest memory was read; may be NULL. */
    void (*on_guest_read)(uint64_t va, size_t n);
    /* hal_vcpu_init fails with -ENOMEM while set. */
    bool vcpu_init_fails;
};

extern struct fake fake;

/* Forget everything; begin with frame_count frames of garbage. */
void fake_start(uint64_t frame_count);

/* Free the arenas. */
void fake_stop(void);

/* The CPU that this thread plays; 0 until it says otherwise. */
void fake_set_cpu(unsigned int cpu);

/* The bytes of the guest arena at va, for the test to read and write. */
void *fake_guest(uint64_t va);

/* Let the page at va fault, or not, when the hypervisor reads or writes. */
void fake_guest_faults(uint64_t va, bool on);

/* Let it fault, or not, when the hypervisor writes. */
void fake_guest_readonly(uint64_t va, bool on);

/* The frame behind any address; false: it is not in one. */
bool fake_frame_of(const void *at, mfn_t *m);

/*
 * The bytes of frame m without mapping it: what a guest or the processor
 * would do behind the hypervisor's back. Read and write by these only.
 */
uint64_t fake_frame_read(mfn_t m, unsigned int word);
void fake_frame_write(mfn_t m, unsigned int word, uint64_t value);
void fake_frame_copy(mfn_t m, uint64_t to[512]);

/*
 * if (FAKE_PANICS()) { act; failed to panic } else { it panicked }
 * A panic without it ends the process.
 */
extern jmp_buf fake_panic_jump;
extern bool fake_panic_expected;
extern char fake_panic_text[256];
#define FAKE_PANICS() (fake_panic_expected = true, setjmp(fake_panic_jump) == 0)

#endif
