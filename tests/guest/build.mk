# SPDX-License-Identifier: MIT
# Guest tests: each folder here is one, linked like an app. Those in apps/ are
# guests that a scenario of tests/system tells what to do.

GUEST_TESTS := $(sort $(patsubst tests/guest/%/main.c,%,\
    $(wildcard tests/guest/*/main.c)))
GUEST_TEST_APPS := $(sort $(patsubst tests/guest/%/main.c,%,\
    $(wildcard tests/guest/apps/*/main.c)))

# What a test needs beside its own files: GUEST_TEST_folder := OBJECT...
GUEST_TEST_teardown := $(DOM0_LIBPV:%.c=$(DOM0)/%.o)

# $(call guest_test,folder,further objects)
define guest_test
$(1)_TEST_OBJECTS := $$(patsubst tests/guest/%,$$(O)/tests/guest/%.o,\
    $$(sort $$(wildcard tests/guest/$(1)/*.c tests/guest/$(1)/*.S))) $(2)
$$(O)/tests/guest/$(1).elf: $$(GUEST_PARTS) $$($(1)_TEST_OBJECTS)
	$$(Q)$$(call GUEST_IMAGE,$$@,$$($(1)_TEST_OBJECTS))
-include $$($(1)_TEST_OBJECTS:.o=.d)
endef
$(foreach test,$(GUEST_TESTS),$(eval $(call guest_test,$(test),\
    $(O)/tests/guest/test.c.o $(GUEST_TEST_$(test)))))
$(foreach app,$(GUEST_TEST_APPS),$(eval $(call guest_test,$(app))))

$(O)/tests/guest/%.c.o: tests/guest/%.c $(NEWLIB_DONE)
	$(Q)$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(GUEST_CFLAGS) -I dom0-tools -MMD -MP -c -o $@ $<

$(O)/tests/guest/%.S.o: tests/guest/%.S
	$(Q)$(say) AS $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -g $(REPRODUCIBLE) -I $(O)/include -MMD -MP -c -o $@ $<

.PHONY: guest-tests
guest-tests: $(GUEST_TESTS:%=$(O)/tests/guest/%.elf) \
    $(GUEST_TEST_APPS:%=$(O)/tests/guest/%.elf)
CHECK_NEEDS += guest-tests \
    $(O)/peer/xen-hypervisor-4.17-amd64/.done
