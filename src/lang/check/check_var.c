// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Variables: each belongs to its clause, and is known from its first assignment in the text on. The
 * table of a unit is kept from pass to pass, so that a string's first use knows its largest size.
 */
#include <string.h>

#include <skep/lang_suggest.h>

#include "lang/check/checker.h"
#include "lang/syntax/parser.h"

static struct var_def *find_var(struct checker *ck, const char *name)
{
	for (struct var_def *var = ck->unit->vars; var; var = var->next)
		if (!strcmp(var->name, name))
			return var;
	return NULL;
}

static struct var_def *new_var(struct checker *ck, const struct expr *e)
{
	struct unit_state *unit = ck->unit;
	struct var_state *state;

	if (unit->nvars >= CHECK_MAX_VARS) {
		lang_error(ck->cx, e->loc, LANG_E_LIMIT, CHECK_MAX_VARS, "variables");
		return NULL;
	}
	state = ARENA_NEW(ck->cx->arena, struct var_state);
	if (!state) {
		ck->failed = true;
		return NULL;
	}
	state->def.name = e->name;
	state->def.loc = e->loc;
	state->def.index = unit->nvars++;
	*unit->vars_end = &state->def;
	unit->vars_end = &state->def.next;
	ck->changed = true;
	return &state->def;
}

static bool is_assigned(struct checker *ck, const struct var_def *var)
{
	return var && ((const struct var_state *)var)->pass == ck->pass;
}

static void report_unassigned(struct checker *ck, struct expr *e)
{
	struct lang_suggest s = {.name = e->name};

	lang_error(ck->cx, e->loc, LANG_E_VAR_UNASSIGNED, e->name);
	for (struct var_def *var = ck->unit->vars; var; var = var->next)
		if (is_assigned(ck, var))
			lang_suggest_offer(&s, var->name);
	if (s.best)
		lang_hint(ck->cx, "did you mean '%s'?", s.best);
}

void check_var_read(struct checker *ck, struct expr *e)
{
	struct var_def *var = find_var(ck, e->name);

	e->var = var;
	e->type = type_of_kind(TYPE_UNKNOWN, 0);
	if (is_assigned(ck, var))
		e->type = var->type;
	else
		report_unassigned(ck, e);
}

static void report_conflict(struct checker *ck, const struct expr *target,
			    const struct var_def *var, struct type type)
{
	uint32_t line, column;

	if (ck->cx->quiet)
		return;
	lang_line_column(ck->cx, var->loc.pos, &line, &column);
	lang_error(ck->cx, target->loc, LANG_E_VAR_TYPE, target->name, TYPE_TEXT(var->type), line,
		   column, TYPE_TEXT(type));
}

static void assign(struct checker *ck, struct expr *target, struct expr *value)
{
	struct var_def *var = find_var(ck, target->name);
	struct var_state *state;

	if (!var)
		var = new_var(ck, target);
	target->var = var;
	if (!var)
		return;
	state = (struct var_state *)var;
	state->pass = ck->pass;
	if (value->type.kind != TYPE_UNKNOWN && !type_is_storable(value->type.kind))
		lang_error(ck->cx, value->loc, LANG_E_VALUE_KIND, target->name,
			   TYPE_TEXT(value->type));
	else if (!type_merge(&var->type, value, &state->constant, &ck->changed))
		report_conflict(ck, target, var, value->type);
	target->type = var->type;
}

void check_var_assign(struct checker *ck, struct expr *target, struct expr *value, enum expr_op op)
{
	struct expr old;

	if (op == OP_NONE) {
		assign(ck, target, value);
		return;
	}
	check_var_read(ck, target);
	if (target->type.kind == TYPE_UNKNOWN || value->type.kind == TYPE_UNKNOWN)
		return;
	if (target->type.kind != TYPE_INT &&
	    !(target->type.kind == TYPE_PTR && (op == OP_ADD || op == OP_SUB))) {
		lang_error(ck->cx, target->loc, LANG_E_STEP_TYPE, target->name,
			   TYPE_TEXT(target->type));
		return;
	}
	if (value->type.kind != TYPE_INT) {
		lang_error(ck->cx, value->loc, LANG_E_COMPOUND_TYPE, expr_op_text(op),
			   TYPE_TEXT(value->type));
		return;
	}
	if ((op == OP_DIV || op == OP_MOD) && value->is_const && !value->const_value) {
		lang_error(ck->cx, value->loc, LANG_E_DIV_ZERO, expr_op_text(op));
		return;
	}
	old = *target;
	assign(ck, target, &old);
}

void check_var_step(struct checker *ck, struct expr *e)
{
	struct expr *target = e->left, old;

	check_var_read(ck, target);
	e->type = target->type;
	if (target->type.kind == TYPE_UNKNOWN)
		return;
	if (target->type.kind != TYPE_INT) {
		lang_error(ck->cx, target->loc, LANG_E_STEP_TYPE, target->name,
			   TYPE_TEXT(target->type));
		e->type = type_of_kind(TYPE_UNKNOWN, 0);
		return;
	}
	old = *target;
	assign(ck, target, &old);
}
