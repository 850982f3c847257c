/* SPDX-License-Identifier: MIT */
/* The end of every guest test. See test.h. */
#include <stdarg.h>
#include <stdio.h>
#include <guest/shutdown.h>
#include <guest/trap.h>
#include "test.h"

static enum verdict worst = VERDICT_PASS;

static const char *const words[] = {
    [VERDICT_PASS] = "pass", [VERDICT_WARN] = "warn",   [VERDICT_SKIP] = "skip",
    [VERDICT_FAIL] = "fail", [VERDICT_ERROR] = "error",
};

static void say(enum verdict verdict, const char *format, va_list args)
{
    printf("%s: ", words[verdict]);
    vprintf(format, args);
    printf("\n");
    if (verdict > worst)
        worst = verdict;
}

void test_say(enum verdict verdict, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(verdict, format, args);
    va_end(args);
}

static void __attribute__((noreturn)) finish(void)
{
    printf("\n%s: %s\n", words[worst], test_name);
    fflush(stdout);
    machine_exit(worst);
}

void test_give_up(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(VERDICT_ERROR, format, args);
    va_end(args);
    finish();
}

/* An exception nobody expected is not a crash of the domain but a verdict. */
static void unexpected(struct cpu_user_regs *regs)
{
    trap_dump(regs);
    test_give_up("unexpected #%s, error %#x, address %#lx",
                 trap_name(regs->entry_vector), regs->error_code,
                 trap_fault_address());
}

int main(int argc, char **argv)
{
    for (unsigned int vector = 0; vector < TRAP_COUNT; vector++)
        trap_set_handler(vector, unexpected);
    test_main();
    finish();
}
