/* SPDX-License-Identifier: MIT */
/*
 * loan: lends a page and a port to another domain, or borrows them from it, and
 * says what they are good for. Two of these, one at each end, show what becomes
 * of a loan when one of the domains ends.
 *
 * Each line that is typed is a command, answered by one line:
 *
 *   lend N     two pages full of known words and a port, to domain N
 *   borrow N   map the first page of domain N, and bind to its port
 *   more       the same with the second page; what was borrowed first is kept
 *   read       are the known words still in the first page?
 *   send       signal the port
 *   return     unmap the page, close the port
 *
 * A number in an answer is 0, -Exxx, or for a page the GNTST_ status.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <guest/evtchn.h>
#include <guest/grant.h>
#include <guest/memory.h>
#include <guest/xenbus.h>
#include <pv-abi/errno.h>
#include <pv-abi/io/xs_wire.h>

#define WORDS (PAGE_SIZE / sizeof(uint64_t))

/* What was borrowed, and from whom. */
static domid_t lender;
static grant_ref_t refs[2];
static evtchn_port_t far_port;
static struct grant_mapping page;
static int port;

static void signalled(evtchn_port_t from, void *arg)
{
}

static uint64_t known_word(size_t i)
{
    return (i + 1) * 0x9e3779b97f4a7c15u;
}

/* Say in xenstore where the loan is, for everybody to read. */
static int publish(const int lent[2], int offered)
{
    static const char path[] = "data/loan";
    struct xenbus_piece pieces[2] = {{path, sizeof(path)}};
    char perms[16];
    uint64_t self;
    int error = xenbus_read_u64(XENBUS_NO_TX, "domid", &self);

    if (!error)
        error = xenbus_printf(XENBUS_NO_TX, path, "%d %d %d", lent[0], lent[1],
                              offered);
    if (error)
        return error;
    pieces[1].bytes = perms;
    pieces[1].len = (size_t)snprintf(perms, sizeof(perms), "r%lu", self) + 1;
    return xenbus_request(XS_SET_PERMS, XENBUS_NO_TX, pieces, 2, NULL, NULL);
}

/* Returns the reference or -Exxx. */
static int lend_page(domid_t to)
{
    uint64_t *words = page_alloc(1);

    if (!words)
        return -XEN_ENOMEM;
    for (size_t i = 0; i < WORDS; i++)
        words[i] = known_word(i);
    return grant_access(to, virt_to_mfn(words), false);
}

static void lend(domid_t to)
{
    int lent[2] = {lend_page(to), lend_page(to)};
    int offered = evtchn_alloc_unbound(to, signalled, NULL);

    if (lent[0] < 0 || lent[1] < 0 || offered < 0)
        printf("lend: pages %d %d, port %d\n", lent[0], lent[1], offered);
    else
        printf("lend: %d\n", publish(lent, offered));
}

/* Where the lender says that it is. */
static int find_loan(void)
{
    char path[48], *text;
    int error, count;

    snprintf(path, sizeof(path), "/local/domain/%u/data/loan", lender);
    error = xenbus_read(XENBUS_NO_TX, path, &text, NULL);
    if (error)
        return error;
    count = sscanf(text, "%u %u %u", &refs[0], &refs[1], &far_port);
    free(text);
    return count == 3 ? 0 : -XEN_EINVAL;
}

/* Both are tried, whatever becomes of the first. */
static void borrow(const char *how, grant_ref_t ref, struct grant_mapping *m,
                   int *bound)
{
    int status;
    int error = grant_map(m, lender, &ref, 1, false, &status);

    *bound = evtchn_bind_interdomain(lender, far_port, signalled, NULL);
    printf("%s: page %d, port %d\n", how, error ? status : 0,
           *bound < 0 ? *bound : 0);
}

static void borrow_from(domid_t from)
{
    int error;

    lender = from;
    error = find_loan();
    if (error)
        printf("borrow: nothing lent: %d\n", error);
    else
        borrow("borrow", refs[0], &page, &port);
}

static void borrow_more(void)
{
    struct grant_mapping m;
    int bound;

    borrow("more", refs[1], &m, &bound);
    if (m.va)
        grant_unmap(&m);
    if (bound > 0)
        evtchn_close((evtchn_port_t)bound);
}

static void compare(void)
{
    const uint64_t *words = page.va;
    size_t i = 0;

    while (i < WORDS && words[i] == known_word(i))
        i++;
    printf("read: %zu words of %zu\n", i, WORDS);
}

static void give_back(void)
{
    grant_unmap(&page);
    printf("return: %d\n", evtchn_close((evtchn_port_t)port));
}

static void obey(const char *line)
{
    unsigned int number;

    if (sscanf(line, "lend %u", &number) == 1)
        lend((domid_t)number);
    else if (sscanf(line, "borrow %u", &number) == 1)
        borrow_from((domid_t)number);
    else if (!strcmp(line, "more\n"))
        borrow_more();
    else if (!strcmp(line, "read\n"))
        compare();
    else if (!strcmp(line, "send\n"))
        printf("send: %d\n", evtchn_send((evtchn_port_t)port));
    else if (!strcmp(line, "return\n"))
        give_back();
    else
        printf("not understood: %s", line);
}

int main(int argc, char **argv)
{
    char line[64];

    printf("loan: ready\n");
    while (fgets(line, sizeof(line), stdin))
        obey(line);
    return 0;
}
