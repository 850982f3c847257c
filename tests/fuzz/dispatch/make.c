/* SPDX-License-Identifier: MIT */
#include <string.h>

#include <pv-abi/hypercall_types.h>
#include <pv-abi/hypercalls.h>
#include <pv-abi/platform.h>

#include "play.h"
#include "tables.h"

/* Of one call's argument that is a whole list. */
#define ELEMENTS_MAX 4
#define LIST_BYTES   64

/* Structs inside of structs, by the name of the field that holds them. */
static const struct {
    const char *name, *type;
} nested[] = {
    {"cpumap_hard", "struct xenctl_bitmap"},
    {"cpumap_soft", "struct xenctl_bitmap"},
    {"credit2", "struct xen_domctl_sched_credit2"},
    {"dest", "struct gnttab_copy_ptr"},
    {"in", "struct xen_memory_reservation"},
    {"map", "struct xen_memory_map"},
    {"nodemap", "struct xenctl_bitmap"},
    {"out", "struct xen_memory_reservation"},
    {"source", "struct gnttab_copy_ptr"},
    {"user_regs", "struct cpu_user_regs"},
};

static const struct shape *nested_shape(const char *name)
{
    const char *dot = strrchr(name, '.');

    name = dot ? dot + 1 : name;
    for (unsigned int i = 0; i < ARRAY_SIZE(nested); i++)
        if (strcmp(nested[i].name, name) == 0)
            return shape_of(nested[i].type);
    return NULL;
}

/* Words of a list that is a field; long ones are left as they are. */
static void fill_list(struct vcpu *v, uint8_t *at, const struct shape *f)
{
    if (f->bytes > 2 * LIST_BYTES)
        return;
    for (unsigned int i = 0; i + 8 <= f->bytes; i += 8) {
        uint64_t word = value_named(v, f->type, f->name);

        memcpy(at + i, &word, sizeof(word));
    }
}

static void fill(struct vcpu *v, uint8_t *to, const struct shape *shape)
{
    const struct shape *f, *inner;
    unsigned int end = 0;
    uint64_t value;

    memset(to, 0, shape->bytes);
    shape_for_each_field(f, shape)
    {
        /* Another member of a union: now and then that one. */
        if (f->at < end && byte() % 4)
            continue;
        end = f->at + f->bytes;
        inner = nested_shape(f->name);
        if (inner && inner->bytes <= f->bytes) {
            fill(v, to + f->at, inner);
        } else if (f->bytes > sizeof(value)) {
            fill_list(v, to + f->at, f);
        } else {
            value = value_named(v, f->type, f->name);
            memcpy(to + f->at, &value, f->bytes);
        }
    }
}

/* ------------------------------------------------------ special cases */

static uint32_t version_of(uint64_t call)
{
    if (byte() == 0xff)
        return 0;
    return call == __HYPERVISOR_domctl   ? XEN_DOMCTL_INTERFACE_VERSION
           : call == __HYPERVISOR_sysctl ? XEN_SYSCTL_INTERFACE_VERSION
                                         : XENPF_INTERFACE_VERSION;
}

/* A context comes by pointer. */
static void give_context(struct vcpu *v, struct xen_domctl *op)
{
    const struct shape *shape = shape_of("struct vcpu_guest_context");
    uint64_t va = arena_take(shape->bytes);

    fill(v, fake_guest(va), shape);
    op->u.vcpucontext.ctxt.va = va;
}

/* domctl, sysctl, platform_op: command and version, then a union. */
static uint64_t make_control(struct vcpu *v, uint64_t call,
                             const struct operation *op)
{
    const struct shape *inner = op->type ? shape_of(op->type) : NULL;
    size_t header = call == __HYPERVISOR_domctl ? 16 : 8;
    uint64_t va = arena_take(sizeof(struct xen_domctl));
    struct xen_domctl *whole = fake_guest(va);

    memset(whole, 0, sizeof(*whole));
    whole->cmd = (uint32_t)op->nr;
    whole->interface_version = version_of(call);
    if (call == __HYPERVISOR_domctl)
        whole->domain = any_domid();
    if (inner)
        fill(v, (uint8_t *)whole + header, inner);
    if (call == __HYPERVISOR_domctl && op->nr == XEN_DOMCTL_setvcpucontext &&
        byte() % 8)
        give_context(v, whole);
    return va;
}

/* Calls in a call; one level of them, the next is refused. */
static uint64_t make_multicall(struct vcpu *v, unsigned int count,
                               unsigned int depth)
{
    uint64_t va = arena_take(count * sizeof(struct multicall_entry));

    for (unsigned int i = 0; i < count; i++) {
        struct multicall_entry e = {0};
        struct call c;

        call_make(&c, v, depth + 1);
        e.op = c.nr;
        memcpy(e.args, c.args, sizeof(c.args));
        memcpy(fake_guest(va + i * sizeof(e)), &e, sizeof(e));
    }
    return va;
}

