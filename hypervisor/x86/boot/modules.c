/* SPDX-License-Identifier: MIT */
#include <string.h>

#include <pv-abi/image/cpio.h>

#include "domain/dom0_build.h"
#include "hal.h"
#include "mm/alloc.h"
#include "x86/boot/boot_info.h"
#include "x86/paging.h"

/* dom0's command line, NUL terminated. */
static char line[BOOT_LINE_MAX];

static bool find_in_archive(const struct boot_module *m, struct dom0_config *c)
{
    const void *data = phys_to_virt(m->start);
    struct cpio_member member;
    char *newline;

    if (!cpio_find(data, m->size, "dom0", &member))
        return false;
    c->kernel = member.data;
    c->kernel_bytes = member.size;
    if (cpio_find(data, m->size, "archive", &member)) {
        c->initrd = member.data;
        c->initrd_bytes = member.size;
    }
    if (cpio_find(data, m->size, "cmdline", &member))
        boot_copy_line(line, (const char *)member.data, member.size);
    /* A member made with an editor ends in one. */
    newline = strchr(line, '\n');
    if (newline)
        *newline = '\0';
    return true;
}

static void find_by_name(const struct boot_module *m, struct dom0_config *c)
{
    const char *space = strchr(m->line, ' ');
    size_t n = space ? (size_t)(space - m->line) : strlen(m->line);

    if (n == 4 && !memcmp(m->line, "dom0", n)) {
        c->kernel = phys_to_virt(m->start);
        c->kernel_bytes = m->size;
        boot_copy_line(line, space ? space + 1 : "", BOOT_LINE_MAX);
    } else if (n == 7 && !memcmp(m->line, "archive", n)) {
        c->initrd = phys_to_virt(m->start);
        c->initrd_bytes = m->size;
    }
}

void modules_find(struct dom0_config *config)
{
    const struct boot_info *b = &boot_info;

    if (b->module_count != 1 || !find_in_archive(&b->modules[0], config))
        for (unsigned int i = 0; i < b->module_count; i++)
            find_by_name(&b->modules[i], config);
    if (!config->kernel)
        hal_panic("no control domain among the %u boot modules: need an "
                  "archive with a member dom0, or a module of that name",
                  b->module_count);
    config->command_line = line;
}

/* Whole pages only: what shares a page with something else stays. */
void modules_free(struct hv *hv)
{
    for (unsigned int i = 0; i < boot_info.module_count; i++) {
        const struct boot_module *m = &boot_info.modules[i];
        uint64_t first = (m->start + PAGE_SIZE - 1) >> PAGE_SHIFT;
        uint64_t end = (m->start + m->size) >> PAGE_SHIFT;

        if (first << PAGE_SHIFT >= 0x100000 && first < end)
            heap_add(hv, mfn_of(first), end - first);
    }
}
