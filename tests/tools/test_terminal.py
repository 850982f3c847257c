#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""Progress and colour, on a terminal and elsewhere."""
import os
import pty
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import tap
from tap import contains, equal, test

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from vireo_qemu import terminal  # noqa: E402

os.environ["TERM"] = "xterm"
os.environ.pop("NO_COLOR", None)
terminal.BEAT_S = 0.01
LIMIT_S = 30


@contextmanager
def standard_error(is_terminal):
    """Standard error is a terminal, or a pipe; gives a function that reads
    until the text is there, and returns all so far."""
    reader, writer = pty.openpty() if is_terminal else os.pipe()
    os.set_blocking(reader, False)
    seen = b""

    def until(text):
        nonlocal seen
        deadline = time.monotonic() + LIMIT_S
        while text not in seen.decode() and time.monotonic() < deadline:
            try:
                seen += os.read(reader, 4096)
            except BlockingIOError:
                time.sleep(0.01)
        contains(seen.decode(), text)
        return seen.decode()

    saved, sys.stderr = sys.stderr, os.fdopen(writer, "w")
    try:
        yield until
    finally:
        sys.stderr.close()
        sys.stderr = saved
        os.close(reader)


def say(text):
    terminal.Progress._write(text)


@test
def what_lasts_is_said_once_where_there_is_no_terminal():
    terminal.PATIENCE_S = 0
    with standard_error(is_terminal=False) as until:
        with terminal.Progress("packing"):
            until("\n")
            time.sleep(10 * terminal.BEAT_S)
        say("end")
        equal(until("end"), "vireo-qemu: packing ...\nend")


@test
def what_is_quick_is_not_worth_a_word():
    terminal.PATIENCE_S = 1000
    for is_terminal in (False, True):
        with standard_error(is_terminal) as until:
            with terminal.Progress("packing") as progress:
                time.sleep(10 * terminal.BEAT_S)
                progress.make_way()
            say("end")
            equal(until("end"), "end")


@test
def a_running_machine_is_worth_a_word_on_a_terminal_only():
    terminal.PATIENCE_S = 0
    with standard_error(is_terminal=False) as until:
        with terminal.Progress("running", terminal_only=True):
            time.sleep(10 * terminal.BEAT_S)
        say("end")
        equal(until("end"), "end")


@test
def progress_on_a_terminal_makes_way_for_output():
    terminal.PATIENCE_S = 0
    with standard_error(is_terminal=True) as until:
        with terminal.Progress("running", terminal_only=True) as progress:
            until("vireo-qemu: running, ")
            terminal.PATIENCE_S = 1000
            progress.make_way()
            say("output")
        say("end")
        equal(until("end").rpartition(terminal.NORMAL)[2],
              terminal.ERASE_LINE + "outputend")


# An erased line would take the prompt with it.
@test
def nothing_is_said_behind_a_line_that_has_not_ended():
    terminal.PATIENCE_S = 0
    with standard_error(is_terminal=True) as until:
        progress = terminal.Progress("running")
        progress.make_way(line_ends=False)
        with progress:
            say("login: ")
            time.sleep(10 * terminal.BEAT_S)
        say("end")
        equal(until("end"), "login: end")


@test
def colour_is_for_terminals_and_those_who_want_it():
    with standard_error(is_terminal=False):
        equal(terminal.paint(terminal.RED, "no"), "no")
    with standard_error(is_terminal=True):
        equal(terminal.paint(terminal.RED, "no"), "\x1b[31mno\x1b[0m")
        for name, value in (("NO_COLOR", "1"), ("TERM", "dumb")):
            saved = os.environ.get(name)
            os.environ[name] = value
            equal(terminal.paint(terminal.RED, "no"), "no")
            os.environ.pop(name)
            if saved:
                os.environ[name] = saved


tap.main()
