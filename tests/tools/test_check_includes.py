#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""tools/check-includes: this tree obeys, and what does not is named."""
import subprocess
import tempfile
from pathlib import Path

import tap
from tap import contains, equal, test

ROOT = Path(__file__).resolve().parents[2]
CHECK = ROOT / "tools/check-includes"


def check(files):
    """Run it over a tree of {path: text}; returns exit status and output."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        run = subprocess.run([CHECK, folder], capture_output=True, text=True)
    return run.returncode, run.stdout


def refused(files, message):
    status, output = check(files)
    equal(status, 1)
    contains(output, message)


BASE = {
    "pv-abi/types.h": "#include <stdint.h>\n",
    "hypervisor/include/hal.h": "#include <pv-abi/types.h>\n",
    "hypervisor/lib/errno.h": "#include <pv-abi/errno.def>\n",
    "hypervisor/core/mm/frame.h": '#include "hal.h"\n',
    "hypervisor/core/sched/queue.h": '#include "mm/frame.h"\n',
    "hypervisor/x86/insn.h": "",
}


@test
def this_tree_obeys():
    run = subprocess.run([CHECK], capture_output=True, text=True)
    equal((run.returncode, run.stdout), (0, ""))


@test
def layers_may_be_used_from_above():
    equal(check(BASE | {
        "hypervisor/core/call/dispatch.c":
            '#include "sched/queue.h"\n#include <errno.h>\n',
        "hypervisor/x86/trap.c": '#include "mm/frame.h"\n',
        "tests/host/test_frame.c": '#include "mm/frame.h"\n#include <a.h>\n',
    }), (0, ""))


@test
def the_contract_includes_nothing_of_ours():
    refused(BASE | {"pv-abi/mmu.h": "#include <stdio.h>\n"},
            "pv-abi/mmu.h:1: <stdio.h> is not for pv-abi")
    refused(BASE | {"pv-abi/mmu.h": '#include "../hypervisor/include/hal.h"\n'},
            "pv-abi/mmu.h:1:")


@test
def frames_know_nothing_of_the_scheduler():
    refused(BASE | {"hypervisor/core/mm/x.c": '\n#include "sched/queue.h"\n'},
            "hypervisor/core/mm/x.c:2: hypervisor/core/sched/queue.h is not")


@test
def core_does_not_reach_the_machine():
    refused(BASE | {"hypervisor/core/sched/x.c":
                    '#include "../../x86/insn.h"\n'}, "is not for")
    refused(BASE | {"hypervisor/core/sched/x.c": '#include "x86/insn.h"\n'},
            "nowhere hypervisor/core may look")
    refused(BASE | {"hypervisor/core/sched/x.c": "#include <time.h>\n"},
            "<time.h> is not for hypervisor/core")


@test
def core_has_neither_assembly_nor_volatile():
    refused(BASE | {"hypervisor/core/mm/x.c": 'void f(void)\n{ asm(""); }\n'},
            "hypervisor/core/mm/x.c:2: asm in hypervisor/core")
    refused(BASE | {"hypervisor/core/mm/x.c": "volatile int n;\n"},
            "volatile in hypervisor/core")
    equal(check(BASE | {"hypervisor/core/mm/x.c":
                        "/* asm,\n * volatile */\n"}), (0, ""))


@test
def guests_and_tools_do_not_see_the_hypervisor():
    refused(BASE | {"guest-kernel/x.c":
                    '#include "../hypervisor/include/hal.h"\n'}, "is not for")
    refused(BASE | {"dom0-tools/libpv/x.c":
                    '#include "../../hypervisor/include/hal.h"\n'},
            "is not for dom0-tools")
    refused(BASE | {"guest-kernel/internal.h": "",
                    "dom0-tools/x.c": '#include "../guest-kernel/internal.h"'},
            "is not for dom0-tools")


@test
def tests_do_not_see_the_machine_either():
    refused(BASE | {"tests/host/test_x.c": '#include "x86/insn.h"\n'},
            "hypervisor/x86/insn.h is not for tests/host")


@test
def tests_see_the_files_of_the_machine_that_are_named():
    tree = BASE | {"hypervisor/x86/trap/decode.h": "",
                   "tests/host/test_x.c": '#include "x86/trap/decode.h"\n',
                   "tests/fuzz/fuzz_x.c": '#include "x86/trap/decode.h"\n'}
    equal(check(tree), (0, ""))


@test
def headers_in_a_circle_are_named():
    refused(BASE | {
        "hypervisor/core/event/a.h": '#include "sched/b.h"\n',
        "hypervisor/core/sched/b.h": '#include "event/a.h"\n',
    }, "hypervisor/core/event/a.h -> hypervisor/core/sched/b.h -> "
       "hypervisor/core/event/a.h")


@test
def an_empty_tree_is_no_good_tree():
    equal(check({"README": ""})[0], 1)
    equal(subprocess.run([CHECK, "/nonexistent"],
                         capture_output=True).returncode, 2)


tap.main()
