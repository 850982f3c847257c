# SPDX-License-Identifier: MIT
# The guest kernel: a library, a linker script, and the apps linked with it.
#
#   $(O)/guest/libguest.a, guest.o   kernel; guest.o has the entry and the notes
#   $(O)/guest/<app>                 one image for each folder in apps/
#   GUEST_CFLAGS, GUEST_IMAGE        for other guests: the control domain, tests

GUEST := $(O)/guest

# Flags of everything that becomes part of a guest.
GUEST_CFLAGS = -std=gnu11 -O2 -g -fno-omit-frame-pointer \
    $(WARN) $(REPRODUCIBLE) $(NEWLIB_CFLAGS) -I $(O)/include \
    -I guest-kernel/include
# The kernel itself keeps its hands off the FPU: its state is a thread's.
GUEST_KERNEL_CFLAGS = $(GUEST_CFLAGS) -mgeneral-regs-only

GUEST_KERNEL_OBJECTS := \
    archive.o \
    balloon.o \
    clock.o \
    console.o \
    console_hv.o \
    console_ring.o \
    evtchn.o \
    file.o \
    grant.o \
    ioport.o \
    kmap.o \
    memory.o \
    newlib.o \
    page.o \
    paging.o \
    probe.o \
    shutdown.o \
    start.o \
    sync.o \
    thread.o \
    timer.o \
    traps.o \
    user.o \
    vcpu.o \
    xenbus.o \
    xenbus_calls.o

GUEST_APPS := \
    crash \
    flood \
    hello \
    hostile \
    memhog \
    spin

GUEST_OBJECTS := $(GUEST_KERNEL_OBJECTS:%=$(GUEST)/kernel/%)
GUEST_CRT     := $(GUEST)/guest.o
GUEST_LIB     := $(GUEST)/libguest.a

$(GUEST)/kernel/%.o: guest-kernel/%.c guest-kernel/build.mk $(NEWLIB_DONE)
	$(Q)$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(GUEST_KERNEL_CFLAGS) -MMD -MP -c -o $@ $<

$(GUEST)/kernel/%.o: guest-kernel/%.S
	$(Q)$(say) AS $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -g $(REPRODUCIBLE) -I $(O)/include -MMD -MP -c -o $@ $<

# Objects nothing refers to by name, so no archive: always linked.
$(GUEST_CRT): $(GUEST)/kernel/entry.o $(GUEST)/kernel/notes.o
	$(Q)$(say) LD $@
	$(Q)$(LD) -r -o $@ $^

$(GUEST_LIB): $(GUEST_OBJECTS)
	$(Q)$(say) AR $@
	$(Q)rm -f $@
	$(Q)$(AR) rcsD $@ $^

# $(call GUEST_IMAGE,image,objects): link a guest. The recipe of a rule whose
# prerequisites are $(GUEST_PARTS) and the objects.
GUEST_PARTS := guest-kernel/guest.ld $(GUEST_CRT) $(GUEST_LIB)
GUEST_IMAGE = $(say) LD $(1) && $(LD) -static -nostdlib --gc-sections \
    --build-id=sha1 -z noexecstack -z max-page-size=4096 \
    -T guest-kernel/guest.ld -o $(1) $(GUEST_CRT) $(2) \
    --start-group $(GUEST_LIB) $(NEWLIB_LIBS) --end-group

# An app is all the C and assembly files of its folder.
define guest_app
$(1)_APP_OBJECTS := $$(patsubst guest-kernel/apps/%,$$(GUEST)/apps/%.o,\
    $$(basename $$(sort $$(wildcard guest-kernel/apps/$(1)/*.[cS]))))
$$(GUEST)/$(1): $$(GUEST_PARTS) $$($(1)_APP_OBJECTS)
	$$(Q)$$(call GUEST_IMAGE,$$@,$$($(1)_APP_OBJECTS))
-include $$($(1)_APP_OBJECTS:.o=.d)
endef
$(foreach app,$(GUEST_APPS),$(eval $(call guest_app,$(app))))

$(GUEST)/apps/%.o: guest-kernel/apps/%.c guest-kernel/build.mk $(NEWLIB_DONE)
	$(Q)$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(GUEST_CFLAGS) -MMD -MP -c -o $@ $<

# A guest outside of the tree: `make guest DIR=folder` makes folder/NAME.elf
# of all its C and assembly files, with objects in folder/obj; NAME is the
# folder's.
ifdef DIR
OUT_NAME    := $(notdir $(abspath $(DIR)))
OUT_SOURCES := $(sort $(wildcard $(DIR)/*.c $(DIR)/*.S))
OUT_OBJECTS := $(patsubst $(DIR)/%,$(DIR)/obj/%.o,$(OUT_SOURCES))

$(DIR)/obj/%.o: $(DIR)/% $(NEWLIB_DONE)
	$(Q)$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(GUEST_CFLAGS) -MMD -MP -c -o $@ $<

$(DIR)/$(OUT_NAME).elf: $(GUEST_PARTS) $(OUT_OBJECTS)
	$(Q)$(call GUEST_IMAGE,$@,$(OUT_OBJECTS))

-include $(OUT_OBJECTS:.o=.d)
endif

$(GUEST)/apps/%.o: guest-kernel/apps/%.S
	$(Q)$(say) AS $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -g $(REPRODUCIBLE) -I $(O)/include -MMD -MP -c -o $@ $<

.PHONY: guest
guest: $(if $(DIR),$(DIR)/$(OUT_NAME).elf) ## build the guest in DIR=folder
	$(Q)test -n "$(DIR)" || { echo 'make guest DIR=folder' >&2; exit 2; }

.PHONY: guests
guests: $(GUEST_APPS:%=$(GUEST)/%) ## build the guest kernel and its apps
all: guests

-include $(GUEST_OBJECTS:.o=.d) $(GUEST)/kernel/entry.d $(GUEST)/kernel/notes.d
