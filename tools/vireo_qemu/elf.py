# SPDX-License-Identifier: MIT
"""What little of an ELF64 file the launcher has to know."""
import struct

from . import Failure

HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
SECTION = struct.Struct("<IIQQQQIIQQ")
NOTE = struct.Struct("<III")
TYPE_NOTE = 7
GNU_BUILD_ID = 3


def _header(data):
    if len(data) < HEADER.size or data[:5] != b"\x7fELF\x02":
        raise Failure("the guest's image is no 64-bit ELF file")
    return HEADER.unpack_from(data)


def entry(data):
    """Address of the first instruction."""
    return _header(data)[4]


def _sections(data):
    header = _header(data)
    offset, size, count = header[6], header[11], header[12]
    for number in range(count):
        if offset + (number + 1) * size <= len(data) >= SECTION.size:
            yield SECTION.unpack_from(data, offset + number * size)


def build_id(data):
    """(address, value) of the first eight bytes of the build ID in memory;
    None: the image has none."""
    for _, kind, _, address, offset, size, *_ in _sections(data):
        at, end = offset, min(offset + size, len(data))
        while kind == TYPE_NOTE and at + NOTE.size <= end:
            name_size, desc_size, note = NOTE.unpack_from(data, at)
            name = at + NOTE.size
            desc = name + (name_size + 3) // 4 * 4
            if note == GNU_BUILD_ID and data[name:name + 4] == b"GNU\0" \
                    and desc + 8 <= end:
                return (address + desc - offset,
                        int.from_bytes(data[desc:desc + 8], "little"))
            at = desc + (desc_size + 3) // 4 * 4
    return None
