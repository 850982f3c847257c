#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""Linux images of every compressor, made here with the host's tools."""
import random
import struct
import subprocess
import sys
from pathlib import Path

import tap
from tap import equal, refused, test

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from vireo_qemu import linux  # noqa: E402

# An ELF's first bytes, then something that compresses but not to nothing.
ELF = b"\x7fELF" + bytes(random.Random(1).choices(range(64), k=70000))

# The commands are those of Linux's own build.
COMMANDS = {
    "gzip": ["gzip", "-n", "-9"],
    "bzip2": ["bzip2", "-9"],
    "lzma": ["xz", "--format=lzma", "-9"],
    "xz": ["xz", "--check=crc32", "--x86", "--lzma2=dict=1MiB"],
    "lzo": ["lzop", "-9"],
    "lz4": ["lz4", "-l", "-9", "-", "-"],
    "zstd": ["zstd", "-19", "--no-check"],
}


def compress(compressor, data):
    packed = subprocess.run(COMMANDS[compressor], input=data, check=True,
                            capture_output=True).stdout
    # gzip ends with the size; Linux's build adds it for the others.
    size = b"" if compressor == "gzip" else struct.pack("<I", len(data))
    return packed + size


def bzimage(payload, version=0x20f, setup_sectors=3, length=None):
    """A boot sector, setup sectors and the payload 32 bytes behind them."""
    image = bytearray((setup_sectors + 1) * 512 + 32)
    image[0x1f1] = setup_sectors
    image[0x202:0x206] = b"HdrS"
    struct.pack_into("<H", image, 0x206, version)
    struct.pack_into("<II", image, 0x248, 32,
                     len(payload) if length is None else length)
    return bytes(image) + payload + b"what follows the kernel"


def unpacks(compressor):
    equal(linux.unpack("vmlinuz", bzimage(compress(compressor, ELF))), ELF)


@test
def gzip_is_unpacked():
    unpacks("gzip")


@test
def bzip2_is_unpacked():
    unpacks("bzip2")


@test
def lzma_is_unpacked():
    unpacks("lzma")


@test
def xz_is_unpacked():
    unpacks("xz")


@test
def lzo_is_unpacked():
    unpacks("lzo")


@test
def lz4_is_unpacked():
    unpacks("lz4")


@test
def zstd_is_unpacked():
    unpacks("zstd")


@test
def an_elf_is_not_taken_for_a_bzimage():
    equal(linux.is_bzimage(ELF), False)
    equal(linux.is_bzimage(b""), False)
    equal(linux.is_bzimage(bzimage(b"")), True)


@test
def an_unknown_compressor_is_named_by_its_bytes():
    refused(lambda: linux.unpack("vmlinuz", bzimage(b"\1\2\3\4\5\6more")),
            "unknown way (starts with 010203040506)")


@test
def a_truncated_image_is_refused():
    image = bzimage(compress("xz", ELF))
    refused(lambda: linux.unpack("vmlinuz", image[:3000]), "truncated")
    refused(lambda: linux.unpack("vmlinuz", image[:0x24b]), "truncated")
    refused(lambda: linux.unpack("vmlinuz", bzimage(b"", length=0)),
            "truncated")


@test
def a_corrupt_payload_is_refused_where_there_is_a_checksum():
    for compressor in ("gzip", "bzip2", "xz", "lzo"):
        packed = bytearray(compress(compressor, ELF))
        packed[20000] ^= 0x55
        refused(lambda: linux.unpack("vmlinuz", bzimage(bytes(packed))),
                "vmlinuz: ")


@test
def a_wrong_size_behind_the_payload_is_refused():
    packed = compress("xz", ELF)[:-4] + struct.pack("<I", 7)
    refused(lambda: linux.unpack("vmlinuz", bzimage(packed)), "should be 7")


@test
def what_is_no_elf_inside_is_refused():
    refused(lambda: linux.unpack("x", bzimage(compress("gzip", b"text"))),
            "not an ELF")


@test
def an_old_boot_protocol_is_refused():
    refused(lambda: linux.unpack("old", bzimage(b"", version=0x207)),
            "boot protocol 2.07")


tap.main()
