/* SPDX-License-Identifier: MIT */
/*
 * The domain's console.
 *
 * The privileged domain writes to the hypervisor's console; any other one has
 * a ring that its control domain empties. Nothing is lost: a writer waits
 * while the ring is full. printf() and read(0) end here; read(0) gives "\n"
 * for a terminal's Enter, "\r".
 */
#ifndef GUEST_CONSOLE_H
#define GUEST_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Write all of it, "\n" as "\r\n" on a ring. Blocks only in a thread; with
 * upcalls masked it spins, giving the processor away between looks.
 */
void console_write(const char *text, size_t len);

/*
 * Wait for input until deadline_ns (absolute; WAIT_FOREVER; 0 = do not wait).
 * Returns the bytes read, at most len; 0 when the deadline passed.
 */
size_t console_read(char *text, size_t len, uint64_t deadline_ns);

/*
 * Have the console_read() that waits, or else the next one, return what there
 * is. May be called from anywhere.
 */
void console_wake(void);

/* printf() without stdio: no malloc, any context. For reports of the kernel. */
void kprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Print, dump where it happened, end the domain with reason "crash". */
void panic(const char *format, ...)
    __attribute__((format(printf, 1, 2), noreturn));

#endif
