#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""The launcher around a QEMU that is played by a script.

The script gets QEMU's arguments and runs in its working directory; it notes
the arguments and its process id, then does what the test says.
"""
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import image
import tap
from tap import contains, equal, is_running, test

TOOLS = Path(__file__).resolve().parents[2] / "tools"
sys.path.insert(0, str(TOOLS))

from vireo_qemu import cpio  # noqa: E402

# `log` is the console's file, as named in the arguments.
FAKE_QEMU = """#!/bin/bash
printf '%s\\n' "$@" >"$HERE/arguments"
cp modules archive "$HERE" 2>/dev/null
pwd >"$HERE/folder"
echo $$ >"$HERE/pid"
log=$(sed -n 's/.*file,id=com1,path=//p' "$HERE/arguments")
"""


class Launcher:
    """A build folder with small files in place of images."""

    def __init__(self, qemu="exit 0"):
        self.temporary = tempfile.TemporaryDirectory()
        self.path = Path(self.temporary.name)
        self.build = self.path / "build"
        self.build.mkdir()
        (self.build / "vireo").write_text("hypervisor")
        (self.build / "dom0").write_text("kernel")
        (self.build / "boot.cpio").write_bytes(
            cpio.write({"hello.cfg": cpio.file(b"name = 'hello'")}))
        program = self.path / "qemu-system-x86_64"
        program.write_text(FAKE_QEMU + qemu)
        program.chmod(0o755)

    def start(self, *arguments, stdout=subprocess.PIPE):
        path = f"{self.path}:{os.environ['PATH']}"
        return subprocess.Popen(
            [TOOLS / "vireo-qemu", "--build", self.build, *arguments],
            cwd=self.path, text=True, stdin=subprocess.DEVNULL,
            stdout=stdout, stderr=subprocess.PIPE,
            env=dict(os.environ, PATH=path, HERE=str(self.path)),
            # Whoever runs the tests in the background ignores it.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))

    def run(self, *arguments):
        """Returns status, standard output, standard error."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=30)
        return process.returncode, out, err

    def note(self, name):
        return (self.path / name).read_text()

    def arguments(self):
        return self.note("arguments").splitlines()

    def guest_files(self):
        modules = cpio.read((self.path / "modules").read_bytes())
        return cpio.read(modules["archive"].data)


def value_of(arguments, option):
    return arguments[arguments.index(option) + 1]


@test
def success_is_the_status_and_the_output_alone():
    launcher = Launcher("echo booted >$log; echo result; exit 1")
    equal(launcher.run("--exec", "x"), (0, "result\n", ""))


@test
def a_failed_command_is_1_and_shows_the_console():
    launcher = Launcher("echo booted >$log; echo result; exit 3")
    status, out, err = launcher.run("--exec", "x")
    equal((status, out), (1, "result\n"))
    contains(err, "booted\n--- vireo-qemu: a command failed")


@test
def a_panic_a_reset_and_a_signal_are_3():
    for end in ("exit 7", "exit 0", "kill -ABRT $$"):
        launcher = Launcher(f"echo booted >$log; {end}")
        status, _, err = launcher.run("--exec", "x")
        equal(status, 3)
        contains(err, "booted")


@test
def a_qemu_that_cannot_start_is_not_a_success():
    launcher = Launcher("echo 'no such option' >&2; exit 1")
    status, _, err = launcher.run("--exec", "x")
    equal(status, 3)
    contains(err, "no such option")


@test
def time_out_is_124_shows_the_console_and_ends_qemu():
    launcher = Launcher("echo booted >$log; echo part; exec sleep 97")
    status, out, err = launcher.run("--exec", "x", "--timeout", "2")
    equal((status, out), (124, "part\n"))
    contains(err, "booted")
    equal(is_running(launcher.note("pid").strip()), False)


