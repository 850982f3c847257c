/* SPDX-License-Identifier: MIT */
#include "work.h"

#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/*
 *   work                all tests; status 1 if any fails
 *   work NAME...        these
 *   work list           print their names
 *   work cat MIB        write that much of the pattern to standard output
 *   work on CPU CMD...  run a command on one CPU
 *   work nothing        end at once (what the test of exec runs)
 */

static char text[256];

bool work_fail(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return false;
}

void work_note(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
}

unsigned int work_cpus(void)
{
    return (unsigned int)sysconf(_SC_NPROCESSORS_ONLN);
}

bool work_pin(unsigned int cpu)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    return sched_setaffinity(0, sizeof(set), &set) == 0;
}

void work_pattern(uint64_t first, void *bytes, size_t n)
{
    uint64_t *words = bytes;

    for (size_t i = 0; i < n / sizeof(*words); i++) {
        uint64_t x = (first / sizeof(*words) + i) * 0x9e3779b97f4a7c15u;

        x ^= x >> 29;
        words[i] = x & 0x0f0f0f0f0f0f0f0fu;
    }
}

static int cat(unsigned long mib)
{
    static char block[65536];

    for (uint64_t at = 0; at < (uint64_t)mib << 20; at += sizeof(block)) {
        work_pattern(at, block, sizeof(block));
        if (fwrite(block, sizeof(block), 1, stdout) != 1)
            return 1;
    }
    return fflush(stdout) ? 1 : 0;
}

static const struct test {
    const char *name;
    bool (*run)(void);
} tests[] = {
#define WORK_TEST(name) {#name, work_##name},
#include "tests.def"
#undef WORK_TEST
};

static unsigned long ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (unsigned long)t.tv_sec * 1000 + (unsigned long)t.tv_nsec / 1000000;
}

static bool run(const struct test *t)
{
    unsigned long begin = ms();
    bool passed;

    text[0] = '\0';
    passed = t->run();
    printf("work: %s %s: %s (%lu ms)\n", passed ? "pass" : "fail", t->name,
           text, ms() - begin);
    fflush(stdout);
    return passed;
}

static int list(void)
{
    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
        puts(tests[i].name);
    return 0;
}

static bool wanted(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (!strcmp(argv[i], name))
            return true;
    return argc == 1;
}

int main(int argc, char **argv)
{
    bool passed = true;

    if (argc == 2 && !strcmp(argv[1], "nothing"))
        return 42;
    if (argc == 2 && !strcmp(argv[1], "list"))
        return list();
    if (argc == 3 && !strcmp(argv[1], "cat"))
        return cat(strtoul(argv[2], NULL, 10));
    if (argc > 3 && !strcmp(argv[1], "on")) {
        if (!work_pin((unsigned int)atoi(argv[2])))
            return 1;
        execvp(argv[3], argv + 3);
        return 1;
    }
    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
        if (wanted(tests[i].name, argc, argv))
            passed &= run(&tests[i]);
    return passed ? 0 : 1;
}
