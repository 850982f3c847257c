/* SPDX-License-Identifier: MIT */
#include "domain/hypercall_page.h"

#include <stdint.h>
#include <string.h>

#include <pv-abi/hypercalls.h>

#define INT3 0xcc /* between the stubs: to fall off one is an error */

/* push rcx; push r11; mov eax, number; syscall; pop r11; pop rcx; ret */
static const uint8_t call_stub[] = {0x51, 0x41, 0x53, 0xb8, 0,    0,    0,
                                    0,    0x0f, 0x05, 0x41, 0x5b, 0x59, 0xc3};
#define CALL_STUB_NUMBER 4 /* its byte; no number needs another */

/*
 * push rcx; push r11; push rax; mov eax, number; syscall
 * iret is jumped to and never returns; RAX is part of its frame.
 */
static const uint8_t iret_stub[] = {0x51, 0x41, 0x53, 0x50, 0xb8, 23,
                                    0,    0,    0,    0x0f, 0x05};

void hypercall_page_fill(void *page)
{
    uint8_t *stub = page;

    _Static_assert(__HYPERVISOR_iret == 23, "the number in iret_stub");
    memset(page, INT3, HYPERCALL_STUB_COUNT * HYPERCALL_STUB_BYTES);
    for (unsigned int nr = 0; nr < HYPERCALL_STUB_COUNT; nr++) {
        if (nr == __HYPERVISOR_iret) {
            memcpy(stub, iret_stub, sizeof(iret_stub));
        } else {
            memcpy(stub, call_stub, sizeof(call_stub));
            stub[CALL_STUB_NUMBER] = (uint8_t)nr;
        }
        stub += HYPERCALL_STUB_BYTES;
    }
}
