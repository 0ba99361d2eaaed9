// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The checker's order of work: probes, names, units, types; and statements.
 */
#include <errno.h>
#include <string.h>

#include "lang/check/checker.h"

static bool has_too_many_errors(const struct checker *ck)
{
	return ck->cx->messages->nerrors >= CHECK_MAX_ERRORS;
}

static bool is_aggregation_call(const struct expr *e)
{
	return e->kind == EXPR_CALL && e->function < NFUNCTIONS &&
	       (function_rows[e->function].flags & FUNC_AGGREGATION);
}

static void check_assign(struct checker *ck, struct stmt *stmt)
{
	if (is_aggregation_call(stmt->expr) && stmt->op == OP_NONE &&
	    stmt->target->kind == EXPR_MAP)
		check_aggregation(ck, stmt->expr);
	else
		check_value(ck, stmt->expr);
	if (stmt->target->kind == EXPR_MAP)
		check_map_assign(ck, stmt->target, stmt->expr, stmt->op);
	else
		check_var_assign(ck, stmt->target, stmt->expr, stmt->op);
}

static void check_effect(struct checker *ck, struct expr *e)
{
	check_expr(ck, e);
	if (e->kind != EXPR_INCDEC && e->type.kind != TYPE_VOID && e->type.kind != TYPE_UNKNOWN)
		lang_error(ck->cx, e->loc, LANG_E_UNUSED_VALUE);
}

static void check_stmts(struct checker *ck, struct stmt *stmt)
{
	for (; stmt && !has_too_many_errors(ck); stmt = stmt->next) {
		switch (stmt->kind) {
		case STMT_EXPR: check_effect(ck, stmt->expr); break;
		case STMT_ASSIGN: check_assign(ck, stmt); break;
		case STMT_IF:
			check_condition(ck, stmt->expr);
			check_stmts(ck, stmt->body);
			check_stmts(ck, stmt->orelse);
			break;
		case STMT_BLOCK: check_stmts(ck, stmt->body); break;
		case STMT_RETURN: break;
		}
	}
}

static void check_one_unit(struct checker *ck, struct unit_state *state)
{
	struct clause *clause = state->unit.clause;

	ck->unit = state;
	ck->pass++;
	if (clause->predicate)
		check_condition(ck, clause->predicate);
	check_stmts(ck, clause->body);
}

static void check_all_units(struct checker *ck)
{
	ck->changed = false;
	for (struct unit *unit = ck->pub.units; unit && !has_too_many_errors(ck); unit = unit->next)
		check_one_unit(ck, (struct unit_state *)unit);
}

static int infer_types(struct checker *ck)
{
	bool quiet = ck->cx->quiet;

	ck->cx->quiet = true;
	for (int pass = 0; pass < CHECK_MAX_PASSES && !ck->failed; pass++) {
		check_all_units(ck);
		if (!ck->changed)
			break;
	}
	ck->cx->quiet = quiet;
	check_all_units(ck);
	if (!has_too_many_errors(ck) && !ck->lost_clause)
		check_maps_complete(ck);
	return ck->failed || arena_failed(ck->cx->arena) ? -ENOMEM : 0;
}

static int prepare_clause(struct checker *ck, struct clause *clause, struct probe_list *list)
{
	struct clause_facts facts = {0};
	size_t first = list->count;
	int err;

	for (struct probe_spec *spec = clause->probes; spec && !has_too_many_errors(ck);
	     spec = spec->next) {
		err = probe_resolve(ck->cx, spec, list);
		if (err)
			return err;
	}
	err = resolve_clause(ck, clause, &facts);
	if (err)
		return err;
	ck->lost_clause |= list->count == first;
	return units_make(ck, clause, &facts, list, first);
}

static int prepare(struct checker *ck, struct script *script)
{
	struct probe_list list = {0};
	int err;

	for (struct clause *clause = script->clauses; clause; clause = clause->next) {
		err = prepare_clause(ck, clause, &list);
		if (err)
			return err;
		if (has_too_many_errors(ck))
			break;
	}
	ck->pub.probes = list.list;
	ck->pub.nprobes = (uint32_t)list.count;
	return 0;
}

struct checked *check_script(struct lang_context *cx, struct script *script)
{
	struct checker *ck = ARENA_NEW(cx->arena, struct checker);

	if (!ck)
		return NULL;
	ck->cx = cx;
	ck->pub.script = script;
	ck->maps_end = &ck->pub.maps;
	if (prepare(ck, script) || infer_types(ck) || cx->messages->nerrors)
		return NULL;
	return &ck->pub;
}

int check_unit(struct lang_context *cx, struct checked *checked, struct unit *unit)
{
	struct checker *ck = (struct checker *)checked;
	struct unit_state *state = (struct unit_state *)unit;
	bool quiet = cx->quiet;

	cx->quiet = true;
	check_one_unit(ck, state);
	cx->quiet = quiet;
	checked->vars = state->vars;
	checked->nvars = state->nvars;
	return ck->failed || arena_failed(cx->arena) ? -ENOMEM : 0;
}
