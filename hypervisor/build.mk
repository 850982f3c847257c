# SPDX-License-Identifier: MIT
# The hypervisor. core/ and lib/ are compiled twice: here for the machine, and
# under the sanitizers for host tests (tests/host/build.mk names these lists).

# --- Objects: the list is a map -----------------------------------------------

# Leaf code: no state of domains, no machine.
HV_LIB := \
    hypervisor/lib/printf.c \
    hypervisor/lib/spinlock.c \
    hypervisor/lib/string.c

# Guest images and boot archives: read here, by dom0's builder, by guests.
HV_IMAGE := \
    pv-abi/image/cpio.c \
    pv-abi/image/elf.c \
    pv-abi/image/elf_note.c \
    pv-abi/image/layout.c \
    pv-abi/image/layout_page.c

# Frames, page types, page tables, memory calls.
HV_CORE_MM := \
    hypervisor/core/mm/alloc.c \
    hypervisor/core/mm/entry.c \
    hypervisor/core/mm/frame.c \
    hypervisor/core/mm/heap.c \
    hypervisor/core/mm/mapping.c \
    hypervisor/core/mm/memory_op.c \
    hypervisor/core/mm/mmu.c \
    hypervisor/core/mm/reservation.c \
    hypervisor/core/mm/tlb.c \
    hypervisor/core/mm/type.c \
    hypervisor/core/mm/vcpu_mmu.c

# Event channels, and the way from a port to an upcall.
HV_CORE_EVENT := \
    hypervisor/core/event/channel.c \
    hypervisor/core/event/channel_op.c \
    hypervisor/core/event/fifo.c \
    hypervisor/core/event/upcall.c

# Frames lent to other domains.
HV_CORE_GRANT := \
    hypervisor/core/grant/grant_op.c \
    hypervisor/core/grant/map.c \
    hypervisor/core/grant/table.c

# Which vCPU runs where; clocks and timers.
HV_CORE_SCHED := \
    hypervisor/core/sched/balance.c \
    hypervisor/core/sched/cap.c \
    hypervisor/core/sched/clock.c \
    hypervisor/core/sched/runqueue.c \
    hypervisor/core/sched/sched_op.c \
    hypervisor/core/sched/timer.c \
    hypervisor/core/sched/vcpu.c \
    hypervisor/core/sched/vcpu_op.c

# Domains: life, control, start of day.
HV_CORE_DOMAIN := \
    hypervisor/core/domain/cmdline.c \
    hypervisor/core/domain/console.c \
    hypervisor/core/domain/control.c \
    hypervisor/core/domain/dom0_build.c \
    hypervisor/core/domain/domain.c \
    hypervisor/core/domain/domctl.c \
    hypervisor/core/domain/domctl_vcpu.c \
    hypervisor/core/domain/entry_calls.c \
    hypervisor/core/domain/hypercall_page.c \
    hypervisor/core/domain/life.c \
    hypervisor/core/domain/register_calls.c \
    hypervisor/core/domain/sysctl.c \
    hypervisor/core/domain/vcpu_context.c \
    hypervisor/core/domain/version.c

# From a guest's registers to a handler.
HV_CORE_CALL := \
    hypervisor/core/call/dispatch.c \
    $(if $(CONFIG_TRACE),hypervisor/core/call/trace.c)

HV_CORE := $(HV_CORE_MM) $(HV_CORE_EVENT) $(HV_CORE_GRANT) \
    $(HV_CORE_SCHED) $(HV_CORE_DOMAIN) $(HV_CORE_CALL)

# --- Rules --------------------------------------------------------------------

# Host tests bring libc's string functions.
HV_HOST_LIB := $(filter-out %/string.c,$(HV_LIB))

HV_CFLAGS := -std=gnu11 -O2 -g $(WARN) $(REPRODUCIBLE) -MMD -MP \
    -ffreestanding -nostdinc -fpie -fvisibility=hidden -mno-red-zone \
    -mgeneral-regs-only -fno-stack-protector -fno-omit-frame-pointer \
    -fno-asynchronous-unwind-tables -fcf-protection=none -DPV_ABI_HYPERVISOR
HV_INC = -isystem $(GCC_INCLUDE) -isystem $(O)/include/bsd -I $(O)/include \
    -I hypervisor/include -I hypervisor/core -I hypervisor/lib
HV_INC_x86 := -I hypervisor/x86

# Lists and trees: the BSD headers that newlib ships, and nothing else of it.
HV_BSD := $(O)/include/bsd/sys/queue.h $(O)/include/bsd/sys/tree.h
$(HV_BSD): | $(O)/.deps
	$(Q)$(say) EXTRACT $@
	$(Q)mkdir -p $(@D)
	$(Q)tar -xOf $(wildcard /usr/src/newlib/newlib-*.tar.xz) \
	    --wildcards '*/newlib/libc/include/sys/$(@F)' >$@

# The folder below hypervisor/ decides what a file may include.
hv_top = $(firstword $(subst /, ,$(patsubst $(O)/hv/hypervisor/%,%,$@)))

$(O)/hv/%.o: %.c | $(HV_BSD)
	$(Q)$(say) CC $<
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(HV_CFLAGS) $(HV_INC) $(HV_INC_$(hv_top)) -c -o $@ $<

HV_OBJS := $(patsubst %.c,$(O)/hv/%.o,$(HV_LIB) $(HV_IMAGE) $(HV_CORE))

.PHONY: hv-core
hv-core: $(HV_OBJS) ## compile the machine-independent part of the hypervisor

-include $(shell find $(O)/hv -name '*.d' 2>/dev/null)

include hypervisor/x86/build.mk
