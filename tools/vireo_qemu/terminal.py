# SPDX-License-Identifier: MIT
"""What a person sees on standard error: progress, and colour.

Both need a terminal. Elsewhere there is no colour, and progress is one line.
"""
import os
import sys
import threading
import time

PATIENCE_S = 2
BEAT_S = 0.5
RED = "\x1b[31m"
DIM = "\x1b[2m"
NORMAL = "\x1b[0m"
ERASE_LINE = "\r\x1b[K"


def is_terminal():
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


def paint(colour, text):
    """The text in this colour, where there are colours and they are wanted."""
    if is_terminal() and not os.environ.get("NO_COLOR"):
        return f"{colour}{text}{NORMAL}"
    return text


class Progress:
    """Around work that may last: after 2 silent seconds, say what is done.

    what           as a person would say it: "packing the boot image"
    terminal_only  say nothing elsewhere
    """

    def __init__(self, what, terminal_only=False):
        self._what = what
        self._on_terminal = is_terminal()
        self._muted = terminal_only and not self._on_terminal
        self._start = self._silent_since = time.monotonic()
        self._shown = False
        self._lock = threading.Lock()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        self._thread.join()
        self.make_way()

    def make_way(self, line_ends=True):
        """Something else is about to be printed. After output whose line has
        not ended there is no place to say anything."""
        with self._lock:
            if self._shown and self._on_terminal:
                self._write(ERASE_LINE)
                self._shown = False
            self._silent_since = time.monotonic() if line_ends else None

    def _watch(self):
        while not self._end.wait(BEAT_S):
            with self._lock:
                now = time.monotonic()
                if self._silent_since is not None and \
                        now - self._silent_since >= PATIENCE_S:
                    self._say(int(now - self._start))

    def _say(self, seconds):
        if self._on_terminal:
            text = f"vireo-qemu: {self._what}, {seconds} s"
            self._write(ERASE_LINE + paint(DIM, text))
        elif not self._shown and not self._muted:
            self._write(f"vireo-qemu: {self._what} ...\n")
        self._shown = True

    @staticmethod
    def _write(text):
        sys.stderr.write(text)
        sys.stderr.flush()
