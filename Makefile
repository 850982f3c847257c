# SPDX-License-Identifier: MIT
# The one Makefile to run; each folder adds its own part in <folder>/build.mk.
#
#   O=DIR   where everything is written (default: build)
#   V=1     show the commands

O     ?= build
V     ?= 0
Q     := $(if $(filter 1,$(V)),,@)
say    = $(if $(filter 1,$(V)),:,printf '  %-8s %s\n')

MAKEFLAGS += --no-builtin-rules --no-print-directory
.SUFFIXES:
.DELETE_ON_ERROR:
SHELL  := /bin/bash

VERSION := 0.4.0

# Same commit, any folder, same bytes: no path, no date, fixed locale.
export LC_ALL := C
export SOURCE_DATE_EPOCH := 0
REPRODUCIBLE := -ffile-prefix-map=$(abspath $(O))=build \
                -ffile-prefix-map=$(CURDIR)=.

CC     := gcc
LD     := ld
AR     := ar
OBJCOPY := objcopy
HOSTCC := gcc
CLANG  := clang
# kconfiglib comes from Debian; the python3 on PATH may be another one.
PYTHON := /usr/bin/python3

WARN   := -Wall -Wextra -Werror -Wmissing-prototypes -Wstrict-prototypes \
          -Wpointer-arith -Wvla -Wundef -Wno-unused-parameter

.PHONY: all
all: ## build the hypervisor, the guests and the control domain

include tools/build.mk
include pv-abi/build.mk
include hypervisor/build.mk
include guest-kernel/build.mk
include dom0-tools/build.mk
include tests/build.mk

.PHONY: clean
clean: ## remove everything that was built
	$(Q)rm -rf -- "$(O)"

.PHONY: help
help: ## this list
	@echo 'Targets:'
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | \
	    LC_ALL=C sort | expand -t 16
