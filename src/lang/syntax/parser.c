// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Recursive descent: the parser's tokens, its recovery, and clauses with their probes.
 * Statements are in parse_stmt.c, expressions in parse_expr.c.
 */
#include <string.h>

#include "lang/syntax/parse.h"

/* Far beyond any script; keeps the tree of a file given by mistake out of memory. */
#define MAX_SCRIPT ((size_t)1024 * 1024)

#define MAX_PARTS (sizeof(((struct probe_spec *)0)->parts) / sizeof(const char *))

void parser_advance(struct parser *p)
{
	p->prev_end = p->tok.loc.pos + p->tok.loc.len;
	lexer_next(&p->lexer, &p->tok);
}

bool parser_accept(struct parser *p, enum token_kind kind)
{
	if (p->tok.kind != kind)
		return false;
	parser_advance(p);
	return true;
}

bool parser_expect(struct parser *p, enum token_kind kind, const char *what)
{
	if (parser_accept(p, kind))
		return true;
	parser_unexpected(p, what);
	return false;
}

void parser_unexpected(struct parser *p, const char *what)
{
	char buf[64];

	if (p->tok.kind == TOKEN_BAD)
		return;
	lang_error(p->cx, p->tok.loc, LANG_E_SYNTAX,
		   token_describe(&p->lexer, &p->tok, buf, sizeof(buf)), what);
	if (p->tok.kind == TOKEN_ASSIGN)
		lang_hint(p->cx, "'==' compares; '=' assigns, and is a statement of its own");
}

bool parser_is_name(const struct parser *p, const char *name)
{
	return p->tok.kind == TOKEN_IDENT && !strcmp(p->tok.name, name);
}

bool parser_stopped(const struct parser *p)
{
	return p->cx->messages->nerrors >= LANG_MAX_ERRORS || arena_failed(p->cx->arena);
}

bool parser_enter(struct parser *p)
{
	if (p->depth++ < LANG_MAX_NESTING)
		return true;
	lang_error(p->cx, p->tok.loc, LANG_E_NESTING, LANG_MAX_NESTING);
	return false;
}

void parser_leave(struct parser *p)
{
	p->depth--;
}

bool parser_at_clause(const struct parser *p)
{
	static const char *const bare[] = {"BEGIN", "END", "begin", "end"};
	struct lexer ahead = p->lexer;
	int next;

	if (p->tok.kind != TOKEN_IDENT)
		return false;
	ahead.muted = true;
	next = lexer_peek_byte(&ahead);
	if (next == ':')
		return true;
	for (size_t i = 0; i < sizeof(bare) / sizeof(bare[0]); i++)
		if (parser_is_name(p, bare[i]))
			return next == '{' || next == '/';
	return false;
}

/* In skipped text `a ? b : c` may stand: there a clause must begin its line. */
static bool at_clause_line(const struct parser *p)
{
	const char *text = p->cx->text;
	uint32_t pos = p->tok.loc.pos;

	if (!parser_at_clause(p))
		return false;
	while (pos > 0 && (text[pos - 1] == ' ' || text[pos - 1] == '\t'))
		pos--;
	return pos == 0 || text[pos - 1] == '\n';
}

void parser_recover(struct parser *p)
{
	uint32_t depth = 0;

	p->lexer.muted = true;
	for (; p->tok.kind != TOKEN_EOF; parser_advance(p)) {
		if (p->tok.kind == TOKEN_RBRACE && depth == 0)
			break;
		if (p->tok.kind == TOKEN_IDENT && at_clause_line(p))
			break;
		if (p->tok.kind == TOKEN_LBRACE)
			depth++;
		if ((p->tok.kind == TOKEN_SEMI && depth == 0) ||
		    (p->tok.kind == TOKEN_RBRACE && --depth == 0)) {
			/* what follows is read again in earnest */
			p->lexer.muted = false;
			parser_advance(p);
			if (!parser_is_name(p, "else"))
				return;
			p->lexer.muted = true;
		}
	}
	p->lexer.muted = false;
}

void parser_unsupported(struct parser *p, const char *what, const char *hint)
{
	lang_error(p->cx, p->tok.loc, LANG_E_NOT_SUPPORTED_YET, what);
	if (hint)
		lang_hint(p->cx, "%s", hint);
	parser_recover(p);
}

/* Providers whose second part is a file. */
static bool has_path(const char *provider)
{
	static const char *const names[] = {"uprobe", "uretprobe", "u", "ur", "usdt", "U"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(provider, names[i]))
			return true;
	return false;
}

/*
 * probe = part { ":" part } .
 * part  = { byte | string | "$" number } .
 * Parts are raw text, so the lexer reads them in its own way; p->tok is not valid here.
 */
static struct probe_spec *parse_probe(struct parser *p)
{
	struct probe_spec *spec = ARENA_NEW(p->cx->arena, struct probe_spec);
	uint32_t start, n = 0;
	bool ok = true;

