# SPDX-License-Identifier: MIT
# pv-abi: nothing to link. $(O)/include, which everybody has in the include
# path, leads here: #include <pv-abi/types.h>.
