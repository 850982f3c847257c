/* SPDX-License-Identifier: MIT */
/*
 * Prints docs/hypercalls.md from the tables of pv-abi. `make docs` calls it;
 * a test fails while the file in the tree is another one.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <pv-abi/errno.h>
#include <pv-abi/hypercall_types.h>
#include <pv-abi/hypercalls.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* --- The tables as data ----------------------------------------------------*/

struct argument {
    const char *type, *name;
};

struct call {
    unsigned int nr;
    const char *name, *caller; /* caller NULL: absent */
    const char *doc;
    struct argument args[4]; /* in order; the rest has no name */
};

static const struct call calls[] = {
#define HYPERCALL_ABSENT(nr, name, doc)     {nr, #name, NULL, doc, {{0}}},
#define HYPERCALL_0(nr, name, fn, who, doc) {nr, #name, #who, doc, {{0}}},
#define HYPERCALL_1(nr, name, fn, who, t1, a1, doc)                            \
    {nr, #name, #who, doc, {{#t1, #a1}}},
#define HYPERCALL_2(nr, name, fn, who, t1, a1, t2, a2, doc)                    \
    {nr, #name, #who, doc, {{#t1, #a1}, {#t2, #a2}}},
#define HYPERCALL_3(nr, name, fn, who, t1, a1, t2, a2, t3, a3, doc)            \
    {nr, #name, #who, doc, {{#t1, #a1}, {#t2, #a2}, {#t3, #a3}}},
#define HYPERCALL_4(nr, name, fn, who, t1, a1, t2, a2, t3, a3, t4, a4, doc)    \
    {nr, #name, #who, doc, {{#t1, #a1}, {#t2, #a2}, {#t3, #a3}, {#t4, #a4}}},
#include <pv-abi/hypercalls.def>
};

struct operation {
    unsigned int nr;
    const char *name;
    const char *argument; /* C type, or members that are used */
    size_t bytes;         /* of the type; 0: not stated */
    const char *direction;
    const char *error; /* answered always, or NULL */
    int error_nr;
    const char *doc;
};

/* Operations whose argument is not looked at give no type. */
#define BYTES_NONE(type)  0
#define BYTES_IN(type)    sizeof(type)
#define BYTES_OUT(type)   sizeof(type)
#define BYTES_INOUT(type) sizeof(type)

#define OP(nr, name, type, direction, doc)                                     \
    {nr, #name, #type, BYTES_##direction(type), #direction, NULL, 0, doc},
#define REFUSED(nr, name, error, doc)                                          \
    {nr, #name, NULL, 0, NULL, #error, XEN_##error, doc},

static const struct operation memory_ops[] = {
#define MEMORY_OP         OP
#define MEMORY_OP_REFUSED REFUSED
#include <pv-abi/memory_ops.def>
};

static const struct operation version_ops[] = {
#define VERSION_OP         OP
#define VERSION_OP_REFUSED REFUSED
#include <pv-abi/version_ops.def>
};

static const struct operation gnttab_ops[] = {
#define GNTTAB_OP         OP
#define GNTTAB_OP_REFUSED REFUSED
#include <pv-abi/gnttab_ops.def>
};

static const struct operation vcpu_ops[] = {
#define VCPU_OP         OP
#define VCPU_OP_REFUSED REFUSED
#include <pv-abi/vcpu_ops.def>
};

static const struct operation mmuext_ops[] = {
#define MMUEXT_OP(nr, name, arg1, arg2, doc)                                   \
    {nr, #name, "arg1 " #arg1 ", arg2 " #arg2, 0, "IN", NULL, 0, doc},
#define MMUEXT_OP_REFUSED REFUSED
#include <pv-abi/mmuext_ops.def>
};

static const struct operation sched_ops[] = {
#define SCHED_OP         OP
#define SCHED_OP_REFUSED REFUSED
#include <pv-abi/sched_ops.def>
};

static const struct operation callback_ops[] = {
#define CALLBACK_OP OP
#include <pv-abi/callback_ops.def>
};

static const struct operation evtchn_ops[] = {
#define EVTCHN_OP         OP
#define EVTCHN_OP_REFUSED REFUSED
#include <pv-abi/evtchn_ops.def>
};

static const struct operation physdev_ops[] = {
#define PHYSDEV_OP         OP
#define PHYSDEV_OP_REFUSED REFUSED
#include <pv-abi/physdev_ops.def>
};

static const struct operation platform_ops[] = {
#define PLATFORM_OP(nr, name, field, direction, doc)                           \
    OP(nr, name, struct xenpf_##field, direction, doc)
#define PLATFORM_OP_REFUSED REFUSED
#include <pv-abi/platform_ops.def>
};

static const struct operation sysctl_ops[] = {
#define SYSCTL_OP(nr, name, field, direction, doc)                             \
    OP(nr, name, struct xen_sysctl_##field, direction, doc)
#define SYSCTL_OP_REFUSED REFUSED
#include <pv-abi/sysctl_ops.def>
};

static const struct operation domctl_ops[] = {
#define DOMCTL_OP(nr, name, field, direction, doc)                             \
    OP(nr, name, struct xen_domctl_##field, direction, doc)
#define DOMCTL_OP_REFUSED REFUSED
#include <pv-abi/domctl_ops.def>
};

struct table {
    const char *call;   /* name of the hypercall */
    const char *prefix; /* of the operations' constants */
    const char *header; /* where the structures are described */
    const struct operation *ops;
    size_t count;
};

#define TABLE(call, prefix, header, ops)                                       \
    {                                                                          \
        call, prefix, header, ops, COUNT(ops)                                  \
    }

static const struct table tables[] = {
    TABLE("platform_op", "XENPF_", "platform.h", platform_ops),
    TABLE("memory_op", "XENMEM_", "memory.h", memory_ops),
    TABLE("xen_version", "XENVER_", "version.h", version_ops),
    TABLE("grant_table_op", "GNTTABOP_", "grant_table.h", gnttab_ops),
    TABLE("vcpu_op", "VCPUOP_", "vcpu.h", vcpu_ops),
    TABLE("mmuext_op", "MMUEXT_", "mmu.h", mmuext_ops),
    TABLE("sched_op", "SCHEDOP_", "sched.h", sched_ops),
    TABLE("callback_op", "CALLBACKOP_", "callback.h", callback_ops),
    TABLE("event_channel_op", "EVTCHNOP_", "event_channel.h", evtchn_ops),
    TABLE("physdev_op", "PHYSDEVOP_", "physdev.h", physdev_ops),
    TABLE("sysctl", "XEN_SYSCTL_", "sysctl.h", sysctl_ops),
    TABLE("domctl", "XEN_DOMCTL_", "domctl.h", domctl_ops),
};

static const struct {
    const char *name;
    int nr;
    const char *text;
} errors[] = {
#define ERRNO(name, number, text) {#name, number, text},
#include <pv-abi/errno.def>
};

/* --- Printing --------------------------------------------------------------*/

/* Text in a cell of a table: a bar would end the cell. */
static void print_cell(const char *text)
{
    for (; *text; text++) {
        if (*text == '|')
            putchar('\\');
        putchar(*text);
    }
}

/* `type name` as C writes it; GUEST_PTR(t) is a pointer for a guest. */
static void print_argument(const struct argument *a)
{
    static const char pointer[] = "GUEST_PTR(";
    size_t length = strlen(a->type);

    if (strncmp(a->type, pointer, strlen(pointer)) == 0)
        printf("%.*s *%s", (int)(length - strlen(pointer) - 1),
               a->type + strlen(pointer), a->name);
    else
        printf("%s %s", a->type, a->name);
}

static bool has_table(const char *call)
{
    for (size_t i = 0; i < COUNT(tables); i++)
        if (strcmp(tables[i].call, call) == 0)
            return true;
    return false;
}

static const char *caller_text(const char *caller)
{
    if (strcmp(caller, "DOM0") == 0)
        return "dom0";
    return strcmp(caller, "ANY") == 0 ? "any" : "dom0, version checked first";
}

static void print_call(const struct call *c)
{
    if (has_table(c->name))
        printf("| %u | [%s](#%s) | ", c->nr, c->name, c->name);
    else
        printf("| %u | %s | ", c->nr, c->name);
    for (size_t i = 0; i < COUNT(c->args) && c->args[i].name; i++) {
        printf("%s`", i ? "<br>" : "");
        print_argument(&c->args[i]);
        putchar('`');
    }
    printf(" | %s | ", c->caller ? caller_text(c->caller) : "absent");
    print_cell(c->doc);
    printf(" |\n");
}

static void print_calls(void)
{
    printf(
        "# Hypercalls\n\n"
        "<!-- Printed by tools/gen-hypercall-docs.c from pv-abi/*.def: "
        "`make docs`. -->\n\n"
        "The number goes in RAX, arguments in RDI, RSI, RDX, R10 and R8; the "
        "result comes\nback in RAX: 0, a count, or a negative "
        "[error](#errors). `syscall` destroys RCX\nand R11. From user mode "
        "it is not a hypercall.\n\n"
        "Any call may answer -EFAULT when memory it is given cannot be "
        "reached. A number\nthat is absent, or not listed, answers "
        "-ENOSYS; one for dom0 answers -EPERM to\nothers. The structures "
        "are described in the headers of `pv-abi/`.\n\n"
        "| # | Name | Arguments | Caller | What it does |\n"
        "|--:|---|---|---|---|\n");
    for (size_t i = 0; i < COUNT(calls); i++)
        print_call(&calls[i]);
}

static void print_operation(const struct table *t, const struct operation *o)
{
    printf("| %u | `%s%s` | ", o->nr, t->prefix, o->name);
    if (o->error && o->error_nr == XEN_ENOSYS)
        printf("absent: -%s", o->error);
    else if (o->error)
        printf("refused: -%s", o->error);
    else if (o->bytes)
        printf("%s `%s`, %zu bytes", o->direction, o->argument, o->bytes);
    else if (strcmp(o->direction, "NONE") != 0)
        printf("%s", o->argument);
    printf(" | ");
    print_cell(o->doc);
    printf(" |\n");
}

static void print_table(const struct table *t)
{
    printf("\n## %s\n\nStructures: `pv-abi/%s`. An operation that is not "
           "listed answers -ENOSYS.\n\n"
           "| # | Name | Argument | What it does |\n|--:|---|---|---|\n",
           t->call, t->header);
    for (size_t i = 0; i < t->count; i++)
        print_operation(t, &t->ops[i]);
}

static void print_errors(void)
{
    printf("\n## errors\n\nIn a guest their names begin with `XEN_`, because "
           "a C library numbers some of\nits own differently.\n\n"
           "| # | Name | Text |\n|--:|---|---|\n");
    for (size_t i = 0; i < COUNT(errors); i++)
        printf("| %d | %s | %s |\n", errors[i].nr, errors[i].name,
               errors[i].text);
}

int main(void)
{
    print_calls();
    for (size_t i = 0; i < COUNT(tables); i++)
        print_table(&tables[i]);
    print_errors();
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