	if (!spec)
		return NULL;
	lexer_peek_byte(&p->lexer);
	start = p->lexer.pos;
	for (;;) {
		struct lang_loc loc;
		const char *text;

		if (!lexer_probe_part(&p->lexer, n == 1 && has_path(spec->parts[0]), &text, &loc))
			ok = false;
		p->prev_end = loc.pos + loc.len;
		if (!loc.len) {
			lexer_next(&p->lexer, &p->tok);
			parser_unexpected(p, n ? "a part of the probe behind ':'" : "a probe");
			p->lexer.pos = p->tok.loc.pos;
			return NULL;
		}
		if (n == MAX_PARTS) {
			lang_error(p->cx, loc, LANG_E_PROBE_PARTS, (int)MAX_PARTS);
			lang_hint(p->cx, "put a name that contains ':' into double quotes");
			return NULL;
		}
		spec->parts[n] = text;
		spec->part_locs[n++] = loc;
		if (lexer_peek_byte(&p->lexer) != ':')
			break;
		p->lexer.pos++;
	}
	spec->nparts = n;
	spec->loc = parser_since(p, start);
	return ok ? spec : NULL;
}

/* probes = probe { "," probe } [ "," ] . */
static bool parse_probes(struct parser *p, struct probe_spec **first)
{
	struct probe_spec **tail = first;
	bool ok = true;
	int next;

	p->lexer.pos = p->tok.loc.pos;
	for (;;) {
		*tail = parse_probe(p);
		if (!*tail) {
			ok = false;
			break;
		}
		tail = &(*tail)->next;
		next = lexer_peek_byte(&p->lexer);
		if (next != ',')
			break;
		p->lexer.pos++;
		next = lexer_peek_byte(&p->lexer);
		if (next == '{' || next == '/')
			break;
	}
	lexer_next(&p->lexer, &p->tok);
	return ok;
}

/* predicate = "/" expr "/" . */
static bool parse_predicate(struct parser *p, struct clause *clause)
{
	if (p->tok.kind == TOKEN_ENDPRED) {
		parser_advance(p);
		parser_unexpected(p, "a predicate between two '/'");
		return false;
	}
	if (!parser_accept(p, TOKEN_SLASH))
		return true;
	clause->predicate = parse_expr(p);
	return clause->predicate && parser_expect(p, TOKEN_ENDPRED, "'/ {' behind the predicate");
}

/* Skips to the { of a clause whose head is wrong, so that its body is checked too. */
static void skip_to_body(struct parser *p)
{
	p->lexer.muted = true;
	while (p->tok.kind != TOKEN_EOF && p->tok.kind != TOKEN_LBRACE && !at_clause_line(p))
		parser_advance(p);
	p->lexer.muted = false;
}

/* clause = probes [ predicate ] block . */
static struct clause *parse_clause(struct parser *p)
{
	struct clause *clause = ARENA_NEW(p->cx->arena, struct clause);
	uint32_t start = p->tok.loc.pos;
	bool ok;

	if (!clause)
		return NULL;
	p->unclosed = false;
	p->depth = 0;
	ok = parse_probes(p, &clause->probes) && parse_predicate(p, clause);
	if (ok && p->tok.kind != TOKEN_LBRACE) {
		parser_unexpected(p, clause->predicate ? "'{'" : "'{' or a predicate");
		ok = false;
	}
	if (!ok) {
		uint32_t here = p->tok.loc.pos;

		skip_to_body(p);
		if (p->tok.kind != TOKEN_LBRACE && p->tok.loc.pos == here)
			parser_advance(p);
	}
	if (p->tok.kind == TOKEN_LBRACE)
		clause->body = parse_block(p);
	clause->loc = parser_since(p, start);
	return ok ? clause : NULL;
}

/* What other scripts may have at this place: macro, config … Skips it if so. */
static bool skip_unsupported(struct parser *p)
{
	static const struct {
		const char *name, *what, *hint;
	} rows[] = {
		{"struct", "a struct definition", "types come from the kernel itself"},
		{"union", "a union definition", "types come from the kernel itself"},
		{"enum", "an enum definition", "types come from the kernel itself"},
		{"typedef", "a typedef", "types come from the kernel itself"},
		{"config", "a config block", NULL},
		{"macro", "a macro", NULL},
		{"import", "import", NULL},
		{"let", "a declaration of a map", "maps need none"},
		{"fn", "a function", NULL},
	};

	if (p->tok.kind != TOKEN_IDENT || parser_at_clause(p))
		return false;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!parser_is_name(p, rows[i].name))
			continue;
		parser_unsupported(p, rows[i].what, rows[i].hint);
		parser_accept(p, TOKEN_SEMI);
		return true;
	}
	return false;
}

/* script = { clause } . */
struct script *parse_script(struct lang_context *cx)
{
	struct script *script = ARENA_NEW(cx->arena, struct script);
	struct clause **tail;
	struct parser p = {.cx = cx};

	if (!script)
		return NULL;
	if (cx->length > MAX_SCRIPT) {
		lang_error(cx, (struct lang_loc){0, 1}, LANG_E_SCRIPT_SIZE, cx->length, MAX_SCRIPT);
		return script;
	}
	lexer_init(&p.lexer, cx);
	lexer_next(&p.lexer, &p.tok);
	tail = &script->clauses;
	while (p.tok.kind != TOKEN_EOF && !parser_stopped(&p)) {
		if (p.tok.kind == TOKEN_BAD || skip_unsupported(&p)) {
			if (p.tok.kind == TOKEN_BAD)
				parser_advance(&p);
			continue;
		}
		*tail = parse_clause(&p);
		if (*tail)
			tail = &(*tail)->next;
	}
	if (!script->clauses && !cx->messages->nerrors)
		lang_error(cx, (struct lang_loc){0, 1}, LANG_E_SCRIPT_EMPTY);
	return arena_failed(cx->arena) ? NULL : script;
}
