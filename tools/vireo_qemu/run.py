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
from contextlib import contextmanager, nullcontext
from pathlib import Path

from . import Failure, guest, machine
from .images import Images, guest_images, symbol_files
from .symbols import Namer
from .terminal import RED, Progress, paint

COMMAND_FAILED = 1
NOT_UP = 3
TIME_OUT = 124

# What the exit device makes of the value v written to it: (v << 1) | 1.
EXIT_ALL_SUCCEEDED = 0 << 1 | 1
EXIT_COMMAND_FAILED = 1 << 1 | 1
EXIT_NOT_CREATED = guest.NOT_CREATED << 1 | 1

PR_SET_PDEATHSIG = 1


def main(options):
    """Run what the options say; returns the exit status."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
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


@contextmanager
def _console_log(options, path):
    """Where QEMU keeps the console's output: --log, or this path. It is
    empty at first; when the machine has ended, backtraces get names."""
    if options.log:
        path = options.log.resolve()
        if path.exists() and not path.is_file():
            raise Failure(f"--log {options.log}: not a regular file")
    path.write_bytes(b"")
    try:
        yield path
    finally:
        with _signals_held():
            output = path.read_bytes()
            named = Namer(guest_images(options)).pass_on(output)
            if named != output:
                path.write_bytes(named)


@contextmanager
def _signals_held():
    """Who wants us gone waits until this is done."""
    held = {signal.SIGTERM, signal.SIGHUP, signal.SIGINT}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, held)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _execute(options, folder, boot):
    """--exec: pass on what comes over the channel, judge the end."""
    errors = (folder / "errors").open("w+b")
    with _console_log(options, folder / "console") as log:
        console = ["-chardev", f"file,id=com1,path={machine.escape(log)}"]
        with _qemu(options, folder, boot, console, stdin=subprocess.DEVNULL,
                   stdout=subprocess.PIPE, stderr=errors) as process, \
                Progress("the machine is running", terminal_only=True) as told:
            in_time = _pass_on(process.stdout, options, told)
            status = process.wait() if in_time else None
    output = log.read_bytes()
    if options.guest and guest.exit_status(status) and output:
        return _guest_ended(status)
    verdict = _judge(status, bool(output))
    if verdict:
        errors.seek(0)
        _explain(verdict, errors.read(), output)
    return verdict


def _pass_on(pipe, options, progress=None):
    """Copy the pipe to standard output, with names in backtraces, until it
    closes; False: too late."""
    end = time.monotonic() + options.timeout if options.timeout else None
    names = Namer(guest_images(options))
    selector = selectors.DefaultSelector()
    selector.register(pipe, selectors.EVENT_READ)
    while True:
        left = end - time.monotonic() if end else None
        if end and (left <= 0 or not selector.select(left)):
            return False
        data = os.read(pipe.fileno(), 1 << 16)
        if not data:
            return True
        shown = names.pass_on(data)
        if progress:
            progress.make_way(shown.endswith(b"\n"))
        _write(shown)


def _write(data):
    """To standard output; QEMU makes a terminal they share non-blocking."""
    while data:
        try:
            data = data[os.write(sys.stdout.fileno(), data):]
        except BlockingIOError:
            with selectors.DefaultSelector() as selector:
                selector.register(sys.stdout, selectors.EVENT_WRITE)
                selector.select()


def _judge(status, has_run):
    """Our exit status for QEMU's; None says that it ran out of time.

    QEMU that cannot start has the status of success: then it has printed
    nothing on the console.
    """
    if status is None:
        return TIME_OUT
    if status == EXIT_ALL_SUCCEEDED and has_run:
        return 0
    if status in (EXIT_COMMAND_FAILED, EXIT_NOT_CREATED):
        return COMMAND_FAILED
    return NOT_UP


def _guest_ended(status):
    status, remark = guest.exit_status(status)
    if remark:
        print(paint(RED, f"vireo-qemu: {remark}"), file=sys.stderr)
    return status


def _explain(verdict, errors, output):
    """Show the console on standard error, and why."""
    reason = {COMMAND_FAILED: "a command failed", TIME_OUT: "time out",
              NOT_UP: "the machine panicked, powered off or did not come up"}
    err = sys.stderr.buffer
    err.write(b"--- console\n" + output)
    if output and not output.endswith(b"\n"):
        err.write(b"\n")
    if errors:
        err.write(b"--- QEMU\n" + errors)
    last = paint(RED, f"--- vireo-qemu: {reason[verdict]}")
    err.write(f"{last}\n".encode())
    err.flush()


def _interact(options, folder, boot):
    """This terminal is the console; QEMU's Ctrl-a x ends it."""
    kept = _console_log(options, None) if options.log else nullcontext()
    with kept as log, _terminal_restored():
        keep = f",logfile={machine.escape(log)}" if log else ""
        console = ["-chardev", f"stdio,id=com1,mux=on,signal=off{keep}",
                   "-mon", "chardev=com1"]
        with _qemu(options, folder, boot, console,
                   stdout=subprocess.PIPE) as process:
            if not _pass_on(process.stdout, options):
                return TIME_OUT
            status = process.wait()
    if options.session and guest.exit_status(status):
        return _guest_ended(status)
    return 0 if status == 0 else NOT_UP


@contextmanager
def _terminal_restored():
    """QEMU sets raw mode and does not block; it cannot undo them when it is
    killed."""
    if not sys.stdin.isatty():
        yield
        return
    mode = termios.tcgetattr(sys.stdin)
    blocking = os.get_blocking(sys.stdin.fileno())
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSANOW, mode)
        os.set_blocking(sys.stdin.fileno(), blocking)


def _debug(options, folder, boot):
    """--gdb: the terminal is gdb's, the console a pseudo terminal."""
    kept = _console_log(options, options.build.resolve() / "debug-console.log")
    with kept as log, _qemu(
            options, folder, boot,
            ["-chardev", f"pty,id=com1,logfile={machine.escape(log)}"],
            # In a session of its own, Ctrl-C reaches gdb alone.
            stdin=subprocess.DEVNULL, start_new_session=True) as process:
        socket = folder / "gdb.sock"
        while not socket.exists():
            if process.poll() is not None:
                return NOT_UP
            time.sleep(0.05)
        print(f"The console's output is in {log}")
        if options.commands is not None:
            print(f"The commands' output is in {machine.debug_output(options)}")
        sys.stdout.flush()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if options.guest:
            return _run_gdb(socket, guest.at_entry(options),
                            options.guest.resolve())
        return _run_gdb(socket, [], *symbol_files(options))


def _run_gdb(socket, then, file, *more):
    """gdb with the symbols of these files; `then`: what it does first."""
    symbols = [word for other in more
               for word in ("-ex", f"add-symbol-file {other}")]
    first = [word for command in then for word in ("-ex", command)]
    try:
        return subprocess.run(
            ["gdb", "-q", str(file), "-ex", "set confirm off", *symbols,
             "-ex", f"target remote {socket}", *first,
             "-ex", "set confirm on"],
            preexec_fn=lambda: signal.signal(
                signal.SIGINT, signal.SIG_DFL)).returncode
    except FileNotFoundError:
        raise Failure("no gdb; run 'make deps'") from None
