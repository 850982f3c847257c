%code top {
/* SPDX-License-Identifier: MIT */
/*
 * Grammar of xl.cfg. After an error it goes on with the next line, so that one
 * reading names all that is wrong.
 */
}

%require "3.8"
%define api.pure full
%define api.prefix {config_}
%define parse.error custom
%define parse.lac full
%locations
%define api.location.type {struct config_place}
%param { void *scanner }
%parse-param { struct config_parse *p }

%initial-action {
    @$ = (struct config_place){.source = p->source, .line = 1, .first = 1};
}

%code requires {
#include "syntax.h"
}

%union {
    uint64_t number;
    const char *string;
    struct config_value *value;
}

%code provides {
int config_lex(CONFIG_STYPE *value, CONFIG_LTYPE *at, void *scanner);
}

%code {
#define YYLLOC_DEFAULT(current, rhs, n)                                        \
    ((current) = (n) ? YYRHSLOC(rhs, 1) : YYRHSLOC(rhs, 0))

static void config_error(const CONFIG_LTYPE *at, void *scanner,
                         struct config_parse *p, const char *message);
}

%token <string> KEY "a key"
%token <string> STRING "a string"
%token <number> NUMBER "a number"
%token END "the end of the line"
%token BAD "something else"
%token '=' "'='" ',' "','" '[' "'['" ']' "']'"
%token YYEOF 0 "the end of the file"

%type <value> value item items

%%

file:
    %empty
|   lines
|   lines setting
|   setting
;

lines:
    line
|   lines line
;

line:
    END
|   setting END
|   error END               { p->depth = 0; yyerrok; }
;

setting:
    KEY '=' value           { config_setting_add(p, $1, @1, $3); }
;

value:
    item
|   NUMBER                  {
                                $$ = config_value_new(p, CONFIG_NUMBER, @1);
                                $$->number = $1;
                            }
|   '[' ']'                 { $$ = config_value_new(p, CONFIG_LIST, @1); }
|   '[' items ']'           {
                                $$ = config_value_new(p, CONFIG_LIST, @1);
                                $$->items = $2->next;
                                $2->next = NULL;
                            }
|   '[' items ',' ']'       {
                                $$ = config_value_new(p, CONFIG_LIST, @1);
                                $$->items = $2->next;
                                $2->next = NULL;
                            }
;

/* A ring whose last item is the value: appending costs no search. */
items:
    item                    { $$ = $1; $$->next = $$; }
|   items ',' item          { $$ = $3; $$->next = $1->next; $1->next = $$; }
;

item:
    STRING                  {
                                $$ = config_value_new(p, CONFIG_STRING, @1);
                                $$->string = $1;
                            }
;

%%

/* Called by bison itself only when its stack is exhausted. */
static void config_error(const CONFIG_LTYPE *at, void *scanner,
                         struct config_parse *p, const char *message)
{
    config_say(p->report, CONFIG_ERROR, at, "%s", message);
}

/* What was expected at an error, in words; at most two. */
static int yyreport_syntax_error(const yypcontext_t *context, void *scanner,
                                 struct config_parse *p)
{
    const CONFIG_LTYPE *at = yypcontext_location(context);
    yysymbol_kind_t found = yypcontext_token(context), expected[3];
    int count = yypcontext_expected_tokens(context, expected, 3);

    if (found == YYSYMBOL_BAD) /* the scanner has said what */
        return 0;
    if (count == 1)
        config_say(p->report, CONFIG_ERROR, at, "expected %s, found %s",
                   yysymbol_name(expected[0]), yysymbol_name(found));
    else if (count == 2)
        config_say(p->report, CONFIG_ERROR, at, "expected %s or %s, found %s",
                   yysymbol_name(expected[0]), yysymbol_name(expected[1]),
                   yysymbol_name(found));
    else if (found == YYSYMBOL_KEY)
        config_say(p->report, CONFIG_ERROR, at,
                   "a value is a number, a string in quotes, or a list");
    else
        config_say(p->report, CONFIG_ERROR, at, "%s does not belong here",
                   yysymbol_name(found));
    return 0;
}
