// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Expressions, by precedence climbing over one table of binary operators. The height of
 * every tree is kept and limited: a chain like 1+1+1… is parsed by a loop but would be
 * walked by recursion later.
 */
#include <string.h>

#include "lang/syntax/parse.h"

static const struct {
	enum token_kind token;
	enum expr_op op;
	int precedence; /* higher binds tighter */
} binary_ops[] = {
	{TOKEN_LOR, OP_LOR, 1},	  {TOKEN_LAND, OP_LAND, 2},  {TOKEN_PIPE, OP_OR, 3},
	{TOKEN_CARET, OP_XOR, 4}, {TOKEN_AMP, OP_AND, 5},    {TOKEN_EQ, OP_EQ, 6},
	{TOKEN_NE, OP_NE, 6},	  {TOKEN_LT, OP_LT, 7},	     {TOKEN_LE, OP_LE, 7},
	{TOKEN_GT, OP_GT, 7},	  {TOKEN_GE, OP_GE, 7},	     {TOKEN_SHL, OP_SHL, 8},
	{TOKEN_SHR, OP_SHR, 8},	  {TOKEN_PLUS, OP_ADD, 9},   {TOKEN_MINUS, OP_SUB, 9},
	{TOKEN_STAR, OP_MUL, 10}, {TOKEN_SLASH, OP_DIV, 10}, {TOKEN_PERCENT, OP_MOD, 10},
};

static struct expr *new_expr(struct parser *p, enum expr_kind kind)
{
	struct expr *expr = ARENA_NEW(p->cx->arena, struct expr);

	if (expr) {
		expr->kind = kind;
		expr->loc = p->tok.loc;
		expr->name_loc = p->tok.loc;
		expr->height = 1;
	}
	return expr;
}

static void raise(struct expr *expr, const struct expr *child)
{
	if (child && child->height >= expr->height)
		expr->height = child->height + 1;
}

/* Sets loc from @start to here and height; NULL, with an error, when it is too high. */
static struct expr *finish(struct parser *p, struct expr *expr, uint32_t start)
{
	expr->loc = parser_since(p, start);
	raise(expr, expr->cond);
	raise(expr, expr->left);
	raise(expr, expr->right);
	for (uint32_t i = 0; i < expr->nargs; i++)
		raise(expr, expr->args[i]);
	if (expr->height <= LANG_MAX_NESTING)
		return expr;
	lang_error(p->cx, expr->loc, LANG_E_NESTING, LANG_MAX_NESTING);
	return NULL;
}

bool check_target(struct parser *p, const struct expr *expr)
{
	if (expr->kind == EXPR_VAR || expr->kind == EXPR_MAP)
		return true;
	lang_error(p->cx, expr->loc, LANG_E_BAD_TARGET);
	return false;
}

static struct expr *parse_unary(struct parser *p);

/* args = [ expr { "," expr } ] @close . */
static bool parse_args(struct parser *p, struct expr *expr, enum token_kind close, const char *what)
{
	size_t cap = 0;

	if (parser_accept(p, close))
		return true;
	do {
		struct expr *arg = parse_expr(p);

		expr->args = arg ? arena_grow(p->cx->arena, expr->args, sizeof(struct expr *), &cap,
					      expr->nargs)
				 : NULL;
		if (!expr->args)
			return false;
		expr->args[expr->nargs++] = arg;
	} while (parser_accept(p, TOKEN_COMMA));
	return parser_expect(p, close, what);
}

/* A token that is an expression by itself. */
static struct expr *parse_leaf(struct parser *p, enum expr_kind kind)
{
	struct expr *expr = new_expr(p, kind);

	if (!expr)
		return NULL;
	expr->value = p->tok.value;
	expr->length = p->tok.length;
	if (kind == EXPR_STRING)
		expr->text = p->tok.name;
	else
		expr->name = p->tok.name;
	parser_advance(p);
	return expr;
}

/* map = "@" [ name ] [ "[" args "]" ] . */
static struct expr *parse_map(struct parser *p)
{
	struct expr *expr = parse_leaf(p, EXPR_MAP);

	if (!expr || !parser_accept(p, TOKEN_LBRACKET))
		return expr;
	if (p->tok.kind == TOKEN_RBRACKET) {
		parser_unexpected(p, "a key");
		return NULL;
	}
	if (!parse_args(p, expr, TOKEN_RBRACKET, "',' or ']'"))
		return NULL;
	return finish(p, expr, expr->loc.pos);
}

/* Is the token a map without keys, and ", (" behind it? */
static bool at_map_and_keys(const struct parser *p)
{
	struct lexer ahead = p->lexer;
	struct token comma, paren;

	if (p->tok.kind != TOKEN_MAP || p->cx->quiet)
		return false;
	ahead.muted = true;
	lexer_next(&ahead, &comma);
	lexer_next(&ahead, &paren);
	return comma.kind == TOKEN_COMMA && paren.kind == TOKEN_LPAREN;
}

