/* SPDX-License-Identifier: MIT */
#include "consoled/consoled.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <guest/clock.h>
#include <guest/evtchn.h>
#include <guest/grant.h>
#include <guest/thread.h>
#include <pv-abi/errno.h>
#include <pv-abi/grant_table.h>

#include "consoled/history.h"
#include "consoled/ring.h"

#define NAME_MAX_BYTES 64

struct console {
    TAILQ_ENTRY(console) link; /* of `consoles` */
    domid_t domid;
    char name[NAME_MAX_BYTES];
    unsigned int users; /* console_find without console_put */
    bool alive;
    struct grant_mapping mapping;
    struct xencons_interface *ring; /* NULL once the domain is gone */
    int port;                       /* ours */
    struct history history;
};

/* By the last thing that happened to each, start or end; the newest first. */
static TAILQ_HEAD(console_list,
                  console) consoles = TAILQ_HEAD_INITIALIZER(consoles);
static struct mutex lock = MUTEX_INIT(lock);       /* the list and all in it */
static struct semaphore work;                      /* a port fired */
static struct waitq changed = WAITQ_INIT(changed); /* text, room, or an end */
static uint64_t changes; /* counts what `changed` was woken for */

void console_wake_readers(void)
{
    bool was_masked = upcall_mask();

    changes++;
    waitq_wake_all(&changed);
    upcall_restore(was_masked);
}

static void port_fired(evtchn_port_t port, void *arg)
{
    semaphore_up(&work);
}

/* Move what the guest wrote to the history; true if there was something. */
static bool drain(struct console *c)
{
    char bytes[sizeof(c->ring->out)];
    size_t n = c->ring ? console_ring_take(c->ring, bytes, sizeof(bytes)) : 0;

    if (n)
        history_add(&c->history, bytes, n, clock_ns());
    return n > 0;
}

static void drain_all(void)
{
    struct console *c;

    mutex_lock(&lock);
    TAILQ_FOREACH (c, &consoles, link)
        if (drain(c))
            evtchn_send((evtchn_port_t)c->port);
    mutex_unlock(&lock);
    /* Also when there was no text: the guest may have taken its input. */
    console_wake_readers();
}

static void move_bytes(void *arg)
{
    for (;;) {
        semaphore_down(&work, WAIT_FOREVER);
        drain_all();
    }
}

int consoled_start(void)
{
    semaphore_init(&work, 0);
    return thread_create("consoled", move_bytes, NULL) ? 0 : -XEN_ENOMEM;
}

/* Forget the oldest dead consoles that nobody reads. Locked. */
static void forget_oldest(void)
{
    struct console *c, *before;
    unsigned int dead = 0;

    TAILQ_FOREACH (c, &consoles, link)
        dead += !c->alive;
    for (c = TAILQ_LAST(&consoles, console_list); c && dead > CONSOLED_KEPT;
         c = before) {
        before = TAILQ_PREV(c, console_list, link);
        if (c->alive || c->users)
            continue;
        TAILQ_REMOVE(&consoles, c, link);
        free(c);
        dead--;
    }
}

int consoled_attach(domid_t domid, const char *name, evtchn_port_t port)
{
    const grant_ref_t ref = GNTTAB_RESERVED_CONSOLE;
    struct console *c = calloc(1, sizeof(*c));
    int rc;

    if (!c)
        return -XEN_ENOMEM;
    rc = grant_map(&c->mapping, domid, &ref, 1, false, NULL);
    if (rc) {
        free(c);
        return rc;
    }
    c->domid = domid;
    c->alive = true;
    c->ring = c->mapping.va;
    strncpy(c->name, name, sizeof(c->name) - 1);
    history_init(&c->history);
    mutex_lock(&lock);
    /* The first event comes at once, and drains what is there already. */
    c->port = evtchn_bind_interdomain(domid, port, port_fired, NULL);
    if (c->port < 0) {
        rc = c->port;
        grant_unmap(&c->mapping);
        free(c);
    } else {
        TAILQ_INSERT_HEAD(&consoles, c, link);
        forget_oldest();
    }
    mutex_unlock(&lock);
    return rc;
}

