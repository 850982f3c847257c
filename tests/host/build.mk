# SPDX-License-Identifier: MIT
# Host tests: Check suites under ASan and UBSan, TAP on standard output.
#
# A suite is tests/host/test_NAME.c and the files it tests. One line adds it:
#
#   SUITE_NAME := FILE.c ...
#
# A file below $(O)/gen (what bison or a script wrote) is named without that
# prefix. Further flags for one suite's link: LDFLAGS_NAME := ...
# Run one with $(O)/host/test_NAME; tests/host/suite.h says what it obeys.

# --- Suites, by the folder of what they test ----------------------------------

# The machine that core/ is tested on: lib, and hal.h on allocated memory.
FAKE_HAL := tests/host/fake/hal.c tests/host/fake/recorder.c
HV_FAKE  := $(HV_HOST_LIB) hypervisor/core/mm/tlb.c $(FAKE_HAL)

# The same with frames, domains and page tables; and with no other part.
HV_FAKE_MM := $(HV_HOST_LIB) $(HV_CORE_MM) tests/host/fake/check_mm.c \
              tests/host/fake/machine.c $(FAKE_HAL)
HV_ONLY_MM := $(HV_FAKE_MM) tests/host/fake/domain_find.c

# All of core/, with domains that live and die.
HV_FAKE_ALL := $(HV_HOST_LIB) $(HV_IMAGE) \
               $(sort $(HV_CORE) hypervisor/core/call/trace.c) \
               tests/host/fake/check.c tests/host/fake/check_mm.c \
               tests/host/fake/machine.c tests/host/fake/world.c $(FAKE_HAL)

# The same, with vCPUs that are scheduled.
HV_FAKE_GUESTS := $(HV_FAKE_ALL) tests/host/fake/guests.c

# pv-abi
SUITE_pv_abi :=

# The oracle of the hypercall layer, and what drives it.
HYPERCALL_ORACLE := $(HV_ONLY_MM) \
    tests/fuzz/oracle/actions.c \
    tests/fuzz/oracle/calls.c \
    tests/fuzz/oracle/choices.c \
    tests/fuzz/oracle/grants.c \
    tests/fuzz/oracle/judge.c \
    tests/fuzz/oracle/snapshot.c \
    tests/fuzz/oracle/tlb_model.c \
    tests/fuzz/oracle/walker.c

# The same for every call, on a whole machine.
DISPATCH_ORACLE := $(HV_FAKE_ALL) \
    tests/fuzz/dispatch/cpus.c \
    tests/fuzz/dispatch/guests.c \
    tests/fuzz/dispatch/judge.c \
    tests/fuzz/dispatch/make.c \
    tests/fuzz/dispatch/part.c \
    tests/fuzz/dispatch/play.c \
    tests/fuzz/dispatch/run.c \
    tests/fuzz/dispatch/state.c \
    tests/fuzz/dispatch/tables.c \
    tests/fuzz/dispatch/values.c \
    tests/fuzz/oracle/choices.c \
    tests/fuzz/oracle/snapshot.c \
    tests/fuzz/oracle/tlb_model.c \
    tests/fuzz/oracle/walker.c

# hypervisor/core/mm
SUITE_descriptor := $(HV_ONLY_MM)
SUITE_exchange   := $(HV_ONLY_MM)
SUITE_frame      := $(HV_ONLY_MM)
SUITE_heap       := $(HV_ONLY_MM)
SUITE_mapping    := $(HV_ONLY_MM)
SUITE_memory_op  := $(HV_ONLY_MM)
SUITE_mm_model   := $(HYPERCALL_ORACLE)
SUITE_mm_rest    := $(HV_ONLY_MM)
SUITE_mmu_update := $(HV_ONLY_MM)
SUITE_mmuext     := $(HV_ONLY_MM)
SUITE_pte        := $(HV_ONLY_MM)
SUITE_type       := $(HV_ONLY_MM)

# hypervisor/core/event
SUITE_evtchn      := $(HV_FAKE_GUESTS)
SUITE_evtchn_fifo := $(HV_FAKE_GUESTS)
SUITE_evtchn_fifo_abuse := $(HV_FAKE_GUESTS)
SUITE_evtchn_model := $(HV_FAKE_GUESTS)
SUITE_evtchn_raise := $(HV_FAKE_GUESTS)

