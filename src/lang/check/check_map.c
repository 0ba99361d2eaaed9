// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Maps: their keys and values must agree over the whole script. */
#include <string.h>

#include <skep/lang_suggest.h>

#include "lang/check/checker.h"
#include "lang/syntax/parser.h"

static struct map_state *state_of(const struct expr *e)
{
	return (struct map_state *)e->map;
}

struct map_def *map_intern(struct checker *ck, const struct expr *e)
{
	struct map_state *state;
	struct map_def *map;

	for (map = ck->pub.maps; map; map = map->next)
		if (!strcmp(map->name, e->name))
			return map;
	if (ck->pub.nmaps >= CHECK_MAX_MAPS) {
		lang_error(ck->cx, e->loc, LANG_E_LIMIT, CHECK_MAX_MAPS, "maps");
		return NULL;
	}
	state = ARENA_NEW(ck->cx->arena, struct map_state);
	if (!state) {
		ck->failed = true;
		return NULL;
	}
	map = &state->def;
	map->name = e->name;
	map->loc = e->loc;
	map->index = ck->pub.nmaps++;
	*ck->maps_end = map;
	ck->maps_end = &map->next;
	return map;
}

/* "line 3, column 5" of a place, for messages that name two. */
static const char *place(struct checker *ck, struct lang_loc loc)
{
	uint32_t line, column;
	const char *text;

	lang_line_column(ck->cx, loc.pos, &line, &column);
	text = arena_printf(ck->cx->arena, "line %u, column %u", line, column);
	return text ? text : "?";
}

static bool decide_keys(struct checker *ck, struct expr *e)
{
	struct map_state *state = state_of(e);
	struct map_def *map = e->map;

	if (e->nargs > CHECK_MAX_KEYS) {
		lang_error(ck->cx, e->loc, LANG_E_LIMIT, CHECK_MAX_KEYS, "keys of one map");
		return false;
	}
	map->keys = ARENA_ARRAY(ck->cx->arena, struct type, e->nargs + 1);
	if (!map->keys) {
		ck->failed = true;
		return false;
	}
	map->nkeys = e->nargs;
	map->keys_known = true;
	state->keys_loc = e->loc;
	ck->changed = true;
	return true;
}

static bool check_key(struct checker *ck, struct expr *e, uint32_t i)
{
	struct map_state *state = state_of(e);
	struct type *type = &state->def.keys[i], copy = *type;
	struct expr *key = e->args[i];
	bool changed;

	check_value(ck, key);
	if (key->type.kind == TYPE_UNKNOWN)
		return true;
	if (!type_is_storable(key->type.kind)) {
		lang_error(ck->cx, key->loc, LANG_E_KEY_KIND, TYPE_TEXT(key->type));
		return false;
	}
	if (state->def.keys_cut ? type_merge_key(&copy, key, &changed)
				: type_merge_key(type, key, &ck->changed))
		return true;
	if (!ck->cx->quiet)
		lang_error(ck->cx, key->loc, LANG_E_KEY_TYPE, i + 1, e->name, TYPE_TEXT(*type),
			   place(ck, state->keys_loc), TYPE_TEXT(key->type));
	return false;
}

bool check_map_keys(struct checker *ck, struct expr *e)
{
	struct map_def *map = e->map;
	bool ok = true;

	e->type = type_of_kind(TYPE_UNKNOWN, 0);
	if (!map || (!map->keys_known && !decide_keys(ck, e))) {
		for (uint32_t i = 0; i < e->nargs; i++)
			check_value(ck, e->args[i]);
		return false;
	}
	if (map->nkeys != e->nargs) {
		if (!ck->cx->quiet)
			lang_error(ck->cx, e->loc, LANG_E_KEY_COUNT, e->name, map->nkeys,
				   map->nkeys == 1 ? "" : "s", place(ck, state_of(e)->keys_loc),
				   e->nargs);
		for (uint32_t i = 0; i < e->nargs; i++)
			check_value(ck, e->args[i]);
		return false;
	}
	for (uint32_t i = 0; i < e->nargs; i++)
		ok &= check_key(ck, e, i);
	e->type = map->value;
	return ok;
}

void check_map_read(struct checker *ck, struct expr *e)
{
	if (!check_map_keys(ck, e)) {
		e->type = type_of_kind(TYPE_UNKNOWN, 0);
		return;
	}
	if (type_is_aggregation(e->type.kind)) {
		lang_error(ck->cx, e->loc, LANG_E_AGGREGATION_VALUE, e->name, TYPE_TEXT(e->type));
		e->type = type_of_kind(TYPE_UNKNOWN, 0);
	}
}

