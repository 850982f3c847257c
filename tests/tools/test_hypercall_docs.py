#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""docs/hypercalls.md says what the tables of pv-abi say today."""
import difflib
import os
import re
import subprocess
from pathlib import Path

import tap
from tap import contains, test

ROOT = Path(__file__).resolve().parents[2]
GENERATOR = Path(os.environ.get("O", ROOT / "build"),
                 "tools/gen-hypercall-docs")


def printed():
    return subprocess.run([GENERATOR], check=True, capture_output=True,
                          text=True).stdout


@test
def the_reference_is_not_stale():
    kept = (ROOT / "docs/hypercalls.md").read_text()
    diff = "\n".join(difflib.unified_diff(kept.splitlines(),
                                          printed().splitlines(),
                                          "docs/hypercalls.md", "make docs",
                                          lineterm=""))
    if diff:
        raise AssertionError(f"run `make docs`:\n{diff}")


@test
def every_row_of_every_table_is_printed():
    text = printed()
    for table in (ROOT / "pv-abi").glob("*.def"):
        rows = re.findall(r"^[A-Z_]+(?:_OP|CALL)\w*\((\d+), (\w+),",
                          table.read_text(), re.MULTILINE)
        for number, name in rows:
            if not re.search(rf"^\| {number} \| \W*(\w+_)?{name}\W",
                             text, re.MULTILINE):
                raise AssertionError(f"{table.name}: no {name} ({number})")


@test
def a_refusal_shows_its_error():
    contains(printed(), "`MMUEXT_MARK_SUPER` | refused: -EOPNOTSUPP |")
    contains(printed(), "`XENMEM_exchange` | absent: -ENOSYS |")


if __name__ == "__main__":
    tap.main()
