# SPDX-License-Identifier: MIT
# pv-abi: headers; what is linked (image/) is named by those who link it. $(O)/include, which everybody has in the include
# path, leads here: #include <pv-abi/types.h>.
#
#   $(ABI_CHECK)  compiled by the hypervisor, guests and host programs with
#                 their own flags: it breaks when they disagree on a layout.

ABI_CHECK := pv-abi/layout_check.c

.PHONY: abi-check
abi-check: ## hold layouts and constants against the recorded numbers
	$(Q)for mode in '' -DPV_ABI_HYPERVISOR; do \
	    for compiler in $(CC) $(CLANG); do \
	        $$compiler -std=gnu11 $(WARN) -ffreestanding -fsyntax-only $$mode \
	            $(ABI_CHECK) || exit; \
	    done; \
	done

all: abi-check
