# SPDX-License-Identifier: MIT
"""The launcher behind tools/vireo-qemu.

  options   the command line, and what it means
  images    which files are booted, and in what form
  linux     a Linux bzImage becomes the ELF inside it
  cpio      boot archives
  machine   the QEMU command
  symbols   names for the addresses in guests' backtraces
  terminal  progress and colour
  run       the life of the QEMU process; exit statuses
"""


class Failure(Exception):
    """An error for the user: what is wrong, and what to do."""
