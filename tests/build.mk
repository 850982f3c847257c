# SPDX-License-Identifier: MIT

include tests/host/build.mk
