# SPDX-License-Identifier: MIT
# newlib for guests and the control domain: built once, then used by
#
#   NEWLIB_CFLAGS   compile against it, and against nothing of the host
#   NEWLIB_LIBS     link with it; after the objects
#   $(NEWLIB_DONE)  what an object that includes its headers waits for

NEWLIB      := $(O)/newlib
NEWLIB_DONE := $(NEWLIB)/.done

# Asked for when first used: there may be no compiler when this is read.
ask_gcc = $(eval $(1) := $$(shell $(CC) $(2)))$($(1))
GCC_INCLUDE = $(call ask_gcc,GCC_INCLUDE,-print-file-name=include)
GCC_LIB     = $(call ask_gcc,GCC_LIB,-print-libgcc-file-name)

NEWLIB_CFLAGS = -nostdinc -isystem $(NEWLIB)/x86_64-elf/include \
    -isystem $(GCC_INCLUDE) -ffreestanding -ffunction-sections \
    -fdata-sections -fno-pic -fno-pie -mcmodel=kernel \
    -fno-omit-frame-pointer -mno-red-zone -fno-stack-protector \
    -fno-asynchronous-unwind-tables -fcf-protection=none \
    -fno-tree-vectorize -U__linux__ -U__unix__
NEWLIB_LIBS = --start-group $(NEWLIB)/x86_64-elf/lib/libc.a \
    $(NEWLIB)/x86_64-elf/lib/libregex.a $(NEWLIB)/x86_64-elf/lib/libm.a \
    $(GCC_LIB) --end-group

$(NEWLIB_DONE): tools/build-newlib | $(O)/.deps
	$(Q)tools/build-newlib $(@D)
	$(Q)touch $@
