# SPDX-License-Identifier: MIT
"""The command line, and what it means."""
import argparse
import os
from pathlib import Path

from . import Failure, guest

ROOT = Path(__file__).resolve().parents[2]
EXEC_TIMEOUT_S = 120

DESCRIPTION = """\
Start Vireo, or Xen in its place, in QEMU.

Without --exec this terminal is the machine's serial console; Ctrl-a x ends
the machine, Ctrl-a h lists what else Ctrl-a can do. With --exec the commands
run at the control domain one after the other, their output comes to standard
output, and the machine powers off. The console of hypervisor and control
domain never mixes with that output.

Addresses in guests' backtraces get names from the image they are of: those in
the build folder, of --dom0 and of --add are known.
"""

EPILOG = """\
exit status with --guest: the guest's exit code, up to 100; 101 a larger one;
133 it asked for a restart; 134 it crashed; else as with --exec.

exit status with --exec:
  0    every command succeeded
  1    a command failed
  2    usage: an option or a file is wrong
  3    the machine panicked, powered off early or did not come up
  124  time out
  130  Ctrl-C
After 1, 3 and 124 the console is shown on standard error. Without --exec the
status is 0 unless the machine could not be started.

examples:
  tools/vireo-qemu
  tools/vireo-qemu --cpus 4 --exec 'vireo create hello.cfg; vireo list'
  tools/vireo-qemu --xen --exec 'vireo info'
  tools/vireo-qemu --guest my.elf --args 'verbose' --set memory=16
  tools/vireo-qemu --guest my.elf --gdb
  tools/vireo-qemu --add vmlinuz --add initrd.gz:initrd --add linux.cfg
"""


def _parser():
    parser = argparse.ArgumentParser(
        prog="vireo-qemu", description=DESCRIPTION, epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False)
    parser.add_argument("--cpus", type=int, default=1, metavar="N",
                        help="processors (default 1)")
    parser.add_argument("--cpu", default="max", metavar="MODEL",
                        help="processor, as QEMU's -cpu has it, for instance "
                        "EPYC or max,vendor=GenuineIntel (default max)")
    parser.add_argument("--mem", type=int, default=2048, metavar="MIB",
                        help="memory of the machine in MiB (default 2048)")
    parser.add_argument("--boot", choices=("pvh", "grub", "uefi"),
                        default="pvh",
                        help="pvh: straight into the hypervisor (default); "
                        "grub: BIOS and GRUB; uefi: UEFI firmware and GRUB")
    parser.add_argument("--xen", action="store_true",
                        help="boot the same control domain on Debian's Xen "
                        "4.17, which is fetched at first use")
    parser.add_argument("--icount", action="store_true",
                        help="count instructions: one is one tick of the "
                        "time stamp counter, the same on every machine")
    parser.add_argument("--gdb", action="store_true",
                        help="start stopped, and attach gdb with symbols of "
                        "hypervisor and control domain; with --guest, at "
                        "the guest's first instruction with its symbols")
    parser.add_argument("--guest", type=Path, metavar="ELF",
                        help="run this guest: its console comes here, its "
                        "exit code becomes ours")
    parser.add_argument("--args", default="", metavar="TEXT",
                        help="the guest's command line")
    parser.add_argument("--set", action="append", default=[],
                        metavar="KEY=VALUE",
                        help="a key of the guest's configuration, as in "
                        "xl.cfg: memory=16, vcpus=2")
    parser.add_argument("--add", action="append", default=[],
                        metavar="FILE[:NAME]",
                        help="put a file into the control domain's file "
                        "system; a Linux bzImage becomes the ELF it holds")
    parser.add_argument("--append", default="", metavar="OPTIONS",
                        help="further options for the hypervisor")
    parser.add_argument("--exec", dest="commands", metavar="COMMANDS",
                        help="run these at the control domain, separated by "
                        "semicolons, then power off")
    parser.add_argument("--timeout", type=float, metavar="S",
                        help="seconds until the machine is ended (default "
                        f"{EXEC_TIMEOUT_S} with --exec, else none)")
    parser.add_argument("--log", type=Path, metavar="FILE",
                        help="keep the console's output in this file")
    parser.add_argument("--no-smap", action="store_true",
                        help="a processor without SMAP, which Linux guests "
                        "need under QEMU's own emulation")
    parser.add_argument("--dom0", type=Path, metavar="ELF",
                        help="another control domain kernel")
    parser.add_argument("--dom0-append", default="", metavar="TEXT",
                        help="the control domain's command line")
    parser.add_argument("--build", type=Path, metavar="DIR",
                        default=Path(os.environ.get("VIREO_BUILD",
                                                    ROOT / "build")),
                        help="where make has put the images (default: "
                        "$VIREO_BUILD, else build/ of this tree)")
    return parser


def parse(arguments):
    """The options as a namespace; prints usage and exits 2 on an error."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if not 1 <= options.cpus <= 255:
        parser.error("--cpus must be from 1 to 255")
    if options.mem < 64:
        parser.error("--mem must be at least 64")
    if options.timeout is not None and not 0 < options.timeout < 1e9:
        parser.error("--timeout must be a number of seconds, more than 0")
    if options.gdb and options.timeout is not None:
        parser.error("--gdb has no time out")
    if options.guest and (options.commands is not None or options.dom0):
        parser.error("--guest does not go with --exec or --dom0")
    if not options.guest and (options.args or options.set):
        parser.error("--args and --set need --guest")
    if options.timeout is None and options.commands is not None \
            and not options.gdb:
        options.timeout = EXEC_TIMEOUT_S
    options.session = guest.wants_terminal(options)
    if options.guest and not options.session:
        options.commands = guest.commands()
    return options


def added_files(options):
    """(path, name in the archive) of every --add."""
    pairs = []
    for text in options.add:
        path, colon, name = text.rpartition(":")
        if not colon or Path(text).exists():
            path, name = text, Path(text).name
        if not Path(path).is_file():
            what = "is a folder" if Path(path).is_dir() else "is not there"
            raise Failure(f"--add {text}: {path} {what}; it takes a file")
        pairs.append((Path(path), name))
    return pairs
