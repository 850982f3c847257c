/* SPDX-License-Identifier: MIT */
#include "x86/trap/io.h"

#define PIT_HZ 1193182ul

enum port {
    PORT_PIT2 = 0x42,
    PORT_PIT_COMMAND = 0x43,
    PORT_GATE = 0x61,
    PORT_CMOS_INDEX = 0x70,
    PORT_PCI_ADDRESS = 0xcf8,
};

#define GATE_WRITABLE 0x03
#define GATE_REFRESH  0x10 /* toggles: somebody may wait for it */
#define GATE_OUTPUT   0x20 /* channel 2 has come to zero */

/* What channel 2 holds now. It wraps and counts on, as the real one. */
static uint16_t pit_now(const struct virtual_ports *p, uint64_t now_ns)
{
    uint64_t gone = (now_ns - p->pit_start_ns) * PIT_HZ / 1000000000ul;

    return (uint16_t)(p->pit_count - gone);
}

static bool pit_done(const struct virtual_ports *p, uint64_t now_ns)
{
    uint64_t gone = (now_ns - p->pit_start_ns) * PIT_HZ / 1000000000ul;

    return p->pit_start_ns && gone >= (p->pit_count ? p->pit_count : 0x10000ul);
}

static uint8_t read_byte(struct virtual_ports *p, uint16_t port,
                         uint64_t now_ns)
{
    uint16_t count;

    switch (port) {
    case PORT_PIT2:
        count = pit_now(p, now_ns);
        p->pit_read_high = !p->pit_read_high;
        return (uint8_t)(p->pit_read_high ? count : count >> 8);
    case PORT_GATE:
        p->gate ^= GATE_REFRESH;
        return (uint8_t)(p->gate | (pit_done(p, now_ns) ? GATE_OUTPUT : 0));
    case PORT_CMOS_INDEX:
        return p->cmos_index;
    default:
        return 0xff;
    }
}

static void write_byte(struct virtual_ports *p, uint16_t port, uint8_t value,
                       uint64_t now_ns)
{
    switch (port) {
    case PORT_PIT2:
        if (p->pit_high_next) {
            p->pit_count = (uint16_t)(p->pit_low | value << 8);
            p->pit_start_ns = now_ns;
        } else {
            p->pit_low = value;
        }
        p->pit_high_next = !p->pit_high_next;
        break;
    case PORT_PIT_COMMAND:
        p->pit_high_next = p->pit_read_high = false;
        break;
    case PORT_GATE:
        p->gate = (uint8_t)((p->gate & GATE_REFRESH) | (value & GATE_WRITABLE));
        break;
    case PORT_CMOS_INDEX:
        p->cmos_index = value & 0x7f;
        break;
    }
}

uint32_t virtual_port_read(struct virtual_ports *p, uint16_t port,
                           unsigned int bytes, uint64_t now_ns)
{
    uint32_t value = 0;

    if (port == PORT_PCI_ADDRESS && bytes == 4)
        return p->pci_address;
    for (unsigned int i = 0; i < bytes; i++)
        value |= (uint32_t)read_byte(p, (uint16_t)(port + i), now_ns)
                 << (8 * i);
    return value;
}

void virtual_port_write(struct virtual_ports *p, uint16_t port,
                        unsigned int bytes, uint32_t value, uint64_t now_ns)
{
    if (port == PORT_PCI_ADDRESS && bytes == 4) {
        p->pci_address = value;
        return;
    }
    for (unsigned int i = 0; i < bytes; i++)
        write_byte(p, (uint16_t)(port + i), (uint8_t)(value >> (8 * i)),
                   now_ns);
}
