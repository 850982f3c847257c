/* SPDX-License-Identifier: MIT */
#include "domain/control.h"

#include <string.h>

#include "errno.h"

#include "hal.h"
#include "printf.h"
#include "sched/clock.h"
#include "speculation.h"

#define NS_PER_SEC  1000000000ul
#define ACPI_S5_OFF 5

/* It was sec and nsec when system time was at_ns: so what was it at 0? */
static int64_t set_time(struct hv *hv, uint64_t sec, uint32_t nsec,
                        uint64_t at_ns)
{
    uint64_t back_sec = at_ns / NS_PER_SEC;
    uint32_t back_nsec = (uint32_t)(at_ns % NS_PER_SEC);

    if (nsec >= NS_PER_SEC || sec <= back_sec)
        return -EINVAL;
    if (nsec < back_nsec) {
        nsec += NS_PER_SEC;
        back_sec++;
    }
    wallclock_set(hv, sec - back_sec, nsec - back_nsec);
    return 0;
}

static int64_t platform_settime32(struct control_call *c)
{
    const struct xenpf_settime32 *in = &c->platform.u.settime32;

    return set_time(c->hv, in->secs, in->nsecs, in->system_time);
}

static int64_t platform_settime64(struct control_call *c)
{
    const struct xenpf_settime64 *in = &c->platform.u.settime64;

    if (in->mbz)
        return -EINVAL;
    return set_time(c->hv, in->secs, in->nsecs, in->system_time);
}

static int64_t platform_enter_acpi_sleep(struct control_call *c)
{
    if (c->platform.u.enter_acpi_sleep.sleep_state != ACPI_S5_OFF)
        return -EINVAL;
    hv_printf(LOG_INFO, "dom0 asks for ACPI S5: power off\n");
    hal_power(HAL_POWER_OFF);
}

struct operation {
    int64_t (*run)(struct control_call *c);
    uint16_t error; /* without run: the answer to everybody */
    bool copies_back;
    bool zeroed; /* no input: nothing of it comes back */
};

struct interface {
    const struct operation *ops; /* by command */
    size_t count;
    uint32_t version;
    uint32_t bytes; /* of the argument */
};

#define COPIES_NONE  false
#define COPIES_IN    false
#define COPIES_OUT   true
#define COPIES_INOUT true
#define ZEROED_OUT   true
#define ZEROED_INOUT false

static const struct operation domctl_ops[] = {
#define DOMCTL_OP(nr, name, field, direction, doc)                             \
    [nr] = {domctl_##name, .copies_back = COPIES_##direction},
#define DOMCTL_OP_REFUSED(nr, name, code, doc) [nr] = {.error = code},
#include <pv-abi/domctl_ops.def>
};

static const struct operation sysctl_ops[] = {
#define SYSCTL_OP(nr, name, field, direction, doc)                             \
    [nr] = {sysctl_##name, 0, true, ZEROED_##direction},
#define SYSCTL_OP_REFUSED(nr, name, code, doc) [nr] = {.error = code},
#include <pv-abi/sysctl_ops.def>
};

static const struct operation platform_ops[] = {
#define PLATFORM_OP(nr, name, field, direction, doc)                           \
    [nr] = {platform_##name, .copies_back = COPIES_##direction},
#define PLATFORM_OP_REFUSED(nr, name, code, doc) [nr] = {.error = code},
#include <pv-abi/platform_ops.def>
};

#define INTERFACE(name, version, argument)                                     \
    static const struct interface name = {name##_ops, ARRAY_SIZE(name##_ops),  \
                                          version, sizeof(argument)}

INTERFACE(domctl, XEN_DOMCTL_INTERFACE_VERSION, struct xen_domctl);
INTERFACE(sysctl, XEN_SYSCTL_INTERFACE_VERSION, struct xen_sysctl);
INTERFACE(platform, XENPF_INTERFACE_VERSION, struct xen_platform_op);

/* The domain that a domctl is about, with a reference. */
static struct domain *find_target(const struct control_call *c)
{
    /* Asks for the next one, too; callers compare the id they get. */
    if (c->cmd == XEN_DOMCTL_getdomaininfo) {
        domains_reap(c->hv);
        return domain_find_next(c->hv, c->domctl.domain);
    }
    return domain_find(c->hv, c->domctl.domain);
}

static int64_t run(struct control_call *c, const struct interface *i,
                   guest_ptr_t arg)
{
    const struct operation *op;
    int64_t result;

    if (c->cmd >= i->count)
        return -ENOSYS;
    op = &i->ops[index_masked(c->cmd, i->count)];
    if (!op->run)
        return op->error ? -(int64_t)op->error : -ENOSYS;
    if (op->zeroed)
        memset(&c->sysctl.u, 0, sizeof(c->sysctl.u));
    result = op->run(c);
    if (result == 0 && op->copies_back &&
        hal_copy_to_guest(arg.va, &c->cmd, i->bytes))
        return -EFAULT;
    return result;
}

static int64_t control(struct vcpu *v, const struct interface *i,
                       guest_ptr_t arg, struct effects *fx)
{
    struct control_call c = {.v = v, .hv = v->d->hv, .fx = fx};
    int64_t result;

    if (hal_copy_from_guest(&c.cmd, arg.va, i->bytes))
        return -EFAULT;
    if (c.version != i->version)
        return -EACCES;
    if (!v->d->privileged)
        return -EPERM;
    if (i == &domctl && c.cmd != XEN_DOMCTL_createdomain) {
        c.d = find_target(&c);
        if (!c.d)
            return -ESRCH;
    }
    result = run(&c, i, arg);
    if (c.d)
        domain_put(c.d);
    return result;
}

int64_t do_domctl(struct vcpu *v, guest_ptr_t arg, struct effects *fx)
{
    return control(v, &domctl, arg, fx);
}

int64_t do_sysctl(struct vcpu *v, guest_ptr_t arg, struct effects *fx)
{
    return control(v, &sysctl, arg, fx);
}

int64_t do_platform_op(struct vcpu *v, guest_ptr_t arg, struct effects *fx)
{
    return control(v, &platform, arg, fx);
}

static uint32_t byte_count(const struct xenctl_bitmap *arg)
{
    return arg->nr_bits / 8 + (arg->nr_bits % 8 != 0);
}

static uint64_t first(uint64_t set, uint32_t bits)
{
    return bits < 64 ? set & ((1ul << bits) - 1) : set;
}

int bitmap_read(const struct xenctl_bitmap *arg, uint64_t *set)
{
    uint32_t n = byte_count(arg);
    uint64_t word = 0;

    if (n > sizeof(word))
        n = sizeof(word);
    if (hal_copy_from_guest(&word, arg->bitmap.va, n))
        return -EFAULT;
    *set = first(word, arg->nr_bits);
    return 0;
}

int bitmap_write(const struct xenctl_bitmap *arg, uint64_t set, unsigned int n)
{
    uint32_t bytes = byte_count(arg);
    uint64_t word = first(first(set, n), arg->nr_bits);
    uint64_t va = arg->bitmap.va;

    /* Tools size a bitmap by the CPUs there are; a page is more than any. */
    if (bytes > PAGE_SIZE)
        bytes = PAGE_SIZE;
    while (bytes > 0) {
        uint32_t part = bytes < sizeof(word) ? bytes : sizeof(word);

        if (hal_copy_to_guest(va, &word, part))
            return -EFAULT;
        word = 0;
        va += part;
        bytes -= part;
    }
    return 0;
}
