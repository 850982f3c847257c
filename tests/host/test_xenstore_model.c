/* SPDX-License-Identifier: MIT */
/*
 * The store against a model that is too simple to be wrong: an array of all
 * paths there can be, copied whole for each transaction.
 *
 * For transactions the model asks what they promise: one that commits must
 * have got, operation by operation, the answers it would get now, in one go;
 * one that is refused must have been overtaken by somebody.
 */
#include "suite.h"

#include <stdio.h>
#include <string.h>

#include "xenstore_fixture.h"

#define NAMES   3
#define PATHS   (1 + 3 + 9 + 27) /* the root and three levels */
#define CLIENTS 3
#define LOG     40
#define STEPS   4000
#define SEEDS   12

struct model {
    bool exists[PATHS];
    unsigned value[PATHS]; /* 0: empty */
};

struct operation {
    enum { READ, LIST, WRITE_IT, MAKE, REMOVE, KINDS } kind;
    unsigned path, value;
    bool changes; /* the tree, when it was done */
    char result[32];
};

struct actor {
    struct connection *conn;
    uint32_t tx; /* 0: none */
    struct model model;
    struct operation log[LOG];
    unsigned logged;
    uint64_t began;
};

static struct fixture fixture;
static struct actor actors[CLIENTS];
static struct model now;
static unsigned committed, refused, overtaken;

/* Paths are numbered as in a heap: children of p are 3p+1, 3p+2, 3p+3. */
static unsigned parent_of(unsigned path)
{
    return (path - 1) / NAMES;
}

static void path_text(char *out, unsigned path)
{
    char name[3] = {'/', 'a' + (path + NAMES - 1) % NAMES, 0};

    out[0] = '\0';
    if (path == 0)
        return;
    path_text(out, parent_of(path));
    strcat(out, name);
}

static void model_make(struct model *m, unsigned path)
{
    for (; path && !m->exists[path]; path = parent_of(path)) {
        m->exists[path] = true;
        m->value[path] = 0;
    }
}

static void model_remove(struct model *m, unsigned path)
{
    if (path >= PATHS || !m->exists[path])
        return;
    m->exists[path] = false;
    for (unsigned i = 1; i <= NAMES; i++)
        model_remove(m, NAMES * path + i);
}

static void model_list(const struct model *m, unsigned path, char *out)
{
    for (unsigned i = 1; i <= NAMES; i++) {
        unsigned child = NAMES * path + i;
        char text[3] = {'a' + i - 1, '|', 0};

        if (child < PATHS && m->exists[child])
            strcat(out, text);
    }
}

static void model_do(struct model *m, const struct operation *op, char *out)
{
    out[0] = '\0';
    if (op->kind == REMOVE) {
        bool parent = op->path && m->exists[parent_of(op->path)];

        strcpy(out, !op->path ? "!EINVAL" : parent ? "OK|" : "!ENOENT");
        if (op->path)
            model_remove(m, op->path);
    } else if (op->kind == WRITE_IT || op->kind == MAKE) {
        model_make(m, op->path);
        if (op->kind == WRITE_IT)
            m->value[op->path] = op->value;
        strcpy(out, "OK|");
    } else if (!m->exists[op->path]) {
        strcpy(out, "!ENOENT");
    } else if (op->kind == LIST) {
        model_list(m, op->path, out);
    } else if (m->value[op->path]) {
        sprintf(out, "%u", m->value[op->path]);
    }
}

static const char *server_do(struct actor *a, const struct operation *op)
{
    static const uint32_t types[] = {XS_READ, XS_DIRECTORY, XS_WRITE, XS_MKDIR,
                                     XS_RM};
    char payload[64];
    size_t len;

    path_text(payload, op->path);
    if (op->path == 0)
        strcpy(payload, "/");
    len = strlen(payload) + 1;
    if (op->kind == WRITE_IT && op->value)
        len += sprintf(payload + len, "%u", op->value);
    return ask(&fixture, a->conn, types[op->kind], a->tx, payload, len);
}

