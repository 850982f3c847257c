/* SPDX-License-Identifier: MIT */
/*
 * What each domain has in the store, and how much it may have.
 *
 * A domain is charged for the nodes it owns and for the memory it makes
 * xenstored keep (nodes, watches, output it has not read). The limits bind
 * unprivileged domains; charges are counted for all. A limit that is hit is
 * logged with domain, quota and value: once, and again only after the domain
 * has been below it.
 *
 * Changes that are not committed yet are charged to a ledger, which is added
 * to the accounts in one step that cannot fail.
 *
 * Invariant: an account's nodes and node bytes are those of the nodes in the
 * store which its domain owns (store_check() counts).
 */
#ifndef XENSTORED_QUOTA_H
#define XENSTORED_QUOTA_H

#include <sys/queue.h>
#include <sys/tree.h>

#include "base.h"

/* Defaults, and their values, are those of Xen 4.17's C xenstored. */
enum quota_kind {
    QUOTA_NODES,             /* owned by the domain: 1000, ENOSPC */
    QUOTA_WATCHES,           /* 128, E2BIG */
    QUOTA_TRANSACTIONS,      /* open at one time: 10, ENOSPC */
    QUOTA_TRANSACTION_NODES, /* touched by one transaction: 1024, ENOSPC */
    QUOTA_ENTRY_BYTES,       /* value and permissions of a node: 2048, ENOSPC */
    QUOTA_PERMISSIONS,       /* entries of a node: 5, ENOSPC */
    QUOTA_REQUESTS,          /* answers not yet taken: 20; it has to wait */
    QUOTA_MEMORY_BYTES,      /* 2 MiB; only logged */
    QUOTA_KINDS
};

struct account {
    RB_ENTRY(account) by_domid;
    domid_t domid;
    unsigned refs;  /* ledgers and connections that point here */
    uint32_t nodes; /* owned by the domain */
    uint64_t node_bytes;
    uint64_t other_bytes; /* of watches and output */
    uint32_t logged;      /* bit per quota_kind: hit and not below since */
};

RB_HEAD(account_tree, account);

struct quota {
    uint32_t limit[QUOTA_KINDS];
    struct account_tree accounts;
    void (*log)(void *ctx, const char *line); /* may be NULL */
    void *log_ctx;
};

/* What a change in preparation adds to one account. */
struct charge {
    SLIST_ENTRY(charge) link;
    struct account *account; /* a reference */
    int32_t nodes;
    int64_t bytes;
};

SLIST_HEAD(ledger, charge);

void quota_init(struct quota *q);
/* All ledgers and connections are gone. */
void quota_destroy(struct quota *q);

/* Name of a quota in logs and in CONTROL quota. */
const char *quota_name(enum quota_kind kind);

/*
 * Whether `who` may have `value` of something, `account` being its own.
 * Returns 0, or the error that stands beside the kind.
 */
int MUST_CHECK quota_check(struct quota *q, struct account *account,
                           const struct subject *who, enum quota_kind kind,
                           uint64_t value);

/* A reference to a domain's account, made if new. NULL without memory. */
struct account *quota_account_get(struct quota *q, domid_t domid);
void quota_account_put(struct quota *q, struct account *account);

/* Charge memory other than nodes; logs when it grows beyond the limit. */
void quota_charge_bytes(struct quota *q, struct account *account,
                        int64_t bytes);

/* The ledger's charge for a domain, made if new. NULL without memory. */
struct charge *ledger_charge(struct ledger *l, struct quota *q, domid_t domid);
/* Add all to the accounts and empty the ledger; cannot fail. */
void ledger_commit(struct ledger *l, struct quota *q);
void ledger_drop(struct ledger *l, struct quota *q);

/* No account without a use; all sums in range. */
bool quota_check_accounts(struct quota *q);

RB_PROTOTYPE(account_tree, account, by_domid, account_compare)

#endif
