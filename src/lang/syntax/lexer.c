// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The lexer. The script may hold any bytes and need not end in NUL, so every look at a
 * byte goes through at(), which knows the end.
 *
 * One rule needs more than the next byte: a predicate is written between slashes, and
 * the second could be a division. No operand begins with {, so a slash that a { follows
 * (behind blanks and comments) ends a predicate: TOKEN_ENDPRED.
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "lang/syntax/lexer.h"
#include "lang/utf8.h"

static const struct {
	enum token_kind kind;
	const char *text;
} punctuation[] = {
#define PUNCT(ID, text) {TOKEN_##ID, text},
	LANG_PUNCTUATION(PUNCT)
#undef PUNCT
};

static int at(const struct lexer *lx, uint32_t pos)
{
	return pos < lx->cx->length ? (unsigned char)lx->cx->text[pos] : -1;
}

static bool is_name_start(int c)
{
	return c == '_' || (c > 0 && c < 0x80 && isalpha(c));
}

static bool is_name_byte(int c)
{
	return is_name_start(c) || (c >= '0' && c <= '9');
}

static struct lang_loc span(uint32_t from, uint32_t to)
{
	return (struct lang_loc){from, to - from};
}

#define REPORT(lx, loc, id, ...)                                      \
	do {                                                          \
		if (!(lx)->muted)                                     \
			lang_error((lx)->cx, loc, id, ##__VA_ARGS__); \
	} while (0)

static void skip_line(struct lexer *lx)
{
	while (at(lx, lx->pos) != -1 && at(lx, lx->pos) != '\n')
		lx->pos++;
}

void lexer_init(struct lexer *lx, struct lang_context *cx)
{
	*lx = (struct lexer){.cx = cx};
	if (at(lx, 0) == '#' && at(lx, 1) == '!')
		skip_line(lx);
}

static bool is_first_on_line(const struct lexer *lx, uint32_t pos)
{
	while (pos > 0 && (at(lx, pos - 1) == ' ' || at(lx, pos - 1) == '\t'))
		pos--;
	return pos == 0 || at(lx, pos - 1) == '\n';
}

/* A C comment that is at lx->pos; false when it has no end. */
static bool skip_comment(struct lexer *lx)
{
	uint32_t start = lx->pos;

	for (lx->pos += 2; at(lx, lx->pos) != -1; lx->pos++) {
		if (at(lx, lx->pos) == '*' && at(lx, lx->pos + 1) == '/') {
			lx->pos += 2;
			return true;
		}
	}
	REPORT(lx, span(start, start + 2), LANG_E_UNTERMINATED_COMMENT);
	return false;
}

/* Lines of the C preprocessor, with those that a backslash joins to them. */
static void skip_directive(struct lexer *lx)
{
	uint32_t start = lx->pos;

	do {
		skip_line(lx);
	} while (at(lx, lx->pos) == '\n' && at(lx, lx->pos - 1) == '\\' && lx->pos++);
	REPORT(lx, span(start, lx->pos), LANG_E_NOT_SUPPORTED_YET, "the C preprocessor");
	if (!lx->muted)
		lang_hint(lx->cx, "types come from the kernel itself; write constants as numbers");
}

/* False when a comment has no end. */
static bool skip_blanks(struct lexer *lx)
{
	for (;;) {
		int c = at(lx, lx->pos);

		if (c == ' ' || (c >= '\t' && c <= '\r'))
			lx->pos++;
		else if (c == '/' && at(lx, lx->pos + 1) == '/')
			skip_line(lx);
		else if (c == '/' && at(lx, lx->pos + 1) == '*') {
			if (!skip_comment(lx))
				return false;
		} else if (c == '#' && is_first_on_line(lx, lx->pos))
			skip_directive(lx);
		else
			return true;
	}
}

int lexer_peek_byte(struct lexer *lx)
{
	skip_blanks(lx);
	return at(lx, lx->pos);
}

/* Bytes that are no text, or characters that the language does not have. */
static void lex_bad(struct lexer *lx, struct token *token)
{
	const char *s = lx->cx->text + lx->pos;
	size_t left = lx->cx->length - lx->pos;
	uint32_t start = lx->pos, cp;
	size_t len = lang_utf8_decode(s, left, &cp);
	char text[5] = "";

	token->kind = TOKEN_BAD;
	if (len && cp >= 0x20 && cp != 0x7f) {
		lx->pos += (uint32_t)len;
		memcpy(text, s, len);
		REPORT(lx, span(start, lx->pos), LANG_E_BAD_CHAR, text);
		if (*s == '\'' && !lx->muted)
			lang_hint(lx->cx, "strings are written in \"double quotes\"");
		return;
	}
	/* one message for a run of such bytes */
	do {
		lx->pos++;
		len = lx->pos < lx->cx->length ? lang_utf8_decode(lx->cx->text + lx->pos,
								  lx->cx->length - lx->pos, &cp)
					       : 1;
	} while (lx->pos < lx->cx->length && (!len || (cp < 0x20 && !isspace((int)cp))));
	REPORT(lx, span(start, start + 1), LANG_E_BAD_BYTE, (unsigned char)*s);
}

static void lex_number(struct lexer *lx, struct token *token)
{
	uint32_t start = lx->pos;
	const char *s = lx->cx->text + start;
	int err;

	while (is_name_byte(at(lx, lx->pos)))
		lx->pos++;
	token->kind = TOKEN_INT;
	err = lexer_number(s, lx->pos - start, &token->value);
	if (at(lx, lx->pos) == '.' && isdigit(at(lx, lx->pos + 1))) {
		for (lx->pos++; is_name_byte(at(lx, lx->pos));)
			lx->pos++;
		err = -EDOM;
	}
	if (!err)
		return;
	token->kind = TOKEN_BAD;
	s = arena_strndup(lx->cx->arena, s, lx->pos - start < 40 ? lx->pos - start : 40);
	if (err == -ERANGE) {
		REPORT(lx, span(start, lx->pos), LANG_E_NUMBER_RANGE, s ? s : "");
		return;
	}
	REPORT(lx, span(start, lx->pos), LANG_E_BAD_NUMBER, s ? s : "");
	if (err == -EDOM && !lx->muted)
		lang_hint(lx->cx, "there are integers only");
}

/* Up to @max digits of @base at lx->pos. */
static unsigned int lex_escape_digits(struct lexer *lx, unsigned int base, int max)
{
	unsigned int value = 0;

	for (int i = 0; i < max; i++, lx->pos++) {
		int c = at(lx, lx->pos);

		if (c < 0 || c >= 0x80 || !isxdigit(c))
			break;
		c = isdigit(c) ? c - '0' : tolower(c) - 'a' + 10;
		if ((unsigned int)c >= base)
			break;
		value = value * base + (unsigned int)c;
	}
	return value;
}

/* The escape whose backslash is at lx->pos; gives the byte that it stands for. */
static char lex_escape(struct lexer *lx)
{
	static const char letters[] = "ntr\"\\", bytes[] = "\n\t\r\"\\";
	uint32_t start = lx->pos++, cp;
	int c = at(lx, lx->pos);
	const char *letter = c > 0 ? strchr(letters, c) : NULL;
	unsigned int value;
	char text[5] = "";
	size_t len;

	if (letter) {
		lx->pos++;
		return bytes[letter - letters];
	}
	if (c >= '0' && c <= '7') {
		value = lex_escape_digits(lx, 8, 3);
		if (value <= 0xff)
			return (char)value;
		REPORT(lx, span(start, lx->pos), LANG_E_BAD_ESCAPE, "ooo beyond 377");
		return '?';
	}
	if (c == 'x' && at(lx, lx->pos + 1) > 0 && isxdigit(at(lx, lx->pos + 1))) {
		lx->pos++;
		return (char)lex_escape_digits(lx, 16, 2);
	}
	len = c == -1 ? 0 : lang_utf8_decode(lx->cx->text + lx->pos, lx->cx->length - lx->pos, &cp);
	if (len && cp != 0)
		memcpy(text, lx->cx->text + lx->pos, len);
	lx->pos += (uint32_t)len;
	REPORT(lx, span(start, lx->pos), LANG_E_BAD_ESCAPE, text);
	return '?';
}

/* Appends one character of a string to buf; bytes that are no text are reported. */
static size_t lex_string_char(struct lexer *lx, char *buf)
{
	const char *s = lx->cx->text + lx->pos;
	uint32_t cp;
	size_t len = lang_utf8_decode(s, lx->cx->length - lx->pos, &cp);

	if (!len || !cp) {
		REPORT(lx, span(lx->pos, lx->pos + 1), LANG_E_BAD_BYTE, (unsigned char)*s);
		lx->pos++;
		return 0;
	}
	memcpy(buf, s, len);
	lx->pos += (uint32_t)len;
	return len;
}

static void lex_string(struct lexer *lx, struct token *token)
{
	uint32_t start = lx->pos++, end = lx->pos;
	char *buf;

	/* a string cannot grow by resolving escapes: its length here is room enough */
	while (at(lx, end) != -1 && at(lx, end) != '\n' && at(lx, end) != '"')
		end += at(lx, end) == '\\' && at(lx, end + 1) != '\n' ? 2 : 1;
	token->kind = TOKEN_BAD;
	if (at(lx, end) != '"') {
		while (at(lx, lx->pos) != -1 && at(lx, lx->pos) != '\n')
			lx->pos++;
		REPORT(lx, span(start, lx->pos), LANG_E_UNTERMINATED_STRING);
		return;
	}
	buf = arena_alloc(lx->cx->arena, end - lx->pos + 1);
	if (!buf) {
		lx->pos = end + 1;
		return;
	}
	while (lx->pos < end) {
		if (at(lx, lx->pos) == '\\')
			buf[token->length++] = lex_escape(lx);
		else
			token->length += (uint32_t)lex_string_char(lx, buf + token->length);
	}
	lx->pos = end + 1;
	token->kind = TOKEN_STRING;
	token->name = buf;
}

static void lex_param(struct lexer *lx, struct token *token)
{
	uint32_t start = lx->pos++;
	const char *s = lx->cx->text + lx->pos;
	char text[40];

	while (is_name_byte(at(lx, lx->pos)))
		lx->pos++;
	token->kind = TOKEN_PARAM;
	for (uint32_t i = start + 1; i < lx->pos && token->value < 1000; i++)
		token->value =
			isdigit(at(lx, i)) ? token->value * 10 + (uint64_t)(at(lx, i) - '0') : 1000;
	if (token->value >= 1 && token->value < 1000)
		return;
	token->kind = TOKEN_BAD;
	snprintf(text, sizeof(text), "%.*s", (int)(lx->pos - start - 1), s);
	REPORT(lx, span(start, lx->pos), LANG_E_BAD_PARAM, text);
}

/* $name, @name, name: the first byte and all name bytes behind it. */
static void lex_name(struct lexer *lx, struct token *token, enum token_kind kind)
{
	uint32_t start = lx->pos++;

	while (is_name_byte(at(lx, lx->pos)))
		lx->pos++;
	token->kind = kind;
	token->length = lx->pos - start;
	token->name = arena_strndup(lx->cx->arena, lx->cx->text + start, token->length);
	if (!token->name)
		token->kind = TOKEN_BAD;
}

static void lex_dollar(struct lexer *lx, struct token *token)
{
	int next = at(lx, lx->pos + 1);

	if (next == '#') {
		token->kind = TOKEN_NPARAMS;
		lx->pos += 2;
	} else if (next >= '0' && next <= '9') {
		lex_param(lx, token);
	} else if (is_name_start(next)) {
		lex_name(lx, token, TOKEN_VAR);
	} else {
		token->kind = TOKEN_BAD;
		lx->pos++;
		REPORT(lx, span(lx->pos - 1, lx->pos), LANG_E_BAD_VARIABLE);
	}
}

static bool brace_follows(const struct lexer *lx)
{
	struct lexer ahead = *lx;

	ahead.muted = true;
	return lexer_peek_byte(&ahead) == '{';
}

static void lex_punctuation(struct lexer *lx, struct token *token)
{
	for (size_t i = 0; i < sizeof(punctuation) / sizeof(punctuation[0]); i++) {
		size_t n = strlen(punctuation[i].text);

		if (n > lx->cx->length - lx->pos ||
		    memcmp(lx->cx->text + lx->pos, punctuation[i].text, n))
			continue;
		lx->pos += (uint32_t)n;
		token->kind = punctuation[i].kind;
		if (token->kind == TOKEN_SLASH && brace_follows(lx))
			token->kind = TOKEN_ENDPRED;
		return;
	}
	lex_bad(lx, token);
}

void lexer_next(struct lexer *lx, struct token *token)
{
	uint32_t start;
	int c;

	*token = (struct token){.kind = TOKEN_EOF};
	if (!skip_blanks(lx))
		token->kind = TOKEN_BAD;
	start = lx->pos;
	c = at(lx, start);
	if (c == -1)
		;
	else if (is_name_start(c))
		lex_name(lx, token, TOKEN_IDENT);
	else if (c >= '0' && c <= '9')
		lex_number(lx, token);
	else if (c == '"')
		lex_string(lx, token);
	else if (c == '$')
		lex_dollar(lx, token);
	else if (c == '@')
		lex_name(lx, token, TOKEN_MAP);
	else
		lex_punctuation(lx, token);
	token->loc = span(start, lx->pos);
}

/* Bytes that a part of a probe may hold without quotes: names, globs, offsets, paths. */
static bool is_probe_byte(int c, bool is_path)
{
	return c >= 0x80 || is_name_byte(c) || (c == '/' && is_path) ||
	       (c > 0 && strchr("*?[]!^.+-~%@#$\\=", c));
}

/* A piece of a part: a quoted string, $1, or a plain character. */
static const char *lex_probe_piece(struct lexer *lx, size_t *n)
{
	const char *s = lx->cx->text + lx->pos;
	struct token token = {0};
	uint32_t start = lx->pos, cp;

	if (*s == '"' || (*s == '$' && isdigit(at(lx, lx->pos + 1)))) {
		if (*s == '"')
			lex_string(lx, &token);
		else
			lex_param(lx, &token);
		if (token.kind == TOKEN_PARAM && token.value > lx->cx->options.nparams) {
			REPORT(lx, span(start, lx->pos), LANG_E_MISSING_PARAM,
			       (unsigned int)token.value);
			return NULL;
		}
		if (token.kind == TOKEN_PARAM)
			token.name = lx->cx->options.params[token.value - 1];
		if (token.kind == TOKEN_STRING && memchr(token.name, '\0', token.length)) {
			REPORT(lx, span(start, lx->pos), LANG_E_BAD_BYTE, 0);
			return NULL;
		}
		*n = token.name ? strlen(token.name) : 0;
		return token.kind == TOKEN_BAD ? NULL : token.name;
	}
	*n = lang_utf8_decode(s, lx->cx->length - lx->pos, &cp);
	if (!*n) {
		lex_bad(lx, &token);
		return NULL;
	}
	lx->pos += (uint32_t)*n;
	return s;
}

bool lexer_probe_part(struct lexer *lx, bool is_path, const char **text, struct lang_loc *loc)
{
	struct lang_arena *arena = lx->cx->arena;
	size_t used = 0, cap = 0, n;
	char *buf = NULL;
	bool ok = skip_blanks(lx);
	uint32_t start = lx->pos;

	while (at(lx, lx->pos) == '"' || is_probe_byte(at(lx, lx->pos), is_path)) {
		const char *piece = lex_probe_piece(lx, &n);

		if (!piece) {
			ok = false;
			continue;
		}
		buf = arena_grow(arena, buf, 1, &cap, used + n);
		if (!buf)
			return false;
		memcpy(buf + used, piece, n);
		used += n;
	}
	*text = buf ? buf : "";
	*loc = span(start, lx->pos);
	return ok;
}

const char *token_describe(const struct lexer *lx, const struct token *token, char *buf, size_t len)
{
	uint32_t n = token->loc.len < 40 ? token->loc.len : 40;

	if (token->kind == TOKEN_EOF)
		return "the end of the script";
	if (token->kind == TOKEN_STRING)
		return "a string";
	snprintf(buf, len, "'%.*s'", (int)n, lx->cx->text + token->loc.pos);
	return buf;
}
