/* SPDX-License-Identifier: MIT */
/*
 * dom0's parts among the boot loader's modules. Two forms:
 *   one module: a cpio archive with the members dom0, archive and cmdline;
 *   several: each tells what it is by the first word of its line; the rest
 *   of the line of "dom0" is dom0's command line.
 */
#ifndef X86_MODULES_H
#define X86_MODULES_H

struct dom0_config;
struct hv;

/* Fill in kernel, initrd and command_line. Panics if there is no kernel. */
void modules_find(struct dom0_config *config);

/* They have been copied: the heap gets their memory. */
void modules_free(struct hv *hv);

#endif
