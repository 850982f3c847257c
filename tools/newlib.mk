# SPDX-License-Identifier: MIT
# newlib for guests and the control domain: built once, then used by
#
#   NEWLIB_CFLAGS   compile against it, and against nothing of the host
#   NEWLIB_LIBS     link with it; after the objects
#   $(NEWLIB_DONE)  what an object that includes its headers waits for

NEWLIB      := $(O)/newlib
NEWLIB_DONE := $(NEWLIB)/.done

# Asked for when first used: there may be no compiler when this is read.
GCC_INCLUDE = $(eval GCC_INCLUDE := $$(shell $(CC) -print-file-name=include))$(GCC_INCLUDE)
GCC_LIB     = $(eval GCC_LIB := $$(shell $(CC) -print-libgcc-file-name))$(GCC_LIB)

NEWLIB_CFLAGS = -nostdinc -isystem $(NEWLIB)/x86_64-elf/include \
    -isystem $(GCC_INCLUDE) -ffreestanding -ffunction-sections \
    -fdata-sections -fno-pic -fno-pie -mcmodel=kernel \
    -fno-omit-frame-pointer -mno-red-zone -fno-stack-protector \
    -fno-asynchronous-unwind-tables -fcf-protection=none \
    -fno-tree-vectorize -U__linux__ -U__unix__
NEWLIB_LIBS = --start-group $(NEWLIB)/x86_64-elf/lib/libc.a \
    $(NEWLIB)/x86_64-elf/lib/libregex.a $(NEWLIB)/x86_64-elf/lib/libm.a $(GCC_LIB) --end-group

$(NEWLIB_DONE): tools/build-newlib | $(O)/.deps
	$(Q)tools/build-newlib $(@D)
	$(Q)touch $@
