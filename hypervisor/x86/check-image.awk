# SPDX-License-Identifier: MIT
# What no run can show, looked for in the disassembly (objdump -d): guest
# memory is opened in one place only, SYSRET is guarded, no vector register
# holds anything of the hypervisor's or of a guest's.

/^[0-9a-f]+ <.*>:$/ {
    function_name = substr($2, 2, length($2) - 3)
    shifted = 0
}

function wrong(text) {
    printf "vireo: %s in %s\n", text, function_name > "/dev/stderr"
    failed = 1
}

/\tstac/ && function_name != "guest_move" {
    wrong("stac")
}

/\tclac/ && function_name !~ /^(guest_move|trap_entry)$/ {
    wrong("clac")
}

# A guest sets AC as it likes, and the processor keeps it on the way in.
/\tclac/ && function_name == "trap_entry" {
    closed = 1
}

# The address goes through a sign extension from bit 47 first.
/\tsar +\$0x10,/ {
    shifted = 1
}

/\tsysret/ {
    sysrets++
    if (!shifted)
        wrong("sysret without a check for a canonical address")
}

# Before a guest runs there is nobody to mislead.
speculation == "y" && /\t(call|jmp) +\*/ &&
function_name !~ /^(boot_64|ap_64|run_on_stack)$/ {
    wrong("an indirect branch without a thunk")
}

/%[xyz]mm[0-9]/ {
    wrong("a vector register")
}

END {
    if (sysrets != 1) {
        function_name = "the image"
        wrong(sysrets + 0 " sysret instructions")
    }
    if (!closed) {
        function_name = "trap_entry"
        wrong("no clac")
    }
    exit failed
}
