/* SPDX-License-Identifier: MIT */
#include "fake/fake.h"

#include <errno.h>
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spinlock.h"
#include "vcpu.h"

struct fake fake;
jmp_buf fake_panic_jump;
bool fake_panic_expected;
char fake_panic_text[256];

static struct {
    uint8_t *bytes;
    uint64_t count;
    uint32_t *mapped; /* how often each frame is mapped */
} arena;

static struct {
    uint8_t bytes[FAKE_GUEST_PAGES * PAGE_SIZE];
    bool faults[FAKE_GUEST_PAGES];
    bool readonly[FAKE_GUEST_PAGES];
} guest;

static _Thread_local unsigned int this_cpu;

void fake_start(uint64_t frame_count)
{
    fake_stop();
    memset(&fake, 0, sizeof(fake));
    memset(&guest, 0, sizeof(guest));
    fake_panic_expected = false;
    arena.count = frame_count;
    arena.bytes = aligned_alloc(PAGE_SIZE, frame_count * PAGE_SIZE);
    arena.mapped = calloc(frame_count, sizeof(*arena.mapped));
    memset(arena.bytes, 0xa5, frame_count * PAGE_SIZE);
    ASAN_POISON_MEMORY_REGION(arena.bytes, frame_count * PAGE_SIZE);
    this_cpu = 0;
}

void fake_stop(void)
{
    if (arena.bytes)
        ASAN_UNPOISON_MEMORY_REGION(arena.bytes, arena.count * PAGE_SIZE);
    free(arena.bytes);
    free(arena.mapped);
    memset(&arena, 0, sizeof(arena));
}

void fake_set_cpu(unsigned int cpu)
{
    this_cpu = cpu;
}

/* ------------------------------------------------------------- memory */

void *hal_map(mfn_t m)
{
    uint8_t *page = arena.bytes + m.n * PAGE_SIZE;

    if (m.n >= arena.count)
        hal_panic("frame %#lx mapped, of %#lx", m.n, arena.count);
    if (fake.on_map)
        fake.on_map(m);
    if (__atomic_fetch_add(&arena.mapped[m.n], 1, __ATOMIC_SEQ_CST) == 0)
        ASAN_UNPOISON_MEMORY_REGION(page, PAGE_SIZE);
    return page;
}

void hal_unmap(const void *page)
{
    mfn_t m = hal_mfn_of(page);

    if (__atomic_load_n(&arena.mapped[m.n], __ATOMIC_SEQ_CST) == 0)
        hal_panic("frame %#lx unmapped but not mapped", m.n);
    if (__atomic_sub_fetch(&arena.mapped[m.n], 1, __ATOMIC_SEQ_CST) == 0)
        ASAN_POISON_MEMORY_REGION(arena.bytes + m.n * PAGE_SIZE, PAGE_SIZE);
}

bool fake_frame_of(const void *at, mfn_t *m)
{
    uint64_t offset = (uint64_t)((const uint8_t *)at - arena.bytes);

    *m = mfn_of(offset / PAGE_SIZE);
    return offset < arena.count * PAGE_SIZE;
}

mfn_t hal_mfn_of(const void *page)
{
    mfn_t m;

    if (!fake_frame_of(page, &m))
        hal_panic("%p is no mapped frame", page);
    return m;
}

/* Past ASan: the processor asks nobody. */
__attribute__((no_sanitize("address", "undefined"))) uint64_t
fake_frame_read(mfn_t m, unsigned int word)
{
    uint64_t *page = (uint64_t *)(arena.bytes + m.n * PAGE_SIZE);

    return __atomic_load_n(&page[word], __ATOMIC_RELAXED);
}

__attribute__((no_sanitize("address", "undefined"))) void
fake_frame_write(mfn_t m, unsigned int word, uint64_t value)
{
    uint64_t *page = (uint64_t *)(arena.bytes + m.n * PAGE_SIZE);

    __atomic_store_n(&page[word], value, __ATOMIC_RELAXED);
}

__attribute__((no_sanitize("address", "undefined"))) void
fake_frame_copy(mfn_t m, uint64_t to[512])
{
    const volatile uint64_t *page =
        (const volatile uint64_t *)(arena.bytes + m.n * PAGE_SIZE);

    for (unsigned int i = 0; i < 512; i++)
        to[i] = page[i];
}

void *fake_guest(uint64_t va)
{
    return guest.bytes + (va - FAKE_GUEST_VA);
}

void fake_guest_faults(uint64_t va, bool on)
{
    guest.faults[(va - FAKE_GUEST_VA) / PAGE_SIZE] = on;
}

void fake_guest_readonly(uint64_t va, bool on)
{
    guest.readonly[(va - FAKE_GUEST_VA) / PAGE_SIZE] = on;
}

static int check_guest_range(uint64_t va, size_t n)
{
    spin_check_none_held();
    for (uint64_t a = va; a < va + n; a++)
        if (a < FAKE_GUEST_VA || a >= FAKE_GUEST_VA + sizeof(guest.bytes) ||
            guest.faults[(a - FAKE_GUEST_VA) / PAGE_SIZE])
            return -EFAULT;
    return va + n < va ? -EFAULT : 0;
}

int hal_copy_from_guest(void *dst, uint64_t va, size_t n)
{
    if (check_guest_range(va, n))
        return -EFAULT;
    if (n > 0)
        memcpy(dst, fake_guest(va), n);
    if (fake.on_guest_read)
        fake.on_guest_read(va, n);
    return 0;
}

int hal_copy_to_guest(uint64_t va, const void *src, size_t n)
{
    if (check_guest_range(va, n))
        return -EFAULT;
    for (uint64_t a = va; a < va + n; a++)
        if (guest.readonly[(a - FAKE_GUEST_VA) / PAGE_SIZE])
            return -EFAULT;
    if (n > 0)
        memcpy(fake_guest(va), src, n);
    if (fake.on_copy)
        fake.on_copy(va);
    return 0;
}

/* --------------------------------------------------------------- rest */

int hal_vcpu_init(struct vcpu *v)
{
    if (fake.vcpu_init_fails)
        return -ENOMEM;
    v->machine = malloc(64);
    return 0;
}

void hal_vcpu_destroy(struct vcpu *v)
{
    free(v->machine);
    v->machine = NULL;
}

unsigned int hal_cpu(void)
{
    return this_cpu;
}

uint64_t hal_now_ns(void)
{
    return __atomic_load_n(&fake.now_ns, __ATOMIC_RELAXED);
}

void hal_panic(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vsnprintf(fake_panic_text, sizeof(fake_panic_text), fmt, args);
    va_end(args);
    if (fake_panic_expected) {
        fake_panic_expected = false;
        longjmp(fake_panic_jump, 1);
    }
    fprintf(stderr, "panic: %s\n", fake_panic_text);
    __sanitizer_print_stack_trace();
    abort();
}
