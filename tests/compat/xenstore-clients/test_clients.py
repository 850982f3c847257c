#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""Debian's xenstore-* programs and its libxenstore, unmodified, must find in
our xenstored what they find in Xen's."""
import ctypes
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests/tools"))

import tap  # noqa: E402
from tap import contains, equal, test  # noqa: E402

BUILD = Path(os.environ.get("O", "build")).resolve()
PEER = BUILD / "peer"
LIBRARIES = [PEER / package / "usr/lib/x86_64-linux-gnu"
             for package in ("libxenstore4", "libxentoolcore1")]
SECONDS = 20


class Daemon:
    """Our xenstored on a socket of its own."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.socket = Path(self.folder.name) / "socket"
        self.process = subprocess.Popen([BUILD / "host/xenstored",
                                         self.socket])
        self.environment = dict(
            os.environ, XENSTORED_PATH=str(self.socket),
            LD_LIBRARY_PATH=":".join(map(str, LIBRARIES)))
        # It listens when a client gets through.
        while self.run("list", "/")[0] != 0:
            equal(self.process.poll(), None)
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        # The sanitizers speak up here, with a status of their own.
        status = self.process.wait(SECONDS)
        self.folder.cleanup()
        equal(status, 0)

    def command(self, name, *arguments):
        return [PEER / "xenstore-utils/usr/bin" / f"xenstore-{name}",
                *arguments]

    def run(self, name, *arguments):
        """Run a client; its status and what it printed."""
        done = subprocess.run(self.command(name, *arguments), text=True,
                              env=self.environment, timeout=SECONDS,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        return done.returncode, done.stdout

    def start(self, name, *arguments):
        return subprocess.Popen(self.command(name, *arguments), text=True,
                                env=self.environment, stdout=subprocess.PIPE)


@test
def what_is_written_is_read_and_listed():
    with Daemon() as d:
        equal(d.run("write", "/a/b", "one", "/a/c", "two words"), (0, ""))
        equal(d.run("read", "/a/b"), (0, "one\n"))
        equal(d.run("read", "-p", "/a/b", "/a/c"),
              (0, "/a/b: one\n/a/c: two words\n"))
        equal(d.run("list", "/a"), (0, "b\nc\n"))
        equal(d.run("ls", "/a"), (0, 'b = "one"\nc = "two words"\n'))


@test
def what_is_missing_is_reported():
    with Daemon() as d:
        status, output = d.run("read", "/none")
        equal(status, 1)
        contains(output, "couldn't read path /none")
        equal(d.run("exists", "/none")[0], 1)
        equal(d.run("write", "/some", "x")[0], 0)
        equal(d.run("exists", "/some")[0], 0)


@test
def removed_nodes_are_gone():
    with Daemon() as d:
        d.run("write", "/a/b/c", "x")
        equal(d.run("rm", "/a/b"), (0, ""))
        equal(d.run("ls", "/"), (0, 'a = ""\n'))
        equal(d.run("rm", "-t", "/a")[0], 0)


@test
def permissions_are_set_and_shown():
    with Daemon() as d:
        d.run("write", "/a", "x")
        equal(d.run("chmod", "/a", "n0", "r5", "b6"), (0, ""))
        contains(d.run("ls", "-p", "/")[1], "(n0,r5,b6)")


@test
def binary_values_are_escaped_and_long_listings_complete():
    with Daemon() as d:
        equal(d.run("write", "/a", r"x\x01\ny")[0], 0)
        equal(d.run("read", "/a"), (0, "x\\001\\ny\n"))
        names = [f"name-{i:05}" for i in range(1000)]
        for i in range(0, 1000, 100):
            pairs = [text for name in names[i:i + 100]
                     for text in (f"/d/{name}", "v")]
            equal(d.run("write", *pairs)[0], 0)
        status, output = d.run("list", "/d")
        equal((status, output.split()), (0, names))


@test
def watch_reports_the_registration_and_each_change():
    with Daemon() as d:
        watcher = d.start("watch", "-n", "3", "/w")
        equal(watcher.stdout.readline(), "/w\n")
        equal(d.run("write", "/w/x", "1")[0], 0)
        equal(watcher.stdout.readline(), "/w/x\n")
        equal(d.run("rm", "/w")[0], 0)
        equal(watcher.stdout.readline(), "/w\n")
        equal(watcher.wait(SECONDS), 0)
        watcher.stdout.close()


class Library:
    """Debian's libxenstore, loaded into this process."""

    def __init__(self, daemon):
        ctypes.CDLL(str(LIBRARIES[1] / "libxentoolcore.so.1"),
                    mode=ctypes.RTLD_GLOBAL)
        self.lib = ctypes.CDLL(str(LIBRARIES[0] / "libxenstore.so.4"),
                               use_errno=True)
        for name, result, *arguments in (
                ("xs_open", ctypes.c_void_p, ctypes.c_ulong),
                ("xs_close", None, ctypes.c_void_p),
                ("xs_transaction_start", ctypes.c_uint32, ctypes.c_void_p),
                ("xs_transaction_end", ctypes.c_bool, ctypes.c_void_p,
                 ctypes.c_uint32, ctypes.c_bool),
                ("xs_write", ctypes.c_bool, ctypes.c_void_p, ctypes.c_uint32,
                 ctypes.c_char_p, ctypes.c_char_p, ctypes.c_uint),
                ("xs_is_domain_introduced", ctypes.c_bool, ctypes.c_void_p,
                 ctypes.c_uint),
                ("xs_control_command", ctypes.c_char_p, ctypes.c_void_p,
                 ctypes.c_char_p, ctypes.c_void_p, ctypes.c_uint)):
            function = getattr(self.lib, name)
            function.restype, function.argtypes = result, arguments
        os.environ["XENSTORED_PATH"] = str(daemon.socket)
        self.handle = self.lib.xs_open(0)

    def __getattr__(self, name):
        return lambda *a: getattr(self.lib, name)(self.handle, *a)


@test
def transactions_of_the_library_commit_or_conflict():
    with Daemon() as d:
        one, two = Library(d), Library(d)
        t, u = one.xs_transaction_start(), two.xs_transaction_start()
        equal(one.xs_write(t, b"/a", b"1", 1), True)
        equal(two.xs_write(u, b"/a", b"2", 1), True)
        equal(d.run("exists", "/a")[0], 1)
        equal(one.xs_transaction_end(t, False), True)
        equal(two.xs_transaction_end(u, False), False)
        equal(ctypes.get_errno(), 11)
        equal(d.run("read", "/a"), (0, "1\n"))
        one.xs_close()
        two.xs_close()


@test
def the_server_answers_the_library_about_itself():
    with Daemon() as d:
        library = Library(d)
        equal(library.xs_is_domain_introduced(0), True)
        equal(library.xs_is_domain_introduced(7), False)
        equal(library.xs_control_command(b"check", None, 0),
              b"store is consistent\n")
        library.xs_close()


@test
def a_second_daemon_leaves_the_first_alone():
    with Daemon() as d:
        d.run("write", "/a", "x")
        second = subprocess.run([BUILD / "host/xenstored", d.socket],
                                text=True, stderr=subprocess.PIPE)
        equal(second.returncode, 1)
        contains(second.stderr, "in use")
        equal(d.run("read", "/a"), (0, "x\n"))


if __name__ == "__main__":
    tap.main()