/* Locked. */
static struct console *living(domid_t domid)
{
    struct console *c;

    TAILQ_FOREACH (c, &consoles, link)
        if (c->alive && c->domid == domid)
            return c;
    return NULL;
}

void consoled_detach(domid_t domid)
{
    struct console *c;

    mutex_lock(&lock);
    c = living(domid);
    if (c) {
        drain(c); /* takes a whole ring: there cannot be more */
        evtchn_close((evtchn_port_t)c->port);
        grant_unmap(&c->mapping);
        c->ring = NULL;
        c->alive = false;
        TAILQ_REMOVE(&consoles, c, link);
        TAILQ_INSERT_HEAD(&consoles, c, link);
        forget_oldest();
    }
    mutex_unlock(&lock);
    console_wake_readers();
}

/* Locked: the best match for a name or number, or NULL. */
static struct console *best(bool (*match)(struct console *, const void *),
                            const void *key)
{
    struct console *c, *dead = NULL;

    TAILQ_FOREACH (c, &consoles, link) {
        if (!match(c, key))
            continue;
        if (c->alive)
            return c;
        if (!dead)
            dead = c;
    }
    return dead;
}

static bool has_name(struct console *c, const void *key)
{
    return !strcmp(c->name, key);
}

static bool has_domid(struct console *c, const void *key)
{
    return c->domid == *(const domid_t *)key;
}

static struct console *find(bool (*match)(struct console *, const void *),
                            const void *key)
{
    struct console *c;

    mutex_lock(&lock);
    c = best(match, key);
    if (c)
        c->users++;
    mutex_unlock(&lock);
    return c;
}

struct console *console_find(const char *name)
{
    return find(has_name, name);
}

struct console *console_find_domid(domid_t domid)
{
    return find(has_domid, &domid);
}

void console_put(struct console *c)
{
    mutex_lock(&lock);
    c->users--;
    forget_oldest();
    mutex_unlock(&lock);
}

/* Wait for a change after the one numbered `seen`. False: too late. */
static bool wait_for_change(uint64_t seen, uint64_t deadline_ns)
{
    return waitq_until(&changed, deadline_ns, changes != seen);
}

long console_read_from(struct console *c, uint64_t *place, char *bytes,
                       size_t n, uint64_t deadline_ns,
                       const volatile bool *stop)
{
    for (;;) {
        uint64_t seen = changes;
        bool alive;
        size_t got;

        mutex_lock(&lock);
        got = history_read(&c->history, place, bytes, n);
        alive = c->alive;
        mutex_unlock(&lock);
        if (got)
            return (long)got;
        if (!alive)
            return -1;
        if ((stop && *stop) || !deadline_ns ||
            !wait_for_change(seen, deadline_ns))
            return 0;
    }
}

uint64_t console_end(struct console *c)
{
    uint64_t end;

    mutex_lock(&lock);
    end = c->history.end;
    mutex_unlock(&lock);
    return end;
}

uint64_t console_line_ns(struct console *c, uint64_t place)
{
    uint64_t ns;

    mutex_lock(&lock);
    ns = history_time(&c->history, place);
    mutex_unlock(&lock);
    return ns;
}

size_t console_type(struct console *c, const char *bytes, size_t n,
                    uint64_t deadline_ns)
{
    size_t done = 0;

    for (;;) {
        uint64_t seen = changes;
        bool alive;

        mutex_lock(&lock);
        alive = c->alive;
        if (alive) {
            done += console_ring_give(c->ring, bytes + done, n - done);
            evtchn_send((evtchn_port_t)c->port);
        }
        mutex_unlock(&lock);
        if (done == n || !alive || !wait_for_change(seen, deadline_ns))
            return done;
    }
}

bool console_is_alive(struct console *c)
{
    bool alive;

    mutex_lock(&lock);
    alive = c->alive;
    mutex_unlock(&lock);
    return alive;
}