/* Making what exists and removing what does not are no changes. */
static bool is_change(const struct model *m, const struct operation *op)
{
    return op->kind == WRITE_IT || (op->kind == MAKE && !m->exists[op->path]) ||
           (op->kind == REMOVE && op->path && m->exists[op->path]);
}

/* Whether the transaction would get the same answers now; *m: its outcome. */
static bool same_answers_now(const struct actor *a, struct model *m)
{
    char result[32];

    *m = now;
    for (unsigned i = 0; i < a->logged; i++) {
        model_do(m, &a->log[i], result);
        if (strcmp(result, a->log[i].result) != 0)
            return false;
    }
    return true;
}

static void end_transaction(struct actor *a, bool keep)
{
    const char *answer =
        ask(&fixture, a->conn, XS_TRANSACTION_END, a->tx, keep ? "T" : "F", 2);
    bool changes = false;
    struct model outcome;

    for (unsigned i = 0; i < a->logged; i++)
        changes = changes || a->log[i].changes;
    if (strcmp(answer, "!EAGAIN") == 0) {
        ck_assert(keep && changes);
        ck_assert_uint_ne(a->began, fixture.server->store.commits);
        refused++;
    } else {
        ck_assert_str_eq(answer, "OK|");
        if (keep && changes) {
            ck_assert(same_answers_now(a, &outcome));
            overtaken += a->began != fixture.server->store.commits - 1;
            committed++;
            now = outcome;
        }
    }
    a->tx = 0;
}

static void begin_transaction(struct actor *a)
{
    a->tx = begin(&fixture, a->conn);
    a->model = now;
    a->logged = 0;
    a->began = fixture.server->store.commits;
}

static void step(struct random *r)
{
    struct actor *a = &actors[random_below(r, CLIENTS)];
    struct operation op = {.kind = random_below(r, KINDS),
                           .path = random_below(r, PATHS),
                           .value = random_below(r, 1000)};
    struct model *m = a->tx ? &a->model : &now;

    if (!a->tx && random_below(r, 8) == 0) {
        begin_transaction(a);
        return;
    }
    if (a->tx && (a->logged == LOG || random_below(r, 8) == 0)) {
        end_transaction(a, random_below(r, 8) != 0);
        return;
    }
    op.changes = is_change(m, &op);
    model_do(m, &op, op.result);
    ck_assert_str_eq(server_do(a, &op), op.result);
    if (a->tx)
        a->log[a->logged++] = op;
}

/* Every path, by reading it. */
static void compare_all(void)
{
    for (unsigned i = 0; i < PATHS; i++) {
        struct operation op = {.kind = READ, .path = i};

        model_do(&now, &op, op.result);
        ck_assert_str_eq(server_do(&actors[0], &op), op.result);
    }
}

static void run(uint64_t seed)
{
    struct random r = random_start(seed);

    fixture_init(&fixture);
    memset(&now, 0, sizeof(now));
    now.exists[0] = true;
    for (int i = 0; i < CLIENTS; i++)
        actors[i] = (struct actor){.conn = client(&fixture, 0)};
    for (int i = 0; i < STEPS; i++) {
        step(&r);
        if (i % 64 == 0)
            ck_assert(xenstored_check(fixture.server));
    }
    for (int i = 0; i < CLIENTS; i++) {
        if (actors[i].tx)
            end_transaction(&actors[i], true);
    }
    compare_all();
    fixture_done(&fixture);
}

START_TEST(store_behaves_as_the_model)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        run(seed);
        if (random_is_pinned())
            return;
    }
    /* The run must have met what it is about. */
    ck_assert_uint_gt(committed, 100);
    ck_assert_uint_gt(overtaken, 10);
    ck_assert_uint_gt(refused, 100);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("xenstore_model");
    TCase *t = tcase_create("model");

    tcase_set_timeout(t, 100);
    tcase_add_test(t, store_behaves_as_the_model);
    suite_add_tcase(s, t);
    return s;
}
