/* SPDX-License-Identifier: MIT */
/*
 * Port instructions: may the guest, what does it reach, where does the value
 * go. dom0 reaches the machine, except for what the hypervisor drives.
 */
#include "domain.h"
#include "domain/version.h"
#include "hal.h"
#include "x86/cpu.h"
#include "x86/devices.h"
#include "x86/guest_copy.h"
#include "x86/insn.h"
#include "x86/trap/emulate.h"

#define PCI_ADDRESS 0xcf8

#define GATE_WRITABLE 0x03
#define GATE_REFRESH  0x10 /* toggles: somebody may wait for it */
#define GATE_OUTPUT   0x20 /* channel 2 has come to zero */

/* Elements of a repeated instruction that one exit serves. */
#define REP_MAX 64

/* Interrupt controllers and interval timer. */
static const struct {
    uint16_t first, last;
} ours[] = {{0x20, 0x21}, {0x40, 0x43}, {0xa0, 0xa1}};

bool guest_may_iopl(const struct vcpu *v)
{
    unsigned int level = 3;

    if (v->kernel_mode)
        level = vm_assist_is_on(v->d, VMASST_TYPE_architectural_iopl) ? 0 : 1;
    return v->entry.iopl >= level;
}

/* The bitmap is the guest's and may change: it opens only its own ports. */
static bool bitmap_allows(const struct vcpu *v, uint16_t port,
                          unsigned int bytes)
{
    uint8_t bits[2] = {0xff, 0xff};
    unsigned int mask = ((1u << bytes) - 1) << (port & 7);

    if ((unsigned int)port + bytes > v->entry.iobitmap_ports)
        return false;
    if (hal_copy_from_guest(bits, v->entry.iobitmap_va + port / 8,
                            (port & 7) + bytes > 8 ? 2 : 1))
        return false;
    return !((bits[0] | bits[1] << 8) & mask);
}

static bool is_real(const struct vcpu *v, uint16_t port, unsigned int bytes)
{
    if (!v->d->privileged || uart_owns(port, bytes))
        return false;
    for (unsigned int i = 0; i < ARRAY_SIZE(ours); i++)
        if (port <= ours[i].last && port + bytes > ours[i].first)
            return false;
    return true;
}

/*
 * Ports of a domain that has no devices: all ones and dropped writes, with a
 * few exceptions that kernels look at while they start.
 * Source: abi/traps-and-privops.md 5.1.
 */

/* Ticks of channel 2. It wraps and counts on, as the real one. */
static uint64_t pit_gone(const struct virtual_ports *p, uint64_t now_ns)
{
    return (now_ns - p->pit_start_ns) * PIT_HZ / 1000000000ul;
}

static bool pit_done(const struct virtual_ports *p, uint64_t now_ns)
{
    return p->pit_start_ns &&
           pit_gone(p, now_ns) >= (p->pit_count ? p->pit_count : 0x10000ul);
}

static uint8_t read_byte(struct virtual_ports *p, uint16_t port,
                         uint64_t now_ns)
{
    uint16_t count;

    switch (port) {
    case PIT_CHANNEL2:
        count = (uint16_t)(p->pit_count - pit_gone(p, now_ns));
        p->pit_read_high = !p->pit_read_high;
        return (uint8_t)(p->pit_read_high ? count : count >> 8);
    case PIT_GATE:
        p->gate ^= GATE_REFRESH;
        return (uint8_t)(p->gate | (pit_done(p, now_ns) ? GATE_OUTPUT : 0));
    case CMOS_INDEX:
        return p->cmos_index;
    default:
        return 0xff;
    }
}

static void write_byte(struct virtual_ports *p, uint16_t port, uint8_t value,
                       uint64_t now_ns)
{
    switch (port) {
    case PIT_CHANNEL2:
        if (p->pit_high_next) {
            p->pit_count = (uint16_t)(p->pit_low | value << 8);
            p->pit_start_ns = now_ns;
        } else {
            p->pit_low = value;
        }
        p->pit_high_next = !p->pit_high_next;
        break;
    case PIT_COMMAND:
        p->pit_high_next = p->pit_read_high = false;
        break;
    case PIT_GATE:
        p->gate = (uint8_t)((p->gate & GATE_REFRESH) | (value & GATE_WRITABLE));
        break;
    case CMOS_INDEX:
        p->cmos_index = value & 0x7f;
        break;
    }
}

static uint32_t virtual_port_read(struct virtual_ports *p, uint16_t port,
                                  unsigned int bytes, uint64_t now_ns)
{
    uint32_t value = 0;

    if (port == PCI_ADDRESS && bytes == 4)
        return p->pci_address;
    for (unsigned int i = 0; i < bytes; i++)
        value |= (uint32_t)read_byte(p, (uint16_t)(port + i), now_ns)
                 << (8 * i);
    return value;
}

