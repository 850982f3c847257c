/* SPDX-License-Identifier: MIT */
#ifndef TESTS_EVENTS_FIFO_H
#define TESTS_EVENTS_FIFO_H

/* What queues do. Takes the domain's events away: nothing works after it. */
void fifo_tests(void);

#endif
