/* SPDX-License-Identifier: MIT */
#include "disassembly.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* bfd.h wants the config.h of a package; ours is another file. */
#define PACKAGE         "vireo"
#define PACKAGE_VERSION "0"
#include <dis-asm.h>

/* libopcodes looks no further than so many prefixes. */
#define PREFIXES_MAX 14

/* ----------------------------------------------------------- libopcodes */

struct printed {
    size_t length;
    char text[128];
};

static int append(struct printed *p, const char *fmt, va_list args)
{
    size_t room = sizeof(p->text) - p->length;
    int n = vsnprintf(p->text + p->length, room, fmt, args);

    p->length += (size_t)n < room ? (size_t)n : room - 1;
    return n;
}

static int print(void *to, const char *fmt, ...)
{
    va_list args;
    int n;

    va_start(args, fmt);
    n = append(to, fmt, args);
    va_end(args);
    return n;
}

static int print_styled(void *to, enum disassembler_style style,
                        const char *fmt, ...)
{
    va_list args;
    int n;

    va_start(args, fmt);
    n = append(to, fmt, args);
    va_end(args);
    return n;
}

static void print_nothing(int status, bfd_vma at, struct disassemble_info *info)
{
}

/* Length of what is printed into p, or not above 0. */
static int ask(struct printed *p, const uint8_t *bytes, size_t size,
               bool long_mode)
{
    static disassembler_ftype function;
    struct disassemble_info info;

    p->length = 0;
    init_disassemble_info(&info, p, print, print_styled);
    info.arch = bfd_arch_i386;
    info.mach = long_mode ? bfd_mach_x86_64 : bfd_mach_i386_i386;
    info.buffer = (bfd_byte *)bytes;
    info.buffer_length = size;
    info.read_memory_func = buffer_read_memory;
    info.memory_error_func = print_nothing;
    info.disassembler_options = "suffix";
    disassemble_init_for_target(&info);
    if (!function)
        function = disassembler(info.arch, false, info.mach, NULL);
    return function(0, &info);
}

/* -------------------------------------------------------------- the text */

