/* SPDX-License-Identifier: MIT */
/*
 * A xenstored within the process, a number of domains in its store, and each
 * kind of request in turn on all of them. To be run by Callgrind, which writes
 * one file for each kind with the instructions that the server spent; `run`
 * reads them.
 *
 *   work DOMAINS
 *
 * Prints a line for each kind: its name and how often it was done.
 */
#include "xenstored/connection.h"
#include "xenstored/server.h"
#include "xenstored/xenstored.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <valgrind/callgrind.h>

#define ROUNDS 2000
#define STRIDE 7919 /* prime: from one domain to another far from it */

/* What a toolstack writes for a domain, cut short. */
static const char *const leaves[] = {
    "console/port",
    "console/ring-ref",
    "control/shutdown",
    "device/vbd/51712/state",
    "device/vif/0/backend",
    "device/vif/0/mac",
    "device/vif/0/state",
    "domid",
    "memory/static-max",
    "memory/target",
    "name",
    "vm",
};

#define LEAVES (sizeof(leaves) / sizeof(*leaves))

static struct xenstored *server;
static struct connection *client;

static void put(const void *bytes, size_t len)
{
    size_t room;
    void *to = connection_input(client, &room);

    if (room < len)
        errx(1, "the request does not fit");
    memcpy(to, bytes, len);
    connection_received(client, len);
}

/*
 * Ask, and throw the answer away; its body, if a number, is returned. What is
 * counted begins with the first byte of the request and ends with the answer.
 */
static uint32_t ask(uint32_t type, uint32_t tx, const char *payload, size_t len)
{
    struct xsd_sockmsg header = {.type = type, .tx_id = tx, .len = len};
    const struct xsd_sockmsg *answer;
    uint32_t number;

    CALLGRIND_TOGGLE_COLLECT;
    put(&header, sizeof(header));
    put(payload, len);
    while (xenstored_step(server))
        continue;
    answer = connection_output(client, &len);
    CALLGRIND_TOGGLE_COLLECT;
    if (len < sizeof(*answer) || answer->type != type)
        errx(1, "request %u on '%s' is refused", type, payload);
    number = strtoul((const char *)(answer + 1), NULL, 10);
    connection_sent(client, len);
    return number;
}

/* A request for one path, and a value after it unless that is NULL. */
static void ask_path(uint32_t type, uint32_t tx, const char *path,
                     const char *value)
{
    char payload[128];
    int len = snprintf(payload, sizeof(payload), "%s%c%s", path, '\0',
                       value ? value : "");

    ask(type, tx, payload, len);
}

struct place {
    char domain[40], leaf[80], fresh[48], newcomer[40];
};

static void place_of(struct place *p, unsigned domains, unsigned round)
{
    unsigned domid = 1 + round * STRIDE % domains;

    sprintf(p->domain, "/local/domain/%u", domid);
    sprintf(p->leaf, "%s/%s", p->domain, leaves[round % LEAVES]);
    sprintf(p->fresh, "%s/fresh", p->domain);
    sprintf(p->newcomer, "/local/domain/%u", domains + domid);
}

static void do_read(const struct place *p)
{
    ask_path(XS_READ, 0, p->leaf, NULL);
}

static void do_directory(const struct place *p)
{
    ask_path(XS_DIRECTORY, 0, p->domain, NULL);
}

static void do_write(const struct place *p)
{
    ask_path(XS_WRITE, 0, p->leaf, "another");
}

static void do_mkdir_rm(const struct place *p)
{
    ask_path(XS_MKDIR, 0, p->fresh, NULL);
    ask_path(XS_RM, 0, p->fresh, NULL);
}

static void do_new_domain(const struct place *p)
{
    ask_path(XS_MKDIR, 0, p->newcomer, NULL);
    ask_path(XS_RM, 0, p->newcomer, NULL);
}

static void do_transaction(const struct place *p)
{
    uint32_t tx = ask(XS_TRANSACTION_START, 0, "", 1);

    ask_path(XS_READ, tx, p->leaf, NULL);
    ask_path(XS_WRITE, tx, p->leaf, "a third");
    ask(XS_TRANSACTION_END, tx, "T", 2);
}

static const struct {
    const char *name;
    void (*work)(const struct place *p);
} kinds[] = {
    {"read", do_read},
    {"directory", do_directory},
    {"write", do_write},
    {"mkdir, rm", do_mkdir_rm},
    {"mkdir, rm of a domain", do_new_domain},
    {"transaction of read, write", do_transaction},
};

static void fill(unsigned domains)
{
    char path[80];

    for (unsigned d = 1; d <= domains; d++) {
        for (unsigned i = 0; i < LEAVES; i++) {
            sprintf(path, "/local/domain/%u/%s", d, leaves[i]);
            ask_path(XS_WRITE, 0, path, "value");
        }
    }
}

int main(int argc, char **argv)
{
    static const struct xenstored_ops ops;
    unsigned domains = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
    struct place p;

    if (domains == 0)
        errx(2, "usage: %s DOMAINS", argv[0]);
    server = xenstored_create(&ops, NULL);
    client = server ? xenstored_connect(server, 0, "") : NULL;
    if (!client)
        errx(1, "no memory");
    fill(domains);
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        CALLGRIND_START_INSTRUMENTATION;
        CALLGRIND_ZERO_STATS;
        for (unsigned round = 0; round < ROUNDS; round++) {
            place_of(&p, domains, round);
            kinds[i].work(&p);
        }
        CALLGRIND_DUMP_STATS_AT(kinds[i].name);
        CALLGRIND_STOP_INSTRUMENTATION;
        printf("%s: %u\n", kinds[i].name, ROUNDS);
    }
    xenstored_destroy(server);
    return 0;
}
