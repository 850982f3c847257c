#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""What the documentation links to or names is there, and all of it is found."""
import re
from pathlib import Path

import tap
from tap import test

TOP = Path(__file__).resolve().parents[2]
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
NAMED = re.compile(r"`((?:docs|dom0-tools|guest-kernel|hypervisor|pv-abi|tests"
                   r"|tools)/[\w./-]+)`")


def documents():
    return [TOP / "README.md", *sorted((TOP / "docs").rglob("*.md"))]


def linked(document):
    return [document.parent / target for target in
            LINK.findall(document.read_text()) if ":" not in target]


@test
def links_lead_somewhere():
    for document in documents():
        for target in linked(document):
            if not target.exists():
                raise AssertionError(f"{document.relative_to(TOP)} links to "
                                     f"{target}, which is not there")


@test
def files_that_are_named_exist():
    for document in documents():
        for name in NAMED.findall(document.read_text()):
            if not (TOP / name).exists():
                raise AssertionError(f"{document.relative_to(TOP)} names "
                                     f"{name}, which is not there")


@test
def no_document_is_out_of_reach():
    reached, todo = set(), [TOP / "README.md"]
    while todo:
        document = todo.pop().resolve()
        if document in reached or document.suffix != ".md":
            continue
        reached.add(document)
        todo += linked(document)
    lost = [d for d in documents() if d.resolve() not in reached
            and "design" not in d.parts]
    if lost:
        raise AssertionError(f"nothing leads to {lost}")


if __name__ == "__main__":
    tap.main()
