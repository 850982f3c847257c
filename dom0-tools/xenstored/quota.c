/* SPDX-License-Identifier: MIT */
#include "quota.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const struct {
    const char *name;
    uint32_t limit;
    int error;
} quotas[QUOTA_KINDS] = {
    [QUOTA_NODES] = {"nodes", 1000, -ENOSPC},
    [QUOTA_WATCHES] = {"watches", 128, -E2BIG},
    [QUOTA_TRANSACTIONS] = {"transactions", 10, -ENOSPC},
    [QUOTA_TRANSACTION_NODES] = {"transaction-nodes", 1024, -ENOSPC},
    [QUOTA_ENTRY_BYTES] = {"entry-bytes", 2048, -ENOSPC},
    [QUOTA_PERMISSIONS] = {"permissions", 5, -ENOSPC},
    [QUOTA_REQUESTS] = {"requests", 20, -EBUSY},
    [QUOTA_MEMORY_BYTES] = {"memory-bytes", 2 << 20, -ENOMEM},
};

static int account_compare(struct account *a, struct account *b)
{
    return (int)a->domid - (int)b->domid;
}

RB_GENERATE(account_tree, account, by_domid, account_compare)

void quota_init(struct quota *q)
{
    for (int i = 0; i < QUOTA_KINDS; i++)
        q->limit[i] = quotas[i].limit;
    RB_INIT(&q->accounts);
    q->log = NULL;
}

void quota_destroy(struct quota *q)
{
    struct account *a, *next;

    for (a = RB_MIN(account_tree, &q->accounts); a; a = next) {
        next = RB_NEXT(account_tree, &q->accounts, a);
        RB_REMOVE(account_tree, &q->accounts, a);
        free(a);
    }
}

const char *quota_name(enum quota_kind kind)
{
    return quotas[kind].name;
}

/* Log the first hit; within the limit, make ready to log the next. */
static bool note(struct quota *q, struct account *a, enum quota_kind kind,
                 uint64_t value)
{
    uint32_t bit = 1U << kind;
    char line[128];

    if (value <= q->limit[kind]) {
        a->logged &= ~bit;
        return true;
    }
    if (!(a->logged & bit) && q->log) {
        snprintf(line, sizeof(line),
                 "domain %u: quota %s: %" PRIu64 " wanted, limit %" PRIu32,
                 (unsigned)a->domid, quotas[kind].name, value, q->limit[kind]);
        q->log(q->log_ctx, line);
    }
    a->logged |= bit;
    return false;
}

int quota_check(struct quota *q, struct account *account,
                const struct subject *who, enum quota_kind kind, uint64_t value)
{
    if (who->privileged || note(q, account, kind, value))
        return 0;
    return quotas[kind].error;
}

struct account *quota_account_get(struct quota *q, domid_t domid)
{
    struct account key = {.domid = domid};
    struct account *a = RB_FIND(account_tree, &q->accounts, &key);

    if (!a) {
        a = calloc(1, sizeof(*a));
        if (!a)
            return NULL;
        a->domid = domid;
        RB_INSERT(account_tree, &q->accounts, a);
    }
    a->refs++;
    return a;
}

void quota_account_put(struct quota *q, struct account *a)
{
    if (--a->refs > 0 || a->nodes > 0)
        return;
    RB_REMOVE(account_tree, &q->accounts, a);
    free(a);
}

static void note_memory(struct quota *q, struct account *a)
{
    if (a->domid != 0)
        note(q, a, QUOTA_MEMORY_BYTES, a->node_bytes + a->other_bytes);
}

void quota_charge_bytes(struct quota *q, struct account *a, int64_t bytes)
{
    a->other_bytes += bytes;
    note_memory(q, a);
}

struct charge *ledger_charge(struct ledger *l, struct quota *q, domid_t domid)
{
    struct charge *c;

    SLIST_FOREACH (c, l, link) {
        if (c->account->domid == domid)
            return c;
    }
    c = calloc(1, sizeof(*c));
    if (!c)
        return NULL;
    c->account = quota_account_get(q, domid);
    if (!c->account) {
        free(c);
        return NULL;
    }
    SLIST_INSERT_HEAD(l, c, link);
    return c;
}

void ledger_commit(struct ledger *l, struct quota *q)
{
    struct charge *c;

    SLIST_FOREACH (c, l, link) {
        c->account->nodes += c->nodes;
        c->account->node_bytes += c->bytes;
        note_memory(q, c->account);
    }
    ledger_drop(l, q);
}

void ledger_drop(struct ledger *l, struct quota *q)
{
    struct charge *c;

    while ((c = SLIST_FIRST(l))) {
        SLIST_REMOVE_HEAD(l, link);
        quota_account_put(q, c->account);
        free(c);
    }
}

bool quota_check_accounts(struct quota *q)
{
    struct account *a;

    RB_FOREACH (a, account_tree, &q->accounts) {
        if (a->refs == 0 && a->nodes == 0)
            return false;
        if ((a->nodes == 0) != (a->node_bytes == 0))
            return false;
        if (a->other_bytes > UINT32_MAX)
            return false;
    }
    return true;
}
