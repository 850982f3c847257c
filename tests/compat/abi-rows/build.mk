# SPDX-License-Identifier: MIT
# The guest that asks for every row of the interface.

ABI_ROWS := $(O)/compat/abi-rows.elf
ABI_ROWS_OBJECTS := $(patsubst tests/compat/abi-rows/guest/%,\
    $(O)/compat/abi-rows/%.o,$(sort $(wildcard tests/compat/abi-rows/guest/*.[cS])))

$(O)/compat/abi-rows/%.c.o: tests/compat/abi-rows/guest/%.c $(NEWLIB_DONE)
	$(Q)$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(GUEST_CFLAGS) -MMD -MP -c -o $@ $<

$(O)/compat/abi-rows/%.S.o: tests/compat/abi-rows/guest/%.S
	$(Q)$(say) AS $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -g $(REPRODUCIBLE) -I $(O)/include -MMD -MP -c -o $@ $<

$(ABI_ROWS): $(GUEST_PARTS) $(ABI_ROWS_OBJECTS)
	$(Q)$(call GUEST_IMAGE,$@,$(ABI_ROWS_OBJECTS))

-include $(ABI_ROWS_OBJECTS:.o=.d)

CHECK_NEEDS += $(ABI_ROWS)
