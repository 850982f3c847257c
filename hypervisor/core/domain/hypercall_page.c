/* SPDX-License-Identifier: MIT */
#include "domain/hypercall_page.h"

#include <stdint.h>
#include <string.h>

#include <pv-abi/hypercalls.h>

#define INT3 0xcc /* between the stubs: to fall off one is an error */

/* mov eax, nr: its immediate follows as four bytes. */
#define MOV_EAX 0xb8

static const uint8_t call_head[] = {0x51,        /* push rcx */
                                    0x41, 0x53}; /* push r11 */
static const uint8_t call_tail[] = {0x0f, 0x05,  /* syscall */
                                    0x41, 0x5b,  /* pop r11 */
                                    0x59,        /* pop rcx */
                                    0xc3};       /* ret */

/* iret is jumped to and never returns: it also pushes RAX, for the frame. */
static const uint8_t iret_head[] = {0x51, 0x41, 0x53, 0x50 /* push rax */};
static const uint8_t iret_tail[] = {0x0f, 0x05};

static void put(uint8_t **at, const uint8_t *bytes, size_t n)
{
    memcpy(*at, bytes, n);
    *at += n;
}

void hypercall_page_fill(void *page)
{
    memset(page, INT3, HYPERCALL_STUB_COUNT * HYPERCALL_STUB_BYTES);
    for (uint32_t nr = 0; nr < HYPERCALL_STUB_COUNT; nr++) {
        uint8_t *at = (uint8_t *)page + nr * HYPERCALL_STUB_BYTES;
        const uint8_t load[5] = {MOV_EAX, (uint8_t)nr, 0, 0, 0};

        if (nr == __HYPERVISOR_iret) {
            put(&at, iret_head, sizeof(iret_head));
            put(&at, load, sizeof(load));
            put(&at, iret_tail, sizeof(iret_tail));
        } else {
            put(&at, call_head, sizeof(call_head));
            put(&at, load, sizeof(load));
            put(&at, call_tail, sizeof(call_tail));
        }
    }
}
