#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""Boot archives: what other programs read in them, and what is refused."""
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import tap
from tap import contains, equal, refused, test

TOOLS = Path(__file__).resolve().parents[2] / "tools"
sys.path.insert(0, str(TOOLS))

from vireo_qemu import cpio  # noqa: E402


def make(folder, *sources):
    """Run mkarchive; returns the archive's bytes."""
    output = folder / "out.cpio"
    subprocess.run([TOOLS / "mkarchive", output, *sources], check=True)
    return output.read_bytes()


def tree(folder, name="tree"):
    top = folder / name
    (top / "etc").mkdir(parents=True)
    (top / "etc" / "motd").write_text("welcome")
    (top / "hello.cfg").write_text("name = 'hello'")
    (top / "run").write_text("#!")
    (top / "run").chmod(0o755)
    return top


@test
def the_cpio_program_reads_what_we_write():
    archive = {}
    cpio.add(archive, "/a/b/file", cpio.file(b"12345"))
    cpio.add(archive, "top", cpio.file(b"", executable=True))
    listed = subprocess.run(["cpio", "-t", "--quiet"], capture_output=True,
                            input=cpio.write(archive), check=True)
    equal(listed.stdout.decode().split(), ["a", "a/b", "a/b/file", "top"])
    data = subprocess.run(["cpio", "-i", "--quiet", "--to-stdout",
                           "a/b/file"], capture_output=True,
                          input=cpio.write(archive), check=True)
    equal(data.stdout, b"12345")


@test
def we_read_what_the_cpio_program_writes():
    with tempfile.TemporaryDirectory() as name:
        top = tree(Path(name))
        made = subprocess.run(
            ["cpio", "-o", "-H", "newc", "--quiet"], cwd=top, check=True,
            input=b"etc\netc/motd\nrun\n", capture_output=True)
    archive = cpio.read(made.stdout)
    equal(list(archive), ["etc", "etc/motd", "run"])
    equal(archive["etc/motd"].data, b"welcome")


@test
def archives_one_after_the_other_are_one():
    one = {"a": cpio.file(b"1"), "b": cpio.file(b"22")}
    two = {"b": cpio.file(b"333")}
    merged = cpio.read(cpio.write(one) + bytes(512) + cpio.write(two))
    equal({name: member.data for name, member in merged.items()},
          {"a": b"1", "b": b"333"})


@test
def a_truncated_archive_is_refused():
    data = cpio.write({"file": cpio.file(b"x" * 100)})
    refused(lambda: cpio.read(data[:150]), "ends within file")
    refused(lambda: cpio.read(data[:216]), "cut off")
    refused(lambda: cpio.read(b""), "cut off")


@test
def what_is_no_archive_is_refused():
    refused(lambda: cpio.read(b"no archive"), "not a cpio archive")
    refused(lambda: cpio.read(b"070701" + b"what" * 30), "not a cpio archive")


@test
def a_name_that_climbs_out_is_refused():
    for name in ("..", "a/../b", "/", "a//b", ""):
        refused(lambda: cpio.add({}, name, cpio.file(b"")), "cannot be a name")


@test
def a_name_that_the_control_domain_cannot_hold_is_refused():
    cpio.add({}, "x" * 127, cpio.file(b""))
    refused(lambda: cpio.add({}, "x" * 128, cpio.file(b"")), "too long")


@test
def the_same_files_give_the_same_bytes():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        one, two = tree(folder, "one"), tree(folder, "two")
        os.utime(two / "hello.cfg", (1, 1))
        equal(make(folder, one), make(folder, two))


@test
def modes_and_single_files_are_kept():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        top = tree(folder)
        archive = cpio.read(make(folder, top, f"{top / 'run'}:bin/vireo"))
    equal(archive["bin/vireo"], archive["run"])
    equal(archive["run"].mode & 0o777, 0o755)
    equal(archive["hello.cfg"].mode & 0o777, 0o644)
    equal(list(archive), sorted(archive))


@test
def a_source_that_is_not_there_is_named():
    with tempfile.TemporaryDirectory() as name:
        done = subprocess.run(
            [TOOLS / "mkarchive", f"{name}/out", f"{name}/absent:x"],
            text=True, stderr=subprocess.PIPE)
    equal(done.returncode, 1)
    contains(done.stderr, "absent")


tap.main()
