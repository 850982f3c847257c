/* SPDX-License-Identifier: MIT */
/*
 * The serial console: a 16550, 115200 baud, 8 data bits, no parity. Output,
 * hal_console_write(), waits for the transmitter; input raises an interrupt.
 */
#ifndef X86_UART_H
#define X86_UART_H

#include <stdbool.h>
#include <stdint.h>

#define UART_COM1 0x3f8 /* ISA interrupt 4 */
#define UART_COM2 0x2f8 /* ISA interrupt 3 */

/*
 * Use the UART at that port; 0: none. Before the first message, and again
 * when the command line is known. Without a UART, output is dropped.
 */
void uart_init(uint16_t port);
/* The log is kept from now on: there are locks and a CPU number. */
void uart_log_ready(void);
/* Let input raise its interrupt, VEC_UART, on this CPU. */
void uart_enable_input(void);

/* Whether any of these ports is the console's. */
bool uart_owns(uint16_t first, unsigned int count);
/* The next character received, or -1: none. */
int uart_read(void);

#endif
