/* SPDX-License-Identifier: MIT */
#include "scene.h"

#include <errno.h>
#include <string.h>

#include <pv-abi/memory.h>

#include "mm/alloc.h"
#include "mm/calls.h"
#include "mm/vcpu_mmu.h"

void do_update(struct vcpu *v)
{
    struct mmu_update u[4];
    unsigned int n = 1 + byte() % 8;
    unsigned int tables = byte();
    uint32_t fd = pick_domid();
    int64_t rc;

    n = n > 4 ? 1 : n;
    for (unsigned int i = 0; i < n; i++) {
        mfn_t table = byte() < 200 ? pick_table(v) : pick_frame(v);
        unsigned int slot = byte();

        slot = slot < 200 ? slot % 4 : slot < 240 ? slot % 32 : 256 + slot % 32;
        u[i].ptr = pte_ptr(mfn_of(table.n & 0xffffffffff), slot, byte() % 5);
        u[i].val = pick_entry(v);
        if (byte() % 4 == 0 && table.n < scene.hv->frame_count)
            u[i].val = change_bits(fake_frame_read(table, slot % 512));
    }
    if (fd == DOMID_XEN)
        u[0].val =
            pte_make(hal_mfn_of(scene.hv->m2p), u[0].val & ~PTE_FRAME_MASK);
    if (tables > 240)
        fd |= (tables - 240) << 16;
    begin_call();
    rc = call_mmu_update_n(v, u, n, fd);
    end_call(n == 1 && is_refusal(rc));
}

/* Remember what the calls that succeeded pinned. */
static void note_pins(const struct mmuext_op *ops, unsigned int n)
{
    for (unsigned int i = 0; i < n; i++) {
        uint64_t m = ops[i].arg1.mfn;

        if (ops[i].cmd <= MMUEXT_PIN_L4_TABLE)
            scene.oracle.pinned[m] = ops[i].cmd + 1;
        else if (ops[i].cmd == MMUEXT_UNPIN_TABLE)
            scene.oracle.pinned[m] = 0;
    }
}

void do_ext(struct vcpu *v)
{
    static const uint8_t cmds[] = {0, 1,  2,  3, 3, 3,  4,  4,  4,  5,
                                   5, 15, 15, 6, 7, 10, 11, 13, 16, 17};
    struct mmuext_op ops[3];
    unsigned int n = 1 + byte() % 6;
    uint32_t fd = pick_domid();
    int64_t rc;

    n = n > 3 ? 1 : n;
    memset(ops, 0, sizeof(ops));
    for (unsigned int i = 0; i < n; i++) {
        ops[i].cmd = cmds[byte() % ARRAY_SIZE(cmds)];
        ops[i].arg1.mfn = pick_frame(v).n;
        if (ops[i].cmd == 7 || ops[i].cmd == 11 || ops[i].cmd == 13)
            ops[i].arg1.linear_addr = pick_va();
        ops[i].arg2.src_mfn = pick_frame(v).n;
    }
    begin_call();
    rc = call_mmuext_n(v, ops, n, fd);
    if (last_done <= n)
        note_pins(ops, last_done);
    end_call(n == 1 && is_refusal(rc));
}

void do_va(struct vcpu *v)
{
    static const uint64_t flags[] = {UVMF_NONE, UVMF_INVLPG | UVMF_ALL,
                                     UVMF_TLB_FLUSH | UVMF_LOCAL,
                                     UVMF_INVLPG | UVMF_LOCAL};
    uint64_t va = pick_va();
    uint64_t e = pick_entry(v);
    unsigned int how = byte();
    uint64_t f = flags[how % ARRAY_SIZE(flags)];
    domid_t domid = how < 192 ? DOMID_SELF : (domid_t)pick_domid();

    begin_call();
    end_call(is_refusal(domid == DOMID_SELF
                            ? call_update_va(v, va, e, f)
                            : call_update_va_for(v, va, e, f, domid)));
}

static void set_gdt(struct vcpu *v, const uint64_t *frames, unsigned int n)
{
    struct effects fx;

    memcpy(fake_guest(FAKE_GUEST_VA), frames, n * sizeof(*frames));
    effects_init(&fx);
    fake_set_cpu(v->sched.cpu);
    begin_call();
    end_call(
        is_refusal(do_set_gdt(v, (guest_ptr_t){FAKE_GUEST_VA}, n * 512, &fx)));
}

static void use_as_gdt(struct vcpu *v, mfn_t m)
{
    set_gdt(v, &m.n, 1);
}

void do_descriptors(struct vcpu *v)
{
    uint64_t frames[2] = {pick_frame(v).n, pick_frame(v).n};

    set_gdt(v, frames, byte() % 3);
}

/*
 * What makes a frame change its use: it is mapped for writing, some CPU has
 * written to it, the mapping goes, without a flush, and it becomes a table.
 */
