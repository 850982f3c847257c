/* SPDX-License-Identifier: MIT */
/* The serial console; output is hal_console_write(). */
#ifndef X86_UART_H
#define X86_UART_H

/* Before the first message. Without a UART, output is dropped. */
void uart_init(void);
/* The log is kept from now on: there are locks and a CPU number. */
void uart_log_ready(void);
/* Let input raise its interrupt. */
void uart_enable_input(void);
/* The next character received, or -1: none. */
int uart_read(void);

#endif
