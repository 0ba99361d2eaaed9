/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Script text to tokens, on demand. A lexer is a small value: copy it to look ahead,
 * copy it back to return. It reports what is wrong inside a token itself and then gives
 * TOKEN_BAD, so that the parser need not complain a second time.
 */
#ifndef LANG_LEXER_H
#define LANG_LEXER_H

#include "lang/context.h"

/* PUNCT(ID, "text"): longer ones before those that they begin with. */
#define LANG_PUNCTUATION(PUNCT)  \
	PUNCT(SHL_ASSIGN, "<<=") \
	PUNCT(SHR_ASSIGN, ">>=") \
	PUNCT(INC, "++")         \
	PUNCT(DEC, "--")         \
	PUNCT(ARROW, "->")       \
	PUNCT(ADD_ASSIGN, "+=")  \
	PUNCT(SUB_ASSIGN, "-=")  \
	PUNCT(MUL_ASSIGN, "*=")  \
	PUNCT(DIV_ASSIGN, "/=")  \
	PUNCT(MOD_ASSIGN, "%=")  \
	PUNCT(AND_ASSIGN, "&=")  \
	PUNCT(OR_ASSIGN, "|=")   \
	PUNCT(XOR_ASSIGN, "^=")  \
	PUNCT(LAND, "&&")        \
	PUNCT(LOR, "||")         \
	PUNCT(EQ, "==")          \
	PUNCT(NE, "!=")          \
	PUNCT(LE, "<=")          \
	PUNCT(GE, ">=")          \
	PUNCT(SHL, "<<")         \
	PUNCT(SHR, ">>")         \
	PUNCT(LT, "<")           \
	PUNCT(GT, ">")           \
	PUNCT(ASSIGN, "=")       \
	PUNCT(PLUS, "+")         \
	PUNCT(MINUS, "-")        \
	PUNCT(STAR, "*")         \
	PUNCT(SLASH, "/")        \
	PUNCT(PERCENT, "%")      \
	PUNCT(AMP, "&")          \
	PUNCT(PIPE, "|")         \
	PUNCT(CARET, "^")        \
	PUNCT(TILDE, "~")        \
	PUNCT(BANG, "!")         \
	PUNCT(QUESTION, "?")     \
	PUNCT(COLON, ":")        \
	PUNCT(SEMI, ";")         \
	PUNCT(COMMA, ",")        \
	PUNCT(DOT, ".")          \
	PUNCT(LPAREN, "(")       \
	PUNCT(RPAREN, ")")       \
	PUNCT(LBRACKET, "[")     \
	PUNCT(RBRACKET, "]")     \
	PUNCT(LBRACE, "{")       \
	PUNCT(RBRACE, "}")

enum token_kind {
	TOKEN_EOF,
	TOKEN_BAD,     /* reported already */
	TOKEN_IDENT,   /* name */
	TOKEN_VAR,     /* name, with $ */
	TOKEN_MAP,     /* name, with @; "@" alone */
	TOKEN_PARAM,   /* $1: value */
	TOKEN_NPARAMS, /* $# */
	TOKEN_INT,     /* value */
	TOKEN_STRING,  /* name, length: escapes resolved */
	TOKEN_ENDPRED, /* a / that only a { can follow: it ends a predicate */
#define PUNCT(ID, text) TOKEN_##ID,
	LANG_PUNCTUATION(PUNCT)
#undef PUNCT
};

struct token {
	enum token_kind kind;
	struct lang_loc loc;
	const char *name; /* in the arena */
	uint32_t length;
	uint64_t value;
};

struct lexer {
	struct lang_context *cx;
	uint32_t pos;
	bool muted; /* report nothing: the parser is skipping */
};

/* Begins at the script's start, behind a #! line. */
void lexer_init(struct lexer *lx, struct lang_context *cx);

/* Reads the next token. At the end it gives TOKEN_EOF again and again. */
void lexer_next(struct lexer *lx, struct token *token);

/*
 * Reads one part of a probe (between colons) as raw text: "quoted" pieces are unquoted,
 * $1 is replaced. @is_path: it may contain slashes. Returns false when something in it
 * was wrong (reported). An empty part is returned as "" with an empty loc.
 */
bool lexer_probe_part(struct lexer *lx, bool is_path, const char **text, struct lang_loc *loc);

/* Skips blanks and comments; returns the byte that follows, or -1 at the end. */
int lexer_peek_byte(struct lexer *lx);

/* The token as a message names it: "'foo'", "a string", "the end of the script". */
const char *token_describe(const struct lexer *lx, const struct token *token, char *buf,
			   size_t len);

/*
 * Reads an integer literal of @n bytes: decimal, 0x, octal, 1e6, 1_000, C's suffixes, and
 * durations (ns us ms s m h d), which give nanoseconds. Returns 0, -EINVAL, -ERANGE.
 */
int lexer_number(const char *s, size_t n, uint64_t *value);

#endif
