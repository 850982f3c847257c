# SPDX-License-Identifier: MIT
"""Which files are booted, and in what form.

Everything is prepared in a temporary folder, which becomes QEMU's working
directory: the names below are relative to it.

  pvh    QEMU loads the hypervisor and one module: Vireo's is a cpio archive
         with members dom0, archive and cmdline
  xen    as pvh, by Multiboot 1: QEMU passes several modules itself
  grub   an ISO image; GRUB passes modules by Multiboot 2
"""
import gzip
import os
import subprocess
from pathlib import Path

from . import Failure, cpio, guest, linux
from .options import ROOT, added_files
from .terminal import Progress

XEN_PACKAGE = "xen-hypervisor-4.17-amd64"
XEN_IMAGE = "boot/xen-4.17-amd64.gz"
EXEC_FILE = "etc/exec"
SESSION_FILE = "etc/session"
DOM0_MEM_MIB = 128
LARGEST_ARCHIVE_MIB = 2000  # loaders put it below 2 GiB


class Images:
    """What is booted; `archive` is the control domain's file system."""

    def __init__(self, options, folder):
        self.options = options
        self.folder = folder
        self.dom0 = options.dom0 or built(options, "dom0")
        if not self.dom0.is_file():
            raise Failure(f"there is no file {self.dom0}")
        with Progress("packing the control domain's files"):
            self.archive = boot_archive(options)
        check_room(len(self.archive) >> 20, options.mem)

    def hypervisor(self):
        if self.options.xen:
            return unpack_xen(self.options, self.folder)
        return built(self.options, "vireo")

    def hypervisor_options(self):
        """Console on COM1; the user's options come last and win."""
        memory = min(DOM0_MEM_MIB + 2 * (len(self.archive) >> 20),
                     self.options.mem // 2)
        if self.options.xen:
            words = ["console=com1", "com1=115200,8n1", "loglvl=info",
                     "guest_loglvl=info",
                     f"dom0_mem={memory}M,max:{memory}M"]
        else:
            words = ["console=com1", f"dom0_mem={memory}M"]
            if self.options.session:
                words.append("loglvl=error") # it shares the terminal
            if self.options.commands is not None:
                # A panic then ends QEMU with a status of its own.
                words.append("debugexit")
        return " ".join(words + self.options.append.split())

    def qemu_options(self):
        """Prepare the files; returns what QEMU must be told to boot them."""
        if self.options.boot != "pvh":
            return self._iso()
        kernel = ["-kernel", str(self.hypervisor()),
                  "-append", self.hypervisor_options()]
        if not self.options.xen:
            bundle = {"dom0": cpio.file(self.dom0.read_bytes()),
                      "archive": cpio.file(self.archive),
                      "cmdline": cpio.file(self._cmdline())}
            self._write("modules", cpio.write(bundle))
            return [*kernel, "-initrd", "modules"]
        self._link("dom0", self.dom0)
        self._write("archive", self.archive)
        # QEMU separates modules by commas; two of them stand for one.
        cmdline = self.options.dom0_append.replace(",", ",,")
        return [*kernel, "-initrd", f"dom0 {cmdline},archive"]

    def _iso(self):
        self._write("archive", self.archive)
        self._link("dom0", self.dom0)
        cmdline = self.options.dom0_append
        # Vireo knows a module by its first word. Xen takes all words under
        # GRUB for the module's own.
        name_dom0, name_archive = ("", "") if self.options.xen else \
            ("dom0 ", "archive")
        make = [ROOT / "tools/mkimage", "boot.iso",
                self.hypervisor(), self.hypervisor_options(),
                "dom0", name_dom0 + cmdline, "archive", name_archive]
        done = _tool("making the boot image", self.folder, make)
        if done.returncode:
            raise Failure(f"cannot make the boot image:\n{done.stdout}")
        return ["-drive", "if=none,id=cd,media=cdrom,format=raw,readonly=on,"
                "file=boot.iso", "-device", "ide-cd,drive=cd"]

    def _cmdline(self):
        return self.options.dom0_append.encode() + b"\0"

    def _write(self, name, data):
        (self.folder / name).write_bytes(data)

    def _link(self, name, target):
        (self.folder / name).symlink_to(target.resolve())


def _tool(what, folder, command):
    """Run a tool; its temporary files go where ours do, so that none stays
    when it is interrupted."""
    with Progress(what):
        return subprocess.run(command, cwd=folder, text=True,
                              env=dict(os.environ, TMPDIR=str(folder)),
                              stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)


def built(options, name):
    path = options.build.resolve() / name
    if not path.is_file():
        raise Failure(f"there is no {path}; run 'make' first")
    return path


def boot_archive(options):
    """The built archive with the files and commands of this run."""
    path = built(options, "boot.cpio")
    try:
        archive = cpio.read(path.read_bytes())
    except Failure as error:
        raise Failure(f"{path}: {error}") from None
    for path, name in added_files(options):
        data = path.read_bytes()
        if linux.is_bzimage(data):
            data = linux.unpack(path, data)
        cpio.add(archive, name, cpio.file(data, path.stat().st_mode & 0o100))
    if options.guest:
        for name, data in guest.files(options):
            cpio.add(archive, name, cpio.file(data))
    if options.session:
        cpio.add(archive, SESSION_FILE,
                 cpio.file(guest.commands().encode() + b"\n"))
    if options.commands is not None:
        cpio.add(archive, EXEC_FILE,
                 cpio.file(options.commands.encode() + b"\n"))
    return cpio.write(archive)


def check_room(archive_mib, memory_mib):
    """The loader's copy of the archive and the control domain, at most half
    of the machine, are there at the same time."""
    room = min(memory_mib * 15 // 32 - 16, LARGEST_ARCHIVE_MIB)
    if archive_mib > room:
        raise Failure(
            f"the control domain's files are {archive_mib} MiB; with --mem "
            f"{memory_mib} there is room for {room} MiB, at most "
            f"{LARGEST_ARCHIVE_MIB} MiB with any")


def unpack_xen(options, folder):
    """Debian's Xen as an ELF32, fetched if it is not there yet."""
    peer = options.build.resolve() / "peer" / XEN_PACKAGE
    if not (peer / ".done").exists():
        done = _tool("fetching Xen from Debian", folder,
                     [ROOT / "tools/fetch-peer", XEN_PACKAGE, peer])
        if done.returncode:
            raise Failure(f"cannot fetch Xen:\n{done.stdout}")
    image = folder / "xen"
    image.write_bytes(gzip.decompress((peer / XEN_IMAGE).read_bytes()))
    return image


def guest_images(options):
    """Files that a running guest may have been made of, as far as known."""
    build = options.build.resolve()
    return [options.dom0 or build / "dom0",
            *sorted((build / "guest").glob("*")),
            *([options.guest] if options.guest else []),
            *(path for path, _ in added_files(options))]


def symbol_files(options):
    """Hypervisor and control domain, as far as they carry symbols."""
    files = [options.dom0 or built(options, "dom0")]
    if not options.xen:
        files.insert(0, built(options, "vireo"))
    return [Path(file).resolve() for file in files]
