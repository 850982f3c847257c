# SPDX-License-Identifier: MIT
# The control domain: the guest kernel with the programs of this folder.

include dom0-tools/libxenstore/build.mk
include dom0-tools/vireo/config/build.mk
include dom0-tools/xenstored/build.mk

DOM0 := $(O)/dom0.d

# --- Objects: the list is a map -----------------------------------------------

# Calls that only a privileged domain may make; call_dom0.c makes them.
DOM0_LIBPV := \
    dom0-tools/libpv/build.c \
    dom0-tools/libpv/call_dom0.c \
    dom0-tools/libpv/domain.c \
    dom0-tools/libpv/machine.c

# From an image to a domain.
DOM0_BUILDER := \
    dom0-tools/builder/build.c \
    dom0-tools/builder/layout.c \
    dom0-tools/builder/page.c \
    pv-abi/image/elf.c \
    pv-abi/image/elf_note.c

# What domains print.
DOM0_CONSOLED := \
    dom0-tools/consoled/consoled.c \
    dom0-tools/consoled/history.c \
    dom0-tools/consoled/ring.c

# The command line.
DOM0_VIREO := \
    dom0-tools/vireo/cmd_help.c \
    dom0-tools/vireo/format.c \
    dom0-tools/vireo/json.c

DOM0_SOURCES := $(DOM0_LIBPV) $(DOM0_BUILDER) $(DOM0_CONSOLED) $(DOM0_VIREO)

# --- Rules --------------------------------------------------------------------

DOM0_OBJECTS := $(DOM0_SOURCES:%.c=$(DOM0)/%.o)

$(DOM0)/%.o: %.c $(NEWLIB_DONE)
	$(Q)$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(GUEST_CFLAGS) -I dom0-tools -MMD -MP -c -o $@ $<

.PHONY: dom0-objects
dom0-objects: $(DOM0_OBJECTS) ## compile the control domain's programs
all: dom0-objects

-include $(DOM0_OBJECTS:.o=.d)
