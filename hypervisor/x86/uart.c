/* SPDX-License-Identifier: MIT */
/* Source: 16550D data sheet, National Semiconductor. */
#include "domain/console.h"
#include "hal.h"
#include "printf.h"
#include "spinlock.h"
#include "x86/cpu.h"
#include "x86/devices.h"
#include "x86/insn.h"

enum uart_register {
    UART_DATA = 0,
    UART_INTERRUPTS = 1,
    UART_FIFO = 2,
    UART_LINE_CONTROL = 3,
    UART_MODEM_CONTROL = 4,
    UART_LINE_STATUS = 5,
    UART_PORTS = 8,
};

#define LINE_8N1        0x03
#define LINE_DIVISOR    0x80 /* the first two are its bytes */
#define STATUS_RECEIVED 0x01
#define STATUS_EMPTY    0x20
/* A transmitter that is not ready after so many looks is not there. */
#define PATIENCE 100000

static uint16_t base;
static bool present, log_ready;
static struct spinlock turn;

void uart_init(uint16_t port)
{
    base = port;
    present = false;
    if (!port)
        return;
    outb(base + UART_INTERRUPTS, 0);
    outb(base + UART_LINE_CONTROL, LINE_DIVISOR | LINE_8N1);
    outb(base, 1);
    outb(base + 1, 0);
    outb(base + UART_LINE_CONTROL, LINE_8N1);
    outb(base + UART_FIFO, 0x07);          /* on, both emptied */
    outb(base + UART_MODEM_CONTROL, 0x0b); /* DTR, RTS, interrupt line */
    present = inb(base + UART_LINE_STATUS) != 0xff;
}

void uart_log_ready(void)
{
    spin_lock_init(&turn, LOCK_CONSOLE);
    log_ready = true;
}

void uart_enable_input(void)
{
    if (!present)
        return;
    outb(base + UART_INTERRUPTS, 1);
    if (!ioapic_route_isa(base == UART_COM2 ? 3 : 4, VEC_UART))
        hv_printf(LOG_ERROR, "no I/O APIC: the console has no input\n");
}

bool uart_owns(uint16_t first, unsigned int count)
{
    return base && first < base + UART_PORTS && first + count > base;
}

static void put(char ch)
{
    for (int i = 0; i < PATIENCE; i++) {
        if (inb(base + UART_LINE_STATUS) & STATUS_EMPTY) {
            outb(base + UART_DATA, (uint8_t)ch);
            return;
        }
    }
    present = false;
}

/*
 * Lines of several CPUs do not mix. An NMI or a panic writes although the
 * line is taken, after a while: nobody may ever give it back.
 */
static bool take_turn(void)
{
    for (int i = 0; log_ready && i < PATIENCE; i++) {
        if (spin_trylock(&turn))
            return true;
        pause();
    }
    return false;
}

void hal_console_write(const char *s, size_t n)
{
    bool taken = take_turn();

    for (size_t i = 0; i < n && present; i++) {
        if (s[i] == '\n')
            put('\r');
        put(s[i]);
    }
    if (taken)
        spin_unlock(&turn);
}

void hal_log_write(const char *s, size_t n)
{
    hal_console_write(s, n);
    if (log_ready)
        console_log(&the_hv, s, n);
}

int uart_read(void)
{
    if (!present || !(inb(base + UART_LINE_STATUS) & STATUS_RECEIVED))
        return -1;
    return inb(base + UART_DATA);
}
