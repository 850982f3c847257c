/* SPDX-License-Identifier: MIT */
#include "domain/platform_op.h"

#include "errno.h"

#include <pv-abi/platform.h>

#include "domain/control.h"
#include "domain/domain.h"
#include "hal.h"
#include "printf.h"
#include "sched/clock.h"

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

static int64_t enter_sleep(const struct xenpf_enter_acpi_sleep *op)
{
    if (op->sleep_state != ACPI_S5_OFF)
        return -EINVAL;
    hv_printf(LOG_INFO, "dom0 asks for ACPI S5: power off\n");
    hal_power(HAL_POWER_OFF);
}

int64_t do_platform_op(struct vcpu *v, guest_ptr_t arg, struct effects *fx)
{
    struct xen_platform_op op;
    int error = control_begin(v, &op, sizeof(op), arg, XENPF_INTERFACE_VERSION);

    if (error)
        return error;
    switch (op.cmd) {
    case XENPF_settime32:
        return set_time(v->d->hv, op.u.settime32.secs, op.u.settime32.nsecs,
                        op.u.settime32.system_time);
    case XENPF_settime64:
        if (op.u.settime64.mbz)
            return -EINVAL;
        return set_time(v->d->hv, op.u.settime64.secs, op.u.settime64.nsecs,
                        op.u.settime64.system_time);
    case XENPF_enter_acpi_sleep:
        return enter_sleep(&op.u.enter_acpi_sleep);
    default:
        return -ENOSYS;
    }
}