static void merge_value(struct checker *ck, struct expr *target, struct expr *value)
{
	struct map_state *state = state_of(target);
	struct map_def *map = target->map;

	if (!map)
		return;
	map->assigned = true;
	if (value->type.kind == TYPE_UNKNOWN)
		return;
	if (map->value.kind == TYPE_UNKNOWN)
		state->value_loc = target->loc;
	if (!type_is_storable(value->type.kind) && !type_is_aggregation(value->type.kind)) {
		lang_error(ck->cx, value->loc, LANG_E_VALUE_KIND, target->name,
			   TYPE_TEXT(value->type));
	} else if (!type_merge(&map->value, value, &state->constant, &ck->changed)) {
		if (!ck->cx->quiet)
			lang_error(ck->cx, target->loc, LANG_E_MAP_TYPE, target->name,
				   TYPE_TEXT(map->value), place(ck, state->value_loc),
				   TYPE_TEXT(value->type));
	}
	map->counter_only = map->value.kind == TYPE_INT && !state->plain;
	target->type = map->value;
}

void check_map_assign(struct checker *ck, struct expr *target, struct expr *value, enum expr_op op)
{
	struct map_state *state = state_of(target);
	struct expr sum;

	if (!check_map_keys(ck, target)) {
		if (target->map)
			target->map->assigned = true;
		return;
	}
	target->map->assigned = true;
	if (op != OP_ADD && op != OP_SUB)
		state->plain = true;
	if (op == OP_NONE) {
		merge_value(ck, target, value);
		return;
	}
	/* @m op= value is @m = @m op value, where a missing @m is 0 */
	if (target->type.kind == TYPE_UNKNOWN)
		target->type = type_int(8, true);
	sum = *target;
	if (target->type.kind != TYPE_INT) {
		lang_error(ck->cx, target->loc, LANG_E_STEP_TYPE, target->name,
			   TYPE_TEXT(target->type));
		return;
	}
	if (value->type.kind != TYPE_INT && value->type.kind != TYPE_UNKNOWN) {
		lang_error(ck->cx, value->loc, LANG_E_COMPOUND_TYPE, expr_op_text(op),
			   TYPE_TEXT(value->type));
		return;
	}
	if ((op == OP_DIV || op == OP_MOD) && value->is_const && !value->const_value) {
		lang_error(ck->cx, value->loc, LANG_E_DIV_ZERO, expr_op_text(op));
		return;
	}
	sum.is_const = false;
	if (value->type.kind == TYPE_INT && target->map->value.kind == TYPE_UNKNOWN &&
	    !value->is_const)
		sum.type = value->type;
	sum.loc = value->loc;
	merge_value(ck, target, &sum);
}

void check_map_step(struct checker *ck, struct expr *e)
{
	struct expr *target = e->left;
	struct expr one = {.kind = EXPR_INT, .loc = target->loc, .type = type_int(8, true)};

	e->type = type_int(8, true);
	if (!check_map_keys(ck, target)) {
		if (target->map)
			target->map->assigned = true;
		return;
	}
	if (target->type.kind != TYPE_UNKNOWN && target->type.kind != TYPE_INT) {
		lang_error(ck->cx, target->loc, LANG_E_STEP_TYPE, target->name,
			   TYPE_TEXT(target->type));
		return;
	}
	if (target->type.kind == TYPE_INT) {
		/* a step keeps the sign that assignments have decided */
		one.type = target->type;
	}
	check_set_const(&one, 1);
	merge_value(ck, target, &one);
	e->type = target->type;
}

static void report_unassigned(struct checker *ck, struct map_def *map)
{
	struct lang_suggest s = {.name = map->name};

	lang_error(ck->cx, map->loc, LANG_E_MAP_UNASSIGNED, map->name);
	for (struct map_def *other = ck->pub.maps; other; other = other->next)
		if (other->assigned)
			lang_suggest_offer(&s, other->name);
	if (s.best)
		lang_hint(ck->cx, "did you mean '%s'?", s.best);
}

static bool is_typed(const struct map_def *map)
{
	for (uint32_t i = 0; i < map->nkeys; i++)
		if (map->keys[i].kind == TYPE_UNKNOWN)
			return false;
	return map->value.kind != TYPE_UNKNOWN;
}

void check_maps_complete(struct checker *ck)
{
	size_t nerrors = ck->cx->messages->nerrors;

	for (struct map_def *map = ck->pub.maps; map; map = map->next) {
		if (!map->assigned) {
			report_unassigned(ck, map);
		} else if (!nerrors && !is_typed(map)) {
			lang_error(ck->cx, map->loc, LANG_E_MAP_UNTYPED, map->name);
			return;
		}
	}
}
