/* SPDX-License-Identifier: MIT */
/* core/domain/hypercall_page: the stubs' bytes are ABI. */
#include "suite.h"

#include <string.h>

#include "domain/hypercall_page.h"

static uint8_t page[4096];

START_TEST(each_stub_loads_its_number_and_returns)
{
    hypercall_page_fill(page);
    for (unsigned int nr = 0; nr < 128; nr++) {
        const uint8_t stub[] = {0x51, 0x41, 0x53, 0xb8, (uint8_t)nr,
                                0,    0,    0,    0x0f, 0x05,
                                0x41, 0x5b, 0x59, 0xc3, 0xcc};

        if (nr != 23)
            ck_assert_mem_eq(page + nr * 32, stub, sizeof(stub));
    }
}
END_TEST

START_TEST(the_stub_of_iret_pushes_rax_and_never_returns)
{
    static const uint8_t stub[] = {0x51, 0x41, 0x53, 0x50, 0xb8, 23,
                                   0,    0,    0,    0x0f, 0x05, 0xcc};

    hypercall_page_fill(page);
    ck_assert_mem_eq(page + 23 * 32, stub, sizeof(stub));
}
END_TEST

START_TEST(nothing_of_the_old_page_is_left)
{
    memset(page, 0x90, sizeof(page));
    hypercall_page_fill(page);
    ck_assert_ptr_null(memchr(page, 0x90, sizeof(page)));
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("hypercall_page");
    TCase *t = tcase_create("stubs");

    tcase_add_test(t, each_stub_loads_its_number_and_returns);
    tcase_add_test(t, the_stub_of_iret_pushes_rax_and_never_returns);
    tcase_add_test(t, nothing_of_the_old_page_is_left);
    suite_add_tcase(s, t);
    return s;
}
