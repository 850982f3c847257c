# SPDX-License-Identifier: MIT
"""Names for the addresses in guests' backtraces.

A guest of ours prints (guest-kernel/include/guest/trap.h):

  backtrace, build 0123456789abcdef:
    [<ffffffff80001234>]

with the first digits of its image's build ID. An address is named from the
file that has this ID. When no file has it, or there is other output between
the lines, they stay what they are: a wrong name is worse than none. What the
control domain or the hypervisor reports may come between them.
"""
import os
import re
import subprocess

HEADER = re.compile(rb"backtrace, build ([0-9a-f]{16}):")
FRAME = re.compile(rb"  \[<([0-9a-f]{16})>\]")
REPORT = re.compile(rb"(vireo: |dom\d+ |\(XEN\) ).*")
LONGEST = 64  # more than either of them; of other lines the start is kept
PIECE = re.compile(rb"([^\r\n]*)(\r*\n?)")


def _binutils(*command):
    """What the tool prints; nothing when it cannot read the file."""
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL,
                              env=dict(os.environ, LC_ALL="C")).stdout
    except FileNotFoundError:
        return b""


def _with_build_id(files, start):
    """The file whose build ID begins so, or None. Not remembered from one
    backtrace to the next: meanwhile it may have been built anew."""
    for file in files:
        build_id = re.search(rb"Build ID: ([0-9a-f]+)",
                             _binutils("readelf", "-n", file))
        if build_id and build_id[1].startswith(start):
            return file
    return None


def _function(file, address):
    """' FUNCTION at FILE:LINE' with those it is inlined by; empty: unknown."""
    text = _binutils("addr2line", "-pif", "-e", file, b"0x" + address)
    if text.startswith(b"??"):
        return b""
    text = re.sub(rb" \(discriminator \d+\)| at \?\?:[?0]", b"", text)
    return b" " + b"".join(text.splitlines()).replace(b" at ./", b" at ")


class Namer:
    """A stream of console output on its way, lines in any pieces.

    files  images that guests may have been made of
    """

    def __init__(self, files):
        self._files = files
        self._image = None  # of the backtrace that is being printed
        self._line = b""    # the current line, as far as it has come
        self._held = b""    # its end, as far as it has come

    def pass_on(self, data):
        """What to show for it. Everything is passed on at once but the end
        of an address's line: its name comes before that."""
        return b"".join(self._piece(text, end)
                        for text, end in PIECE.findall(data))

    def _piece(self, text, end):
        out = b""
        if text:
            out = self._held + text
            self._held = b""
            self._line = (self._line + text)[:LONGEST]
        self._held += end
        if end.endswith(b"\n"):
            out += self._name()
            self._line = b""
        if self._line and FRAME.fullmatch(self._line):
            return out
        out += self._held
        self._held = b""
        return out

    def _name(self):
        """What is to be added to the line that has come to its end."""
        if header := HEADER.fullmatch(self._line):
            self._image = _with_build_id(self._files, header[1])
        elif frame := FRAME.fullmatch(self._line):
            if self._image:
                return _function(self._image, frame[1])
        elif not REPORT.fullmatch(self._line):
            self._image = None
        return b""
