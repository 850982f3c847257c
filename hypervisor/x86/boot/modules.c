/* SPDX-License-Identifier: MIT */
#include <string.h>

#include <pv-abi/image/cpio.h>

#include "domain/dom0_build.h"
#include "hal.h"
#include "mm/alloc.h"
#include "x86/boot/boot_info.h"
#include "x86/boot/modules.h"
#include "x86/paging.h"

/* dom0's command line, NUL terminated. */
static char line[BOOT_LINE_MAX];

static const void *module_data(const struct boot_module *m)
{
    return phys_to_virt(m->start);
}

/* The rest of text behind the word, or NULL: it does not begin with it. */
static const char *after_word(const char *text, const char *word)
{
    size_t n = strlen(word);

    if (strncmp(text, word, n) || (text[n] && text[n] != ' '))
        return NULL;
    text += n;
    return *text == ' ' ? text + 1 : text;
}

static bool find_in_archive(const struct boot_module *m, struct dom0_config *c)
{
    const void *data = module_data(m);
    struct cpio_member member;

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
    return true;
}

static void find_by_name(const struct boot_module *m, struct dom0_config *c)
{
    const char *rest;

    if ((rest = after_word(m->line, "dom0"))) {
        c->kernel = module_data(m);
        c->kernel_bytes = m->size;
        boot_copy_line(line, rest, BOOT_LINE_MAX);
    } else if (after_word(m->line, "archive")) {
        c->initrd = module_data(m);
        c->initrd_bytes = m->size;
    }
}

/* A member made with an editor ends in one. */
static void cut_at_newline(void)
{
    char *newline = strchr(line, '\n');

    if (newline)
        *newline = '\0';
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
    cut_at_newline();
    config->command_line = line;
}

/* Whole pages only: what shares a page with something else stays. */
void modules_free(struct hv *hv)
{
    for (unsigned int i = 0; i < boot_info.module_count; i++) {
        const struct boot_module *m = &boot_info.modules[i];
        uint64_t first = (m->start + PAGE_SIZE - 1) >> PAGE_SHIFT;
        uint64_t end = (m->start + m->size) >> PAGE_SHIFT;

        if (first << PAGE_SHIFT < 0x100000 || first >= end)
            continue;
        heap_add(hv, mfn_of(first), end - first);
    }
}
