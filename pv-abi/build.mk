# SPDX-License-Identifier: MIT
# pv-abi: headers; what is linked (image/) is named by those who link it. $(O)/include, which everybody has in the include
# path, leads here: #include <pv-abi/types.h>.
