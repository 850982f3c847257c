/* SPDX-License-Identifier: MIT */
#include "domain/version.h"

#include <string.h>

#include "errno.h"

#include <pv-abi/version.h>

#include "domain/domain.h"
#include "hal.h"
#include "speculation.h"

/* One member for each operation that has an argument. */
#define FIELD_NONE(type, name)
#define FIELD_OUT(type, name)   __typeof__(type) name;
#define FIELD_INOUT(type, name) __typeof__(type) name;

union version_arg {
#define VERSION_OP(nr, name, type, direction, doc) FIELD_##direction(type, name)
#include <pv-abi/version_ops.def>
};

/* Fill a zeroed array of characters; that the text fits is checked here. */
#define set_text(array, text)                                                  \
    do {                                                                       \
        _Static_assert(sizeof(text) <= sizeof(array), "the text fits");        \
        memcpy(array, text, sizeof(text));                                     \
    } while (0)

/*
 * The operations. Each finds its argument zeroed, or read if it has input,
 * and what it leaves there is copied out.
 */

static int64_t op_version(struct domain *d, union version_arg *arg)
{
    return VERSION_MAJOR << 16 | VERSION_MINOR;
}

/* No date, user or host: one commit gives the same bytes everywhere. */
static int64_t op_compile_info(struct domain *d, union version_arg *arg)
{
    set_text(arg->compile_info.compiler, "gcc " __VERSION__);
    set_text(arg->compile_info.compile_by, "vireo");
    return 0;
}

#define TEXT_OP(name, text)                                                    \
    static int64_t op_##name(struct domain *d, union version_arg *arg)         \
    {                                                                          \
        set_text(arg->name, text);                                             \
        return 0;                                                              \
    }

TEXT_OP(extraversion, ".7-vireo")
TEXT_OP(capabilities, "xen-3.0-x86_64 ")
TEXT_OP(changeset, "unavailable")

static int64_t op_platform_parameters(struct domain *d, union version_arg *arg)
{
    arg->platform_parameters.virt_start = HYPERVISOR_VIRT_START;
    return 0;
}

static int64_t op_get_features(struct domain *d, union version_arg *arg)
{
    struct xen_feature_info *f = &arg->get_features;

    if (f->submap_idx >= XENFEAT_NR_SUBMAPS)
        return -EINVAL;
    f->submap =
        1u << XENFEAT_mmu_pt_update_preserve_ad | 1u << XENFEAT_highmem_assist |
        1u << XENFEAT_gnttab_map_avail_bits |
        1u << XENFEAT_memory_op_vnode_supported | 1u << XENFEAT_direct_mapped;
    if (vm_assist_is_on(d, VMASST_TYPE_pae_extended_cr3))
        f->submap |= 1u << XENFEAT_pae_pgdir_above_4gb;
    if (d->privileged)
        f->submap |= 1u << XENFEAT_dom0;
    return 0;
}

static int64_t op_pagesize(struct domain *d, union version_arg *arg)
{
    return PAGE_SIZE;
}

static int64_t op_guest_handle(struct domain *d, union version_arg *arg)
{
    memcpy(arg->guest_handle, d->handle, sizeof(arg->guest_handle));
    return 0;
}

static int64_t op_commandline(struct domain *d, union version_arg *arg)
{
    _Static_assert(sizeof(d->hv->machine.command_line) <=
                       sizeof(arg->commandline),
                   "the command line fits");
    if (d->privileged)
        memcpy(arg->commandline, d->hv->machine.command_line,
               sizeof(d->hv->machine.command_line));
    else
        set_text(arg->commandline, "<denied>");
    return 0;
}

#define SIZE_NONE(type)  0
#define SIZE_OUT(type)   sizeof(type)
#define SIZE_INOUT(type) sizeof(type)
#define READS_NONE       false
#define READS_OUT        false
#define READS_INOUT      true

static const struct {
    int64_t (*run)(struct domain *d, union version_arg *arg);
    uint16_t size;  /* of the argument copied out; 0: none */
    uint16_t error; /* without run: the answer to everybody */
    bool reads;     /* the argument is copied in, too */
} ops[] = {
#define VERSION_OP(nr, name, type, direction, doc)                             \
    [nr] = {op_##name, SIZE_##direction(type), 0, READS_##direction},
#define VERSION_OP_REFUSED(nr, name, error, doc) [nr] = {NULL, 0, error, false},
#include <pv-abi/version_ops.def>
};

int64_t do_xen_version(struct vcpu *v, uint32_t cmd, guest_ptr_t arg,
                       struct effects *fx)
{
    union version_arg buf;
    int64_t result;

    if (cmd >= ARRAY_SIZE(ops))
        return -ENOSYS;
    cmd = (uint32_t)index_masked(cmd, ARRAY_SIZE(ops));
    if (!ops[cmd].run)
        return -(int64_t)ops[cmd].error;
    /* The shortest way: guests make this call to have events delivered. */
    if (ops[cmd].size == 0)
        return ops[cmd].run(v->d, NULL);

    memset(&buf, 0, ops[cmd].size);
    if (ops[cmd].reads && hal_copy_from_guest(&buf, arg.va, ops[cmd].size))
        return -EFAULT;
    result = ops[cmd].run(v->d, &buf);
    if (result >= 0 && hal_copy_to_guest(arg.va, &buf, ops[cmd].size))
        return -EFAULT;
    return result;
}

int64_t do_vm_assist(struct vcpu *v, uint32_t cmd, uint32_t type,
                     struct effects *fx)
{
    uint64_t *assist = &v->d->vm_assist;

    if (type >= 64 || !(VM_ASSIST_KNOWN & (1ul << type)))
        return -EINVAL;
    switch (cmd) {
    case VMASST_CMD_enable:
        __atomic_fetch_or(assist, 1ul << type, __ATOMIC_RELAXED);
        return 0;
    case VMASST_CMD_disable:
        __atomic_fetch_and(assist, ~(1ul << type), __ATOMIC_RELAXED);
        return 0;
    default:
        return -ENOSYS;
    }
}
