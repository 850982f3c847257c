# SPDX-License-Identifier: MIT
"""Guest images that are wrong in one way each (ELF64, little endian)."""
import struct

from scenario import BUILD

PT_LOAD = 1
PT_NOTE = 4
E_PHOFF = 32
E_PHNUM = 56
SIZE_PHDR = 56
P_OFFSET = 8
P_MEMSZ = 40
ENTRY_NOTE = struct.pack("<III", 4, 8, 1) + b"Xen\0"


def read(name):
    """An app as it was built."""
    return (BUILD / "guest" / name).read_bytes()


def _headers(image, kind):
    """Offsets of the program headers of this kind."""
    (table,) = struct.unpack_from("<Q", image, E_PHOFF)
    (count,) = struct.unpack_from("<H", image, E_PHNUM)
    places = [table + i * SIZE_PHDR for i in range(count)]
    return [at for at in places
            if struct.unpack_from("<I", image, at)[0] == kind]


def _notes(image):
    """Offset of the notes."""
    (header,) = _headers(image, PT_NOTE)
    return struct.unpack_from("<Q", image, header + P_OFFSET)[0]


def with_endless_note(image):
    """The first note says that it is nearly 4 GiB long."""
    changed = bytearray(image)
    struct.pack_into("<I", changed, _notes(image) + 4, 0xFFFFFFF0)
    return bytes(changed)


def without_xen_notes(image):
    """The notes are somebody else's."""
    return image.replace(b"Xen\0", b"Zen\0")


def with_segment_at(image, offset):
    """The first segment lies at this place of the file."""
    changed = bytearray(image)
    struct.pack_into("<Q", changed, _headers(image, PT_LOAD)[0] + P_OFFSET,
                     offset)
    return bytes(changed)


def with_entry(image, address):
    """The note of type 1, where to start, says this."""
    (at,) = [at for at in range(_notes(image), len(image))
             if image.startswith(ENTRY_NOTE, at)]
    changed = bytearray(image)
    struct.pack_into("<Q", changed, at + len(ENTRY_NOTE), address)
    return bytes(changed)


def with_memory(image, size):
    """The last segment wants this many bytes of memory."""
    changed = bytearray(image)
    struct.pack_into("<Q", changed, _headers(image, PT_LOAD)[-1] + P_MEMSZ,
                     size)
    return bytes(changed)
