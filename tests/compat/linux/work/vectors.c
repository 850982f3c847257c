/* SPDX-License-Identifier: MIT */
/*
 * Vector registers over context switches: threads that each keep their own
 * pattern in all of YMM0-15 while they are switched, interrupted and moved.
 */
#include "work.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define THREADS_PER_CPU 4
#define ROUNDS          1500
#define REGISTERS       16
#define MAX_THREADS     64

struct keeper {
    pthread_t thread;
    unsigned int number;
    bool avx;
    bool lost;
};

/*
 * Fill the registers from `in`, make a system call (sched_yield: 24), and
 * store them to `out`: in one piece, so that no compiled code comes between.
 */
#define EACH(OP, MEM)                                                         \
    OP(0, MEM) OP(1, MEM) OP(2, MEM) OP(3, MEM) OP(4, MEM) OP(5, MEM)         \
    OP(6, MEM) OP(7, MEM) OP(8, MEM) OP(9, MEM) OP(10, MEM) OP(11, MEM)       \
    OP(12, MEM) OP(13, MEM) OP(14, MEM) OP(15, MEM)
#define LOAD(n, m)      "vmovdqu 32*" #n "(" m "), %%ymm" #n "\n"
#define STORE(n, m)     "vmovdqu %%ymm" #n ", 32*" #n "(" m ")\n"
#define SSE_LOAD(n, m)  "movdqu 32*" #n "(" m "), %%xmm" #n "\n"
#define SSE_STORE(n, m) "movdqu %%xmm" #n ", 32*" #n "(" m ")\n"
#define XMM                                                                   \
    "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",   \
        "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15"

static void through_avx(const void *in, void *out)
{
    __asm__ volatile(EACH(LOAD, "%0") "mov $24, %%eax; syscall\n"
                     EACH(STORE, "%1") "vzeroupper"
                     ::"r"(in), "r"(out)
                     : "rax", "rcx", "r11", "memory", XMM);
}

static void through_sse(const void *in, void *out)
{
    __asm__ volatile(EACH(SSE_LOAD, "%0") "mov $24, %%eax; syscall\n"
                     EACH(SSE_STORE, "%1")
                     ::"r"(in), "r"(out)
                     : "rax", "rcx", "r11", "memory", XMM);
}

static void *keep(void *arg)
{
    struct keeper *k = arg;
    unsigned char in[REGISTERS][32], out[REGISTERS][32];
    const size_t width = k->avx ? 32 : 16;

    for (unsigned int round = 0; round < ROUNDS && !k->lost; round++) {
        for (unsigned int i = 0; i < REGISTERS; i++)
            memset(in[i], (int)(k->number * 29 + i * 7 + round), 32);
        memset(out, 0, sizeof(out));
        if (k->avx)
            through_avx(in, out);
        else
            through_sse(in, out);
        for (unsigned int i = 0; i < REGISTERS; i++)
            k->lost |= memcmp(in[i], out[i], width) != 0;
    }
    return NULL;
}

bool work_vectors(void)
{
    static struct keeper keepers[MAX_THREADS];
    unsigned int count = THREADS_PER_CPU * work_cpus(), lost = 0;
    bool avx = __builtin_cpu_supports("avx");

    if (count > MAX_THREADS)
        count = MAX_THREADS;
    for (unsigned int i = 0; i < count; i++) {
        keepers[i] = (struct keeper){.number = i, .avx = avx};
        if (pthread_create(&keepers[i].thread, NULL, keep, &keepers[i]))
            return work_fail("no thread");
    }
    for (unsigned int i = 0; i < count; i++) {
        pthread_join(keepers[i].thread, NULL);
        lost += keepers[i].lost;
    }
    if (lost)
        return work_fail("%u of %u threads lost registers", lost, count);
    work_note("%u threads, %s", count, avx ? "AVX" : "SSE alone");
    return true;
}
