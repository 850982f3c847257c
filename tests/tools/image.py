# SPDX-License-Identifier: MIT
"""An image of one function, made with the host's tools, and its backtrace."""
import re
import subprocess


def _tool(*command):
    return subprocess.run(command, check=True, text=True,
                          stdout=subprocess.PIPE).stdout


def make(path, function):
    """Write the image; the start of its build ID, the function's address.

    The code differs with the name: a build ID does not cover symbols.
    """
    source, part = path.with_suffix(".s"), path.with_suffix(".o")
    source.write_text(f".globl {function}\n.type {function}, @function\n"
                      f"{function}: ud2\n.size {function}, 2\n"
                      f'.ascii "{function}"\n')
    _tool("as", "-o", part, source)
    _tool("ld", "--build-id=sha1", "-e", function, "-o", path, part)
    return (re.search("Build ID: (.{16})", _tool("readelf", "-n", path))[1],
            re.search(f"^(.*) T {function}$", _tool("nm", path), re.M)[1])


def backtrace(build, *addresses):
    """As a guest prints it, on a console."""
    lines = [f"backtrace, build {build}:",
             *(f"  [<{address}>]" for address in addresses)]
    return "".join(f"{line}\r\n" for line in lines)
