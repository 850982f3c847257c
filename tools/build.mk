# SPDX-License-Identifier: MIT
# Needed packages, configuration, newlib, peers from Debian; boot images and
# the launcher.

# --- Packages ---------------------------------------------------------------

.PHONY: deps
deps: ## install the Debian packages that are missing
	$(Q)tools/deps

# Everything waits for this through config.mk, which the Makefile includes.
$(O)/.deps: tools/deps
	$(Q)tools/deps
	$(Q)mkdir -p $(@D) && touch $@

# --- Configuration ----------------------------------------------------------
# $(O)/.config is the user's; config.mk and include/config.h follow from it
# and from Kconfig. Without a .config all options have their defaults.

CONFIG := KCONFIG_CONFIG=$(abspath $(O))/.config $(PYTHON) -m

$(O)/config.mk: Kconfig $(wildcard $(O)/.config) | $(O)/.deps
	$(Q)$(say) CONFIG $@
	$(Q)mkdir -p $(O)/include
	$(Q)ln -sfn $(CURDIR)/pv-abi $(O)/include/pv-abi
	$(Q)$(CONFIG) genconfig --header-path $(O)/include/config.h \
	    --config-out $@ Kconfig
	$(Q)touch $@

# Included files are made before anything else, then make starts over: with
# this line each target has packages, configuration and include folder.
NEEDS_NOTHING := clean deps help defconfig olddefconfig menuconfig
ifneq ($(filter-out $(NEEDS_NOTHING),$(or $(MAKECMDGOALS),all)),)
include $(O)/config.mk
endif

.PHONY: defconfig olddefconfig menuconfig
defconfig: $(O)/.deps ## forget the configuration, take the defaults
	$(Q)$(CONFIG) alldefconfig Kconfig
olddefconfig: $(O)/.deps ## keep the configuration, defaults for new options
	$(Q)$(CONFIG) olddefconfig Kconfig
menuconfig: $(O)/.deps ## choose options in a menu
	$(Q)$(CONFIG) menuconfig Kconfig

# --- C library --------------------------------------------------------------

include tools/newlib.mk

# --- Reference --------------------------------------------------------------
# docs/hypercalls.md says what the tables of pv-abi say, docs/vireo.md what the
# table of the command line does.

DOCS_GEN := $(O)/tools/gen-command-docs $(O)/tools/gen-hypercall-docs

$(DOCS_GEN): $(O)/tools/%: tools/%.c
	$(Q)$(say) HOSTCC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(HOSTCC) -std=gnu11 -g -O1 $(WARN) $(REPRODUCIBLE) -MMD -MP \
	    -I $(O)/include -I dom0-tools -o $@ $<

TEST_PROGRAMS += $(DOCS_GEN)

.PHONY: docs
docs: $(DOCS_GEN) ## write the references in docs/ anew from the tables
	$(Q)$(O)/tools/gen-command-docs >docs/vireo.md
	$(Q)$(O)/tools/gen-hypercall-docs >docs/hypercalls.md

-include $(DOCS_GEN:%=%.d)

# --- Peers ------------------------------------------------------------------
# $(O)/peer/PACKAGE is the unpacked Debian package: Xen and its headers to
# compare with, guests that nobody here wrote.

$(O)/peer/%/.done: | $(O)/.deps
	$(Q)$(say) FETCH $*
	$(Q)tools/fetch-peer $* $(@D)

.PRECIOUS: $(O)/peer/%/.done

# --- Booting ----------------------------------------------------------------

BOOT_FILES := $(O)/vireo $(O)/dom0 $(O)/boot.cpio

$(O)/vireo.iso: tools/mkimage $(BOOT_FILES)
	$(Q)$(say) ISO $@
	$(Q)tools/mkimage $@ $(O)/vireo console=com1 $(O)/dom0 dom0 \
	    $(O)/boot.cpio archive

LAUNCH := tools/vireo-qemu --build $(O)

.PHONY: run debug iso
iso: $(O)/vireo.iso ## a boot image for BIOS and UEFI machines

run: all ## boot by GRUB to the control domain; ARGS='--cpus 4' and others
	$(Q)$(LAUNCH) --boot grub $(ARGS)

debug: all ## QEMU stopped, gdb attached with all symbols
	$(Q)$(LAUNCH) --gdb $(ARGS)

# --- The SDK, and releases ----------------------------------------------------

PREFIX ?= /usr/local

# The flags of GUEST_CFLAGS and GUEST_IMAGE but for paths of this tree.
SDK_CFLAGS  = -std=gnu11 -O2 -g -Wall -Wextra -Wno-unused-parameter \
    $(filter-out -nostdinc -isystem $(NEWLIB)/% $(GCC_INCLUDE),$(NEWLIB_CFLAGS))
SDK_LDFLAGS = -static -nostdlib --gc-sections --build-id=sha1 \
    -z noexecstack -z max-page-size=4096

.PHONY: install-sdk
install-sdk: all ## what guests outside of the tree need, into PREFIX=/usr/local
	$(Q)tools/sdk/install $(O) $(PREFIX) $(VERSION) '$(SDK_CFLAGS)' \
	    '$(SDK_LDFLAGS)'

.PHONY: dist
dist: ## the sources of the last commit as an archive in $(O)
	$(Q)mkdir -p $(O)
	$(Q)git archive --prefix=vireo-$(VERSION)/ HEAD | gzip -n9 \
	    >$(O)/vireo-$(VERSION).tar.gz
	$(Q)echo $(O)/vireo-$(VERSION).tar.gz
