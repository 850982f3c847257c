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
#define TICK_NS        NS_PER_SEC /* HISTORY_PATIENCE counts them */

struct console {
    TAILQ_ENTRY(console) link; /* of `consoles` */
    domid_t domid;
    char name[NAME_MAX_BYTES];
    unsigned int users; /* console_find without console_put */
    bool alive;
    struct grant_mapping mapping;
    struct xencons_interface *ring; /* NULL once the domain is gone */
    bool held;                      /* more is there, a reader has no room */
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

/* Move up to n bytes of what the guest wrote; true if there was something. */
static bool drain(struct console *c, size_t n)
{
    char bytes[sizeof(c->ring->out)];
    size_t got = 0;

    if (n > sizeof(bytes))
        n = sizeof(bytes);
    if (c->ring)
        got = console_ring_take(c->ring, bytes, n);
    if (got)
        history_add(&c->history, bytes, got, clock_ns());
    c->held = c->ring && got == n && n < sizeof(bytes);
    return got > 0;
}

/* True if a guest waits for a reader. */
static bool drain_all(bool a_tick_passed)
{
    bool held = false;
    struct console *c;

    mutex_lock(&lock);
    TAILQ_FOREACH (c, &consoles, link) {
        if (c->held && a_tick_passed)
            history_tick(&c->history);
        if (drain(c, history_room(&c->history)))
            evtchn_send((evtchn_port_t)c->port);
        held |= c->held;
    }
    mutex_unlock(&lock);
    /* Also when there was no text: the guest may have taken its input. */
    console_wake_readers();
    return held;
}

static void move_bytes(void *arg)
{
    uint64_t tick_ns = WAIT_FOREVER; /* the end of this one */

    for (;;) {
        bool a_tick_passed;

        semaphore_down(&work, tick_ns);
        a_tick_passed = clock_ns() >= tick_ns;
        if (!drain_all(a_tick_passed))
            tick_ns = WAIT_FOREVER;
        else if (a_tick_passed || tick_ns == WAIT_FOREVER)
            tick_ns = clock_ns() + TICK_NS;
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
        /* A whole ring: there cannot be more, and no reader loses by it. */
        _Static_assert(sizeof(c->ring->out) <= HISTORY_RESERVE, "");
        drain(c, sizeof(c->ring->out));
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

void consoled_rename(domid_t domid, const char *name)
{
    struct console *c;

    mutex_lock(&lock);
    c = best(has_domid, &domid);
    if (c) {
        memset(c->name, 0, sizeof(c->name));
        strncpy(c->name, name, sizeof(c->name) - 1);
    }
    mutex_unlock(&lock);
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

/* A reader has made room, or gone: the guest need not wait. Locked. */
static void let_go_on(struct console *c)
{
    if (c->held)
        semaphore_up(&work);
}

void console_open(struct console *c, struct console_reader *r, bool at_end)
{
    mutex_lock(&lock);
    r->console = c;
    history_open(&c->history, &r->at, at_end ? c->history.end : 0);
    mutex_unlock(&lock);
}

void console_close(struct console_reader *r)
{
    mutex_lock(&lock);
    history_close(&r->at);
    let_go_on(r->console);
    mutex_unlock(&lock);
}

long console_read_on(struct console_reader *r, char *bytes, size_t n,
                     uint64_t deadline_ns, const volatile bool *stop)
{
    struct console *c = r->console;

    for (;;) {
        uint64_t seen = changes;
        bool alive;
        size_t got;

        mutex_lock(&lock);
        got = history_read(&c->history, &r->at, bytes, n);
        alive = c->alive;
        if (got)
            let_go_on(c);
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

uint64_t console_skipped(struct console_reader *r)
{
    uint64_t skipped = r->at.skipped;

    r->at.skipped = 0;
    return skipped;
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
