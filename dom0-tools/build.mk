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
    dom0-tools/libpv/machine.c \
    dom0-tools/libpv/sched.c

# From an image to a domain.
DOM0_BUILDER := \
    dom0-tools/builder/build.c \
    pv-abi/image/elf.c \
    pv-abi/image/elf_note.c \
    pv-abi/image/layout.c \
    pv-abi/image/layout_page.c

# What domains print.
DOM0_CONSOLED := \
    dom0-tools/consoled/consoled.c \
    dom0-tools/consoled/history.c \
    dom0-tools/consoled/ring.c

# The person, or the script, at the control domain.
DOM0_SHELL := \
    dom0-tools/shell/builtins.c \
    dom0-tools/shell/candidates.c \
    dom0-tools/shell/complete.c \
    dom0-tools/shell/line.c \
    dom0-tools/shell/shell.c \
    dom0-tools/shell/terminal.c \
    dom0-tools/shell/words.c

# The store that domains and tools share, how it is run here, and its calls.
DOM0_XENSTORED := $(XENSTORED) \
    dom0-tools/xenstored/dom0.c \
    $(LIBXENSTORE) $(LIBXENSTORE_LOCAL)

# The command line.
DOM0_VIREO := \
    dom0-tools/vireo/cmd_claims.c \
    dom0-tools/vireo/cmd_config_update.c \
    dom0-tools/vireo/cmd_console.c \
    dom0-tools/vireo/cmd_create.c \
    dom0-tools/vireo/cmd_destroy.c \
    dom0-tools/vireo/cmd_dmesg.c \
    dom0-tools/vireo/cmd_domid.c \
    dom0-tools/vireo/cmd_help.c \
    dom0-tools/vireo/cmd_info.c \
    dom0-tools/vireo/cmd_list.c \
    dom0-tools/vireo/cmd_mem_set.c \
    dom0-tools/vireo/cmd_pause.c \
    dom0-tools/vireo/cmd_rename.c \
    dom0-tools/vireo/cmd_sched_credit2.c \
    dom0-tools/vireo/cmd_shutdown.c \
    dom0-tools/vireo/cmd_top.c \
    dom0-tools/vireo/cmd_trigger.c \
    dom0-tools/vireo/cmd_unpause.c \
    dom0-tools/vireo/cmd_uptime.c \
    dom0-tools/vireo/cmd_vcpu_list.c \
    dom0-tools/vireo/cmd_vcpu_pin.c \
    dom0-tools/vireo/cmd_vcpu_set.c \
    dom0-tools/vireo/cmd_vm_list.c \
    dom0-tools/vireo/cmd_xenstore.c \
    dom0-tools/vireo/cmd_xenstore_ls.c \
    dom0-tools/vireo/domains.c \
    dom0-tools/vireo/format.c \
    dom0-tools/vireo/json.c \
    dom0-tools/vireo/keys.c \
    dom0-tools/vireo/lifecycle.c \
    dom0-tools/vireo/main.c \
    dom0-tools/vireo/options.c \
    $(CONFIG_READER)

DOM0_SOURCES := $(DOM0_LIBPV) $(DOM0_BUILDER) $(DOM0_CONSOLED) \
    $(DOM0_SHELL) $(DOM0_XENSTORED) $(DOM0_VIREO) dom0-tools/main.c

# --- Rules --------------------------------------------------------------------

DOM0_OBJECTS := $(DOM0_SOURCES:%.c=$(DOM0)/%.o)

DOM0_CFLAGS = $(GUEST_CFLAGS) -DVIREO_VERSION='"$(VERSION)"' -I dom0-tools -I dom0-tools/libxenstore \
    $(CONFIG_INC)

$(DOM0)/%.o: %.c dom0-tools/build.mk $(NEWLIB_DONE) | $(CONFIG_GEN)/grammar.h
	$(Q)$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(DOM0_CFLAGS) -MMD -MP -c -o $@ $<

$(DOM0)/%.o: $(O)/gen/%.c $(NEWLIB_DONE) | $(CONFIG_GEN)/grammar.h
	$(Q)$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(DOM0_CFLAGS) -MMD -MP -c -o $@ $<

$(O)/dom0: $(GUEST_PARTS) $(DOM0_OBJECTS)
	$(Q)$(call GUEST_IMAGE,$@,$(DOM0_OBJECTS))

# What the control domain finds in its files.
BOOT_GUESTS := crash hello hostile memhog spin
BOOT_SOURCES := dom0-tools/boot \
    $(foreach g,$(BOOT_GUESTS),$(O)/guest/$(g):guests/$(g))
$(O)/boot.cpio: tools/mkarchive $(wildcard dom0-tools/boot/*) \
    $(BOOT_GUESTS:%=$(O)/guest/%)
	$(Q)$(say) ARCHIVE $@
	$(Q)tools/mkarchive $@ $(BOOT_SOURCES)

.PHONY: dom0
dom0: $(O)/dom0 $(O)/boot.cpio ## build the control domain and its files
all: dom0

-include $(DOM0_OBJECTS:.o=.d)
