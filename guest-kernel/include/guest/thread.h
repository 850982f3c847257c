/* SPDX-License-Identifier: MIT */
/*
 * Pre-emptive kernel threads, and ways to wait.
 *
 * One run queue in round-robin order, slices of THREAD_SLICE_NS. A thread has
 * its own stack with guard pages, its own FPU state and its own newlib state
 * (errno, stdio). Waiting is always on a wait queue.
 *
 * Everything that may block must be called from a thread with upcalls
 * unmasked or masked (the mask is dropped while it sleeps and put back), but
 * never from an event handler or timer function. Waking may be done anywhere.
 */
#ifndef GUEST_THREAD_H
#define GUEST_THREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <guest/vcpu.h>

#define THREAD_SLICE_NS 10000000UL
#define THREAD_STACK    65536UL
#define WAIT_FOREVER    (~0UL)

struct thread;
TAILQ_HEAD(thread_list, thread);

/*
 * Start fn(arg) in a new thread. `name` is kept, not copied. Returns NULL when
 * there is no memory. The thread ends when fn returns; thread_join() frees
 * it.
 */
struct thread *thread_create(const char *name, void (*fn)(void *), void *arg);

/* Wait for the end of t and free it. One join per thread. */
void thread_join(struct thread *t);

/* Let it free itself when it ends. No join afterwards. */
void thread_detach(struct thread *t);

struct thread *thread_current(void);
const char *thread_name(const struct thread *t);
void thread_yield(void);
void thread_sleep_ns(uint64_t ns);
void thread_exit(void) __attribute__((noreturn));

/* --- wait queues --- */

struct waitq {
    struct thread_list threads; /* in order of arrival */
};

#define WAITQ_INIT(q)                                                          \
    {                                                                          \
        .threads = TAILQ_HEAD_INITIALIZER((q).threads)                         \
    }

void waitq_init(struct waitq *q);

/*
 * Sleep until woken or until deadline_ns (absolute, or WAIT_FOREVER). The
 * caller has masked upcalls, has looked at its condition under the mask, and
 * looks again afterwards: this is the half of a loop, see waitq_until().
 * Returns false when the deadline ended it.
 */
bool waitq_sleep(struct waitq *q, uint64_t deadline_ns);

void waitq_wake_one(struct waitq *q);
void waitq_wake_all(struct waitq *q);

/*
 * Sleep until `condition` holds or the deadline has passed. The condition is
 * evaluated with upcalls masked. Gives the condition's last value.
 */
#define waitq_until(q, deadline_ns, condition)                                 \
    __extension__({                                                            \
        bool was_masked_ = upcall_mask();                                      \
        bool met_;                                                             \
        while (!(met_ = (condition)))                                          \
            if (!waitq_sleep(q, deadline_ns)) {                                \
                met_ = (condition);                                            \
                break;                                                         \
            }                                                                  \
        upcall_restore(was_masked_);                                           \
        met_;                                                                  \
    })

/* --- semaphores and mutexes --- */

struct semaphore {
    struct waitq waiters;
    unsigned long count;
};

void semaphore_init(struct semaphore *s, unsigned long count);
/* Take one; false when the deadline passed first. */
bool semaphore_down(struct semaphore *s, uint64_t deadline_ns);
/* Give one; may be called from an event handler. */
void semaphore_up(struct semaphore *s);

/* Recursive: the owner may lock again, and unlocks as often. */
struct mutex {
    struct waitq waiters;
    struct thread *owner;
    unsigned int depth;
};

#define MUTEX_INIT(m)                                                          \
    {                                                                          \
        .waiters = WAITQ_INIT((m).waiters)                                     \
    }

void mutex_init(struct mutex *m);
void mutex_lock(struct mutex *m);
/* Lock only if that needs no waiting; returns whether it did. */
bool mutex_try_lock(struct mutex *m);
void mutex_unlock(struct mutex *m);

#endif
