/* SPDX-License-Identifier: MIT */
/* dom0-tools/shell: words of a command, and a line that is edited. */
#include "suite.h"

#include <string.h>

#include "shell/complete.h"
#include "shell/line.h"
#include "shell/words.h"

/* The commands of a line, words joined by '|', commands by '/'. */
static const char *split(const char *line)
{
    static char out[512];
    char text[256], *next = text;
    const char *error;
    struct words w;

    strcpy(text, line);
    out[0] = '\0';
    while (words_next(&next, &w, &error)) {
        if (error)
            return error;
        if (*out)
            strcat(out, "/");
        for (int i = 0; i < w.count; i++) {
            strcat(out, i ? "|" : "");
            strcat(out, w.words[i]);
        }
        ck_assert_ptr_null(w.words[w.count]);
    }
    return out;
}

START_TEST(blanks_separate_words_and_semicolons_commands)
{
    ck_assert_str_eq(split(""), "");
    ck_assert_str_eq(split(" ;; \n ; "), "");
    ck_assert_str_eq(split("list"), "list");
    ck_assert_str_eq(split("  vireo \t list  "), "vireo|list");
    ck_assert_str_eq(split("a b;c ; d\ne"), "a|b/c/d/e");
}
END_TEST

START_TEST(quotes_keep_blanks_and_semicolons)
{
    ck_assert_str_eq(split("a 'b ; c'd"), "a|b ; cd");
    ck_assert_str_eq(split("\"x \\\" y\";z"), "x \" y/z");
    ck_assert_str_eq(split("a\\ b \\; c"), "a b|;|c");
    ck_assert_str_eq(split("a '' b"), "a||b");
    ck_assert_str_eq(split("--expect 'grub>' g"), "--expect|grub>|g");
    ck_assert_str_eq(split("a 'b"), "a quote does not end");
}
END_TEST

START_TEST(comments_end_with_the_line)
{
    ck_assert_str_eq(split("a b # c; d\ne"), "a|b/e");
    ck_assert_str_eq(split("a#b"), "a#b");
}
END_TEST

START_TEST(more_words_than_fit_are_refused)
{
    char line[200];

    memset(line, 0, sizeof(line));
    for (int i = 0; i < WORDS_MAX; i++)
        strcat(line, "w ");
    ck_assert_int_eq(strlen(split(line)), 2 * WORDS_MAX - 1);
    strcat(line, "w");
    ck_assert_str_eq(split(line), "too many words");
}
END_TEST

static struct line_editor e;

/* Type keys; returns the last event. */
static enum line_event type(const char *keys)
{
    enum line_event event = LINE_EDITING;

    for (; *keys; keys++) {
        struct line_screen screen = {.length = 0};

        event = line_key(&e, *keys, &screen);
    }
    return event;
}

static void begin(void)
{
    struct line_screen screen = {.length = 0};

    line_begin(&e, &screen);
}

START_TEST(keys_edit_where_the_cursor_is)
{
    line_init(&e, "> ");
    begin();
    type("lst\x1b[D\x1b[Di"); /* two to the left, then i */
    ck_assert_str_eq(e.text, "list");
    type("\x01vireo \x05 -l"); /* start; end */
    ck_assert_str_eq(e.text, "vireo list -l");
    type("\x17\x17"); /* two words off the end */
    ck_assert_str_eq(e.text, "vireo ");
    type("\x7f\x1b[H\x1b[3~"); /* one off the end, one off the start */
    ck_assert_str_eq(e.text, "ireo");
    type("\x1b[C\x0b"); /* to the right, cut the rest */
    ck_assert_str_eq(e.text, "i");
    ck_assert_int_eq(type("\r"), LINE_DONE);
    ck_assert_str_eq(e.text, "i");
}
END_TEST

START_TEST(a_key_at_the_end_of_a_line_shows_as_itself)
{
    struct line_screen screen = {.length = 0};

    line_init(&e, "> ");
    begin();
    type("lis");
    line_key(&e, 't', &screen);
    ck_assert_uint_eq(screen.length, 1);
    ck_assert_int_eq(screen.bytes[0], 't');
    /* Anywhere else the line is drawn anew: prompt, text, cursor. */
    type("\x1b[D");
    screen.length = 0;
    line_key(&e, 's', &screen);
    screen.bytes[screen.length] = '\0';
    ck_assert_str_eq(screen.bytes, "\r> lisst\x1b[K\r\x1b[6C");
}
END_TEST

START_TEST(earlier_lines_come_back_with_the_arrows)
{
    line_init(&e, "> ");
    for (const char *line = "one\0two\0two\0"; *line;
         line += strlen(line) + 1) {
        begin();
        type(line);
        type("\r");
    }
    begin();
    type("\x1b[A");
    ck_assert_str_eq(e.text, "two");
    type("\x1b[A");
    ck_assert_str_eq(e.text, "one"); /* the same line twice is kept once */
    type("\x1b[A");
    ck_assert_str_eq(e.text, "one");
    type("\x1b[B\x1b[B");
    ck_assert_str_eq(e.text, "");
}
END_TEST