/*
 * keys = map "," "(" args ")" ")" .
 * The several keys of delete(@m, (a, b)) become the map's own. Whether the parentheses
 * are around all of them is seen only at their end, so this is tried, in silence (which
 * also keeps attempts from nesting), and undone when they are not.
 */
static bool try_keys(struct parser *p, struct expr *call)
{
	struct parser before = *p;
	struct expr *map = parse_leaf(p, EXPR_MAP);
	bool ok;

	call->args = ARENA_NEW(p->cx->arena, struct expr *);
	if (!map || !call->args)
		return false;
	parser_advance(p);
	parser_advance(p);
	p->cx->quiet = true;
	ok = p->tok.kind != TOKEN_RPAREN && parse_args(p, map, TOKEN_RPAREN, "") &&
	     map->nargs > 1 && parser_accept(p, TOKEN_RPAREN) && finish(p, map, map->loc.pos);
	p->cx->quiet = false;
	if (ok) {
		call->args[call->nargs++] = map;
		return true;
	}
	call->args = NULL;
	*p = before;
	return false;
}

/* ident = name [ "(" args ")" ] . */
static struct expr *parse_ident(struct parser *p)
{
	static const char *const of_types[] = {"sizeof", "offsetof", "typeof", "typeinfo"};
	struct expr *expr;
	bool takes_key;

	for (size_t i = 0; i < sizeof(of_types) / sizeof(of_types[0]); i++) {
		if (parser_is_name(p, of_types[i])) {
			lang_error(p->cx, p->tok.loc, LANG_E_NOT_SUPPORTED_YET, of_types[i]);
			return NULL;
		}
	}
	expr = parse_leaf(p, EXPR_IDENT);
	if (!expr || !parser_accept(p, TOKEN_LPAREN))
		return expr;
	expr->kind = EXPR_CALL;
	takes_key = !strcmp(expr->name, "delete") || !strcmp(expr->name, "has_key");
	if ((!takes_key || !at_map_and_keys(p) || !try_keys(p, expr)) &&
	    !parse_args(p, expr, TOKEN_RPAREN, "',' or ')'"))
		return NULL;
	return finish(p, expr, expr->loc.pos);
}

