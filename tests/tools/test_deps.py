#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""tools/deps on machines that lack something, played by fake commands."""
import os
import subprocess
import tempfile
from pathlib import Path

import tap
from tap import contains, equal, test

DEPS = Path(__file__).resolve().parents[2] / "tools" / "deps"

# The fakes keep the installed packages in $STATE and what they were asked to
# do in $CALLS. apt-get installs only after the lists are there.
FAKES = {
    "dpkg-query": 'sed "s/$/ installed/" "$STATE"',
    "id": "echo $FAKE_UID",
    "sudo": 'echo "sudo" >>"$CALLS"; "$@"',
    "apt-get": """
        echo "$*" >>"$CALLS"
        case "$*" in
        *update*) touch "$APT_LISTS/x_Packages" ;;
        *) [ -e "$APT_LISTS/x_Packages" ] || exit 100
           for name; do :; done; echo "$name" >>"$STATE" ;;
        esac""",
}


class Machine:
    """A fake machine with the given packages."""

    def __init__(self, installed, uid=0, lists=True):
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name)
        for name, body in FAKES.items():
            (self.path / name).write_text(f"#!/bin/bash\n{body}\n")
            (self.path / name).chmod(0o755)
        (self.path / "lists").mkdir()
        if lists:
            (self.path / "lists" / "a_Packages").touch()
            (self.path / "lists" / "x_Packages").touch()
        (self.path / "state").write_text("".join(p + "\n" for p in installed))
        (self.path / "calls").touch()
        self.uid = uid

    def run(self, *arguments):
        path = f"{self.path}:{os.environ['PATH']}"
        done = subprocess.run(
            [DEPS, *arguments], text=True, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, env=dict(
                os.environ, PATH=path, STATE=str(self.path / "state"),
                CALLS=str(self.path / "calls"), FAKE_UID=str(self.uid),
                APT_LISTS=str(self.path / "lists")))
        return done.returncode, done.stdout

    def calls(self):
        return (self.path / "calls").read_text()


def needed():
    return subprocess.run([DEPS, "--list"], text=True, check=True,
                          stdout=subprocess.PIPE).stdout.split()


def all_but(package):
    return [name for name in needed() if name != package]


@test
def nothing_is_said_or_done_when_all_is_there():
    machine = Machine(needed())
    equal(machine.run(), (0, ""))
    equal(machine.calls(), "")


@test
def a_missing_package_is_named_with_its_reason_then_installed():
    machine = Machine(all_but("flex"))
    status, output = machine.run()
    equal(status, 0)
    contains(output, "flex                scanner of")
    contains(machine.calls(), "install --no-install-recommends flex")
    equal("sudo" in machine.calls(), False)


@test
def fetching_the_lists_comes_first_on_a_fresh_machine():
    machine = Machine(all_but("flex"), lists=False)
    equal(machine.run()[0], 0)
    contains(machine.calls().splitlines()[0], "update")


@test
def a_user_who_is_not_root_installs_by_sudo():
    machine = Machine(all_but("flex"), uid=1000)
    equal(machine.run()[0], 0)
    contains(machine.calls(), "sudo")


@test
def check_only_tells():
    machine = Machine(all_but("flex"))
    equal(machine.run("--check")[0], 1)
    equal(machine.calls(), "")


@test
def a_package_that_stays_away_is_an_error():
    machine = Machine(all_but("flex"))
    (machine.path / "apt-get").write_text("#!/bin/bash\nexit 0\n")
    status, output = machine.run()
    equal(status, 1)
    contains(output, "still missing after the installation")


@test
def an_unknown_option_prints_the_usage():
    status, output = Machine(needed()).run("--bogus")
    equal(status, 2)
    contains(output, "tools/deps --check")


tap.main()
