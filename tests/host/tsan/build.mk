# SPDX-License-Identifier: MIT
# hypervisor/core on CPUs that are threads, under ThreadSanitizer; one program.
# $(O)/tsan/obj/: everything compiled once more.

TSAN_FILES := $(filter-out tests/host/fake/recorder.c,$(HV_FAKE_ALL)) \
    tests/host/suite.c \
    tests/host/tsan/cpus.c \
    tests/host/tsan/domains.c \
    tests/host/tsan/events.c \
    tests/host/tsan/grants.c \
    tests/host/tsan/guests.c \
    tests/host/tsan/memory.c \
    tests/host/tsan/sanitizer.c \
    tests/host/tsan/test_threads.c \
    tests/host/tsan/vcpus.c

# Volatile accesses are told apart (sanitizer.c). -Wno-tsan: fences are not
# understood; what they order is reached by atomic accesses as well.
TSAN_CFLAGS := -std=gnu11 -g -O1 $(WARN) $(REPRODUCIBLE) -fsanitize=thread \
               --param tsan-distinguish-volatile=1 -Wno-tsan \
               -fno-omit-frame-pointer -MMD -MP $(HOST_HV_DEFS)

tsan_top = $(firstword $(subst /, ,$(patsubst $(O)/tsan/obj/%,%,$@)))

$(O)/tsan/obj/%.o: %.c tests/host/tsan/build.mk | $(HOST_TREE_H)
	$(Q)$(say) TSANCC $<
	$(Q)mkdir -p $(@D)
	$(Q)$(HOSTCC) $(TSAN_CFLAGS) $(HOST_INC) $(HOST_INC_$(tsan_top)) \
	    -c -o $@ $<

# Calls that cpus.c and sanitizer.c come between.
TSAN_WRAP := memmove spin_lock spin_unlock __tsan_atomic32_load
TSAN_TEST := $(O)/host/test_threads

$(TSAN_TEST): $(TSAN_FILES:%.c=$(O)/tsan/obj/%.o)
	$(Q)$(say) LINK $@
	$(Q)$(HOSTCC) $(TSAN_CFLAGS) $(TSAN_WRAP:%=-Wl,--wrap=%) -o $@ $^ \
	    -lcheck_pic -lsubunit -lrt -lm -pthread

CHECK_NEEDS += $(TSAN_TEST)

-include $(shell find $(O)/tsan/obj -name '*.d' 2>/dev/null)