static uint64_t make_array(struct vcpu *v, const struct shape *shape,
                           unsigned int count, uint64_t nr)
{
    uint64_t va = arena_take(count * shape->bytes);

    for (unsigned int i = 0; i < count; i++) {
        uint8_t *at = fake_guest(va + i * shape->bytes);

        fill(v, at, shape);
        if (nr == __HYPERVISOR_mmuext_op)
            ((struct mmuext_op *)(void *)at)->cmd =
                (uint32_t)operation_of(nr, byte())->nr;
    }
    return va;
}

/* --------------------------------------------------------- arguments */

/* "GUEST_PTR(const struct x)" -> "struct x" */
static void pointed_type(const char *type, char *out, size_t size)
{
    const char *from = type + strlen("GUEST_PTR(");
    size_t n;

    if (strncmp(from, "const ", 6) == 0)
        from += 6;
    n = strcspn(from, ")");
    n = n < size ? n : size - 1;
    memcpy(out, from, n);
    out[n] = '\0';
}

static uint64_t make_pointer(struct call *c, struct vcpu *v, const char *type,
                             const char *name, const struct operation *op,
                             unsigned int depth)
{
    const struct shape *shape;
    char inner[48];

    if (byte() >= 248)
        return value_named(v, NULL, "done");
    pointed_type(type, inner, sizeof(inner));
    if (c->nr == __HYPERVISOR_multicall)
        return depth > 1 ? 0 : make_multicall(v, c->elements, depth);
    if (c->nr == __HYPERVISOR_domctl || c->nr == __HYPERVISOR_sysctl ||
        c->nr == __HYPERVISOR_platform_op)
        return make_control(v, c->nr, op);
    if (strcmp(inner, "void") == 0)
        shape = op && op->type ? shape_of(op->type) : NULL;
    else
        shape = shape_of(inner);
    if (!shape)
        return value_named(v, NULL, "done");
    return make_array(v, shape, c->elements, c->nr);
}

/* What is asked for by number: mostly as it is, now and then more. */
static uint64_t command(const struct call *c, const struct operation *op)
{
    unsigned int b = byte();

    if (b >= 250)
        return b;
    if (c->nr == __HYPERVISOR_memory_op && b >= 240)
        return op->nr | (uint64_t)(b & 3) << MEMOP_EXTENT_SHIFT;
    return op->nr;
}

static uint64_t make_argument(struct call *c, struct vcpu *v, const char *type,
                              const char *name, const struct operation *op,
                              unsigned int depth)
{
    if (strncmp(type, "GUEST_PTR", 9) == 0)
        return make_pointer(c, v, type, name, op, depth);
    if (strcmp(name, "cmd") == 0 && op)
        return command(c, op);
    if (strcmp(name, "count") == 0 && byte() >= 248)
        c->elements = (unsigned int)value_named(v, NULL, name);
    if (strcmp(name, "count") == 0)
        return c->elements;
    return value_named(v, NULL, name);
}

/* Mostly back to the kernel, which every vCPU has. */
uint64_t make_stack(struct vcpu *v)
{
    const struct shape *shape = shape_of("struct iret_context");
    uint64_t va = arena_take(shape->bytes);
    struct iret_context *c = fake_guest(va);

    fill(v, fake_guest(va), shape);
    if (byte() % 4)
        c->cs &= ~3ul;
    return va;
}

uint32_t call_command(const struct call *c)
{
    uint32_t cmd = 0;

    (void)!hal_copy_from_guest(&cmd, c->args[0], sizeof(cmd));
    return cmd;
}

bool call_ends_machine(const struct call *c)
{
    if (c->nr == __HYPERVISOR_platform_op)
        return true;
    return c->nr == __HYPERVISOR_sched_op &&
           (c->args[0] == SCHEDOP_shutdown ||
            c->args[0] == SCHEDOP_remote_shutdown ||
            c->args[0] == SCHEDOP_watchdog);
}

/* Some have more behind them than others. */
static const struct call_row *choose_row(void)
{
    static const uint8_t often[] = {
        __HYPERVISOR_mmu_update,
        __HYPERVISOR_mmuext_op,
        __HYPERVISOR_update_va_mapping,
        __HYPERVISOR_event_channel_op,
        __HYPERVISOR_grant_table_op,
        __HYPERVISOR_grant_table_op,
        __HYPERVISOR_sched_op,
        __HYPERVISOR_vcpu_op,
        __HYPERVISOR_domctl,
        __HYPERVISOR_memory_op,
    };
    unsigned int b = byte();

    if (b < 128)
        return &call_rows[b % call_row_count];
    for (unsigned int i = 0; i < call_row_count; i++)
        if (call_rows[i].nr == often[b % sizeof(often)])
            return &call_rows[i];
    return &call_rows[0];
}

void call_make(struct call *c, struct vcpu *v, unsigned int depth)
{
    const struct call_row *row = choose_row();
    const struct operation *op = operation_of(row->nr, byte());
    unsigned int n = byte() % 8;

    *c = (struct call){.nr = row->nr, .elements = n < ELEMENTS_MAX ? n + 1 : 1};
    for (unsigned int i = 0; i < row->arg_count; i++)
        c->args[i] =
            make_argument(c, v, row->arg[i].type, row->arg[i].name, op, depth);
}
