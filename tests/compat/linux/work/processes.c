/* SPDX-License-Identifier: MIT */
/* Processes: address spaces that come and go, and what runs between them. */
#include "work.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define FORKS      1500
#define EXECS      600
#define RING       8
#define RING_TURNS 400
#define BULK_BYTES (8u << 20)

/* Wait for a child that has to end with this status. */
static bool ended_with(pid_t child, int status)
{
    int got;

    if (child < 0 || waitpid(child, &got, 0) != child)
        return work_fail("no child");
    if (!WIFEXITED(got) || WEXITSTATUS(got) != status)
        return work_fail("a child ended with 0x%x, not %d", got, status);
    return true;
}

bool work_fork(void)
{
    for (int i = 0; i < FORKS; i++) {
        volatile int mine = i;
        pid_t child = fork();

        if (child == 0) {
            mine++; /* a page of its own from here on */
            _exit(mine & 0x7f);
        }
        if (!ended_with(child, (i + 1) & 0x7f))
            return false;
        if (mine != i)
            return work_fail("a child wrote into its parent");
    }
    work_note("%d children", FORKS);
    return true;
}

static pid_t start_nothing(void)
{
    pid_t child = vfork();

    if (child == 0) {
        execl("/proc/self/exe", "work", "nothing", (char *)NULL);
        _exit(1);
    }
    return child;
}

bool work_exec(void)
{
    for (int i = 0; i < EXECS; i++)
        if (!ended_with(start_nothing(), 42))
            return false;
    work_note("%d programs", EXECS);
    return true;
}

/* Pass what comes in on, one more each time. */
static void ring_member(int in, int out)
{
    unsigned int token;

    for (int i = 0; i < RING_TURNS; i++) {
        if (read(in, &token, sizeof(token)) != sizeof(token))
            _exit(1);
        token++;
        if (write(out, &token, sizeof(token)) != sizeof(token))
            _exit(1);
    }
    _exit(0);
}

static bool ring(void)
{
    int pipes[RING + 1][2];
    pid_t members[RING];
    unsigned int token = 0;
    bool passed = true;

    for (int i = 0; i <= RING; i++)
        if (pipe(pipes[i]))
            return work_fail("no pipe");
    for (int i = 0; i < RING; i++) {
        members[i] = fork();
        if (members[i] == 0)
            ring_member(pipes[i][0], pipes[i + 1][1]);
    }
    for (int i = 0; i < RING_TURNS; i++)
        if (write(pipes[0][1], &token, sizeof(token)) != sizeof(token) ||
            read(pipes[RING][0], &token, sizeof(token)) != sizeof(token))
            return work_fail("the ring is broken in turn %d", i);
    for (int i = 0; i < RING; i++)
        passed &= ended_with(members[i], 0);
    for (int i = 0; i <= RING; i++) {
        close(pipes[i][0]);
        close(pipes[i][1]);
    }
    if (token != RING * RING_TURNS)
        return work_fail("%u hops instead of %u", token, RING * RING_TURNS);
    return passed;
}

static void send_bulk(int out)
{
    char block[16384];

    for (uint64_t at = 0; at < BULK_BYTES; at += sizeof(block)) {
        work_pattern(at, block, sizeof(block));
        if (write(out, block, sizeof(block)) != sizeof(block))
            _exit(1);
    }
    _exit(0);
}

static bool bulk(void)
{
    char got[4096], want[sizeof(got)];
    int ends[2];
    pid_t child;
    uint64_t at = 0;

    if (pipe(ends))
        return work_fail("no pipe");
    child = fork();
    if (child == 0)
        send_bulk(ends[1]);
    close(ends[1]);
    for (; at < BULK_BYTES; at += sizeof(got)) {
        for (size_t n = 0; n < sizeof(got);) {
            ssize_t more = read(ends[0], got + n, sizeof(got) - n);

            if (more <= 0)
                return work_fail("a pipe ends after %lu bytes", at + n);
            n += (size_t)more;
        }
        work_pattern(at, want, sizeof(want));
        if (memcmp(got, want, sizeof(got)))
            return work_fail("a pipe changed bytes near %lu", at);
    }
    close(ends[0]);
    return ended_with(child, 0);
}

bool work_pipes(void)
{
    if (!ring() || !bulk())
        return false;
    work_note("%d hops, %u bytes", RING * RING_TURNS, BULK_BYTES);
    return true;
}
