# SPDX-License-Identifier: MIT
"""Tests of host programs, reported as TAP.

A suite imports this, marks its tests with @test and ends with tap.main().
A test fails by an exception; its trace is printed as TAP comments.
"""
import sys
import traceback
from pathlib import Path

_tests = []


def test(function):
    """Register a test; its name is the claim."""
    _tests.append(function)
    return function


def equal(got, want):
    if got != want:
        raise AssertionError(f"got {got!r}, want {want!r}")


def contains(text, part):
    if part not in text:
        raise AssertionError(f"no {part!r} in {text!r}")


def refused(action, reason):
    """The action must raise an error that says this."""
    try:
        action()
    except Exception as error:
        contains(str(error), reason)
    else:
        raise AssertionError(f"not refused: {reason}")


def is_running(pid):
    """A zombie that nobody has waited for yet has ended."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


def main():
    print(f"1..{len(_tests)}", flush=True)
    failed = 0
    for number, function in enumerate(_tests, 1):
        try:
            function()
        except Exception:  # whatever a test raises is its failure
            failed += 1
            print(f"not ok {number} - {function.__name__}")
            for line in traceback.format_exc().splitlines():
                print("#", line)
        else:
            print(f"ok {number} - {function.__name__}", flush=True)
    sys.exit(1 if failed else 0)
