/* SPDX-License-Identifier: MIT */
/*
 * Semaphores and mutexes on wait queues, and newlib's locks on mutexes.
 * See guest/thread.h.
 */
#include <stdlib.h>
#include <sys/lock.h>
#include <guest/console.h>
#include <guest/thread.h>
#include "internal.h"

void semaphore_init(struct semaphore *s, unsigned long count)
{
    waitq_init(&s->waiters);
    s->count = count;
}

bool semaphore_down(struct semaphore *s, uint64_t deadline_ns)
{
    return waitq_until(&s->waiters, deadline_ns,
                       s->count ? (s->count--, true) : false);
}

void semaphore_up(struct semaphore *s)
{
    bool was_masked = upcall_mask();

    s->count++;
    waitq_wake_one(&s->waiters);
    upcall_restore(was_masked);
}

void mutex_init(struct mutex *m)
{
    *m = (struct mutex){0};
    waitq_init(&m->waiters);
}

void mutex_lock(struct mutex *m)
{
    struct thread *self = thread_current();

    waitq_until(&m->waiters, WAIT_FOREVER,
                m->depth == 0 || m->owner == self
                    ? (m->owner = self, m->depth++, true)
                    : false);
}

bool mutex_try_lock(struct mutex *m)
{
    struct thread *self = thread_current();
    bool was_masked = upcall_mask();
    bool taken = m->depth == 0 || m->owner == self;

    if (taken) {
        m->owner = self;
        m->depth++;
    }
    upcall_restore(was_masked);
    return taken;
}

void mutex_unlock(struct mutex *m)
{
    bool was_masked = upcall_mask();

    if (m->depth == 0 || m->owner != thread_current())
        panic("unlock of a mutex that is not held");
    if (--m->depth == 0) {
        m->owner = NULL;
        waitq_wake_one(&m->waiters);
    }
    upcall_restore(was_masked);
}

/*
 * newlib's locks (sys/lock.h, the retargetable kind): one per stream and one
 * each for what the whole library shares. All may be recursive.
 */
struct __lock {
    struct mutex mutex;
};

#define LIBRARY_LOCK(name)                                                     \
    struct __lock __lock___##name = {MUTEX_INIT(__lock___##name.mutex)}
LIBRARY_LOCK(sinit_recursive_mutex);
LIBRARY_LOCK(sfp_recursive_mutex);
LIBRARY_LOCK(atexit_recursive_mutex);
LIBRARY_LOCK(at_quick_exit_mutex);
LIBRARY_LOCK(malloc_recursive_mutex);
LIBRARY_LOCK(env_recursive_mutex);
LIBRARY_LOCK(tz_mutex);
LIBRARY_LOCK(dd_hash_mutex);
LIBRARY_LOCK(arc4random_mutex);

void __retarget_lock_init(_LOCK_T *lock)
{
    *lock = malloc(sizeof(**lock));
    if (!*lock)
        panic("no memory for a lock of the C library");
    mutex_init(&(*lock)->mutex);
}

void __retarget_lock_init_recursive(_LOCK_T *lock)
{
    __retarget_lock_init(lock);
}

void __retarget_lock_close(_LOCK_T lock)
{
    free(lock);
}

void __retarget_lock_close_recursive(_LOCK_T lock)
{
    free(lock);
}

void __retarget_lock_acquire(_LOCK_T lock)
{
    mutex_lock(&lock->mutex);
}

void __retarget_lock_acquire_recursive(_LOCK_T lock)
{
    mutex_lock(&lock->mutex);
}

int __retarget_lock_try_acquire(_LOCK_T lock)
{
    return mutex_try_lock(&lock->mutex);
}

int __retarget_lock_try_acquire_recursive(_LOCK_T lock)
{
    return mutex_try_lock(&lock->mutex);
}

void __retarget_lock_release(_LOCK_T lock)
{
    mutex_unlock(&lock->mutex);
}

void __retarget_lock_release_recursive(_LOCK_T lock)
{
    mutex_unlock(&lock->mutex);
}
