# SPDX-License-Identifier: MIT
# For the Makefile of a guest outside of Vireo's tree:
#
#   NAME := myguest                 the image becomes $(NAME).elf
#   include $(shell vireo-sdk path)/sdk.mk
#
# builds it of all C and assembly files of the folder, with objects in obj/.
#   make run [XEN=--xen] [ARGS='words']     its console, ends with its exit code
#   make debug                              gdb at its first instruction
# CFLAGS and LDLIBS may be set before.
VIREO_SDK := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
V         ?= 0
Q         := $(if $(filter 1,$(V)),,@)
CC        := gcc
LD        := ld

.DELETE_ON_ERROR:
.DEFAULT_GOAL := $(NAME).elf

SDK_CFLAGS := @CFLAGS@ -nostdinc -isystem $(VIREO_SDK)/newlib/include \
    -isystem $(shell $(CC) -print-file-name=include) -I $(VIREO_SDK)/include
SDK_LIBS   := --start-group $(VIREO_SDK)/lib/libguest.a \
    $(VIREO_SDK)/newlib/lib/libc.a $(VIREO_SDK)/newlib/lib/libregex.a \
    $(VIREO_SDK)/newlib/lib/libm.a \
    $(shell $(CC) -print-libgcc-file-name) --end-group

SDK_OBJECTS := $(patsubst %,obj/%.o,$(sort $(wildcard *.c *.S)))

$(NAME).elf: $(SDK_OBJECTS) $(VIREO_SDK)/lib/libguest.a
	@echo '  LD       $@'
	$(Q)$(LD) @LDFLAGS@ -T $(VIREO_SDK)/lib/guest.ld -o $@ \
	    $(VIREO_SDK)/lib/guest.o $(SDK_OBJECTS) $(LDLIBS) $(SDK_LIBS)

obj/%.o: %
	@echo '  CC       $<'
	$(Q)mkdir -p obj
	$(Q)$(CC) $(SDK_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

.PHONY: run debug clean
run: $(NAME).elf
	$(Q)vireo-qemu $(XEN) --guest $< --args '$(ARGS)'
debug: $(NAME).elf
	$(Q)vireo-qemu --gdb --guest $< --args '$(ARGS)'
clean:
	rm -rf obj $(NAME).elf

-include $(SDK_OBJECTS:.o=.d)