/* A word that libopcodes prints before the mnemonic. */
static bool is_prefix(const char *word)
{
    static const char *const words[] = {
        "data16", "addr32", "addr16",   "cs",       "ds",      "es",
        "fs",     "gs",     "ss",       "lock",     "rep",     "repz",
        "repnz",  "bnd",    "xacquire", "xrelease", "notrack",
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (!strcmp(word, words[i]))
            return true;
    return !strncmp(word, "rex", 3);
}

/* Operands are parted by commas that are not within an address. */
static void split_operands(struct disassembly *x, const char *s)
{
    unsigned int depth = 0;
    size_t n = 0;

    for (; *s && *s != '#'; s++) {
        char *to = x->operands[x->operand_count];

        depth += (*s == '(') - (*s == ')');
        if (*s == ',' && depth == 0) {
            if (++x->operand_count == DISASSEMBLY_OPERANDS)
                return;
            n = 0;
        } else if (*s != ' ' && n + 1 < sizeof(x->operands[0])) {
            to[n++] = *s;
            to[n] = '\0';
        }
    }
    x->operand_count += n > 0;
}

static void take_apart(struct disassembly *x, const char *s)
{
    char word[sizeof(x->mnemonic)];
    int n = 0;

    while (sscanf(s, " %31s%n", word, &n) == 1) {
        s += n;
        if (!is_prefix(word)) {
            strcpy(x->mnemonic, word);
            split_operands(x, s);
            break;
        }
        x->lock |= !strcmp(word, "lock");
        x->repeat |= !strncmp(word, "rep", 3) || !strncmp(word, "xa", 2) ||
                     !strncmp(word, "xr", 2);
    }
    x->bad = !x->mnemonic[0] || x->mnemonic[0] == '(';
    x->gave_up = !x->mnemonic[0] && x->length >= PREFIXES_MAX;
}

static bool is_legacy_prefix(uint8_t b)
{
    return b == 0xf0 || b == 0xf2 || b == 0xf3 || (b >= 0x64 && b <= 0x67) ||
           b == 0x26 || b == 0x2e || b == 0x36 || b == 0x3e;
}

/*
 * The processor forgets a REX that another prefix follows; libopcodes takes
 * it for an instruction. So it gets the bytes without such ones.
 */
static size_t without_lost_rex(uint8_t *to, const uint8_t *bytes,
                               bool long_mode)
{
    bool in_prefixes = true;
    size_t n = 0;

    for (size_t i = 0; i < DISASSEMBLY_BYTES; i++) {
        bool rex = long_mode && (bytes[i] & 0xf0) == 0x40;

        if (in_prefixes && rex && i + 1 < DISASSEMBLY_BYTES &&
            (is_legacy_prefix(bytes[i + 1]) || (bytes[i + 1] & 0xf0) == 0x40))
            continue;
        in_prefixes &= rex || is_legacy_prefix(bytes[i]);
        to[n++] = bytes[i];
    }
    return n;
}

void disassemble(struct disassembly *x, const uint8_t *bytes, bool long_mode)
{
    uint8_t copy[DISASSEMBLY_BYTES];
    size_t size = without_lost_rex(copy, bytes, long_mode);
    struct printed p;
    int length = ask(&p, copy, size, long_mode);

    memset(x, 0, sizeof(*x));
    strcpy(x->text, p.length ? p.text : "");
    if (length <= 0) {
        x->bad = true;
        return;
    }
    x->length = (unsigned int)length + DISASSEMBLY_BYTES - (unsigned int)size;
    take_apart(x, x->text);
}

/* -------------------------------------------------------------- operands */

static bool find_name(const char *name, const char *const *names,
                      unsigned int *number)
{
    for (*number = 0; names[*number]; ++*number)
        if (!strcmp(name, names[*number]))
            return true;
    return false;
}

/* "r8" to "r15", with the suffix of their width. */
static bool find_numbered(const char *name, struct register_name *r)
{
    char *end;

    if (name[0] != 'r' || name[1] < '0' || name[1] > '9')
        return false;
    r->number = (unsigned int)strtoul(name + 1, &end, 10);
    r->bytes = !*end ? 8 : *end == 'd' ? 4 : *end == 'w' ? 2 : 1;
    return true;
}

struct register_name register_named(const char *operand)
{
    static const char *const names[4][17] = {
        {"al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil", NULL},
        {"ax", "cx", "dx", "bx", "sp", "bp", "si", "di", NULL},
        {"eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", NULL},
        {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", NULL},
    };
    static const char *const high[] = {"",   "",   "",   "",  "ah",
                                       "ch", "dh", "bh", NULL};
    struct register_name r = {.kind = REGISTER_GENERAL};

    if (*operand++ != '%')
        return (struct register_name){0};
    if (sscanf(operand, "cr%u", &r.number) == 1)
        r.kind = REGISTER_CONTROL;
    else if (sscanf(operand, "db%u", &r.number) == 1)
        r.kind = REGISTER_DEBUG;
    if (r.kind != REGISTER_GENERAL || find_numbered(operand, &r))
        return r;
    for (unsigned int i = 0; i < 4; i++) {
        r.bytes = 1u << i;
        if (find_name(operand, names[i], &r.number))
            return r;
    }
    r.bytes = 1;
    if (find_name(operand, high, &r.number))
        return r;
    return (struct register_name){0};
}

bool is_memory(const char *operand)
{
    return strchr(operand, '(') || strchr(operand, ':') || operand[0] == '0';
}

bool is_immediate(const char *operand, uint64_t *value)
{
    if (operand[0] != '$')
        return false;
    *value = strtoull(operand + 1, NULL, 0);
    return true;
}
