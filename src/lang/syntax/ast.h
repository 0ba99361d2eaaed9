/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The tree that the parser builds and the checker annotates. Nodes live in the
 * compilation's arena. Fields under "check:" are empty after parsing; the checker
 * fills them for one probe at a time, so lowering follows checking clause by clause.
 */
#ifndef LANG_AST_H
#define LANG_AST_H

#include <linux/types.h>

#include "lang/builtin/builtin.h"
#include "lang/context.h"
#include "lang/type.h"

struct map_def;
struct var_def;

/* Levels that a script may nest, so that recursive passes need no guard of their own. */
#define LANG_MAX_NESTING 200

enum expr_kind {
	EXPR_INT,     /* value */
	EXPR_STRING,  /* text, length (escapes resolved, may hold NUL) */
	EXPR_PARAM,   /* $1: value is its number; check: turned into INT or STRING */
	EXPR_NPARAMS, /* $# */
	EXPR_IDENT,   /* name: builtin, or a name that the checker knows (e.g. args) */
	EXPR_VAR,     /* $name */
	EXPR_MAP,     /* @name[args…] */
	EXPR_FIELD,   /* left.name, left->name */
	EXPR_INDEX,   /* left[right] */
	EXPR_UNARY,   /* op left: - ! ~ * */
	EXPR_BINARY,  /* left op right */
	EXPR_TERNARY, /* cond ? left : right */
	EXPR_INCDEC,  /* ++left, left--…: is_prefix, op is OP_ADD or OP_SUB */
	EXPR_CALL,    /* name(args…) */
	EXPR_CAST,    /* (type_text)left: "int32", "struct x *" … */
};

enum expr_op {
	OP_NONE,
	OP_ADD,
	OP_SUB,
	OP_MUL,
	OP_DIV,
	OP_MOD,
	OP_AND,
	OP_OR,
	OP_XOR,
	OP_SHL,
	OP_SHR,
	OP_LAND,
	OP_LOR,
	OP_EQ,
	OP_NE,
	OP_LT,
	OP_LE,
	OP_GT,
	OP_GE,
	OP_NEG,
	OP_NOT,
	OP_BNOT,
	OP_DEREF,
};

struct expr {
	enum expr_kind kind;
	enum expr_op op;
	struct lang_loc loc;	  /* of the whole expression */
	struct lang_loc name_loc; /* of name: field, function, map, variable */
	const char *name; /* IDENT, VAR (with $), MAP (with @), FIELD, CALL, CAST type text */
	const char *text; /* STRING */
	uint32_t length;  /* STRING: bytes without the closing NUL */
	uint64_t value;	  /* INT, PARAM */
	bool is_negative; /* INT: written or folded as a negative number */
	bool is_prefix;	  /* INCDEC */
	uint32_t height;  /* of the tree below: 1 for a leaf, at most LANG_MAX_NESTING */
	struct expr *cond, *left, *right;
	struct expr **args; /* CALL arguments, MAP keys */
	uint32_t nargs;

	/* check: */
	struct type type;
	bool is_const; /* TYPE_INT whose value is known: const_value */
	int64_t const_value;
	struct map_def *map;		/* MAP */
	struct var_def *var;		/* VAR */
	enum builtin_id builtin;	/* IDENT */
	uint32_t builtin_arg;		/* IDENT argN: N */
	enum function_id function;	/* CALL */
	const struct lang_field *field; /* FIELD of args */
	uint32_t offset;		/* FIELD of a struct: bytes */
	uint32_t bit_offset, bit_size; /* FIELD that is a bitfield: bits from offset; else size 0 */
	const struct lang_format *format; /* CALL printf, cat, system; in the arena */
	uint32_t string; /* CALL time, strftime, join: index in the plan's strings */
};

enum stmt_kind {
	STMT_EXPR,   /* expr; for its effect */
	STMT_ASSIGN, /* target op= expr; op is OP_NONE for plain = */
	STMT_IF,     /* if (expr) then_body else else_body */
	STMT_BLOCK,  /* body */
	STMT_RETURN, /* ends the clause */
};

struct stmt {
	enum stmt_kind kind;
	struct lang_loc loc;
	enum expr_op op;
	struct expr *target; /* ASSIGN: VAR or MAP */
	struct expr *expr;
	struct stmt *body;   /* IF, BLOCK: first of a list */
	struct stmt *orelse; /* IF: first of the list; an `else if` is a list of one IF */
	struct stmt *next;
};

/* One attach point as written: text pieces between colons, quotes removed. */
struct probe_spec {
	struct lang_loc loc;
	const char *parts[4]; /* provider, …; NULL from nparts on */
	struct lang_loc part_locs[4];
	uint32_t nparts;
	struct probe_spec *next;
};

struct clause {
	struct lang_loc loc; /* from the first probe to the closing brace */
	struct probe_spec *probes;
	struct expr *predicate; /* or NULL */
	struct stmt *body;
	struct clause *next;
};

struct script {
	struct clause *clauses;
};

#endif