@test
def output_that_never_pauses_does_not_outrun_the_clock():
    launcher = Launcher("exec yes")
    process = launcher.start("--exec", "x", "--timeout", "1",
                             stdout=subprocess.DEVNULL)
    process.communicate(timeout=30)
    equal(process.returncode, 124)


@test
def output_is_passed_on_while_it_runs():
    launcher = Launcher("echo first; exec sleep 97")
    process = launcher.start("--exec", "x")
    equal(process.stdout.readline(), "first\n")
    process.terminate()
    process.communicate(timeout=30)


@test
def an_end_by_signal_leaves_no_qemu_and_no_files():
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        launcher = Launcher("echo up; exec sleep 97")
        process = launcher.start("--exec", "x")
        process.stdout.readline()
        process.send_signal(number)
        process.communicate(timeout=30)
        equal(process.returncode, 128 + number)
        equal(is_running(launcher.note("pid").strip()), False)
        equal(Path(launcher.note("folder").strip()).exists(), False)


@test
def a_launcher_that_is_killed_takes_qemu_with_it():
    launcher = Launcher("echo up; exec sleep 97")
    process = launcher.start("--exec", "x")
    process.stdout.readline()
    process.kill()
    process.wait()
    deadline = time.monotonic() + 5
    while is_running(launcher.note("pid").strip()):
        equal(time.monotonic() < deadline, True)
        time.sleep(0.01)


@test
def the_console_is_kept_on_request():
    launcher = Launcher("echo booted >$log; exit 1")
    equal(launcher.run("--exec", "x", "--log", "console")[0], 0)
    equal(launcher.note("console"), "booted\n")


@test
def a_comma_in_a_file_name_does_not_end_it():
    launcher = Launcher()
    launcher.run("--exec", "x", "--log", "con,sole")
    contains(value_of(launcher.arguments(), "-chardev"), "/con,,sole")


@test
def commands_and_files_reach_the_boot_archive():
    launcher = Launcher()
    for name, text in (("a.cfg", "one"), ("b:c", "two"), ("d", "three")):
        (launcher.path / name).write_text(text)
    launcher.run("--exec", "vireo list; vireo info", "--add", "a.cfg",
                 "--add", "b:c", "--add", "d:etc/e", "--add", "d:hello.cfg")
    equal({name: member.data
           for name, member in launcher.guest_files().items()},
          {"hello.cfg": b"three", "a.cfg": b"one", "b:c": b"two",
           "etc": b"", "etc/e": b"three",
           "etc/exec": b"vireo list; vireo info\n"})


@test
def options_reach_the_machine():
    launcher = Launcher()
    launcher.run("--exec", "x", "--cpus", "4", "--mem", "512", "--icount",
                 "--cpu", "EPYC", "--no-smap", "--append", "loglvl=all")
    arguments = launcher.arguments()
    equal(value_of(arguments, "-smp"), "4")
    equal(value_of(arguments, "-m"), "512")
    equal(value_of(arguments, "-icount"), "shift=0,sleep=off")
    equal(value_of(arguments, "-cpu"), "EPYC,la57=off,-smap")
    contains(value_of(arguments, "-append"), "debugexit loglvl=all")


@test
def no_command_at_all_is_still_an_exec():
    launcher = Launcher()
    launcher.run("--exec", "")
    contains(value_of(launcher.arguments(), "-append"), "debugexit")
    equal(launcher.guest_files()["etc/exec"].data, b"\n")


@test
def the_hypervisor_lives_on_after_a_panic_when_somebody_watches():
    launcher = Launcher()
    equal(launcher.run()[0], 0)
    equal("debugexit" in value_of(launcher.arguments(), "-append"), False)
    equal("etc/exec" in launcher.guest_files(), False)


def prints_a_backtrace(place, how="tee -a $log <$HERE/text"):
    """A launcher, and a line of what its QEMU prints, of an image there."""
    launcher = Launcher(f"{how}; exit 3")
    (launcher.build / "guest").mkdir()
    build, address = image.make(launcher.path / place, "give_up")
    (launcher.path / "text").write_text(image.backtrace(build, address))
    return launcher, f"\n  [<{address}>] give_up\n"


