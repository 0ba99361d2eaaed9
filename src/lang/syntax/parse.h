/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the parser's files share. A function that parses something returns NULL (or
 * false) after an error, which it has reported; its caller passes that up to the
 * statement or clause, where parser_recover() skips to a place to go on from.
 */
#ifndef LANG_PARSE_H
#define LANG_PARSE_H

#include "lang/syntax/lexer.h"
#include "lang/syntax/parser.h"

struct parser {
	struct lang_context *cx;
	struct lexer lexer;
	struct token tok;  /* the next one, not consumed */
	uint32_t prev_end; /* where the consumed one before it ended */
	uint32_t depth;	   /* nesting now */
	bool unclosed;	   /* a block's missing end was reported: not again for those around it */
};

/* parser.c: tokens */
void parser_advance(struct parser *p);
/* Consumes the token if it is of that kind. */
bool parser_accept(struct parser *p, enum token_kind kind);
/* The same, or an error that says what was expected. */
bool parser_expect(struct parser *p, enum token_kind kind, const char *what);
/* "unexpected <token>, expected @what", unless the lexer has complained already. */
void parser_unexpected(struct parser *p, const char *what);
bool parser_is_name(const struct parser *p, const char *name);
/* No more errors are shown, or memory has run out: end at once. */
bool parser_stopped(const struct parser *p);

/* One level deeper; false, with an error, when that is too deep. */
bool parser_enter(struct parser *p);
void parser_leave(struct parser *p);

/* Does a clause begin at the token, so that a } must be missing before it? */
bool parser_at_clause(const struct parser *p);
/* Skips behind a ; or a {block}, or to a }, a clause, the end. */
void parser_recover(struct parser *p);
/* "<what>: not supported yet" at the token; then skips as parser_recover() does. */
void parser_unsupported(struct parser *p, const char *what, const char *hint);

static inline struct lang_loc parser_since(const struct parser *p, uint32_t start)
{
	return (struct lang_loc){start, p->prev_end > start ? p->prev_end - start : 0};
}

/* parse_stmt.c */
struct stmt *parse_block(struct parser *p);

/* parse_expr.c */
struct expr *parse_expr(struct parser *p);
/* Is it something that can be assigned? Reports it if not. */
bool check_target(struct parser *p, const struct expr *expr);

#endif