START_TEST(control_c_and_control_d_say_what_was_meant)
{
    line_init(&e, "> ");
    begin();
    type("abc");
    ck_assert_int_eq(type("\x04"), LINE_EDITING); /* nothing behind it */
    ck_assert_int_eq(type("\x03"), LINE_CANCELED);
    ck_assert_str_eq(e.text, "");
    ck_assert_int_eq(type("\x04"), LINE_END);
}
END_TEST

START_TEST(no_key_sequence_breaks_the_editor)
{
    struct random r = random_start(11);

    line_init(&e, "> ");
    begin();
    for (int i = 0; i < 50000; i++) {
        static const char keys[] = "ab \x1b[AOBCDH3~\x01\x05\x0b\x15\x17\x7f";
        struct line_screen screen = {.length = 0};
        char key = random_below(&r, 4) ? keys[random_below(&r, sizeof(keys))]
                                       : (char)random_next(&r);

        if (line_key(&e, key, &screen) != LINE_EDITING)
            begin();
        ck_assert_uint_lt(e.length, LINE_BYTES);
        ck_assert_uint_le(e.cursor, e.length);
        ck_assert_uint_eq(strlen(e.text), e.length);
    }
}
END_TEST

static struct completion found;

static const char *rest_of(const char *word, const char *const *names)
{
    completion_begin(&found, word);
    for (; *names; names++)
        completion_add(&found, *names, strlen(*names));
    return completion_rest(&found);
}

START_TEST(a_word_is_completed_as_far_as_it_is_clear)
{
    static const char *const names[] = {"pause",    "unpause",  "vcpu-list",
                                        "vcpu-pin", "vcpu-set", NULL};
    static const char *const twice[] = {"hello", "hello", NULL};

    ck_assert_str_eq(rest_of("pa", names), "use ");
    ck_assert_str_eq(rest_of("v", names), "cpu-");
    ck_assert_uint_eq(found.count, 3);
    ck_assert_str_eq(found.names[2], "vcpu-set");
    ck_assert_str_eq(rest_of("vcpu-", names), "");
    ck_assert_str_eq(rest_of("x", names), "");
    ck_assert_uint_eq(found.count, 0);
    ck_assert_str_eq(rest_of("", names), "");
    ck_assert_str_eq(rest_of("pause", names), " ");
    ck_assert_str_eq(rest_of("h", twice), "ello ");
}
END_TEST

/* More names, and longer ones, than there is room for. */
START_TEST(completion_keeps_to_its_room)
{
    char name[200];

    memset(name, 'n', sizeof(name));
    completion_begin(&found, "n");
    for (unsigned int i = 1; i < sizeof(name); i++)
        completion_add(&found, name, i);
    ck_assert_str_eq(completion_rest(&found), "");
    completion_begin(&found, "nn");
    completion_add(&found, name, sizeof(name));
    ck_assert_uint_eq(strlen(completion_rest(&found)), COMPLETION_BYTES - 3);
}
END_TEST

START_TEST(tab_is_for_the_caller_and_insertion_for_the_line)
{
    struct line_screen screen = {.length = 0};

    line_init(&e, "> ");
    line_begin(&e, &screen);
    ck_assert_int_eq(type("vi x\x1b[D\x1b[D\t"), LINE_TAB);
    line_insert(&e, "reo", &screen);
    ck_assert_str_eq(e.text, "vireo x");
    ck_assert_uint_eq(e.cursor, 5);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("shell");
    TCase *w = tcase_create("words");
    TCase *l = tcase_create("line");

    tcase_add_test(w, blanks_separate_words_and_semicolons_commands);
    tcase_add_test(w, quotes_keep_blanks_and_semicolons);
    tcase_add_test(w, comments_end_with_the_line);
    tcase_add_test(w, more_words_than_fit_are_refused);
    tcase_add_test(l, keys_edit_where_the_cursor_is);
    tcase_add_test(l, a_key_at_the_end_of_a_line_shows_as_itself);
    tcase_add_test(l, earlier_lines_come_back_with_the_arrows);
    tcase_add_test(l, control_c_and_control_d_say_what_was_meant);
    tcase_add_test(l, no_key_sequence_breaks_the_editor);
    suite_add_tcase(s, w);
    tcase_add_test(l, a_word_is_completed_as_far_as_it_is_clear);
    tcase_add_test(l, completion_keeps_to_its_room);
    tcase_add_test(l, tab_is_for_the_caller_and_insertion_for_the_line);
    suite_add_tcase(s, l);
    return s;
}
