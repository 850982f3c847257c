#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""Backtraces of guests on their way to a person, and images made here."""
import sys
import tempfile
from pathlib import Path

import image
import tap
from tap import contains, equal, test

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from vireo_qemu.symbols import Namer  # noqa: E402

folder = tempfile.TemporaryDirectory()
FILE, OTHER = (Path(folder.name) / name for name in ("app", "other"))
BUILD, ADDRESS = image.make(FILE, "give_up")
OTHER_BUILD, OTHER_ADDRESS = image.make(OTHER, "do_else")
NOWHERE = "0000000000001000"


def shown(text, files=(OTHER, FILE)):
    return Namer(files).pass_on(text.encode()).decode()


def names(text, **more):
    """What was added to the lines of a backtrace."""
    return [line.partition(">]")[2].strip()
            for line in shown(text, **more).splitlines() if ">]" in line]


@test
def each_backtrace_is_named_from_its_own_image():
    equal(ADDRESS, OTHER_ADDRESS)
    equal(names(image.backtrace(BUILD, ADDRESS)
                + image.backtrace(OTHER_BUILD, ADDRESS)
                + image.backtrace(BUILD, ADDRESS)),
          ["give_up", "do_else", "give_up"])


# A name from the wrong image would send its reader to the wrong place.
@test
def an_image_that_is_not_there_gives_no_names():
    equal(names(image.backtrace("0123456789abcdef", ADDRESS)), [""])
    equal(names(image.backtrace(BUILD, ADDRESS), files=[OTHER]), [""])
    text = image.backtrace(OTHER_BUILD, ADDRESS) \
        + image.backtrace("0123456789abcdef", ADDRESS)
    equal(names(text), ["do_else", ""])


@test
def an_image_built_anew_gives_no_names_to_what_ran_before():
    changed = Path(folder.name) / "changed"
    build, address = image.make(changed, "old")
    namer = Namer([changed])
    text = image.backtrace(build, address).encode()
    contains(namer.pass_on(text), b">] old")
    image.make(changed, "new")
    equal(namer.pass_on(text), text)


@test
def an_address_outside_of_the_image_has_no_name():
    equal(names(image.backtrace(BUILD, NOWHERE, ADDRESS)), ["", "give_up"])


@test
def a_line_without_its_header_has_no_name():
    equal(names(f"  [<{ADDRESS}>]\n"), [""])
    text = image.backtrace(BUILD) + "login: \r\n" + f"  [<{ADDRESS}>]\r\n"
    equal(names(text), [""])
    equal(shown(text + "\r\n"), text + "\r\n")


@test
def reports_of_others_may_come_between():
    for report in ("vireo: domain 3 'x' has ended: crash", "dom3 crashed: y",
                   "(XEN) text"):
        equal(names(image.backtrace(BUILD) + report + "\r\n"
                    + f"  [<{ADDRESS}>]\r\n"), ["give_up"])


@test
def what_is_no_backtrace_passes_unchanged():
    text = f"a\r\n\n\rb\x1b[K\0 [<{ADDRESS}>]\r\n  [<12>]\r\n\r\nc"
    equal(shown(image.backtrace(BUILD) + text),
          image.backtrace(BUILD) + text)


@test
def pieces_make_no_difference_and_wait_for_nothing():
    text = "up\r\n" + image.backtrace(BUILD, ADDRESS, NOWHERE) + "vireo> "
    namer = Namer([FILE])
    pieces = [namer.pass_on(text[i:i + 1].encode()).decode()
              for i in range(len(text))]
    equal("".join(pieces), shown(text))
    contains("".join(pieces), f"  [<{ADDRESS}>] give_up\r\n")
    # But for the end of an address's line, each character came at once.
    equal([i for i, piece in enumerate(pieces) if not piece],
          [i for i in range(len(text)) if text[i - 2:i + 1] == ">]\r"])


tap.main()
