# SPDX-License-Identifier: MIT
# Debian's Linux as a guest: its kernel as it is packaged, and a file system
# of Debian's busybox and the programs in work/.

LINUX := $(O)/linux

$(O)/peer/linux-image/.done: | $(O)/.deps
	$(Q)$(say) FETCH "linux-image-amd64 (70 MB)"
	$(Q)tools/fetch-peer linux-image-amd64 $(@D) linux-image-

$(LINUX)/vmlinuz: $(O)/peer/linux-image/.done
	$(Q)mkdir -p $(@D)
	$(Q)cp $(<D)/boot/vmlinuz-* $@

$(LINUX)/work: $(wildcard tests/compat/linux/work/*)
	$(Q)$(say) HOSTCC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(HOSTCC) -std=gnu11 -D_GNU_SOURCE -O2 $(WARN) $(REPRODUCIBLE) \
	    -static -pthread -o $@ $(filter %.c,$^)

$(LINUX)/initramfs: tests/compat/linux/mkinitramfs tests/compat/linux/init \
    tests/compat/linux/work-all $(LINUX)/work $(O)/peer/busybox-static/.done
	$(Q)$(say) CPIO $@
	$(Q)$< $@ $(LINUX)/work $(O)/peer/busybox-static/bin/busybox

CHECK_NEEDS += $(LINUX)/vmlinuz $(LINUX)/initramfs