static void virtual_port_write(struct virtual_ports *p, uint16_t port,
                               unsigned int bytes, uint32_t value,
                               uint64_t now_ns)
{
    if (port == PCI_ADDRESS && bytes == 4) {
        p->pci_address = value;
        return;
    }
    for (unsigned int i = 0; i < bytes; i++)
        write_byte(p, (uint16_t)(port + i), (uint8_t)(value >> (8 * i)),
                   now_ns);
}

static uint32_t port_read(const struct vcpu *v, uint16_t port,
                          unsigned int bytes)
{
    if (!is_real(v, port, bytes))
        return virtual_port_read(&vcpu_machine(v)->ports, port, bytes,
                                 hal_now_ns());
    return bytes == 1 ? inb(port) : bytes == 2 ? inw(port) : inl(port);
}

static void port_write(const struct vcpu *v, uint16_t port, unsigned int bytes,
                       uint32_t value)
{
    if (!is_real(v, port, bytes))
        virtual_port_write(&vcpu_machine(v)->ports, port, bytes, value,
                           hal_now_ns());
    else if (bytes == 1)
        outb(port, (uint8_t)value);
    else if (bytes == 2)
        outw(port, (uint16_t)value);
    else
        outl(port, value);
}

/* Only FS and GS have a base; INS takes no override. */
static uint64_t segment_base(const struct emulation *e, bool out)
{
    if (out && e->in.segment == 0x64)
        return rdmsr(MSR_FS_BASE);
    if (out && e->in.segment == 0x65)
        return rdmsr(MSR_GS_BASE);
    return 0;
}

static uint64_t address_mask(const struct insn *in)
{
    if (in->long_mode)
        return in->address_short ? UINT32_MAX : UINT64_MAX;
    return in->address_short ? UINT16_MAX : UINT32_MAX;
}

/* One element; false: its memory faulted, and nothing has changed. */
static bool element(struct emulation *e, uint16_t port, unsigned int bytes)
{
    struct cpu_user_regs *r = e->v->regs;
    bool out = e->in.opcode >= 0x6e;
    uint64_t mask = address_mask(&e->in);
    uint64_t *index = out ? &r->rsi : &r->rdi;
    uint64_t va = segment_base(e, out) + (*index & mask);
    uint64_t step = r->rflags & EFLAGS_DF ? -(uint64_t)bytes : bytes;
    uint32_t value = 0;

    e->fault = va;
    e->fault_code = out ? 0 : PF_WRITE;
    /* A port must not be read for nothing: first whether it can be kept. */
    if (!guest_fetch(&value, va, bytes) ||
        (!out && !guest_store(va, &value, bytes)))
        return false;
    if (out) {
        port_write(e->v, port, bytes, value);
    } else {
        value = port_read(e->v, port, bytes);
        if (!guest_store(va, &value, bytes))
            return false;
    }
    *index = (*index & ~mask) | ((*index + step) & mask);
    return true;
}

static enum emulate_result string(struct emulation *e, uint16_t port,
                                  unsigned int bytes)
{
    uint64_t mask = address_mask(&e->in);
    uint64_t *count = &e->v->regs->rcx;

    if (!e->in.rep)
        return element(e, port, bytes) ? EMULATE_DONE : EMULATE_FAULT;
    for (int i = 0; *count & mask; i++) {
        if (i == REP_MAX)
            return EMULATE_AGAIN;
        if (!element(e, port, bytes))
            return EMULATE_FAULT;
        *count = (*count & ~mask) | ((*count - 1) & mask);
    }
    return EMULATE_DONE;
}

enum emulate_result emulate_io(struct emulation *e)
{
    uint8_t op = e->in.opcode;
    unsigned int bytes = e->in.operand_bytes == 8 ? 4 : e->in.operand_bytes;
    uint16_t port = (uint16_t)e->v->regs->rdx;

    if (op >= 0xe4 && op <= 0xe7)
        port = (uint8_t)e->in.immediate;
    if (!guest_may_iopl(e->v) && !bitmap_allows(e->v, port, bytes))
        return EMULATE_GP;
    if (op <= 0x6f)
        return string(e, port, bytes);
    if (op & 2)
        port_write(e->v, port, bytes, (uint32_t)e->v->regs->rax);
    else
        emulate_set_low(&e->v->regs->rax, port_read(e->v, port, bytes), bytes);
    return EMULATE_DONE;
}