void do_retype(struct vcpu *v)
{
    struct mmuext_op pin = {.cmd = MMUEXT_PIN_L1_TABLE + byte() % 4};
    uint64_t va = (byte() % DOMAIN_FRAMES) * PAGE_SIZE;
    unsigned int how = byte();
    struct vcpu *other = how & 1 ? scene.vcpu[3] : v;
    mfn_t m;

    if (other->d != v->d)
        other = v;
    m = tlb_access(&scene.tlb, other->sched.cpu, va, true, how & 2);
    if (!mfn_is_valid(m))
        return;
    for (unsigned int n = how >> 5; n > 0; n--)
        fake_frame_write(m, byte() % 4, pick_value(v));
    begin_call();
    end_call(is_refusal(
        call_update_va(v, va, how & 8 ? 0 : pte_make(m, PTE_RO), UVMF_NONE)));
    if (how & 4) {
        use_as_gdt(v, m);
        return;
    }
    begin_call();
    pin.arg1.mfn = m.n;
    (void)call_mmuext_n(v, &pin, 1, DOMID_SELF);
    note_pins(&pin, last_done);
    end_call(false);
}

/* And back: the pin goes, and the frame is mapped for writing. */
void do_untype(struct vcpu *v)
{
    struct mmuext_op unpin = {.cmd = MMUEXT_UNPIN_TABLE,
                              .arg1.mfn = pick_table(v).n};
    uint64_t va = (byte() % DOMAIN_FRAMES) * PAGE_SIZE;
    uint64_t e = pte_make(mfn_of(unpin.arg1.mfn), PTE_DATA);

    /* The root that is loaded may stay. */
    begin_call();
    (void)call_mmuext_n(v, &unpin, 1, DOMID_SELF);
    note_pins(&unpin, last_done);
    end_call(false);
    begin_call();
    end_call(is_refusal(call_update_va(v, va, e, UVMF_NONE)));
}

/* A frame that is mapped here, and on some CPU, but not any more. */
static mfn_t unmapped(struct vcpu *v, uint64_t va)
{
    mfn_t m = tlb_access(&scene.tlb, v->sched.cpu, va, byte() % 2, byte() % 2);

    if (mfn_is_valid(m)) {
        begin_call();
        end_call(is_refusal(call_update_va(v, va, 0, UVMF_NONE)));
    }
    return m;
}

static void do_exchange(struct vcpu *v)
{
    uint64_t va = (byte() % DOMAIN_FRAMES) * PAGE_SIZE;
    uint64_t list_va = FAKE_GUEST_VA + 8 * PAGE_SIZE;
    unsigned int pair = byte() % 2;
    struct xen_memory_exchange x = {
        .in = {{list_va}, 1 + pair, 0, 0, DOMID_SELF, {0}},
        .out = {{list_va + 64}, 1, pair, 0, DOMID_SELF, {0}},
    };
    uint64_t *list = fake_guest(list_va);
    int64_t rc;

    x.in.domid = x.out.domid = (domid_t)pick_domid();
    list[0] = unmapped(v, va).n;
    list[1] = unmapped(v, va + PAGE_SIZE).n;
    list[8] = byte();
    begin_call();
    rc = call_memory_op(v, XENMEM_exchange, &x, sizeof(x));
    end_call(is_refusal(rc));
    begin_call();
    end_call(is_refusal(
        call_update_va(v, va, pte_make(mfn_of(list[8]), PTE_DATA), UVMF_NONE)));
}

/* What a transfer does, without the invitation. */
static void do_give(struct vcpu *v)
{
    uint64_t va = (byte() % DOMAIN_FRAMES) * PAGE_SIZE;
    struct domain *to = scene.vcpu[byte() % TLB_CPUS]->d;
    mfn_t m = unmapped(v, va);
    struct frame *f;

    begin_call();
    if (domain_frame_take(v->d, m, &f)) {
        end_call(true);
        return;
    }
    if (to != v->d && domain_frames_reserve(to, 1)) {
        domain_frame_untake(v->d, f);
        end_call(true);
        return;
    }
    (void)!domain_frame_move(v->d, f, to);
    end_call(false);
}

void do_memory(struct vcpu *v)
{
    static const uint8_t cmds[] = {0, 1, 1, 6};
    struct xen_memory_reservation r = {
        .extent_start.va = FAKE_GUEST_VA + 8 * PAGE_SIZE,
        .nr_extents = 1 + byte() % 3,
        .extent_order = byte() % 16 == 0,
        .domid = (domid_t)pick_domid(),
    };
    unsigned int what = byte();
    unsigned int cmd = cmds[what % ARRAY_SIZE(cmds)];
    uint64_t list[4];
    int64_t rc;

    if (what >= 176) {
        what < 224 ? do_exchange(v) : do_give(v);
        return;
    }

    for (unsigned int i = 0; i < 4; i++)
        list[i] = pick_frame(v).n;
    memcpy(fake_guest(r.extent_start.va), list, sizeof(list));
    begin_call();
    rc = call_memory_op(v, cmd, &r, sizeof(r));
    end_call(rc == 0 && r.extent_order == 0);
}

void do_ldt_fault(struct vcpu *v)
{
    unsigned int page = byte() % VCPU_LDT_FRAMES;

    begin_call();
    end_call(vcpu_map_ldt_page(v, page) != 0);
}

void do_store(struct vcpu *v)
{
    static const uint8_t widths[] = {8, 8, 8, 4, 2, 1};
    unsigned int bytes = widths[byte() % sizeof(widths)];
    uint64_t va = (pick_va() | (byte() % 32) * 8) & ~(bytes - 1ul);
    uint64_t value = pick_entry(v), old = 0;
    bool compare = byte() % 4 == 0;
    struct effects fx;
    int rc;

    effects_init(&fx);
    begin_call();
    rc = ptwr_store(v, va, bytes, value, compare, &old, &fx);
    end_call(rc != 0);
}
