/* SPDX-License-Identifier: MIT */
#include "domain/console.h"

#include "errno.h"

#include <pv-abi/io/console.h>

#include "domain/domain.h"
#include "event/channel.h"
#include "hal.h"

/* Bytes written between two looks at the budget, and their price. */
#define WRITE_CHUNK 128
#define WRITE_COST  64

/* So often is a lock tried that others hold for some hundred bytes. */
#define LOG_PATIENCE 1000000

void console_init(struct hv *hv)
{
    spin_lock_init(&hv->console.lock, LOCK_CONSOLE);
}

/*
 * Messages come from NMIs, too, and from panics: the holder may be what this
 * CPU was doing before, or may have been stopped. No message is worth a hang.
 */
static bool lock_for_log(struct console *c)
{
    for (unsigned int i = 0; i < LOG_PATIENCE; i++)
        if (spin_trylock(&c->lock))
            return true;
    return false;
}

void console_log(struct hv *hv, const char *s, size_t n)
{
    struct console *c = &hv->console;

    if (!lock_for_log(c))
        return;
    for (size_t i = 0; i < n; i++)
        c->log[c->log_end++ % CONSOLE_LOG_BYTES] = s[i];
    if (c->log_end - c->log_start > CONSOLE_LOG_BYTES)
        c->log_start = c->log_end - CONSOLE_LOG_BYTES;
    spin_unlock(&c->lock);
}

size_t console_log_read(struct hv *hv, bool incremental, uint32_t *index,
                        char *buf, size_t max)
{
    struct console *c = &hv->console;
    uint32_t at;
    size_t n = 0;

    spin_guard(&c->lock);
    at = c->log_start;
    /* Counters wrap: compare distances, not values. */
    if (incremental && c->log_end - *index <= c->log_end - c->log_start)
        at = *index;
    while (n < max && at != c->log_end)
        buf[n++] = c->log[at++ % CONSOLE_LOG_BYTES];
    *index = at;
    return n;
}

void console_log_clear(struct hv *hv)
{
    spin_guard(&hv->console.lock);
    hv->console.log_start = hv->console.log_end;
}

void console_input(struct hv *hv, char c, struct effects *fx)
{
    struct console *con = &hv->console;

    spin_lock(&con->lock);
    if (con->input_end - con->input_start < CONSOLE_INPUT_BYTES)
        con->input[con->input_end++ % CONSOLE_INPUT_BYTES] = c;
    spin_unlock(&con->lock);
    virq_raise_global(hv, VIRQ_CONSOLE, fx);
}

static int64_t console_read(struct vcpu *v, uint32_t count, guest_ptr_t buffer)
{
    struct console *c = &v->d->hv->console;
    char buf[CONSOLE_INPUT_BYTES];
    uint32_t n = 0;

    spin_lock(&c->lock);
    while (n < count && c->input_start != c->input_end)
        buf[n++] = c->input[c->input_start++ % CONSOLE_INPUT_BYTES];
    spin_unlock(&c->lock);
    if (n > 0 && hal_copy_to_guest(buffer.va, buf, n))
        return -EFAULT;
    return n;
}

static int64_t console_write(uint32_t cmd, uint32_t count, guest_ptr_t buffer,
                             struct effects *fx)
{
    char buf[WRITE_CHUNK];
    uint64_t va = buffer.va;

    while (count > 0) {
        uint32_t n = count < sizeof(buf) ? count : sizeof(buf);

        if (hal_copy_from_guest(buf, va, n))
            return -EFAULT;
        hal_console_write(buf, n);
        va += n;
        count -= n;
        if (!effects_spend(fx, WRITE_COST) && count > 0) {
            fx->restart_args = 3;
            fx->restart[0] = cmd;
            fx->restart[1] = count;
            fx->restart[2] = va;
            return -ERESTART;
        }
    }
    return 0;
}

int64_t do_console_io(struct vcpu *v, uint32_t cmd, uint32_t count,
                      guest_ptr_t buffer, struct effects *fx)
{
    switch (cmd) {
    case CONSOLEIO_write:
        return console_write(cmd, count, buffer, fx);
    case CONSOLEIO_read:
        return console_read(v, count, buffer);
    default:
        return -ENOSYS;
    }
}
