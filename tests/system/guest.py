# SPDX-License-Identifier: MIT
"""Run a guest image as the initial domain of Xen or of Vireo.

The launcher gets a build folder of its own, with links to what make has built
and a boot archive that holds only the files asked for: a test of the guest
kernel needs no control domain.
"""
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

from vireo_qemu import cpio  # noqa: E402

BUILD = Path(os.environ.get("O", ROOT / "build")).resolve()
LINKED = ("vireo", "peer")
POLL_S = 0.05

Run = namedtuple("Run", "status console archive_bytes")


def run(image, command_line="", on="xen", files=None, timeout=60, options=(),
        until=None):
    """Boot `image` (below the build folder) on "xen" or "vireo".

    The guest has to end the machine itself (machine_exit), or the console to
    match the pattern `until`: then the machine is ended. Returns the
    launcher's status (0: the guest said 0, 1: it said 1, 3: anything else,
    124: it did not end), the text of the console, and how long the boot
    archive was.
    """
    with tempfile.TemporaryDirectory(prefix="vireo-guest-") as name:
        folder = Path(name)
        (BUILD / "peer").mkdir(exist_ok=True)
        for link in LINKED:
            (folder / link).symlink_to(BUILD / link)
        archive = {}
        for path, data in (files or {}).items():
            cpio.add(archive, path, cpio.file(data))
        # The launcher adds the (empty) list of commands to it.
        (folder / "boot.cpio").write_bytes(cpio.write(archive))
        cpio.add(archive, "etc/exec", cpio.file(b"\n"))
        log = folder / "console"
        command = [
            ROOT / "tools/vireo-qemu", *(["--xen"] if on == "xen" else []),
            "--build", folder, "--dom0", BUILD / image, "--dom0-append",
            command_line, "--exec", "", "--timeout", str(timeout), "--log",
            log, *options]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as process:
            status = _wait(process, log, until)
        if status == 2:
            raise AssertionError("the launcher refused: see its usage")
        return Run(status, _text(log), len(cpio.write(archive)))


def _text(log):
    return log.read_bytes().decode(errors="replace").replace("\r", "")


def _wait(process, log, until):
    """The exit status; ends the process once the log matches `until`."""
    while until:
        try:
            return process.wait(POLL_S)
        except subprocess.TimeoutExpired:
            if log.exists() and re.search(until, _text(log), re.M):
                process.terminate()
                until = None
    return process.wait()
