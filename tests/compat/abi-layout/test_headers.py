#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""Headers of pv-abi: each compiles alone, in C and in assembly, for guests
and for the hypervisor; and what must not compile does not."""
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests/tools"))

import tap  # noqa: E402
from tap import contains, equal, test  # noqa: E402

ABI = ROOT / "pv-abi"
COMPILERS = ("gcc", "clang")
MODES = ("", "-DPV_ABI_HYPERVISOR")
FLAGS = ["-std=gnu11", "-ffreestanding", "-Wall", "-Wextra", "-Werror",
         "-Wundef", "-Wmissing-prototypes", "-Wpointer-arith"]
# Structures with holes that nobody else sees: the reader of images, and the
# table of error names that libxenstore's programs expect.
NOT_SHARED = ("image/", "io/xs_wire.h")


class Include:
    """A folder for -I that holds pv-abi, or a changed copy of it."""

    def __init__(self, change=None):
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name)
        if change is None:
            (self.path / "pv-abi").symlink_to(ABI)
            return
        shutil.copytree(ABI, self.path / "pv-abi")
        name, old, new = change
        text = (ABI / name).read_text()
        contains(text, old)
        (self.path / "pv-abi" / name).write_text(text.replace(old, new, 1))

    def compile(self, source, *flags, compiler="gcc", language="c"):
        """Compile text; returns what the compiler complained about."""
        command = [compiler, *FLAGS, *filter(None, flags), "-I", self.path,
                   "-x", language, "-"]
        if "-o" not in flags:
            command += ["-fsyntax-only"]
        done = subprocess.run(command, input=source, text=True,
                              capture_output=True)
        return done.stderr if done.returncode else ""

    def check_layout(self, mode="", compiler="gcc"):
        source = '#include <pv-abi/layout_check.c>\n'
        return self.compile(source, mode, compiler=compiler)


PLAIN = Include()


def headers():
    return sorted(str(h.relative_to(ABI)) for h in ABI.rglob("*.h"))


def all_quiet(jobs):
    """Run compilations side by side; the first complaint is the failure."""
    with ThreadPoolExecutor(2) as pool:
        for complaint in pool.map(lambda job: job(), jobs):
            equal(complaint, "")


def alone(header, mode, compiler):
    padded = "" if header.startswith(NOT_SHARED) else "-Wpadded"
    source = f"#include <pv-abi/{header}>\nextern int not_empty;\n"
    return lambda: PLAIN.compile(source, mode, padded, compiler=compiler)


@test
def each_header_compiles_alone_and_hides_no_padding():
    all_quiet(alone(header, mode, compiler) for header in headers()
              for mode in MODES for compiler in COMPILERS)


@test
def headers_without_inline_code_serve_assembly():
    names = [name for name in headers() if "/" not in name]
    source = "".join(f"#include <pv-abi/{name}>\n" for name in names)
    equal(PLAIN.compile(source, "-o", "/dev/null", "-c",
                        language="assembler-with-cpp"), "")


@test
def assembly_and_c_agree_on_every_hypercall():
    rows = re.findall(r"^HYPERCALL_\w+\(\d+, (\w+),",
                      (ABI / "hypercalls.def").read_text(), re.MULTILINE)
    words = ", ".join(f"__HYPERVISOR_{name}" for name in rows)
    include = "#include <pv-abi/hypercalls.h>\n"
    c_source = f"{include}const unsigned int numbers[] = {{ {words} }};\n"
    asm_source = f"{include}.section .rodata\n.long {words}\n"
    equal(numbers_of(c_source, "c"),
          numbers_of(asm_source, "assembler-with-cpp"))


def numbers_of(source, language):
    """The bytes of .rodata of a source."""
    with tempfile.TemporaryDirectory() as folder:
        obj, raw = Path(folder, "x.o"), Path(folder, "x.bin")
        equal(PLAIN.compile(source, "-c", "-o", obj, language=language), "")
        subprocess.run(["objcopy", "-O", "binary", "-j", ".rodata", obj, raw],
                       check=True)
        return raw.read_bytes()


@test
def layouts_hold_in_both_modes_and_compilers():
    all_quiet(lambda mode=mode, compiler=compiler:
              PLAIN.check_layout(mode, compiler)
              for mode in MODES for compiler in COMPILERS)


@test
def a_field_that_moves_does_not_compile():
    changed = Include(("sched.h", "uint32_t nr_ports; ", "uint64_t nr_ports; "))
    contains(changed.check_layout(), "struct sched_poll")


@test
def a_constant_that_changes_does_not_compile():
    changed = Include(("grant_table.h", "(1U << 4)", "(1U << 5)"))
    contains(changed.check_layout(), "value of GTF_writing")


@test
def a_number_used_twice_does_not_compile():
    changed = Include(("hypercalls.def", "HYPERCALL_2(3,", "HYPERCALL_2(2,"))
    contains(changed.check_layout(), "duplicate case value")


@test
def a_row_that_miscounts_its_arguments_does_not_compile():
    changed = Include(("hypercalls.def", "HYPERCALL_2(3,", "HYPERCALL_3(3,"))
    contains(changed.check_layout(), 'macro "HYPERCALL_3" requires')


@test
def the_hypervisor_cannot_follow_a_guest_pointer():
    source = ("#include <pv-abi/sched.h>\n"
              "unsigned int peek(struct sched_poll *p);\n"
              "unsigned int peek(struct sched_poll *p)\n"
              "{ return p->ports[0]; }\n")
    equal(PLAIN.compile(source), "")
    contains(PLAIN.compile(source, "-DPV_ABI_HYPERVISOR"), "error")


def loads_of(function, compiler):
    """How often `function` (int *at -> int) reads what RDI points to."""
    source = ("#include <pv-abi/inline/shared.h>\n"
              f"int f(int *at);\nint f(int *at) {{ {function} }}\n")
    with tempfile.TemporaryDirectory() as folder:
        obj = Path(folder, "x.o")
        equal(PLAIN.compile(source, "-O2", "-c", "-o", obj,
                            compiler=compiler), "")
        text = subprocess.run(["objdump", "-d", obj], check=True,
                              capture_output=True, text=True).stdout
    return text.count("(%rdi)")


@test
def a_shared_value_is_loaded_once_however_often_it_is_used():
    use = "int v = shared_read(at); return v > 9 ? v * v : v + v;"
    unused = "(void)shared_read(at); return 0;"
    for compiler in COMPILERS:
        equal(loads_of(use, compiler), 1)
        equal(loads_of(unused, compiler), 1)
        equal(loads_of("return shared_read(at) + shared_read(at);",
                       compiler), 2)


if __name__ == "__main__":
    tap.main()
