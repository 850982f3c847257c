# SPDX-License-Identifier: MIT
# The store: pure, but for what moves bytes (the last group).

XENSTORED := \
    dom0-tools/xenstored/connection.c \
    dom0-tools/xenstored/dir.c \
    dom0-tools/xenstored/dir_change.c \
    dom0-tools/xenstored/domain.c \
    dom0-tools/xenstored/forget.c \
    dom0-tools/xenstored/node.c \
    dom0-tools/xenstored/op_connection.c \
    dom0-tools/xenstored/op_domain.c \
    dom0-tools/xenstored/op_node.c \
    dom0-tools/xenstored/operation.c \
    dom0-tools/xenstored/path.c \
    dom0-tools/xenstored/perms.c \
    dom0-tools/xenstored/quota.c \
    dom0-tools/xenstored/server.c \
    dom0-tools/xenstored/store.c \
    dom0-tools/xenstored/store_check.c \
    dom0-tools/xenstored/transaction.c \
    dom0-tools/xenstored/tree.c \
    dom0-tools/xenstored/watch.c \
    dom0-tools/xenstored/wire.c

# Domains on their rings.
XENSTORED += \
    dom0-tools/xenstored/transport_ring.c

# The daemon of a Linux host, which Debian's clients talk to.
XENSTORED_LINUX := \
    $(XENSTORED) \
    dom0-tools/xenstored/main_linux.c \
    dom0-tools/xenstored/transport_socket.c

$(O)/host/xenstored: $(XENSTORED_LINUX:%.c=$(O)/host/obj/%.o)
	$(Q)$(say) LINK $@
	$(Q)$(HOSTCC) $(HOST_CFLAGS) -o $@ $^
