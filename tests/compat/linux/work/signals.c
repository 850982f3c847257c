/* SPDX-License-Identifier: MIT */
/* Signals, and the exceptions that become some. */
#include "work.h"

#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define PINGS 2000
#define TICKS 25

static volatile sig_atomic_t ticks;

static void ticked(int signal)
{
    ticks++;
}

/* Answer each SIGUSR1 with one, by the number. */
static void answer(pid_t parent, const sigset_t *set)
{
    int signal;

    for (int i = 0; i < PINGS; i++) {
        sigwait(set, &signal);
        kill(parent, SIGUSR1);
    }
    _exit(0);
}

bool work_signals(void)
{
    struct itimerval every = {{0, 10000}, {0, 10000}}, never = every;
    struct sigaction act = {.sa_handler = ticked}, old;
    sigset_t set, before;
    int signal, status;
    pid_t child;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, &before);
    child = fork();
    if (child == 0)
        answer(getppid(), &set);
    for (int i = 0; i < PINGS; i++) {
        kill(child, SIGUSR1);
        sigwait(&set, &signal);
    }
    waitpid(child, &status, 0);
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (status)
        return work_fail("the other process ended with 0x%x", status);

    ticks = 0;
    sigaction(SIGALRM, &act, &old);
    never.it_interval.tv_usec = never.it_value.tv_usec = 0;
    setitimer(ITIMER_REAL, &every, NULL);
    while (ticks < TICKS)
        pause();
    setitimer(ITIMER_REAL, &never, NULL);
    sigaction(SIGALRM, &old, NULL);
    work_note("%d there and back, %d ticks", PINGS, TICKS);
    return true;
}

static sigjmp_buf back;
static volatile int caught;

static void catch(int signal, siginfo_t *info, void *context)
{
    caught = signal;
    siglongjmp(back, 1);
}

static void divide(void)
{
    __asm__ volatile("xor %%ecx, %%ecx; mov $1, %%eax; cltd; idiv %%ecx"
                     ::: "eax", "ecx", "edx", "cc");
}

static void undefined(void)
{
    __asm__ volatile("ud2");
}

static void breakpoint(void)
{
    __asm__ volatile("int3");
}

static void privileged(void)
{
    __asm__ volatile("hlt");
}

static void null(void)
{
    *(volatile int *)0 = 0;
}

static void not_canonical(void)
{
    *(volatile int *)0x8000000000000000ul = 0;
}

static void kernel_memory(void)
{
    (void)*(volatile int *)0xffffffff81000000ul;
}

static void hypervisor_memory(void)
{
    (void)*(volatile int *)0xffff830000000000ul;
}

static void no_execution(void)
{
    static char data[16] = {(char)0xc3};

    ((void (*)(void))data)();
}

static void port(void)
{
    __asm__ volatile("outb %%al, $0x80" ::: "memory");
}

/* 1 / 0 with that exception unmasked; #XM is one that QEMU does not have. */
static void floating(void)
{
    unsigned short control = 0x37b;

    __asm__ volatile("fninit; fldcw %0; fld1; fldz; fdivrp; fwait" ::"m"(
        control));
}

static const struct {
    const char *name;
    void (*raise)(void);
    int signal;
} exceptions[] = {
    {"#DE", divide, SIGFPE},
    {"#UD", undefined, SIGILL},
    {"#BP", breakpoint, SIGTRAP},
    {"#GP by hlt", privileged, SIGSEGV},
    {"#GP by out", port, SIGSEGV},
    {"#GP not canonical", not_canonical, SIGSEGV},
    {"#PF at 0", null, SIGSEGV},
    {"#PF in the kernel", kernel_memory, SIGSEGV},
    {"#PF in the hypervisor", hypervisor_memory, SIGSEGV},
    {"#PF by NX", no_execution, SIGSEGV},
    {"#MF", floating, SIGFPE},
};

#define EXCEPTIONS (int)(sizeof(exceptions) / sizeof(exceptions[0]))

/* Whether it comes as the signal that it should. */
static bool arrives(int i)
{
    caught = 0;
    if (!sigsetjmp(back, 1))
        exceptions[i].raise();
    __asm__ volatile("fninit");
    if (caught == exceptions[i].signal)
        return true;
    return work_fail("%s came as signal %d", exceptions[i].name, caught);
}

bool work_exceptions(void)
{
    struct sigaction act = {.sa_sigaction = catch, .sa_flags = SA_SIGINFO};
    static const int signals[] = {SIGFPE, SIGILL, SIGTRAP, SIGSEGV};

    for (int i = 0; i < 4; i++)
        sigaction(signals[i], &act, NULL);
    for (int i = 0; i < 50 * EXCEPTIONS; i++)
        if (!arrives(i % EXCEPTIONS))
            return false;
    for (int i = 0; i < 4; i++)
        signal(signals[i], SIG_DFL);
    work_note("%d kinds", EXCEPTIONS);
    return true;
}

/* A child that is stepped through 64 increments of a register. */
static void stepped(void)
{
    ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    raise(SIGSTOP);
    __asm__ volatile("xor %%eax, %%eax; .rept 64; inc %%eax; .endr" ::: "eax",
                     "cc");
    _exit(7);
}

bool work_single_step(void)
{
    unsigned int steps = 0;
    pid_t child = fork();
    int status;

    if (child == 0)
        stepped();
    waitpid(child, &status, 0);
    while (WIFSTOPPED(status)) {
        steps++;
        ptrace(PTRACE_SINGLESTEP, child, NULL, NULL);
        if (waitpid(child, &status, 0) != child)
            return work_fail("the child is lost after %u steps", steps);
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 7 || steps < 64)
        return work_fail("status 0x%x after %u steps", status, steps);
    work_note("%u steps", steps);
    return true;
}

/* The 32-bit system call, from 64-bit code: number 20 is getpid there. */
bool work_int80(void)
{
    long pid;

    for (int i = 0; i < 1000; i++) {
        __asm__ volatile("int $0x80" : "=a"(pid) : "a"(20l)
                         : "memory", "r8", "r9", "r10", "r11");
        if (pid != getpid())
            return work_fail("int 0x80 returns %ld", pid);
    }
    work_note("1000 calls");
    return true;
}
