# SPDX-License-Identifier: MIT
# The machine's part of the hypervisor, and the image $(O)/vireo.

# Start-up: from the loader to one state for all loaders; the CPUs.
HV_X86 := \
    hypervisor/main.c \
    hypervisor/x86/boot/acpi.c \
    hypervisor/x86/boot/boot_info.c \
    hypervisor/x86/boot/head.S \
    hypervisor/x86/boot/memory_map.c \
    hypervisor/x86/boot/modules.c \
    hypervisor/x86/boot/smp.c

# Between guests and hypervisor.
HV_X86 += \
    hypervisor/x86/entry/context_switch.c \
    hypervisor/x86/entry/entry.S \
    hypervisor/x86/entry/exit.c

# Exceptions, and the instructions that are emulated.
HV_X86 += \
    hypervisor/x86/trap/bounce.c \
    hypervisor/x86/trap/cpuid.c \
    hypervisor/x86/trap/decode.c \
    hypervisor/x86/trap/gp.c \
    hypervisor/x86/trap/io.c \
    hypervisor/x86/trap/msr.c \
    hypervisor/x86/trap/panic.c \
    hypervisor/x86/trap/table_write.c \
    hypervisor/x86/trap/trap.c

# The rest of the machine, a noun a file.
HV_X86 += \
    hypervisor/x86/apic.c \
    hypervisor/x86/cpu.c \
    hypervisor/x86/fpu.c \
    hypervisor/x86/guest_copy.c \
    hypervisor/x86/paging.c \
    hypervisor/x86/power.c \
    hypervisor/x86/time.c \
    hypervisor/x86/uart.c

# Kconfig chooses a file.
HV_X86 += hypervisor/x86/$(if $(CONFIG_SPECULATION),spec.c,spec_absent.c)

# An indirect call through a thunk is predicted to a trap of its own.
ifdef CONFIG_SPECULATION
HV_CFLAGS += -mindirect-branch=thunk -mindirect-branch-register -fno-jump-tables
endif

HV_INC_x86 := -I hypervisor
HV_INC_main.o := -I hypervisor

HV_X86_OBJS := $(patsubst %,$(O)/hv/%.o,$(basename $(HV_X86)))

# Flags and configuration decide what is in an object.
$(HV_OBJS) $(HV_X86_OBJS): hypervisor/build.mk hypervisor/x86/build.mk \
    $(O)/config.mk

$(O)/hv/asm-offsets.h: hypervisor/x86/asm-offsets.c | $(O)/.deps
	$(Q)$(say) OFFSETS $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(HV_CFLAGS) -MF $(O)/hv/asm-offsets.d -MT $@ \
	    $(HV_INC) -S -o $(O)/hv/asm-offsets.s $<
	$(Q)sed -n 's/^[[:space:]]*@\([A-Za-z0-9_]*\) \(.*\)/#define \1 \2/p' \
	    $(O)/hv/asm-offsets.s >$@

$(O)/hv/%.o: %.S $(O)/hv/asm-offsets.h
	$(Q)$(say) AS $<
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(REPRODUCIBLE) -MMD -MP -D__ASSEMBLER__ -g -I $(O)/include \
	    -I $(O)/hv -I hypervisor -c -o $@ $<

$(O)/hv/link.lds: hypervisor/link.lds.S
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -E -P -D__ASSEMBLER__ -x assembler-with-cpp -I hypervisor \
	    -MMD -MF $@.d -MT $@ -o $@ $<

HV_LDFLAGS := -static -z noexecstack --no-warn-rwx-segments --build-id=none \
    -z max-page-size=4096
# Bit counting, for processors that may not have the instruction.
HV_LIBGCC := $(shell $(CC) -print-libgcc-file-name)

# Two links: the second adds the names of what the first put where.
$(O)/hv/vireo.first: $(HV_OBJS) $(HV_X86_OBJS) $(O)/hv/link.lds
	$(Q)$(LD) $(HV_LDFLAGS) -T $(O)/hv/link.lds -o $@ \
	    $(HV_OBJS) $(HV_X86_OBJS) $(HV_LIBGCC)

$(O)/hv/symbols.S: $(O)/hv/vireo.first hypervisor/x86/symbols.awk
	$(Q)nm -n $< | awk -f hypervisor/x86/symbols.awk >$@

$(O)/vireo: $(O)/hv/symbols.S hypervisor/x86/check-image.awk
	$(Q)$(say) LINK $@
	$(Q)$(CC) -c -o $(O)/hv/symbols.o $<
	$(Q)$(LD) $(HV_LDFLAGS) -T $(O)/hv/link.lds -o $@ \
	    $(HV_OBJS) $(HV_X86_OBJS) $(O)/hv/symbols.o $(HV_LIBGCC)
	$(Q)objdump -d --no-show-raw-insn $@ | \
	    awk -v speculation=$(CONFIG_SPECULATION) \
	    -f hypervisor/x86/check-image.awk

all: $(O)/vireo

.PHONY: vireo
vireo: $(O)/vireo ## build the hypervisor
