/* SPDX-License-Identifier: MIT */
/*
 * Names and numbers of domains: the hypervisor knows numbers, the xenstore
 * knows names.
 */
#ifndef VIREO_DOMAINS_H
#define VIREO_DOMAINS_H

#include <stdbool.h>

#include <pv-abi/domctl.h>
#include <xenstore.h>

struct json;

/*
 * This thread's connection to the xenstore; NULL if it cannot be reached. For
 * threads that live as long as the control domain.
 */
struct xs_handle *domains_store(void);

/*
 * The number of the domain that `word` names: a number, or a name.
 * Returns false, and has said so on stderr, if there is no such domain.
 */
bool domains_resolve(const char *word, domid_t *domid);

/* The number of the domain called `name`; false, silently: there is none. */
bool domains_find(const char *name, domid_t *domid);

/* Write, or read, a key below /local/domain/N. What is read is to be freed;
 * false or NULL: the store refused, or has no such key. */
bool domains_write(domid_t domid, const char *key, const char *value);
char *domains_read(domid_t domid, const char *key);

/* The domain's name, or "(null)" as xl says; to be freed. */
char *domains_name(domid_t domid);

/*
 * All domains, ascending: *list is allocated. Returns how many, or a
 * negative error.
 */
int domains_list(struct xen_domctl_getdomaininfo **list);

/*
 * Call each(info, arg) for the domains that count words name, or for all
 * with count 0, until one returns other than 0, STATUS_OK.
 * Returns that, or STATUS_FAIL; it has been said why.
 */
int domains_each(char **words, int count,
                 int (*each)(const struct xen_domctl_getdomaininfo *info,
                             void *arg),
                 void *arg);

/*
 * The same with what each() writes to *j as one array on standard output,
 * which is whole JSON whatever happens.
 */
int domains_each_json(char **words, int count,
                      int (*each)(const struct xen_domctl_getdomaininfo *info,
                                  void *arg),
                      void *arg, struct json *j);

/* When it was started, in seconds since 1970; 0: that is not known. */
uint64_t domains_start_time(domid_t domid);

/* Has it shut down, is it being destroyed, or gone? */
bool domains_has_ended(domid_t domid);

#endif
