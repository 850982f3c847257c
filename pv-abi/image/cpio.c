/* SPDX-License-Identifier: MIT */
#include <pv-abi/image/cpio.h>

#include <string.h>

/* Header: a magic of 6 characters, then 13 numbers of 8 hex digits. */
#define CPIO_HEADER   110
#define FIELD_MODE    1
#define FIELD_SIZE    6
#define FIELD_NAMELEN 11

#define S_FMT 0170000u
#define S_REG 0100000u

static bool read_field(const uint8_t *header, unsigned int field,
                       uint32_t *value)
{
    const uint8_t *digits = header + 6 + 8 * field;

    *value = 0;
    for (int i = 0; i < 8; i++) {
        unsigned int c = digits[i];

        if (c >= '0' && c <= '9')
            c -= '0';
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
            c = (c | 0x20) - 'a' + 10;
        else
            return false;
        *value = *value << 4 | c;
    }
    return true;
}

static size_t align4(size_t n)
{
    return (n + 3) & ~(size_t)3;
}

bool cpio_next(const void *archive, size_t size, size_t *offset,
               struct cpio_member *member)
{
    const uint8_t *header = (const uint8_t *)archive + *offset;
    uint32_t name_n, data_n;
    size_t left, name_room;

    if (*offset > size || size - *offset < CPIO_HEADER)
        return false;
    left = size - *offset;
    if (memcmp(header, "07070", 5) != 0 ||
        (header[5] != '1' && header[5] != '2'))
        return false;
    if (!read_field(header, FIELD_MODE, &member->mode) ||
        !read_field(header, FIELD_SIZE, &data_n) ||
        !read_field(header, FIELD_NAMELEN, &name_n))
        return false;

    /* Both name and data are padded to a multiple of 4 from the header on. */
    if (name_n == 0 || name_n > left - CPIO_HEADER ||
        header[CPIO_HEADER + name_n - 1] != '\0')
        return false;
    name_room = align4(CPIO_HEADER + name_n);
    if (name_room > left || data_n > left - name_room)
        return false;

    member->name = (const char *)header + CPIO_HEADER;
    if (strcmp(member->name, "TRAILER!!!") == 0)
        return false;
    if (member->name[0] == '.' && member->name[1] == '/')
        member->name++;
    while (member->name[0] == '/')
        member->name++;
    member->data = header + name_room;
    member->size = data_n;
    /* The last member's padding may be cut off. */
    *offset += name_room + align4(data_n);
    if (*offset > size)
        *offset = size;
    return true;
}

bool cpio_find(const void *archive, size_t size, const char *name,
               struct cpio_member *member)
{
    size_t offset = 0;

    while (cpio_next(archive, size, &offset, member))
        if ((member->mode & S_FMT) == S_REG && strcmp(member->name, name) == 0)
            return true;
    return false;
}
