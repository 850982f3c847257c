# SPDX-License-Identifier: MIT
"""Scenarios: commands at the control domain, and what they must answer.

A suite registers scenarios and boots once for all of them:

  @scenario("vireo create hello.cfg", "vireo list")
  def a_new_domain_is_listed(created, listed):
      tap.contains(listed.text, "hello")

  run("vireo", "--cpus", "2")

The commands of all scenarios run in their order, in one machine. Each answer
has `text`, what the command printed (carriage returns removed), and `status`.
A command has to succeed unless it is given as fails("..."); then it has to
end with status 1, and with fails("...", 2) it has to complain of its usage.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import namedtuple
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/tools"))
sys.path.insert(0, str(ROOT / "tools"))

import tap  # noqa: E402

BUILD = Path(os.environ.get("O", ROOT / "build")).resolve()

# What linux.cfg names (docs/linux.md).
LINUX = {name: BUILD / "linux" / name for name in ("vmlinuz", "initramfs")}

Machine = namedtuple("Machine", "status output console")
Answer = namedtuple("Answer", "text status")

_scenarios = []


class fails(str):
    """A command that must end with a status other than 0."""

    def __new__(cls, command, status=1):
        self = super().__new__(cls, command)
        self.status = status
        return self


def scenario(*commands):
    """Register a function that judges the answers to these commands."""
    def register(function):
        _scenarios.append((commands, function))
        return function
    return register


def boot(commands, *options, on="vireo", files=None, timeout=60):
    """Run the launcher with --exec; `files` maps names to bytes or paths."""
    with tempfile.TemporaryDirectory(prefix="vireo-scenario-") as name:
        folder = Path(name)
        added = []
        for number, (path, content) in enumerate((files or {}).items()):
            source = content
            if isinstance(content, (bytes, str)):
                source = folder / str(number)
                source.write_bytes(content.encode() if
                                   isinstance(content, str) else content)
            added += ["--add", f"{source}:{path}"]
        log = folder / "console"
        done = subprocess.run(
            [ROOT / "tools/vireo-qemu", "--build", BUILD,
             *(["--xen"] if on == "xen" else []), *added, "--log", log,
             "--timeout", str(timeout), "--exec", commands, *options],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode == 2:
            raise AssertionError(done.stderr.decode())
        console = log.read_bytes() if log.exists() else b""
    return Machine(done.returncode, _text(done.stdout), _text(console))


def _text(data):
    return data.decode(errors="replace").replace("\r", "")


def _script(commands):
    """After each command come its status and a mark with its number."""
    return "\n".join(f"{command}\nstatus\necho =={number}=="
                     for number, command in enumerate(commands))


def _answers(output):
    """What each command answered, as far as they came."""
    answers = []
    while match := re.match(rf"(.*?)(\d)\n=={len(answers)}==\n", output,
                            re.S):
        answers.append(Answer(match[1], int(match[2])))
        output = output[match.end():]
    return answers, output


def _judge(commands, answers, function):
    for command, answer in zip(commands, answers):
        wanted = getattr(command, "status", 0)
        if answer.status != wanted:
            raise AssertionError(f"{command}: status {answer.status} instead "
                                 f"of {wanted}\n{answer.text}")
    if len(answers) < len(commands):
        raise AssertionError(f"no answer to: {commands[len(answers)]}")
    function(*answers)


def _show_console(machine, rest):
    """For whoever has to find out what went wrong."""
    print(f"# the launcher's status was {machine.status}")
    for title, text in (("unfinished", rest), ("console", machine.console)):
        print(f"# --- {title}")
        for line in text.splitlines():
            print("#", line)


def run(on, *options, files=None, timeout=60):
    """Boot once, judge all scenarios, print TAP and exit."""
    commands = [command for some, _ in _scenarios for command in some]
    machine = boot(_script(commands), *options, on=on, files=files,
                   timeout=timeout)
    answers, rest = _answers(machine.output)
    for some, function in _scenarios:
        mine, answers = answers[:len(some)], answers[len(some):]

        def judge(some=some, mine=mine, function=function):
            _judge(some, mine, function)
        judge.__name__ = function.__name__
        tap.test(judge)
    try:
        tap.main()
    except SystemExit as end:
        if end.code:
            _show_console(machine, rest)
        raise


# --- Answers of `vireo` -----------------------------------------------------

Row = namedtuple("Row", "name id mem vcpus state seconds")


def rows(answer):
    """Rows of `vireo list`, by name."""
    head, *lines = answer.text.splitlines()
    tap.equal(head.split(), ["Name", "ID", "Mem", "VCPUs", "State", "Time(s)"])
    table = {}
    for line in lines:
        row = Row(*line.split())
        table[row.name] = Row(row.name, int(row.id), int(row.mem),
                              int(row.vcpus), row.state, float(row.seconds))
    return table


def free_kib(answer):
    """Free memory, as `vireo info --json` says."""
    return json.loads(answer.text)["free_memory_kib"]


def hypervisor():
    """The suite's one argument: xen or vireo."""
    if len(sys.argv) != 2 or sys.argv[1] not in ("xen", "vireo"):
        sys.exit(f"usage: {sys.argv[0]} xen|vireo")
    return sys.argv[1]
