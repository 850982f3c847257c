/* SPDX-License-Identifier: MIT */
/*
 * What the boot loader told, in one form for all loaders, and dom0's parts
 * among the modules it brought.
 *
 * boot_from_multiboot2() and boot_from_pvh() fill the one boot_info, called
 * from head.S with the physical address of what the loader left; memory up
 * to 4 GiB is then mapped at its physical address. They copy all they keep,
 * so that the loader's own block needs no protection afterwards. A loader's
 * block that does not hold together is a panic: there is nobody to refuse.
 *
 * Addresses are physical, sizes in bytes.
 */
#ifndef X86_BOOT_INFO_H
#define X86_BOOT_INFO_H

#include <stdbool.h>
#include <stdint.h>

#define BOOT_RANGES_MAX  256
#define BOOT_MODULES_MAX 4
#define BOOT_LINE_MAX    1024

/* Types of memory, in the numbers of the e820 table. */
enum boot_range_type {
    RANGE_RAM = 1,
    RANGE_RESERVED = 2,
    RANGE_ACPI = 3, /* tables: may be used once they are read; we keep them */
    RANGE_NVS = 4,
    RANGE_UNUSABLE = 5,
};

struct boot_range {
    uint64_t start;
    uint64_t end; /* first byte after it */
    uint32_t type;
};

struct boot_module {
    uint64_t start;
    uint64_t size;
    char line[BOOT_LINE_MAX]; /* name and arguments */
};

struct boot_info {
    const char *loader; /* "multiboot2", "pvh" */
    char line[BOOT_LINE_MAX];
    uint64_t rsdp;         /* ACPI root pointer, 0: search for it */
    uint8_t rsdp_copy[36]; /* used when rsdp_size > 0 */
    unsigned int rsdp_size;
    unsigned int range_count;
    struct boot_range ranges[BOOT_RANGES_MAX]; /* as given: may overlap */
    unsigned int module_count;
    struct boot_module modules[BOOT_MODULES_MAX];
};

extern struct boot_info boot_info;

void boot_from_multiboot2(uint64_t info);
void boot_from_pvh(uint64_t info);

/* Note a range; empty ones are dropped. */
void boot_add_range(uint64_t start, uint64_t size, uint32_t type);
/* Note a module, with a line of at most n bytes. Too many, or one that shares
 * memory with another: panic. */
void boot_add_module(uint64_t start, uint64_t size, const char *line,
                     uint64_t n);
/* Copy a text of at most n bytes, NUL or not, into dst[BOOT_LINE_MAX]. */
void boot_copy_line(char *dst, const char *src, uint64_t n);

struct dom0_config;
struct hv;

/*
 * Fill in kernel, initrd and command_line (modules.c). The modules have one
 * of two forms: a single cpio archive with the members dom0, archive and
 * cmdline; or each tells what it is by the first word of its line, and the
 * rest of the line of "dom0" is dom0's. Panics if there is no kernel.
 */
void modules_find(struct dom0_config *config);
/* They have been copied: the heap gets their memory. */
void modules_free(struct hv *hv);

#endif
