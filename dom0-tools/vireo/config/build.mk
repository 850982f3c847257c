# SPDX-License-Identifier: MIT
# The reader of xl.cfg. bison and flex write into $(O)/gen.

CONFIG_READER := \
    dom0-tools/vireo/config/cpuset.c \
    dom0-tools/vireo/config/grammar.c \
    dom0-tools/vireo/config/keys.c \
    dom0-tools/vireo/config/placement.c \
    dom0-tools/vireo/config/report.c \
    dom0-tools/vireo/config/resolve.c \
    dom0-tools/vireo/config/scan.c \
    dom0-tools/vireo/config/suggest.c \
    dom0-tools/vireo/config/syntax.c

CONFIG_GEN := $(O)/gen/dom0-tools/vireo/config

# What compiles the two needs both folders in its include path.
CONFIG_INC := -I dom0-tools/vireo/config -I $(CONFIG_GEN)

$(CONFIG_GEN)/grammar.c: dom0-tools/vireo/config/grammar.y
	$(Q)$(say) BISON $<
	$(Q)mkdir -p $(@D)
	$(Q)bison --no-lines -Wall -Werror --header=$(@:.c=.h) -o $@ $<
$(CONFIG_GEN)/grammar.h: $(CONFIG_GEN)/grammar.c ;

$(CONFIG_GEN)/scan.c: dom0-tools/vireo/config/scan.l $(CONFIG_GEN)/grammar.h
	$(Q)$(say) FLEX $<
	$(Q)flex --noline -o $@ $<

$(O)/host/obj/dom0-tools/vireo/config/%.o \
$(O)/fuzz/obj/dom0-tools/vireo/config/%.o: | $(CONFIG_GEN)/grammar.h
