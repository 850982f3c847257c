/* SPDX-License-Identifier: MIT */
#include <pv-abi/image/elf_note.h>

#include <string.h>

#include <pv-abi/elfnote.h>
#include <pv-abi/version.h>

/* A piece of the image: not NUL terminated. */
struct text {
    const char *at;
    size_t n;
};

static bool text_begins(struct text t, const char *word)
{
    size_t n = strlen(word);

    return t.n >= n && memcmp(t.at, word, n) == 0;
}

static bool text_is(struct text t, const char *word)
{
    return t.n == strlen(word) && text_begins(t, word);
}

/* Cut off and return what stands before the first c; the rest stays in *t. */
static struct text text_cut(struct text *t, char c)
{
    const char *end = memchr(t->at, c, t->n);
    struct text head = {t->at, end ? (size_t)(end - t->at) : t->n};
    size_t used = head.n + (end != NULL);

    t->at += used;
    t->n -= used;
    return head;
}

/* A number as C writes it, hexadecimal after 0x; false: none, or too big. */
static bool text_number(struct text t, uint64_t *value)
{
    unsigned int base = 10;
    uint64_t sum = 0;

    if (text_begins(t, "0x") || text_begins(t, "0X")) {
        base = 16;
        t.at += 2;
        t.n -= 2;
    }
    for (size_t i = 0; i < t.n; i++) {
        unsigned int digit = (unsigned char)t.at[i];

        if (digit >= '0' && digit <= '9')
            digit -= '0';
        else if ((digit | 0x20) >= 'a' && (digit | 0x20) <= 'f')
            digit = (digit | 0x20) - 'a' + 10;
        else
            return false;
        if (digit >= base || sum > (UINT64_MAX - digit) / base)
            return false;
        sum = sum * base + digit;
    }
    *value = sum;
    return t.n > 0;
}

static void read_features(struct elf_image *image, struct text list)
{
    static const struct {
        const char *name;
        unsigned int bit;
    } known[] = {
        {"writable_page_tables", XENFEAT_writable_page_tables},
        {"writable_descriptor_tables", XENFEAT_writable_descriptor_tables},
        {"auto_translated_physmap", XENFEAT_auto_translated_physmap},
        {"supervisor_mode_kernel", XENFEAT_supervisor_mode_kernel},
        {"pae_pgdir_above_4gb", XENFEAT_pae_pgdir_above_4gb},
        {"hvm_callback_vector", XENFEAT_hvm_callback_vector},
        {"dom0", XENFEAT_dom0},
    };

    while (list.n > 0) {
        struct text name = text_cut(&list, '|');
        bool required = name.n > 0 && name.at[0] == '!';
        uint64_t bit = 0;

        if (required) {
            name.at++;
            name.n--;
        }
        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
            if (text_is(name, known[i].name))
                bit = 1ul << known[i].bit;
        if (required && bit == 0)
            image->unknown_required = true;
        image->features |= bit;
        if (required)
            image->required |= bit;
    }
}

static void read_guest_os(struct elf_image *image, struct text os)
{
    size_t n =
        os.n < sizeof(image->guest_os) ? os.n : sizeof(image->guest_os) - 1;

    memcpy(image->guest_os, os.at, n);
    image->guest_os[n] = '\0';
    image->has_linux = text_begins(os, "linux");
}

static void note_text(struct elf_image *image, uint32_t type, struct text t)
{
    t = text_cut(&t, '\0');
    switch (type) {
    case XEN_ELFNOTE_XEN_VERSION:
        image->has_xen_version = text_begins(t, "xen-3.0");
        break;
    case XEN_ELFNOTE_GUEST_OS:
        read_guest_os(image, t);
        break;
    case XEN_ELFNOTE_LOADER:
        image->has_loader = text_begins(t, "generic");
        break;
    case XEN_ELFNOTE_PAE_MODE:
        image->extended_cr3 = text_is(t, "yes");
        break;
    case XEN_ELFNOTE_FEATURES:
        read_features(image, t);
        break;
    }
}

