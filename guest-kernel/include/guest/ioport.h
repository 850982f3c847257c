/* SPDX-License-Identifier: MIT */
/*
 * Port I/O for the privileged domain.
 *
 * ioport_enable() must have succeeded on this vCPU; before that, and in other
 * domains, each of these is a general protection fault or reads all ones.
 */
#ifndef GUEST_IOPORT_H
#define GUEST_IOPORT_H

#include <stddef.h>
#include <stdint.h>

/* Raise the virtual I/O privilege level to the kernel's. 0 or -Exxx. */
int ioport_enable(void);

static inline void outb(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline void outw(uint16_t port, uint16_t value)
{
    __asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port));
}

static inline void outl(uint16_t port, uint32_t value)
{
    __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint8_t inb(uint16_t port)
{
    uint8_t value;

    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline uint32_t inl(uint16_t port)
{
    uint32_t value;

    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

/* Where the launcher listens: output bytes, and the final status. */
#define IOPORT_DEBUGCON   0xe9
#define IOPORT_DEBUG_EXIT 0xf4

/* Send bytes to the launcher, unchanged. */
void debugcon_write(const void *bytes, size_t len);

#endif