@test
def backtraces_get_names_wherever_they_are_seen():
    launcher, line = prints_a_backtrace("build/guest/app")
    _, out, err = launcher.run("--exec", "x", "--log", "kept")
    for seen in (out, err, launcher.note("kept")):
        contains(seen, line)
    contains(launcher.run()[1], line)


# It names the addresses all the same, but sends a signal first.
IMPATIENT_READELF = """#!/bin/bash
[[ -e $HERE/sent ]] || { touch $HERE/sent; kill -TERM $PPID; }
exec /usr/bin/readelf "$@"
"""


@test
def a_signal_does_not_take_the_names_out_of_a_kept_console():
    launcher, line = prints_a_backtrace("build/guest/app",
                                        "cat $HERE/text >>$log")
    program = launcher.path / "readelf"
    program.write_text(IMPATIENT_READELF)
    program.chmod(0o755)
    status, _, _ = launcher.run("--exec", "x", "--log", "kept")
    equal(status, 128 + signal.SIGTERM)
    contains(launcher.note("kept"), line)


@test
def names_come_from_every_image_that_was_given():
    for place, options in (("build/dom0", []), ("a", ["--dom0", "a"]),
                           ("a", ["--add", "a:guests/a"])):
        launcher, line = prints_a_backtrace(place)
        contains(launcher.run("--exec", "x", *options)[1], line)


@test
def a_missing_image_is_2_and_says_what_to_do():
    for name in ("vireo", "dom0", "boot.cpio"):
        launcher = Launcher()
        (launcher.build / name).unlink()
        status, _, err = launcher.run("--exec", "x")
        equal(status, 2)
        contains(err, f"{name}; run 'make' first")


@test
def files_that_no_machine_of_this_size_holds_are_2():
    launcher = Launcher()
    with (launcher.path / "big").open("wb") as file:
        file.truncate(15 << 20)
    status, _, err = launcher.run("--exec", "x", "--add", "big", "--mem", "64")
    equal(status, 2)
    contains(err, "files are 15 MiB; with --mem 64 there is room for 14 MiB")
    equal(launcher.run("--exec", "x", "--add", "big", "--mem", "68")[0], 3)


@test
def a_boot_archive_that_is_none_is_2_and_named():
    launcher = Launcher()
    (launcher.build / "boot.cpio").write_bytes(b"")
    status, _, err = launcher.run("--exec", "x")
    equal(status, 2)
    contains(err, "/boot.cpio: the archive is cut off")


@test
def commands_run_under_a_debugger_too():
    launcher = Launcher("touch gdb.sock; exec sleep 97")
    debugger = launcher.path / "gdb"
    debugger.write_text("#!/bin/bash\nexit 0\n")
    debugger.chmod(0o755)
    status, out, _ = launcher.run("--exec", "x", "--gdb")
    equal(status, 0)
    where = f"{launcher.build}/debug-output.log"
    contains(out, f"The commands' output is in {where}\n")
    contains(launcher.note("arguments"), f"file,path={where},id=channel")
    equal(is_running(launcher.note("pid").strip()), False)


@test
def wrong_options_are_2():
    for wrong in (["--cpus", "0"], ["--mem", "x"], ["--bogus"], ["word"],
                  ["--boot", "lilo"], ["--timeout", "0"], ["--timeout", "nan"],
                  ["--add", "absent"], ["--dom0", "absent"],
                  ["--log", "absent/file", "--exec", "x"],
                  ["--log", "build", "--exec", "x"],
                  ["--add", "build"], ["--build", "absent"],
                  ["--add", "build/dom0:../up"]):
        status, _, err = Launcher().run(*wrong)
        equal((wrong, status), (wrong, 2))
        contains(err, "vireo-qemu: ")


tap.main()
