/* SPDX-License-Identifier: MIT */
/* Mappings: made, moved, shared, written to, taken away. */
#include "work.h"

#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE   4096ul
#define ROUNDS 150
#define COW_PAGES 512ul

static char *map(size_t pages)
{
    char *p = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return p == MAP_FAILED ? NULL : p;
}

/* Each page new, empty, and where it was put after a move. */
static bool one_mapping(unsigned int round)
{
    size_t pages = 1 + round * 37 % 300;
    char *p = map(pages), *moved;

    if (!p)
        return work_fail("no memory for %zu pages", pages);
    for (size_t i = 0; i < pages; i++) {
        if (p[i * PAGE] || p[i * PAGE + PAGE - 1])
            return work_fail("a new page is not empty");
        p[i * PAGE] = (char)(i ^ round);
    }
    moved = mremap(p, pages * PAGE, 2 * pages * PAGE, MREMAP_MAYMOVE);
    if (moved == MAP_FAILED)
        return work_fail("a mapping of %zu pages cannot grow", pages);
    for (size_t i = 0; i < 2 * pages; i++)
        if (moved[i * PAGE] != (i < pages ? (char)(i ^ round) : 0))
            return work_fail("page %zu of %zu changed in a move", i, pages);
    if (madvise(moved, pages * PAGE, MADV_DONTNEED))
        return work_fail("madvise");
    if (moved[0] || moved[(pages - 1) * PAGE])
        return work_fail("a page that was given back kept its bytes");
    munmap(moved, 2 * pages * PAGE);
    return true;
}

bool work_mappings(void)
{
    for (unsigned int i = 0; i < ROUNDS; i++)
        if (!one_mapping(i))
            return false;
    work_note("%d", ROUNDS);
    return true;
}

/* Parent and child write the same pages at once; a third one is shared. */
static bool both_write(char *mine, volatile unsigned int *shared)
{
    pid_t child = fork();
    char mark = child ? 'p' : 'c';
    bool kept = true;
    int status;

    for (size_t i = 0; i < COW_PAGES; i++)
        mine[i * PAGE] = mark;
    for (size_t i = 0; i < COW_PAGES; i++)
        kept &= mine[i * PAGE] == mark && mine[i * PAGE + 1] == 'o';
    __atomic_fetch_add(shared, 1, __ATOMIC_SEQ_CST);
    if (child == 0)
        _exit(kept ? 0 : 1);
    if (waitpid(child, &status, 0) != child || status || !kept)
        return work_fail("two processes see each other's pages");
    return true;
}

bool work_copy_on_write(void)
{
    volatile unsigned int *shared =
        mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
             -1, 0);
    char *mine = map(COW_PAGES);
    bool passed = true;

    if (!mine || shared == MAP_FAILED)
        return work_fail("no memory");
    memset(mine, 'o', COW_PAGES * PAGE);
    for (int i = 0; i < 20 && passed; i++)
        passed = both_write(mine, shared);
    if (passed && *shared != 40)
        passed = work_fail("a shared page was written %u times, not 40",
                           *shared);
    munmap(mine, COW_PAGES * PAGE);
    munmap((void *)shared, PAGE);
    if (passed)
        work_note("20 times %lu pages", COW_PAGES);
    return passed;
}

static sigjmp_buf fault;
static void *volatile fault_address;

static void faulted(int signal, siginfo_t *info, void *context)
{
    fault_address = info->si_addr;
    siglongjmp(fault, 1);
}

/* Whether the store faults, at that address. */
static bool store_faults(char *at)
{
    if (sigsetjmp(fault, 1))
        return fault_address == at;
    *(volatile char *)at = 1;
    return false;
}

/* A page is taken away and given back; each time the TLB has to know. */
bool work_protection(void)
{
    struct sigaction act = {.sa_sigaction = faulted, .sa_flags = SA_SIGINFO};
    struct sigaction old;
    char *p = map(4);
    bool passed = p != NULL;

    sigaction(SIGSEGV, &act, &old);
    for (int i = 0; i < 2000 && passed; i++) {
        char *page = p + i % 4 * PAGE;

        *page = 2;
        mprotect(page, PAGE, i & 1 ? PROT_READ : PROT_NONE);
        passed = store_faults(page);
        mprotect(page, PAGE, PROT_READ | PROT_WRITE);
        passed = passed && *page == 2 && !store_faults(page);
    }
    sigaction(SIGSEGV, &old, NULL);
    munmap(p, 4 * PAGE);
    if (!passed)
        return work_fail("a page's protection does not hold");
    work_note("2000 times");
    return true;
}
