/* SPDX-License-Identifier: MIT */
/*
 * memhog: takes all memory and fills it with a pattern; or looks whether what
 * it was given still holds that pattern of somebody else.
 *
 *   memhog [scan] [fill] [scan] [then=WHAT] [exit=0]
 *
 *  scan   looks through every page of the domain and the registers it started
 *         with. Says "scan: none found in N pages"
 *         or "scan: found …" for each place, and how many.
 *  fill   takes all pages there are and fills them, and the SSE registers.
 *         Says "fill: N pages".
 *  then   stay (default), poweroff, crash: how it ends.
 *
 * In the order they are given; without any, it is scan and fill. A scan behind
 * a fill finds its own work: that shows that it can find. The pattern is a tag
 * in the upper 48 bits of each word. The tag is nowhere in this program: only
 * its complement is, so that the program never finds itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <guest/hypercall.h>
#include <guest/memory.h>
#include <guest/shutdown.h>
#include <guest/start.h>
#include <guest/thread.h>
#include <pv-abi/sched.h>

#define TAG_SHIFT  16
#define ALL_TAG    (~0UL >> TAG_SHIFT)
#define SHOWN_MAX  8
#define DEBUG_REGS 4

/* volatile: the compiler must not compute the complement of it. */
static volatile uint64_t tag_complement = 0x52ba92b7a5b40000UL;

static bool is_pattern(uint64_t word)
{
    return (word ^ tag_complement) >> TAG_SHIFT == ALL_TAG;
}

static uint64_t found;

static void report(const char *where, uint64_t number, uint64_t offset)
{
    if (found++ < SHOWN_MAX)
        printf("scan: found in %s %#lx at %#lx\n", where, number, offset);
}

static void scan_words(const char *where, uint64_t number, const void *from,
                       size_t bytes)
{
    const uint64_t *words = from;

    for (size_t i = 0; i < bytes / sizeof(*words); i++)
        if (is_pattern(words[i]))
            report(where, number, i * sizeof(*words));
}

static void scan(void)
{
    for (uint64_t pfn = 0; pfn < page_total(); pfn++)
        scan_words("page", pfn, pfn_to_virt(pfn), PAGE_SIZE);
    scan_words("general registers", 0, &entry_regs, sizeof(entry_regs));
    scan_words("FXSAVE area", 0, entry_fpu, sizeof(entry_fpu));
    for (uint32_t i = 0; i < DEBUG_REGS; i++)
        if (is_pattern(hypercall_get_debugreg(i)))
            report("debug register", i, 0);
    if (found)
        printf("scan: %lu words found\n", found);
    else
        printf("scan: none found in %lu pages\n", page_total());
}

static void fill_registers(void)
{
    __asm__ volatile("movq %0, %%xmm0\n\t"
                     "punpcklqdq %%xmm0, %%xmm0\n\t"
                     "movdqa %%xmm0, %%xmm1\n\t"
                     "movdqa %%xmm0, %%xmm6\n\t"
                     "movdqa %%xmm0, %%xmm15"
                     :
                     : "r"(~tag_complement)
                     : "xmm0", "xmm1", "xmm6", "xmm15");
}

static void fill(void)
{
    uint64_t tag = ~tag_complement & (ALL_TAG << TAG_SHIFT);
    uint64_t pages = 0;
    uint64_t *page;

    while ((page = page_alloc(1))) {
        for (size_t i = 0; i < PAGE_SIZE / sizeof(*page); i++)
            page[i] = tag | (i & 0xff);
        pages++;
    }
    printf("fill: %lu pages of %lu\n", pages, page_total());
    fill_registers();
}

int main(int argc, char **argv)
{
    const char *then = start_option("then");

    /* Also because stdio wants memory for its first line. */
    printf("memhog: %lu pages, %lu free\n", page_total(), page_free_count());
    if (!start_option("scan") && !start_option("fill")) {
        scan();
        fill();
    }
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "scan"))
            scan();
        else if (!strcmp(argv[i], "fill"))
            fill();
    }
    if (start_option("exit") && start_is_dom0())
        machine_exit(found ? 1 : 0);
    if (then && !strcmp(then, "poweroff"))
        shutdown(SHUTDOWN_poweroff);
    if (then && !strcmp(then, "crash"))
        shutdown(SHUTDOWN_crash);
    if (start_info->store_evtchn)
        shutdown_watch();
    shutdown(shutdown_wait(WAIT_FOREVER));
}
