# SPDX-License-Identifier: MIT
# Tests: what must be built for them, and how they are run.
#
#   TEST_PROGRAMS  what the host tests need; each folder may add its own
#   CHECK_NEEDS    what the scenarios need beside `all` (peers, guests)

include tests/guest/build.mk
include tests/host/build.mk
include tests/host/tsan/build.mk
include tests/fuzz/build.mk
include tests/compat/abi-layout/build.mk
include tests/compat/abi-rows/build.mk
include tests/compat/linux/build.mk
include tests/compat/xenstore-clients/build.mk
include tests/bench/xenstore/build.mk

TEST_PROGRAMS += $(HOST_TESTS)
CHECK_NEEDS   += $(FUZZ_PROGRAMS) $(O)/peer/grub-xen-host/.done

RUN_TESTS := O=$(abspath $(O)) tests/run

.PHONY: test check check-long bench
test: $(TEST_PROGRAMS) ## host tests alone, under a minute
	$(Q)$(RUN_TESTS) test $(PART)

check: all $(TEST_PROGRAMS) $(CHECK_NEEDS) ## all tests but the long ones
	$(Q)$(RUN_TESTS) check $(PART)

check-long: all $(TEST_PROGRAMS) $(CHECK_NEEDS) ## long tests; PART=name for one
	$(Q)$(RUN_TESTS) long $(PART)

bench: all $(CHECK_NEEDS) ## measure; each figure says what it counts
	$(Q)$(RUN_TESTS) bench $(PART)
