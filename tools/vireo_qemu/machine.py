# SPDX-License-Identifier: MIT
"""The QEMU command.

The machine has a serial port (the console of hypervisor and control domain),
a debug console at port 0xe9 (the output of --exec) and an exit device at port
0xf4 (its status). Both ports are written by the control domain through its
I/O rights, on Vireo and on Xen alike.
"""
import shutil

from . import Failure

QEMU = "qemu-system-x86_64"
CHANNEL_PORT = 0xE9
EXIT_PORT = 0xF4
FIRMWARE = "/usr/share/OVMF/OVMF_CODE_4M.fd"
FIRMWARE_VARIABLES = "/usr/share/OVMF/OVMF_VARS_4M.fd"

ICOUNT = ["-icount", "shift=0,sleep=off",
          "-rtc", "base=2020-01-01T00:00:00,clock=vm"]


def command(options, folder, boot, console):
    """QEMU's arguments.

    boot     what Images.qemu_options() says
    console  arguments that define the character device `com1`
    """
    cpu = f"{options.cpu},la57=off" + (",-smap" if options.no_smap else "")
    return [QEMU, "-name", "vireo", "-machine", "q35", "-accel", "tcg",
            "-cpu", cpu, "-smp", str(options.cpus), "-m", str(options.mem),
            "-nodefaults", "-vga", "none", "-display", "none", "-no-reboot",
            *console, "-serial", "chardev:com1",
            "-device", f"isa-debug-exit,iobase={EXIT_PORT:#x},iosize=4",
            *_channel(options), *(ICOUNT if options.icount else []),
            *_firmware(options, folder), *_gdb(options), *boot]


def escape(path):
    """A comma ends a value on QEMU's command line; two stand for one."""
    return str(path).replace(",", ",,")


def debug_output(options):
    """Where the output of --exec goes when gdb has the terminal."""
    return options.build.resolve() / "debug-output.log"


def _channel(options):
    """With --exec the debug console is QEMU's standard output."""
    if options.commands is None:
        return []
    to = f"file,path={escape(debug_output(options))}" if options.gdb else \
        "stdio,signal=off"
    return ["-chardev", f"{to},id=channel", "-device",
            f"isa-debugcon,iobase={CHANNEL_PORT:#x},chardev=channel"]


def _firmware(options, folder):
    """The UEFI writes its variables: each run gets a copy."""
    if options.boot != "uefi":
        return []
    try:
        shutil.copyfile(FIRMWARE_VARIABLES, folder / "variables.fd")
    except FileNotFoundError:
        raise Failure("no UEFI firmware; run 'make deps'") from None
    return ["-drive", f"if=pflash,format=raw,readonly=on,file={FIRMWARE}",
            "-drive", "if=pflash,format=raw,file=variables.fd"]


def _gdb(options):
    """A machine that resets or powers off stays, to be looked at."""
    if not options.gdb:
        return []
    return ["-S", "-no-shutdown", "-gdb", "unix:gdb.sock,server=on,wait=off"]
