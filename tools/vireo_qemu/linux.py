# SPDX-License-Identifier: MIT
"""A Linux bzImage becomes the ELF inside it.

A PV guest is an ELF; distributions ship it compressed behind a boot sector.
Its setup header (Linux boot protocol 2.08 or later, at byte 0x1f1) says where
the compressed ELF is.
"""
import struct
import subprocess

from . import Failure

SETUP_SECTORS = 0x1F1
HEADER_MAGIC = 0x202
PROTOCOL_VERSION = 0x206
PAYLOAD = 0x248
OLDEST_PROTOCOL = 0x208

# First bytes, the host's command, and whether four bytes of size follow (gzip
# ends with such a size by itself).
COMPRESSORS = (
    ("gzip", b"\x1f\x8b", ["gzip", "-dc"], False),
    ("bzip2", b"BZh", ["bzip2", "-dc"], True),
    ("xz", b"\xfd7zXZ\0", ["xz", "-dc"], True),
    ("lzma", b"\x5d\0\0", ["xz", "--format=lzma", "-dc"], True),
    ("lzo", b"\x89LZO", ["lzop", "-dc"], True),
    ("lz4", b"\x02\x21\x4c\x18", ["lz4", "-dc"], True),
    ("zstd", b"\x28\xb5\x2f\xfd", ["zstd", "-dc"], True),
)


def is_bzimage(data):
    """Whether there is a boot protocol header."""
    return data[HEADER_MAGIC:HEADER_MAGIC + 4] == b"HdrS"


def unpack(name, data):
    """The ELF in a bzImage; `name` is for messages."""
    if len(data) < PAYLOAD + 8:
        raise Failure(f"{name}: truncated: {len(data)} bytes, the header "
                      "alone is more")
    version, = struct.unpack_from("<H", data, PROTOCOL_VERSION)
    if version < OLDEST_PROTOCOL:
        raise Failure(f"{name}: a Linux image with boot protocol "
                      f"{version >> 8}.{version & 255:02}; 2.08 is the oldest "
                      "that says where its kernel is")
    offset, length = struct.unpack_from("<II", data, PAYLOAD)
    # Zero sectors mean four: the oldest boot loaders wrote no number.
    start = ((data[SETUP_SECTORS] or 4) + 1) * 512 + offset
    payload = data[start:start + length]
    if not length or len(payload) != length:
        raise Failure(f"{name}: truncated: {len(data)} bytes, the kernel "
                      f"ends at {start + length}")
    elf = _decompress(name, payload)
    if elf[:4] != b"\x7fELF":
        raise Failure(f"{name}: what it holds is not an ELF")
    return elf


def _decompress(name, payload):
    if payload[:4] == b"\x7fELF":
        return payload
    for compressor, magic, command, size_follows in COMPRESSORS:
        if payload.startswith(magic):
            break
    else:
        known = ", ".join(entry[0] for entry in COMPRESSORS)
        raise Failure(f"{name}: compressed in an unknown way (starts with "
                      f"{payload[:6].hex()}); known are {known}")
    # The size is the kernel's own addition: the tools take it for garbage.
    packed = payload[:-4] if size_follows else payload
    try:
        done = subprocess.run(command, input=packed, capture_output=True)
    except FileNotFoundError:
        raise Failure(f"{name}: needs {command[0]} to unpack it; run "
                      "'make deps'") from None
    if done.returncode:
        message = done.stderr.decode(errors="replace").strip()
        raise Failure(f"{name}: {command[0]} cannot unpack it: {message}")
    want, = struct.unpack("<I", payload[-4:])
    if len(done.stdout) != want:
        raise Failure(f"{name}: unpacked to {len(done.stdout)} bytes, "
                      f"should be {want}")
    return done.stdout