static bool is_int_type(const char *name)
{
	static const char *const names[] = {
		"int8",	  "int16", "int32", "int64",  "uint8", "uint16", "uint32",
		"uint64", "bool",  "char",  "short",  "int",   "long",	 "unsigned",
		"signed", "void",  "const", "size_t", "u8",    "u16",	 "u32",
		"u64",	  "s8",	   "s16",   "s32",    "s64",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

static bool is_record_word(const struct parser *p)
{
	return parser_is_name(p, "struct") || parser_is_name(p, "union") ||
	       parser_is_name(p, "enum");
}

/* Can the token only begin an operand, never continue an expression? */
static bool begins_operand(enum token_kind kind)
{
	return kind == TOKEN_IDENT || kind == TOKEN_VAR || kind == TOKEN_MAP || kind == TOKEN_INT ||
	       kind == TOKEN_STRING || kind == TOKEN_PARAM || kind == TOKEN_NPARAMS ||
	       kind == TOKEN_LPAREN;
}

/*
 * type = ( "struct" | "union" | "enum" ) name { "*" } | name { name } { "*" } .
 * Gives its text with single blanks ("struct x *"), without const, or NULL when the
 * tokens are none; *certain says whether they cannot be an expression instead.
 */
static const char *parse_type(struct parser *p, bool *certain)
{
	struct lang_arena *arena = p->cx->arena;
	const char *text = "";
	bool is_record = false, stars = false;

	*certain = false;
	while (p->tok.kind == TOKEN_IDENT) {
		is_record |= is_record_word(p);
		*certain |= is_record || is_int_type(p->tok.name);
		if (strcmp(p->tok.name, "const"))
			text = arena_printf(arena, "%s%s%s", text, *text ? " " : "", p->tok.name);
		if (!text)
			return NULL;
		parser_advance(p);
		if (!*certain)
			break; /* a typedef's name stands alone */
	}
	if (is_record && !strchr(text, ' ')) {
		parser_unexpected(p, "the name of a type");
		return NULL;
	}
	while (*text && p->tok.kind == TOKEN_STAR) {
		text = arena_printf(arena, "%s%s*", text, stars ? "" : " ");
		if (!text)
			return NULL;
		stars = true;
		parser_advance(p);
	}
	*certain |= stars && p->tok.kind == TOKEN_RPAREN;
	return *text ? text : NULL;
}

/*
 * cast = "(" type ")" unary .
 * Sets *is_cast to false, and the parser back to where it was, when it is not one.
 */
static struct expr *try_cast(struct parser *p, bool *is_cast)
{
	struct parser before = *p;
	struct expr *expr = new_expr(p, EXPR_CAST);
	bool certain;

	*is_cast = true;
	if (!expr)
		return NULL;
	parser_advance(p);
	expr->name_loc.pos = p->tok.loc.pos;
	expr->name = parse_type(p, &certain);
	expr->name_loc = parser_since(p, expr->name_loc.pos);
	if (expr->name && p->tok.kind == TOKEN_RPAREN && !certain) {
		parser_advance(p);
		certain = begins_operand(p->tok.kind);
	} else if (expr->name && certain) {
		if (p->tok.kind == TOKEN_LBRACKET) {
			lang_error(p->cx, p->tok.loc, LANG_E_NOT_SUPPORTED_YET,
				   "a cast to an array");
			return NULL;
		}
		if (!parser_expect(p, TOKEN_RPAREN, "')'"))
			return NULL;
	}
	if (!expr->name && certain)
		return NULL;
	if (!expr->name || !certain) {
		*p = before;
		*is_cast = false;
		return NULL;
	}
	expr->left = parse_unary(p);
	return expr->left ? finish(p, expr, expr->loc.pos) : NULL;
}

/* paren = "(" expr ")" . Its loc includes the parentheses. */
static struct expr *parse_paren(struct parser *p)
{
	uint32_t start = p->tok.loc.pos;
	struct expr *expr;

	parser_advance(p);
	expr = parse_expr(p);
	if (!expr)
		return NULL;
	if (p->tok.kind == TOKEN_COMMA) {
		lang_error(p->cx, p->tok.loc, LANG_E_NOT_SUPPORTED_YET, "a tuple");
		return NULL;
	}
	if (!parser_expect(p, TOKEN_RPAREN, "')'"))
		return NULL;
	expr->loc = parser_since(p, start);
	return expr;
}

/* primary = int | string | "$1" | "$#" | ident | "$name" | map | paren . */
static struct expr *parse_primary(struct parser *p)
{
	switch (p->tok.kind) {
	case TOKEN_INT: return parse_leaf(p, EXPR_INT);
	case TOKEN_STRING: return parse_leaf(p, EXPR_STRING);
	case TOKEN_PARAM: return parse_leaf(p, EXPR_PARAM);
	case TOKEN_NPARAMS: return parse_leaf(p, EXPR_NPARAMS);
	case TOKEN_VAR: return parse_leaf(p, EXPR_VAR);
	case TOKEN_MAP: return parse_map(p);
	case TOKEN_IDENT: return parse_ident(p);
	case TOKEN_LPAREN: return parse_paren(p);
	default: parser_unexpected(p, "an expression"); return NULL;
	}
}

/* field = ( "." | "->" ) name . */
static struct expr *parse_field(struct parser *p, struct expr *left)
{
	struct expr *expr;

	parser_advance(p);
	if (p->tok.kind == TOKEN_INT) {
		lang_error(p->cx, p->tok.loc, LANG_E_NOT_SUPPORTED_YET, "a tuple");
		return NULL;
	}
	if (p->tok.kind != TOKEN_IDENT) {
		parser_unexpected(p, "the name of a field");
		return NULL;
	}
	expr = parse_leaf(p, EXPR_FIELD);
	if (!expr)
		return NULL;
	expr->left = left;
	return finish(p, expr, left->loc.pos);
}

static struct expr *parse_index(struct parser *p, struct expr *left)
{
	struct expr *expr = new_expr(p, EXPR_INDEX);

	parser_advance(p);
	if (!expr)
		return NULL;
	expr->left = left;
	expr->right = parse_expr(p);
	if (!expr->right || !parser_expect(p, TOKEN_RBRACKET, "']'"))
		return NULL;
	return finish(p, expr, left->loc.pos);
}

/* ++ or --, which is the token, in front of or behind @target. */
static struct expr *new_incdec(struct parser *p, bool is_prefix)
{
	struct expr *expr = new_expr(p, EXPR_INCDEC);

	if (expr) {
		expr->is_prefix = is_prefix;
		expr->op = p->tok.kind == TOKEN_INC ? OP_ADD : OP_SUB;
	}
	return expr;
}

static struct expr *parse_postfix_incdec(struct parser *p, struct expr *target)
{
	struct expr *expr = new_incdec(p, false);

	parser_advance(p);
	if (!expr)
		return NULL;
	check_target(p, target);
	expr->left = target;
	return finish(p, expr, target->loc.pos);
}

/* postfix = primary { field | "[" expr "]" | "++" | "--" } . */
static struct expr *parse_postfix(struct parser *p)
{
	struct expr *expr = parse_primary(p);

	while (expr) {
		switch (p->tok.kind) {
		case TOKEN_DOT:
		case TOKEN_ARROW: expr = parse_field(p, expr); break;
		case TOKEN_LBRACKET: expr = parse_index(p, expr); break;
		case TOKEN_INC:
		case TOKEN_DEC: expr = parse_postfix_incdec(p, expr); break;
		default: return expr;
		}
	}
	return NULL;
}

static enum expr_op unary_op(enum token_kind kind)
{
	switch (kind) {
	case TOKEN_MINUS: return OP_NEG;
	case TOKEN_BANG: return OP_NOT;
	case TOKEN_TILDE: return OP_BNOT;
	case TOKEN_STAR: return OP_DEREF;
	default: return OP_NONE;
	}
}

/* "-" int is a literal of its own, so that the smallest number can be written. */
static struct expr *parse_negative(struct parser *p, uint32_t start)
{
	struct expr *expr;

	if (p->tok.value > (uint64_t)INT64_MAX + 1) {
		lang_error(p->cx, p->tok.loc, LANG_E_NUMBER_RANGE, "this negative number");
		return NULL;
	}
	expr = parse_leaf(p, EXPR_INT);
	if (!expr)
		return NULL;
	expr->is_negative = expr->value != 0;
	expr->value = -expr->value;
	return finish(p, expr, start);
}

static struct expr *parse_unary_operand(struct parser *p)
{
	uint32_t start = p->tok.loc.pos;
	enum token_kind kind = p->tok.kind;
	enum expr_op op = unary_op(kind);
	struct expr *expr;
	bool is_cast;

	if (kind == TOKEN_LPAREN) {
		expr = try_cast(p, &is_cast);
		return is_cast ? expr : parse_postfix(p);
	}
	if (op == OP_NONE && kind != TOKEN_INC && kind != TOKEN_DEC)
		return parse_postfix(p);
	expr = op == OP_NONE ? new_incdec(p, true) : new_expr(p, EXPR_UNARY);
	parser_advance(p);
	if (!expr)
		return NULL;
	if (op == OP_NEG && p->tok.kind == TOKEN_INT)
		return parse_negative(p, start);
	if (op != OP_NONE)
		expr->op = op;
	expr->left = parse_unary(p);
	if (!expr->left)
		return NULL;
	if (op == OP_NONE)
		check_target(p, expr->left);
	return finish(p, expr, start);
}

/* unary = ( "-" | "!" | "~" | "*" | "++" | "--" ) unary | cast | postfix . */
static struct expr *parse_unary(struct parser *p)
{
	struct expr *expr = NULL;

	if (parser_enter(p))
		expr = parse_unary_operand(p);
	parser_leave(p);
	return expr;
}

static int find_binary(enum token_kind kind)
{
	for (size_t i = 0; i < sizeof(binary_ops) / sizeof(binary_ops[0]); i++)
		if (binary_ops[i].token == kind)
			return (int)i;
	return -1;
}

/* binary = unary { operator unary } , by the table; all associate to the left. */
static struct expr *parse_binary(struct parser *p, int least)
{
	struct expr *left = parse_unary(p), *expr;
	int i;

	while (left && (i = find_binary(p->tok.kind)) >= 0 && binary_ops[i].precedence >= least) {
		expr = new_expr(p, EXPR_BINARY);
		parser_advance(p);
		if (!expr)
			return NULL;
		expr->op = binary_ops[i].op;
		expr->left = left;
		expr->right = parse_binary(p, binary_ops[i].precedence + 1);
		if (!expr->right)
			return NULL;
		left = finish(p, expr, expr->left->loc.pos);
	}
	return left;
}

/* ternary = binary "?" expr ":" expr . The token is the ?. */
static struct expr *parse_ternary(struct parser *p, struct expr *cond)
{
	struct expr *expr = new_expr(p, EXPR_TERNARY);

	parser_advance(p);
	if (!expr)
		return NULL;
	expr->cond = cond;
	expr->left = parse_expr(p);
	if (!expr->left || !parser_expect(p, TOKEN_COLON, "':'"))
		return NULL;
	expr->right = parse_expr(p);
	return expr->right ? finish(p, expr, cond->loc.pos) : NULL;
}

/* expr = binary | ternary . */
struct expr *parse_expr(struct parser *p)
{
	struct expr *expr = parse_binary(p, 1);

	if (!expr || p->tok.kind != TOKEN_QUESTION)
		return expr;
	expr = parser_enter(p) ? parse_ternary(p, expr) : NULL;
	parser_leave(p);
	return expr;
}
