/* SPDX-License-Identifier: MIT */
/*
 * The image: one ELF64, linked high (layout.h), loaded at IMAGE_PHYS. Three
 * segments that paging.c maps RX, R and RW; each starts on a page.
 */
#include "x86/layout.h"

OUTPUT_FORMAT(elf64-x86-64)
ENTRY(boot_multiboot2)

PHDRS
{
    text PT_LOAD FLAGS(5);
    rodata PT_LOAD FLAGS(4);
    data PT_LOAD FLAGS(6);
    note PT_NOTE FLAGS(4);
}

percpu_areas = PERCPU_VA;

SECTIONS
{
    . = IMAGE_VA + IMAGE_PHYS;
    image_start = .;
    .text : AT(ADDR(.text) - IMAGE_VA) {
        KEEP(*(.multiboot2))
        *(.text.boot)
        text_entry_start = .;
        *(.text.entry)
        text_entry_end = .;
        *(.text .text.*)
    } :text
    . = ALIGN(4096);
    text_end = .;

    .rodata : AT(ADDR(.rodata) - IMAGE_VA) {
        *(.rodata .rodata.*)
        . = ALIGN(8);
        extable_start = .;
        KEEP(*(.extable))
        extable_end = .;
        . = ALIGN(8);
        symbols_start = .;
        KEEP(*(.symbols))
        symbols_end = .;
    } :rodata
    .note : AT(ADDR(.note) - IMAGE_VA) {
        KEEP(*(.note.Xen))
    } :rodata :note
    . = ALIGN(4096);
    rodata_end = .;

    .data : AT(ADDR(.data) - IMAGE_VA) {
        *(.data .data.*)
    } :data
    .bss : AT(ADDR(.bss) - IMAGE_VA) {
        *(.bss .bss.* COMMON)
    } :data
    . = ALIGN(4096);
    image_end = .;

    /DISCARD/ : {
        *(.comment)
        *(.note.GNU-stack)
        *(.note.gnu.*)
        *(.eh_frame)
    }
}