static void note_number(struct elf_image *image, uint32_t type, uint64_t value)
{
    switch (type) {
    case XEN_ELFNOTE_ENTRY:
        image->entry = value;
        break;
    case XEN_ELFNOTE_HYPERCALL_PAGE:
        image->hypercall_page = value;
        break;
    case XEN_ELFNOTE_VIRT_BASE:
        image->virt_base = value;
        break;
    case XEN_ELFNOTE_PADDR_OFFSET:
        image->padd_offset = value;
        break;
    case XEN_ELFNOTE_INIT_P2M:
        image->init_p2m = value;
        break;
    case XEN_ELFNOTE_MOD_START_PFN:
        image->mod_start_pfn = value != 0;
        break;
    case XEN_ELFNOTE_SUPPORTED_FEATURES:
        image->supported = value;
        break;
    }
}

/* Numbers and texts share descriptors: each kind takes what it knows. */
static void read_note(struct elf_image *image, uint32_t type,
                      const uint8_t *desc, uint32_t n)
{
    uint32_t small;
    uint64_t value;

    image->has_note = true;
    note_text(image, type, (struct text){(const char *)desc, n});
    if (n == sizeof(small)) {
        memcpy(&small, desc, sizeof(small));
        note_number(image, type, small);
    } else if (n == sizeof(value)) {
        memcpy(&value, desc, sizeof(value));
        note_number(image, type, value);
    }
}

void elf_notes_read(struct elf_image *image, const uint8_t *notes, size_t n)
{
    struct {
        uint32_t namesz, descsz, type;
    } h;

    while (n >= sizeof(h)) {
        uint64_t name_room, desc_room;

        memcpy(&h, notes, sizeof(h));
        name_room = ((uint64_t)h.namesz + 3) & ~3ul;
        desc_room = ((uint64_t)h.descsz + 3) & ~3ul;
        notes += sizeof(h);
        n -= sizeof(h);
        if (name_room > n || h.descsz > n - name_room)
            return;
        if (h.namesz == 4 && memcmp(notes, "Xen", 4) == 0)
            read_note(image, h.type, notes + name_room, h.descsz);
        /* The last descriptor may lack its padding. */
        if (desc_room > n - name_room)
            return;
        notes += name_room + desc_room;
        n -= name_room + desc_room;
    }
}

void elf_guest_section_read(struct elf_image *image, const uint8_t *text,
                            size_t n)
{
    static const struct {
        const char *name;
        uint32_t type;
    } texts[] =
        {
            {"LOADER", XEN_ELFNOTE_LOADER},
            {"PAE", XEN_ELFNOTE_PAE_MODE},
            {"GUEST_OS", XEN_ELFNOTE_GUEST_OS},
            {"FEATURES", XEN_ELFNOTE_FEATURES},
            {"XEN_VER", XEN_ELFNOTE_XEN_VERSION},
        },
      numbers[] = {
          {"VIRT_BASE", XEN_ELFNOTE_VIRT_BASE},
          {"VIRT_ENTRY", XEN_ELFNOTE_ENTRY},
          {"ELF_PADDR_OFFSET", XEN_ELFNOTE_PADDR_OFFSET},
          {"HYPERCALL_PAGE", XEN_ELFNOTE_HYPERCALL_PAGE},
      };
    struct text all = {(const char *)text, n}, list = text_cut(&all, '\0');
    bool has_page = false;

    image->has_section = true;
    while (list.n > 0) {
        struct text value = text_cut(&list, ',');
        struct text name = text_cut(&value, '=');
        uint64_t number;

        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
            if (text_is(name, texts[i].name))
                note_text(image, texts[i].type, value);
        if (!text_number(value, &number))
            continue;
        for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
            if (text_is(name, numbers[i].name))
                note_number(image, numbers[i].type, number);
        has_page |= text_is(name, "HYPERCALL_PAGE");
    }
    /* In this form the page is numbered from VIRT_BASE. */
    if (has_page && image->hypercall_page < (1ul << 52))
        image->hypercall_page =
            (image->hypercall_page << 12) +
            (image->virt_base != ELF_UNSET ? image->virt_base : 0);
}
