# SPDX-License-Identifier: MIT
# Fuzz targets: libFuzzer with ASan and UBSan.
#
# A target is tests/fuzz/fuzz_NAME.c and the files it fuzzes. One line adds it:
#
#   FUZZ_NAME := FILE.c ...
#
# Further libraries for one target's link: LDLIBS_fuzz_NAME := ...
#
# tests/fuzz/corpus/NAME/ holds its seeds and every input that once failed.
#   make fuzz T=NAME [SECONDS=60]   look for new failures
# In `make check` each target runs over its corpus and then for the seconds
# that tests/BUDGET gives it (tests/fuzz/run).

FUZZ_config    := $(CONFIG_READER)
FUZZ_decode    := hypervisor/x86/trap/decode.c \
                  tests/fuzz/decode/compare.c tests/fuzz/decode/disassembly.c
FUZZ_dispatch  := $(DISPATCH_ORACLE) tests/fuzz/oracle/race.c
FUZZ_elf       := $(HV_IMAGE)
FUZZ_hypercall := $(HYPERCALL_ORACLE) tests/fuzz/oracle/race.c
FUZZ_xs_wire   := $(XENSTORED)

LDLIBS_fuzz_decode := -lopcodes -lbfd

# --- Rules --------------------------------------------------------------------

FUZZ_SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all \
                 -fno-omit-frame-pointer
FUZZ_CFLAGS   := -std=gnu11 -g -O1 $(WARN) $(REPRODUCIBLE) $(FUZZ_SANITIZE) \
                 -MMD -MP

# What libFuzzer learns from: not from what only judges, which is most of the
# work and the same whatever the input.
FUZZ_LEARN := -fsanitize=fuzzer-no-link
$(O)/fuzz/obj/tests/host/fake/%.o $(O)/fuzz/obj/tests/fuzz/oracle/%.o \
$(O)/fuzz/obj/tests/fuzz/dispatch/%.o \
$(O)/fuzz/obj/hypervisor/core/mm/check.o \
$(O)/fuzz/obj/hypervisor/core/grant/check.o: FUZZ_LEARN :=

fuzz_top = $(firstword $(subst /, ,$(patsubst $(O)/fuzz/obj/%,%,$@)))
fuzz_cc  = $(CLANG) $(FUZZ_CFLAGS) $(FUZZ_LEARN) $(HOST_INC) \
           $(HOST_INC_$(fuzz_top)) $(FUZZ_DEFS)

# The hypervisor's files see the ABI and the assertions as in its own build,
# and a guest that writes while they read.
$(O)/fuzz/obj/hypervisor/%.o $(O)/fuzz/obj/tests/host/fake/%.o \
$(O)/fuzz/obj/tests/fuzz/oracle/%.o $(O)/fuzz/obj/tests/fuzz/dispatch/%.o: \
    FUZZ_DEFS := $(HOST_HV_DEFS) -DSHARED_READ_HOOK

# What reads shared memory asks the target what it finds there.
$(O)/fuzz/obj/dom0-tools/xenstored/transport_ring.o \
$(O)/fuzz/obj/tests/fuzz/fuzz_xs_wire.o: FUZZ_DEFS := -DSHARED_READ_HOOK

$(O)/fuzz/obj/%.o: %.c tests/fuzz/build.mk | $(HOST_TREE_H)
	$(Q)$(say) FUZZCC $<
	$(Q)mkdir -p $(@D)
	$(Q)$(fuzz_cc) -c -o $@ $<

$(O)/fuzz/obj/%.o: $(O)/gen/%.c | $(HOST_TREE_H)
	$(Q)$(say) FUZZCC $<
	$(Q)mkdir -p $(@D)
	$(Q)$(fuzz_cc) -c -o $@ $<

FUZZ_NAMES    := $(sort $(patsubst FUZZ_%,%,$(filter-out FUZZ_NAMES \
                     FUZZ_SANITIZE FUZZ_CFLAGS FUZZ_LEARN FUZZ_DEFS \
                     FUZZ_PROGRAMS, \
                     $(filter FUZZ_%,$(.VARIABLES)))))
FUZZ_PROGRAMS := $(FUZZ_NAMES:%=$(O)/fuzz/fuzz_%)

define fuzz_target
$(O)/fuzz/fuzz_$(1): $(O)/fuzz/obj/tests/fuzz/fuzz_$(1).o \
    $(FUZZ_$(1):%.c=$(O)/fuzz/obj/%.o)
$(if $(filter hypervisor/%,$(FUZZ_$(1))),
$(O)/fuzz/obj/tests/fuzz/fuzz_$(1).o: FUZZ_DEFS := $(HOST_HV_DEFS))
endef
$(foreach t,$(FUZZ_NAMES),$(eval $(call fuzz_target,$(t))))

$(FUZZ_PROGRAMS):
	$(Q)$(say) LINK $@
	$(Q)$(CLANG) $(FUZZ_CFLAGS) -fsanitize=fuzzer -o $@ $^ \
	    $(LDLIBS_$(@F))

SECONDS ?= 60
.PHONY: fuzz
fuzz: $(O)/fuzz/fuzz_$(T) ## T=NAME: fuzz one target for SECONDS (default 60)
	$(Q)O=$(abspath $(O)) tests/fuzz/run $(T) $(SECONDS)

-include $(shell find $(O)/fuzz/obj -name '*.d' 2>/dev/null)
