# SPDX-License-Identifier: MIT
"""Boot archives: cpio in its "newc" form (magic 070701).

An archive is a mapping from name to Member, in the order it is written. What
is written depends on names, modes and contents alone: owner 0, date 0, inode
numbers counted from 1.
"""
from collections import namedtuple

from . import Failure

Member = namedtuple("Member", "mode data")

MAGIC = b"070701"
TRAILER = "TRAILER!!!"
HEADER_SIZE = 110
FIELDS = 13
TYPE_FILE = 0o100000
TYPE_FOLDER = 0o040000
LARGEST_FILE = 0xFFFFFFFF
LONGEST_NAME = 127  # of the control domain: guest/file.h


def file(data, executable=False):
    return Member(TYPE_FILE | (0o755 if executable else 0o644), data)


def folder():
    return Member(TYPE_FOLDER | 0o755, b"")


def add(archive, name, member):
    """Add a file with the folders above it; one of that name is replaced."""
    name = name.strip("/")
    parts = name.split("/")
    if not name or any(part in ("", ".", "..") for part in parts):
        raise Failure(f"'{name}' cannot be a name in the boot archive")
    if len(name.encode()) > LONGEST_NAME:
        raise Failure(f"'{name}' is too long a name for the boot archive "
                      f"({LONGEST_NAME} bytes)")
    for depth in range(1, len(parts)):
        archive.setdefault("/".join(parts[:depth]), folder())
    archive[name] = member


def _padding(length):
    return b"\0" * (-length % 4)


def _entry(inode, name, member):
    encoded = name.encode() + b"\0"
    if len(member.data) > LARGEST_FILE:
        raise Failure(f"{name}: too large for a boot archive (4 GiB)")
    links = 2 if member.mode & TYPE_FOLDER == TYPE_FOLDER else 1
    fields = (inode, member.mode, 0, 0, links, 0, len(member.data), 0, 0, 0, 0,
              len(encoded), 0)
    head = MAGIC + b"".join(b"%08X" % field for field in fields) + encoded
    return (head + _padding(len(head)) + member.data
            + _padding(len(member.data)))


def write(archive):
    """The bytes of an archive."""
    chunks = [_entry(inode, name, member)
              for inode, (name, member) in enumerate(archive.items(), 1)]
    return b"".join(chunks) + _entry(0, TRAILER, Member(0, b""))


def read(data):
    """The archive in these bytes; archives one after the other are one."""
    archive = {}
    at = 0
    name = None
    while at < len(data):
        if data[at:at + 1] == b"\0":
            at += 1
            continue
        if data[at:at + 6] != MAGIC or at + HEADER_SIZE > len(data):
            raise Failure(f"not a cpio archive (newc) at byte {at}")
        try:
            fields = [int(data[at + 6 + 8 * i:at + 14 + 8 * i], 16)
                      for i in range(FIELDS)]
            mode, size, name_size = fields[1], fields[6], fields[11]
            start = at + HEADER_SIZE
            name = data[start:start + name_size - 1].decode()
        except ValueError:
            raise Failure(f"not a cpio archive at byte {at}") from None
        start = (start + name_size + 3) & ~3
        if start + size > len(data):
            raise Failure(f"the archive ends within {name}")
        if name != TRAILER:
            archive[name] = Member(mode, data[start:start + size])
        at = (start + size + 3) & ~3
    if name != TRAILER:
        raise Failure("the archive is cut off: it does not say that it ends")
    return archive
