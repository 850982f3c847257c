# SPDX-License-Identifier: MIT
# Debian's own xenstore clients, as packaged, against our daemon.

XENSTORE_PEERS := \
    $(O)/peer/libxenstore4/.done \
    $(O)/peer/libxentoolcore1/.done \
    $(O)/peer/xenstore-utils/.done

CHECK_NEEDS += $(XENSTORE_PEERS) $(O)/host/xenstored
