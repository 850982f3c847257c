# SPDX-License-Identifier: MIT
# The client library; a program adds one transport.

LIBXENSTORE := \
    dom0-tools/libxenstore/handle.c \
    dom0-tools/libxenstore/lib.c \
    dom0-tools/libxenstore/request.c \
    dom0-tools/libxenstore/watch.c

LIBXENSTORE_LOCAL  := dom0-tools/libxenstore/transport_local.c
LIBXENSTORE_SOCKET := dom0-tools/libxenstore/transport_socket.c
