# SPDX-License-Identifier: MIT
# The interface against Xen's own headers, unpacked from Debian's package.

XEN_HEADERS := $(O)/peer/libxen-dev
ABI_COMPARE := $(O)/compat/abi-compare

$(ABI_COMPARE): tests/compat/abi-layout/compare.c \
    tests/compat/abi-layout/xen_headers.h $(XEN_HEADERS)/.done \
    $(wildcard pv-abi/*.def pv-abi/layout/*.def)
	$(Q)$(say) HOSTCC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(HOSTCC) -std=gnu11 -g $(WARN) $(REPRODUCIBLE) -I $(O)/include \
	    -isystem $(XEN_HEADERS)/usr/include -o $@ $<

CHECK_NEEDS += $(ABI_COMPARE)
