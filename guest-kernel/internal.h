/* SPDX-License-Identifier: MIT */
/*
 * What the kernel's files need of each other and apps do not; grouped by the
 * file that defines it. Apps include <guest/...> only.
 */
#ifndef GUEST_KERNEL_INTERNAL_H
#define GUEST_KERNEL_INTERNAL_H

#include <reent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <guest/clock.h>
#include <guest/thread.h>
#include <guest/vcpu.h>
#include <pv-abi/arch.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
/* Each argument is evaluated once: some read memory that others change. */
#define MIN(a, b)                                                              \
    __extension__({                                                            \
        __typeof__(a) a_ = (a);                                                \
        __typeof__(b) b_ = (b);                                                \
        a_ < b_ ? a_ : b_;                                                     \
    })

struct probe;
struct start_info;
struct user;

/* entry.S */
extern const uint64_t trap_stubs[];
void event_callback(void);
void failsafe_callback(void);
void syscall_callback(void);
unsigned int user_enter(struct cpu_user_regs *regs, unsigned long by_sysret,
                        uint64_t *kernel_sp);
void user_leave(uint64_t kernel_sp, unsigned int result)
    __attribute__((noreturn));
void thread_switch_stack(uint64_t *save_sp, uint64_t load_sp);
bool probe_enter(void *resume, void (*fn)(void *), void *arg);

/* guest.ld */
extern char image_start[], image_rodata[], image_data[], image_end[];
extern const char image_id[20]; /* the linker's build ID */
extern void (*init_array_start[])(void), (*init_array_end[])(void);

/* start.c */
void start_guest(struct start_info *info) __attribute__((noreturn));

/* traps.c */
void traps_init(void);
void trap_dispatch(struct cpu_user_regs *regs);

/* probe.c: true when a probe took the exception; *regs then continues it */
bool probe_caught(struct cpu_user_regs *regs);

/* memory: memory.c makes the direct map, page.c hands pages out, paging.c
 * writes tables, kmap.c owns the address space above KMAP_BASE */
void memory_init(void);
void memory_init_above(uint64_t *list);
void memory_set_frame(uint64_t pfn, uint64_t mfn);
void page_init(uint64_t first_free_pfn);
uint64_t memory_map_reservations(uint64_t first_pfn);
bool memory_is_mapped(uint64_t va);
int pt_make_table(uint64_t va);
int pt_set_many(uint64_t va, const uint64_t *ptes, size_t count, domid_t owner,
                int *errors);
void pt_flush(void);
void pt_flush_page(uint64_t va);
void *kmap_claim(size_t count);
int kmap_back(void *va, size_t count);
void image_protect(void);

/* evtchn.c */
void evtchn_init(void);
void evtchn_upcall(void);

/* clock.c, timer.c */
void timers_init(void);

/* console.c and its two kinds: console_hv.c, console_ring.c */
void console_init(void);
void console_input(const char *text, size_t len);
size_t console_input_space(void);
void console_poll_input(void);
void console_hv_init(void);
void console_hv_input(void);
size_t console_hv_write(const char *text, size_t len);
void console_ring_map(void);
void console_ring_init(void);
void console_ring_input(void);
size_t console_ring_write(const char *text, size_t len);
void console_ring_wait(void);

/* thread.c */
struct thread {
    TAILQ_ENTRY(thread) link; /* run queue or wait queue */
    uint64_t sp;              /* while it does not run */
    const char *name;
    void (*fn)(void *);
    void *arg;
    void *stack;
    struct waitq *waiting_on; /* NULL when runnable */
    bool timed_out;
    bool done;
    bool detached;
    struct waitq joiners;
    struct timer timeout;
    struct probe *probe;
    struct user *user; /* while inside user_run() */
    uint64_t user_kernel_sp;
    struct _reent reent;
    uint8_t fpu[512] __attribute__((aligned(16)));
};

void threads_init(void);
void threads_start(void (*fn)(void *), void *arg) __attribute__((noreturn));
void thread_preempt(void);

/* user.c */
void user_set_kernel_stack(uint64_t sp);
void user_stopped(struct cpu_user_regs *regs) __attribute__((noreturn));
void user_switch_to(struct thread *next);

/* file.c */
void files_init(void);

#endif
