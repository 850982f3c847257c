# SPDX-License-Identifier: MIT
"""--guest: one domain, from its image to its exit code.

The control domain creates it, shows its console, and ends the machine with
what the domain ended with (`finish`), as the status of the exit device.
"""
import sys
from pathlib import Path

from . import Failure, elf

NAME = "guest"
CONFIG_FILE = "etc/guest.cfg"
IMAGE_FILE = "etc/guest"
MEMORY_MIB = 64

# What `finish` says beside exit codes (dom0-tools/shell/builtins.c).
LARGEST_CODE = 100
LARGER = 101
CRASHED = 102
RESTARTED = 103
NOT_CREATED = 104

CRASH_STATUS = 134  # as of a process that aborted
RESTART_STATUS = 133


def wants_terminal(options):
    """Whether a person types at the guest's console."""
    return options.guest and not options.gdb and sys.stdin.isatty() and \
        sys.stdout.isatty()


def commands():
    """What the control domain does."""
    return f"vireo create -q -c {CONFIG_FILE}; finish {NAME}"


def configuration(options):
    """xl.cfg of the domain; --set comes last and wins."""
    if not options.guest.is_file():
        raise Failure(f"--guest {options.guest}: there is no such file")
    keys = {"name": f'"{NAME}"', "type": '"pv"',
            "kernel": f'"{IMAGE_FILE}"',
            "memory": MEMORY_MIB, "cmdline": _quoted(options.args),
            **{f"on_{end}": '"preserve"'
               for end in ("poweroff", "reboot", "crash")}}
    for text in options.set:
        key, equals, value = text.partition("=")
        if not equals or not key.strip().isidentifier():
            raise Failure(f"--set {text}: it takes KEY=VALUE")
        keys[key.strip()] = _value(value.strip())
    return "".join(f"{key} = {value}\n"
                   for key, value in keys.items())


def _value(text):
    """Numbers, lists and what is quoted already stay as they are."""
    return text if text.isdigit() or text[:1] in ("[", '"', "'") else \
        _quoted(text)


def _quoted(text):
    quote = "'" if '"' in text else '"'
    if quote in text:
        raise Failure(f"{text}: a value cannot hold both kinds of quotes")
    return f"{quote}{text}{quote}"


def files(options):
    """(name, bytes) for the control domain's file system."""
    return [(CONFIG_FILE, configuration(options).encode()),
            (IMAGE_FILE, Path(options.guest).read_bytes())]


def at_entry(options):
    """gdb commands that stop at the guest's first instruction. The control
    domain begins at the same address; its image has another build ID."""
    data = options.guest.read_bytes()
    entry, note = elf.entry(data), elf.build_id(data)
    condition = ""
    if note:
        address, value = note
        condition = f" if *(unsigned long *){address:#x} == {value:#x}"
    return [f"hbreak *{entry:#x}{condition}", "continue"]


def exit_status(status):
    """Our status, and what to say of it, for QEMU's; None: neither an exit
    code nor the way a domain ends."""
    value = status >> 1 if status is not None and status & 1 else None
    if value is None or value > RESTARTED:
        return None
    if value == CRASHED:
        return CRASH_STATUS, "the guest crashed"
    if value == RESTARTED:
        return RESTART_STATUS, "the guest asked to be started again"
    if value == LARGER:
        return LARGER, f"the guest's exit code is above {LARGEST_CODE}"
    return value, None
