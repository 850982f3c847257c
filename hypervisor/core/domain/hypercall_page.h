/* SPDX-License-Identifier: MIT */
/*
 * The page of stubs through which older guests make hypercalls. Pure.
 * Source: abi/start-of-day.md 8.
 */
#ifndef DOMAIN_HYPERCALL_PAGE_H
#define DOMAIN_HYPERCALL_PAGE_H

/* Fill the 4096 bytes at page: 128 stubs of 32 bytes, number n at n * 32. */
void hypercall_page_fill(void *page);

#endif
