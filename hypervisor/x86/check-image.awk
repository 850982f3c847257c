# SPDX-License-Identifier: MIT
# What no run can show, looked for in the disassembly (objdump -d); why each
# is needed stands in docs/design/0005-defences-not-shown.md.

/^[0-9a-f]+ <.*>:$/ {
    function_name = substr($2, 2, length($2) - 3)
    calls = zeroed = 0
    shifted = compared = guarded = popped = 0
}

function wrong(text) {
    printf "vireo: %s in %s\n", text, function_name > "/dev/stderr"
    failed = 1
}

function need(condition, text) {
    if (!condition) {
        function_name = "the image"
        wrong("no " text)
    }
}

/\tcall / {
    calls++
}

# --- Guest memory is opened in one place, and tried twice ---------------------

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

/\t(call|jmp) .*<guest_move>$/ {
    moves[function_name]++
    moved = 1
}

# --- Ways in and out ----------------------------------------------------------

# The address goes through a sign extension from bit 47, and another one
# takes another way.
/\tsar +\$0x10,/ {
    shifted = 1
}

/\tcmp / && shifted {
    compared = 1
}

/\tjne / && compared {
    guarded = 1
}

/\tsysret/ {
    sysrets++
    if (!guarded)
        wrong("sysret without a check for a canonical address")
}

# All registers of a guest but RSP are gone before C runs.
function_name ~ /^(trap|syscall|syscall32|sysenter)_entry$/ &&
/\txor / && !calls {
    split($NF, operand, ",")
    if (operand[1] == operand[2] && !((function_name, operand[1]) in gone))
        zeroed += gone[function_name, operand[1]] = 1
}

function_name ~ /^(trap|syscall|syscall32|sysenter)_entry$/ && /\tcall / &&
calls == 1 {
    entries++
    if (zeroed != 15)
        wrong("registers of a guest")
}

# `sysenter` leaves NT, AC and TF as they were.
function_name == "sysenter_entry" && /\tpopf/ {
    popped = 1
}

function_name == "sysenter_entry" && /\tcall / && !popped {
    wrong("flags of a guest")
}

# Interrupts are on only in a halt, which none can precede unseen.
stopped && !/\thlt/ {
    wrong("sti that no hlt follows")
}

{
    stopped = /\tsti$/
}

# --- TLB ----------------------------------------------------------------------

# Who else loads other tables would have to tell the clock of flushes.
/,%cr3$/ && function_name !~ \
/^(boot_common|ap_32|ap_64|paging_init|tlb_load_base|move|hal_reload)$/ {
    wrong("a load of CR3")
}

# Global entries go only when CR4.PGE is cleared.
function_name == "tlb_load_base" && /\tand +\$0x(ffffffffffffff)?7f,/ {
    flush = flush "-"
}

function_name == "tlb_load_base" && /,%cr[34]$/ {
    flush = flush substr($0, length($0))
}

# --- Speculation, and what processors keep ------------------------------------

# Before a guest runs there is nobody to mislead.
speculation == "y" && /\t(call|jmp) +\*/ &&
function_name !~ /^(boot_64|ap_64|run_on_stack)$/ {
    wrong("an indirect branch without a thunk")
}

# Nothing is reached through a base that a guest may have left.
/%[fg]s:/ {
    wrong("an address by FS or GS")
}

/%[xyz]mm[0-9]/ {
    wrong("a vector register")
}

/\tverw/ && function_name == "spec_switch_domain" {
    cleared = 1
}

/\tcall .*<spec_switch_domain>$/ {
    switched = 1
}

# The pointers of the last x87 instruction: AMD's do not restore them.
function_name == "fpu_load" && /\t(fnclex|emms|fild)/ {
    forgotten++
}

function_name == "fpu_load" && /<restore>$/ && forgotten != 3 {
    wrong("x87 pointers of another guest")
}

END {
    for (function_name in moves)
        if (moves[function_name] != 2)
            wrong("guest memory that is not tried twice")
    need(moved, "copy of guest memory")
    need(sysrets == 1, "single sysret")
    need(closed, "clac on the way in")
    need(entries == 4, "four ways in that forget a guest's registers")
    need(flush == "-434", "flush of global entries")
    need(speculation != "y" || (cleared && switched),
         "clearing of buffers between domains")
    need(forgotten == 3, "x87 instruction before state is restored")
    exit failed
}