# hypervisor/core/grant
SUITE_grant       := $(HV_FAKE_GUESTS)
SUITE_grant_map   := $(HV_FAKE_GUESTS)
SUITE_grant_unmap := $(HV_FAKE_GUESTS)
SUITE_grant_transfer := $(HV_FAKE_GUESTS)

# hypervisor/core/sched
SUITE_sched    := $(HV_FAKE_GUESTS)
SUITE_sched_place := $(HV_FAKE_GUESTS)
SUITE_sched_storm := $(HV_FAKE_GUESTS)
SUITE_sched_op := $(HV_FAKE_GUESTS)
SUITE_timer    := hypervisor/core/sched/timer.c $(HV_FAKE)
SUITE_vcpu_op  := $(HV_FAKE_GUESTS)

# hypervisor/lib
SUITE_lib    := $(HV_FAKE)
SUITE_string :=

# hypervisor/include
SUITE_tsc_skew :=

# hypervisor/core/call
SUITE_call_model := $(DISPATCH_ORACLE)
SUITE_dispatch := hypervisor/core/call/dispatch.c \
                  hypervisor/core/call/trace.c $(HV_FAKE)

# hypervisor/core/domain
HV_ELF            := pv-abi/image/elf.c pv-abi/image/elf_note.c
SUITE_cmdline     := hypervisor/core/domain/cmdline.c
SUITE_cpio        := pv-abi/image/cpio.c
SUITE_domain      := $(HV_FAKE_ALL)
SUITE_domctl      := $(HV_FAKE_ALL)
SUITE_domctl_vcpu := $(HV_FAKE_ALL)
SUITE_dom0_build  := $(HV_FAKE_ALL) tests/host/fake/image.c
SUITE_elf         := $(HV_ELF) tests/host/fake/image.c
SUITE_entry_calls := $(HV_FAKE_GUESTS)
SUITE_layout      := $(HV_ELF) pv-abi/image/layout.c \
                     pv-abi/image/layout_page.c tests/host/fake/image.c
SUITE_guest_calls := $(HV_FAKE_ALL)
SUITE_life        := $(HV_FAKE_ALL)
SUITE_sysctl      := $(HV_FAKE_ALL)
SUITE_teardown    := $(HV_FAKE_ALL)
SUITE_vcpu_context := $(HV_FAKE_ALL)
SUITE_hypercall_page := hypervisor/core/domain/hypercall_page.c

# hypervisor/x86/boot: what loaders and firmware say
SUITE_acpi       := hypervisor/x86/boot/acpi.c $(HV_FAKE)
SUITE_boot_info  := hypervisor/x86/boot/boot_info.c $(HV_FAKE)
SUITE_memory_map := hypervisor/x86/boot/memory_map.c $(HV_FAKE)

# dom0-tools/consoled
SUITE_console := dom0-tools/consoled/history.c dom0-tools/consoled/ring.c

# dom0-tools/shell
SUITE_shell := dom0-tools/shell/complete.c dom0-tools/shell/line.c \
               dom0-tools/shell/words.c

# dom0-tools/vireo
SUITE_format := dom0-tools/vireo/format.c dom0-tools/vireo/json.c
SUITE_options := dom0-tools/vireo/options.c

# dom0-tools/libxenstore
SUITE_libxenstore := $(LIBXENSTORE) $(LIBXENSTORE_LOCAL) $(XENSTORED) \
    tests/host/xenstore_fixture.c
SUITE_libxenstore_peer := $(LIBXENSTORE)
SUITE_libxenstore_socket := $(LIBXENSTORE) $(LIBXENSTORE_SOCKET) $(XENSTORED) \
    dom0-tools/xenstored/transport_socket.c

# dom0-tools/vireo/config
SUITE_config := $(CONFIG_READER)

# dom0-tools/xenstored
XENSTORE_FIXTURE := $(XENSTORED) tests/host/xenstore_fixture.c

SUITE_xenstore_dir := $(addprefix dom0-tools/xenstored/,dir.c dir_change.c \
                        node.c perms.c)
SUITE_xenstore_memory := $(XENSTORE_FIXTURE)
SUITE_xenstore_model := $(XENSTORE_FIXTURE)
SUITE_xenstore_node := $(XENSTORE_FIXTURE)
SUITE_xenstore_path := dom0-tools/xenstored/path.c dom0-tools/xenstored/perms.c
SUITE_xenstore_ring := $(XENSTORE_FIXTURE)
SUITE_xenstore_transaction := $(XENSTORE_FIXTURE)
SUITE_xenstore_watch := $(XENSTORE_FIXTURE)

