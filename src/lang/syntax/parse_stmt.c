// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Statements and blocks. After an error a block goes on with its next statement. */
#include <string.h>

#include "lang/syntax/parse.h"

static struct stmt *new_stmt(struct parser *p, enum stmt_kind kind)
{
	struct stmt *stmt = ARENA_NEW(p->cx->arena, struct stmt);

	if (stmt)
		stmt->kind = kind;
	return stmt;
}

static const struct {
	enum token_kind token;
	enum expr_op op;
} assignments[] = {
	{TOKEN_ASSIGN, OP_NONE},    {TOKEN_ADD_ASSIGN, OP_ADD}, {TOKEN_SUB_ASSIGN, OP_SUB},
	{TOKEN_MUL_ASSIGN, OP_MUL}, {TOKEN_DIV_ASSIGN, OP_DIV}, {TOKEN_MOD_ASSIGN, OP_MOD},
	{TOKEN_AND_ASSIGN, OP_AND}, {TOKEN_OR_ASSIGN, OP_OR},	{TOKEN_XOR_ASSIGN, OP_XOR},
	{TOKEN_SHL_ASSIGN, OP_SHL}, {TOKEN_SHR_ASSIGN, OP_SHR},
};

static bool is_assignment(enum token_kind kind, enum expr_op *op)
{
	for (size_t i = 0; i < sizeof(assignments) / sizeof(assignments[0]); i++) {
		if (assignments[i].token == kind) {
			*op = assignments[i].op;
			return true;
		}
	}
	return false;
}

/* The ; behind a simple statement; a } needs none before it. */
static bool end_simple(struct parser *p)
{
	if (p->tok.kind == TOKEN_RBRACE || parser_accept(p, TOKEN_SEMI))
		return true;
	if (p->tok.kind == TOKEN_EOF || parser_at_clause(p))
		return true; /* the block says that it has no end */
	parser_unexpected(p, "';' or '}'");
	return false;
}

/* simple = expr | target ( "=" | "+=" | … ) expr . */
static struct stmt *parse_simple(struct parser *p)
{
	uint32_t start = p->tok.loc.pos;
	struct expr *expr = parse_expr(p);
	struct stmt *stmt;
	enum expr_op op;

	if (!expr)
		return NULL;
	if (!is_assignment(p->tok.kind, &op)) {
		stmt = new_stmt(p, STMT_EXPR);
		if (!stmt || !end_simple(p))
			return NULL;
		stmt->expr = expr;
		stmt->loc = expr->loc;
		return stmt;
	}
	check_target(p, expr);
	parser_advance(p);
	stmt = new_stmt(p, STMT_ASSIGN);
	if (!stmt)
		return NULL;
	stmt->op = op;
	stmt->target = expr;
	stmt->expr = parse_expr(p);
	stmt->loc = parser_since(p, start);
	return stmt->expr && end_simple(p) ? stmt : NULL;
}

static struct stmt *parse_if(struct parser *p);

/* else = "else" ( if | block ) . */
static bool parse_else(struct parser *p, struct stmt *stmt)
{
	parser_advance(p);
	if (parser_is_name(p, "if")) {
		stmt->orelse = parse_if(p);
		return stmt->orelse != NULL;
	}
	if (p->tok.kind != TOKEN_LBRACE) {
		parser_unexpected(p, "'{' or 'if'");
		return false;
	}
	stmt->orelse = parse_block(p);
	return true;
}

/* What follows the word if, which is the token. */
static bool parse_if_parts(struct parser *p, struct stmt *stmt)
{
	parser_advance(p);
	stmt->expr = parse_expr(p);
	if (!stmt->expr)
		return false;
	if (p->tok.kind != TOKEN_LBRACE) {
		parser_unexpected(p, "'{'");
		return false;
	}
	stmt->body = parse_block(p);
	return !parser_is_name(p, "else") || parse_else(p, stmt);
}

/* if = "if" expr block [ else ] . */
static struct stmt *parse_if(struct parser *p)
{
	struct lang_loc start = p->tok.loc;
	struct stmt *stmt = new_stmt(p, STMT_IF);
	bool ok;

	if (!stmt)
		return NULL;
	ok = parser_enter(p) && parse_if_parts(p, stmt);
	parser_leave(p);
	stmt->loc = parser_since(p, start.pos);
	return ok ? stmt : NULL;
}

/* return = "return" . */
static struct stmt *parse_return(struct parser *p)
{
	struct stmt *stmt = new_stmt(p, STMT_RETURN);

	if (!stmt)
		return NULL;
	stmt->loc = p->tok.loc;
	parser_advance(p);
	return end_simple(p) ? stmt : NULL;
}

/* Statements of bpftrace that are not there yet: says so and skips them. */
static bool skip_unsupported(struct parser *p)
{
	static const struct {
		const char *name, *what;
	} rows[] = {
		{"while", "a while loop"}, {"for", "a for loop"},    {"unroll", "unroll"},
		{"break", "break"},	   {"continue", "continue"}, {"let", "a declaration"},
		{"do", "a do loop"},	   {"goto", "goto"},	     {"switch", "switch"},
	};

	if (p->tok.kind != TOKEN_IDENT)
		return false;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (parser_is_name(p, rows[i].name)) {
			parser_unsupported(p, rows[i].what, NULL);
			return true;
		}
	}
	return false;
}

/* stmt = if | return | block | simple . */
static struct stmt *parse_stmt(struct parser *p)
{
	struct stmt *stmt;

	if (parser_is_name(p, "if"))
		return parse_if(p);
	if (parser_is_name(p, "return"))
		return parse_return(p);
	if (parser_is_name(p, "else")) {
		parser_unexpected(p, "a statement");
		return NULL;
	}
	if (p->tok.kind != TOKEN_LBRACE)
		return parse_simple(p);
	stmt = new_stmt(p, STMT_BLOCK);
	if (!stmt)
		return NULL;
	stmt->loc = p->tok.loc;
	stmt->body = parse_block(p);
	stmt->loc = parser_since(p, stmt->loc.pos);
	return stmt;
}

/* The statements up to the block's }. */
static struct stmt *parse_stmts(struct parser *p)
{
	struct stmt *first = NULL, **tail = &first;

	while (p->tok.kind != TOKEN_RBRACE && p->tok.kind != TOKEN_EOF && !parser_at_clause(p) &&
	       !parser_stopped(p)) {
		if (parser_accept(p, TOKEN_SEMI) || skip_unsupported(p))
			continue;
		*tail = parse_stmt(p);
		if (*tail)
			tail = &(*tail)->next;
		else
			parser_recover(p);
	}
	return first;
}

/*
 * block = "{" { stmt | ";" } "}" .
 * The caller has seen the {. Returns NULL for an empty block, too: errors inside are
 * dealt with here, so that nobody around has to skip anything.
 */
struct stmt *parse_block(struct parser *p)
{
	struct lang_loc open = p->tok.loc;
	size_t nerrors = p->cx->messages->nerrors;
	struct stmt *first = NULL;

	if (!parser_enter(p)) {
		parser_recover(p);
		parser_leave(p);
		return NULL;
	}
	parser_advance(p);
	first = parse_stmts(p);
	parser_leave(p);
	if (parser_accept(p, TOKEN_RBRACE) || parser_stopped(p))
		return first;
	/* with an error inside it is likely that skipping has swallowed the end */
	if (!p->unclosed && p->cx->messages->nerrors == nerrors)
		lang_error(p->cx, open, LANG_E_UNTERMINATED_BLOCK);
	p->unclosed = true;
	return first;
}
