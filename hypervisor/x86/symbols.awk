# SPDX-License-Identifier: MIT
# From `nm -n` of the first link to an assembly file with the symbol table.
# Text symbols only: the table comes behind the text and moves none of them.

$3 == "image_start" {
    base = substr($1, 9)
}

$2 ~ /^[tT]$/ && $3 !~ /^(image_start|text_end|text_entry_.*)$/ {
    name[count] = $3
    address[count++] = substr($1, 9)
}

END {
    print ".section .symbols, \"a\""
    printf ".balign 4\n.long %d\n", count
    for (i = 0; i < count; i++) {
        printf ".long 0x%s - 0x%s, %d\n", address[i], base, offset
        offset += length(name[i]) + 1
    }
    for (i = 0; i < count; i++)
        printf ".asciz \"%s\"\n", name[i]
}
