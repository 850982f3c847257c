#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""The references in docs/ say what the tables they come from say today."""
import difflib
import os
import re
import subprocess
from pathlib import Path

import tap
from tap import contains, equal, test

ROOT = Path(__file__).resolve().parents[2]
TOOLS = Path(os.environ.get("O", ROOT / "build"), "tools")
COMMANDS = ROOT / "dom0-tools/vireo"


def printed(generator):
    return subprocess.run([TOOLS / generator], check=True,
                          capture_output=True, text=True).stdout


def hypercalls():
    return printed("gen-hypercall-docs")


def commands():
    return printed("gen-command-docs")


def is_not_stale(name, text):
    kept = (ROOT / "docs" / name).read_text()
    diff = "\n".join(difflib.unified_diff(kept.splitlines(),
                                          text.splitlines(),
                                          f"docs/{name}", "make docs",
                                          lineterm=""))
    if diff:
        raise AssertionError(f"run `make docs`:\n{diff}")


@test
def the_hypercall_reference_is_not_stale():
    is_not_stale("hypercalls.md", hypercalls())


@test
def every_row_of_every_table_is_printed():
    text = hypercalls()
    for table in (ROOT / "pv-abi").glob("*.def"):
        rows = re.findall(r"^[A-Z_]+(?:_OP|CALL)\w*\((\d+), (\w+),",
                          table.read_text(), re.MULTILINE)
        for number, name in rows:
            if not re.search(rf"^\| {number} \| \W*(\w+_)?{name}\W",
                             text, re.MULTILINE):
                raise AssertionError(f"{table.name}: no {name} ({number})")


@test
def a_refusal_shows_its_error():
    contains(hypercalls(), "`MMUEXT_MARK_SUPER` | refused: -EOPNOTSUPP |")
    contains(hypercalls(), "`GNTTABOP_dump_table` | absent: -ENOSYS |")


@test
def the_command_reference_is_not_stale():
    is_not_stale("vireo.md", commands())


def sections():
    """What the reference says of each command, by name."""
    _, *parts = re.split(r"^### ([\w-]+)\n", commands(), flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2]))


@test
def every_command_has_a_section():
    names = re.findall(r'^COMMAND\(\w+, "([\w-]+)",',
                       (COMMANDS / "commands.def").read_text(), re.MULTILINE)
    equal(list(sections()), names)


if __name__ == "__main__":
    tap.main()
