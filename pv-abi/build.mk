# SPDX-License-Identifier: MIT
# pv-abi: nothing to link but image/ (see there). $(O)/include, which everybody
# has in the include path, leads here: #include <pv-abi/types.h>.

# --- The layout, as each of those who share it compiles it ---------------------

ABI_CHECKS := $(O)/hv/pv-abi/layout_check.o \
    $(O)/guest/pv-abi/layout_check.o \
    $(O)/host/obj/pv-abi/layout_check.o

$(O)/guest/pv-abi/layout_check.o: pv-abi/layout_check.c $(NEWLIB_DONE)
	$(Q)$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 $(WARN) $(REPRODUCIBLE) $(NEWLIB_CFLAGS) -MMD -MP \
	    -c -o $@ $<

.PHONY: abi-check
abi-check: $(ABI_CHECKS) ## hold layouts and constants against their numbers
all: abi-check

-include $(ABI_CHECKS:.o=.d)
