# SPDX-License-Identifier: MIT
# xenstored as it is built for Linux, but optimised as users have it: what it
# spends is counted, so no sanitizers.

XENSTORE_WORK := $(O)/bench/xenstore-work

$(XENSTORE_WORK): tests/bench/xenstore/work.c $(XENSTORED) \
    $(wildcard dom0-tools/xenstored/*.h) | $(HOST_TREE_H)
	$(Q)$(say) HOSTCC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(HOSTCC) -std=gnu11 -g -O2 $(WARN) $(REPRODUCIBLE) $(HOST_INC) \
	    $(HOST_INC_dom0-tools) -o $@ $(filter %.c,$^)

CHECK_NEEDS += $(XENSTORE_WORK)