LDFLAGS_xenstore_dir    := -Wl,--wrap=malloc
LDFLAGS_xenstore_memory := -Wl,--wrap=malloc,--wrap=calloc

# --- Rules --------------------------------------------------------------------

SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all \
            -fno-omit-frame-pointer

HOST_CFLAGS := -std=gnu11 -g -O1 $(WARN) $(REPRODUCIBLE) $(SANITIZE) -MMD -MP

# Each folder sees what it may include, and nothing else (docs: the house,
# "who may include what"). -iquote: <string.h> stays the host's.
HOST_BSD    := -isystem $(O)/host/include '-D__unused=__attribute__((unused))'
HOST_INC    := -I $(O)/include $(HOST_BSD)
HOST_INC_hypervisor := -I hypervisor/include -I hypervisor/core \
                       -iquote hypervisor/lib
HOST_INC_dom0-tools := -I dom0-tools $(CONFIG_INC)
HOST_INC_tests      := $(HOST_INC_hypervisor) $(HOST_INC_dom0-tools) \
                       -I hypervisor -I tests/host

# Files of x86/ that are tested here. What insn.h does is played by fake/x86.
$(O)/host/obj/hypervisor/x86/%.o $(O)/fuzz/obj/hypervisor/x86/%.o: \
    HOST_INC_hypervisor += -I tests/host/fake -I hypervisor

host_top = $(firstword $(subst /, ,$(patsubst $(O)/host/obj/%,%,$@)))
host_cc  = $(HOSTCC) $(HOST_CFLAGS) $(HOST_INC) $(HOST_INC_$(host_top)) \
           $(HOST_DEFS)

# Tests of the hypervisor see the ABI and the assertions as it does.
HOST_HV_DEFS := -DPV_ABI_HYPERVISOR -DCONFIG_DEBUG=1 -DCONFIG_TRACE=1
$(O)/host/obj/hypervisor/%.o $(O)/host/obj/tests/host/fake/%.o \
$(O)/host/obj/tests/fuzz/oracle/%.o $(O)/host/obj/tests/fuzz/dispatch/%.o: \
    HOST_DEFS := $(HOST_HV_DEFS)

# glibc has sys/queue.h but not sys/tree.h: the host uses newlib's as well.
HOST_TREE_H := $(O)/host/include/sys/tree.h
$(HOST_TREE_H):
	$(Q)$(say) EXTRACT $@
	$(Q)mkdir -p $(@D)
	$(Q)tar -xOf $(wildcard /usr/src/newlib/newlib-*.tar.xz) \
	    --wildcards '*/newlib/libc/include/sys/tree.h' >$@

$(O)/host/obj/%.o: %.c tests/host/build.mk | $(HOST_TREE_H)
	$(Q)$(say) HOSTCC $<
	$(Q)mkdir -p $(@D)
	$(Q)$(host_cc) -c -o $@ $<

$(O)/host/obj/%.o: $(O)/gen/%.c | $(HOST_TREE_H)
	$(Q)$(say) HOSTCC $<
	$(Q)mkdir -p $(@D)
	$(Q)$(host_cc) -c -o $@ $<

HOST_SUITES := $(sort $(patsubst SUITE_%,%,$(filter SUITE_%,$(.VARIABLES))))
HOST_TESTS  := $(HOST_SUITES:%=$(O)/host/test_%)

define host_suite
$(O)/host/test_$(1): $(O)/host/obj/tests/host/test_$(1).o \
    $(O)/host/obj/tests/host/suite.o $(SUITE_$(1):%.c=$(O)/host/obj/%.o)
$(if $(filter hypervisor/%,$(SUITE_$(1))),
$(O)/host/obj/tests/host/test_$(1).o: HOST_DEFS := $(HOST_HV_DEFS))
endef
$(foreach s,$(HOST_SUITES),$(eval $(call host_suite,$(s))))

$(HOST_TESTS):
	$(Q)$(say) LINK $@
	$(Q)$(HOSTCC) $(HOST_CFLAGS) $(LDFLAGS_$(@F:test_%=%)) -o $@ $^ \
	    -lcheck_pic -lsubunit -lrt -lm -pthread

.PHONY: host-tests
host-tests: $(HOST_TESTS) ## build the host tests

-include $(shell find $(O)/host/obj -name '*.d' 2>/dev/null)
