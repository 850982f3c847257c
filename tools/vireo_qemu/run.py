# SPDX-License-Identifier: MIT
"""The life of the QEMU process; exit statuses.

The process is ended by its own id when the launcher leaves, however it
leaves; should the launcher be killed, the kernel ends QEMU with it.
"""
import ctypes
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import termios
import time
from contextlib import contextmanager
from pathlib import Path

from . import Failure, machine
from .images import Images, symbol_files

COMMAND_FAILED = 1
NOT_UP = 3
TIME_OUT = 124

# What the exit device makes of the value v written to it: (v << 1) | 1.
EXIT_ALL_SUCCEEDED = 0 << 1 | 1
EXIT_COMMAND_FAILED = 1 << 1 | 1

PR_SET_PDEATHSIG = 1


def main(options):
    """Run what the options say; returns the exit status."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with tempfile.TemporaryDirectory(prefix="vireo-qemu-") as name:
        folder = Path(name)
        boot = Images(options, folder).qemu_options()
        if options.gdb:
            return _debug(options, folder, boot)
        if options.commands is not None:
            return _execute(options, folder, boot)
        return _interact(options, folder, boot)


@contextmanager
def _qemu(options, folder, boot, console, **popen):
    """A running QEMU; it has ended when the block is left."""
    arguments = machine.command(options, folder, boot, console)
    libc = ctypes.CDLL(None)
    try:
        process = subprocess.Popen(
            arguments, cwd=folder, **popen, preexec_fn=lambda: libc.prctl(
                PR_SET_PDEATHSIG, signal.SIGKILL))
    except FileNotFoundError:
        raise Failure("no QEMU; run 'make deps'") from None
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _console_log(options, folder):
    """Where the console's output is kept; emptied."""
    path = options.log.resolve() if options.log else folder / "console"
    try:
        path.write_bytes(b"")
    except OSError as error:
        raise Failure(f"--log {options.log}: {error.strerror}") from None
    return path


def _escape(path):
    """A comma ends a value on QEMU's command line; two stand for one."""
    return str(path).replace(",", ",,")


def _execute(options, folder, boot):
    """--exec: pass on what comes over the channel, judge the end."""
    log = _console_log(options, folder)
    console = ["-chardev", f"file,id=com1,path={_escape(log)}"]
    deadline = time.monotonic() + options.timeout
    errors = (folder / "errors").open("w+b")
    with _qemu(options, folder, boot, console, stdin=subprocess.DEVNULL,
               stdout=subprocess.PIPE, stderr=errors) as process:
        in_time = _pass_on(process.stdout, deadline)
        status = process.wait() if in_time else None
    output = log.read_bytes()
    verdict = _judge(status, bool(output))
    if verdict:
        errors.seek(0)
        _explain(verdict, errors.read(), output)
    return verdict


def _pass_on(pipe, deadline):
    """Copy the pipe to standard output until it closes; False: too late."""
    selector = selectors.DefaultSelector()
    selector.register(pipe, selectors.EVENT_READ)
    while selector.select(max(0, deadline - time.monotonic())):
        data = os.read(pipe.fileno(), 1 << 16)
        if not data:
            return True
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    return False


def _judge(status, has_run):
    """Our exit status for QEMU's; None says that it ran out of time.

    QEMU that cannot start has the status of success: then it has printed
    nothing on the console.
    """
    if status is None:
        return TIME_OUT
    if status == EXIT_ALL_SUCCEEDED and has_run:
        return 0
    if status == EXIT_COMMAND_FAILED:
        return COMMAND_FAILED
    return NOT_UP


def _explain(verdict, errors, output):
    """Show the console on standard error, and why."""
    reason = {COMMAND_FAILED: "a command failed", TIME_OUT: "time out",
              NOT_UP: "the machine panicked, powered off or did not come up"}
    err = sys.stderr.buffer
    sys.stdout.flush()
    err.write(b"--- console\n" + output)
    if output and not output.endswith(b"\n"):
        err.write(b"\n")
    if errors:
        err.write(b"--- QEMU\n" + errors)
    err.write(f"--- vireo-qemu: {reason[verdict]}\n".encode())
    err.flush()


def _interact(options, folder, boot):
    """This terminal is the console; QEMU's Ctrl-a x ends it."""
    keep = ""
    if options.log:
        keep = f",logfile={_escape(_console_log(options, folder))}"
    console = ["-chardev", f"stdio,id=com1,mux=on,signal=off{keep}",
               "-mon", "chardev=com1"]
    with _terminal_restored(), _qemu(options, folder, boot,
                                     console) as process:
        try:
            status = process.wait(options.timeout)
        except subprocess.TimeoutExpired:
            return TIME_OUT
    return 0 if status == 0 else NOT_UP


@contextmanager
def _terminal_restored():
    """QEMU sets raw mode; it cannot undo it when it is killed."""
    if not sys.stdin.isatty():
        yield
        return
    saved = termios.tcgetattr(sys.stdin)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSANOW, saved)


def _debug(options, folder, boot):
    """--gdb: the terminal is gdb's, the console a pseudo terminal."""
    log = options.log.resolve() if options.log else \
        options.build.resolve() / "debug-console.log"
    console = ["-chardev", f"pty,id=com1,logfile={_escape(log)}"]
    # In a session of its own, Ctrl-C reaches gdb alone.
    with _qemu(options, folder, boot, console, stdin=subprocess.DEVNULL,
               start_new_session=True) as process:
        socket = folder / "gdb.sock"
        while not socket.exists():
            if process.poll() is not None:
                return NOT_UP
            time.sleep(0.05)
        print(f"The console's output is in {log}")
        sys.stdout.flush()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        files = symbol_files(options)
        extra = [word for file in files[1:]
                 for word in ("-ex", f"add-symbol-file {file}")]
        return subprocess.run(
            ["gdb", "-q", str(files[0]), "-ex", "set confirm off", *extra,
             "-ex", f"target remote {socket}", "-ex", "set confirm on"],
            preexec_fn=lambda: signal.signal(
                signal.SIGINT, signal.SIG_DFL)).returncode
