// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Expressions: which file types which kind; literals. */
#include <string.h>

#include "lang/check/checker.h"

void check_set_const(struct expr *e, int64_t value)
{
	e->is_const = true;
	e->const_value = value;
}

static void check_int(struct expr *e)
{
	e->type = type_int(8, e->is_negative || e->value <= INT64_MAX);
	check_set_const(e, (int64_t)e->value);
}

void check_literal(struct expr *e)
{
	e->is_const = false;
	e->type = type_of_kind(TYPE_STRING, e->length + 1);
}

static void check_string(struct checker *ck, struct expr *e)
{
	uint32_t most = ck->cx->options.max_strlen;

	check_literal(e);
	if (e->length < most)
		return;
	lang_error(ck->cx, e->loc, LANG_E_STRING_SIZE, e->length, most - 1);
	e->type.size = most;
}

static void check_incdec(struct checker *ck, struct expr *e)
{
	switch (e->left->kind) {
	case EXPR_MAP: check_map_step(ck, e); break;
	case EXPR_VAR: check_var_step(ck, e); break;
	default: check_expr(ck, e->left); break;
	}
}

void check_expr(struct checker *ck, struct expr *e)
{
	e->type = type_of_kind(TYPE_UNKNOWN, 0);
	e->is_const = false;
	e->const_value = 0;
	switch (e->kind) {
	case EXPR_INT: check_int(e); break;
	case EXPR_STRING: check_string(ck, e); break;
	case EXPR_PARAM:
	case EXPR_NPARAMS: break; /* resolve.c has made literals of them */
	case EXPR_IDENT: check_builtin(ck, e); break;
	case EXPR_VAR: check_var_read(ck, e); break;
	case EXPR_MAP: check_map_read(ck, e); break;
	case EXPR_FIELD: check_field(ck, e); break;
	case EXPR_INDEX: check_index(ck, e); break;
	case EXPR_UNARY:
		if (e->op == OP_DEREF)
			check_deref(ck, e);
		else
			check_unary(ck, e);
		break;
	case EXPR_BINARY: check_binary(ck, e); break;
	case EXPR_TERNARY: check_ternary(ck, e); break;
	case EXPR_INCDEC: check_incdec(ck, e); break;
	case EXPR_CALL: check_call(ck, e); break;
	case EXPR_CAST: check_cast(ck, e); break;
	}
}

void check_value(struct checker *ck, struct expr *e)
{
	check_expr(ck, e);
	if (e->type.kind == TYPE_VOID) {
		lang_error(ck->cx, e->loc, LANG_E_NO_VALUE);
		e->type = type_of_kind(TYPE_UNKNOWN, 0);
	} else if (e->type.kind == TYPE_ARGS) {
		lang_error(ck->cx, e->loc, LANG_E_ARGS_VALUE);
		e->type = type_of_kind(TYPE_UNKNOWN, 0);
	}
}

void check_condition(struct checker *ck, struct expr *e)
{
	check_value(ck, e);
	if (e->type.kind != TYPE_INT && e->type.kind != TYPE_PTR && e->type.kind != TYPE_UNKNOWN)
		lang_error(ck->cx, e->loc, LANG_E_CONDITION, TYPE_TEXT(e->type));
}
