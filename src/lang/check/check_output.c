// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Functions that print, that act on whole maps, or end the program. */
#include "lang/check/checker.h"

#define MAX_EXIT_CODE 255

static bool fits_directive(enum lang_format_kind directive, enum type_kind kind)
{
	switch (directive) {
	case LANG_FORMAT_SIGNED:
	case LANG_FORMAT_UNSIGNED:
	case LANG_FORMAT_POINTER: return kind == TYPE_INT || kind == TYPE_PTR;
	case LANG_FORMAT_CHAR: return kind == TYPE_INT;
	case LANG_FORMAT_STRING:
		return kind == TYPE_STRING || kind == TYPE_BUF || kind == TYPE_INET ||
		       kind == TYPE_TIME || kind == TYPE_PROBE || kind == TYPE_FUNC;
	case LANG_FORMAT_BUFFER: return kind == TYPE_BUF;
	case LANG_FORMAT_TEXT: break;
	}
	return false;
}

static void hint_directive(struct checker *ck, enum type_kind kind)
{
	switch (kind) {
	case TYPE_INT: lang_hint(ck->cx, "integers print by %%d %%u %%x %%o %%c or %%p"); break;
	case TYPE_PTR:
		lang_hint(ck->cx, "pointers print by %%p %%x %%d; the text behind one is str(…)");
		break;
	case TYPE_BUF: lang_hint(ck->cx, "buffers print by %%r, %%rx, %%rh or %%s"); break;
	case TYPE_ARRAY:
	case TYPE_RECORD: lang_hint(ck->cx, "print its members or elements, or buf(…)"); break;
	default: lang_hint(ck->cx, "it prints by %%s"); break;
	}
}

static void check_directive(struct checker *ck, struct expr *arg, uint32_t n,
			    const struct lang_format_piece *piece)
{
	struct type type = arg->type;

	if (!piece || type.kind == TYPE_UNKNOWN || fits_directive(piece->kind, type.kind))
		return;
	lang_error(ck->cx, arg->loc, LANG_E_FORMAT_TYPE, n, piece->conversion, TYPE_TEXT(type));
	hint_directive(ck, type.kind);
}

/* A format string and its arguments: printf(), cat(), system(). */
static void check_formatted(struct checker *ck, struct expr *call)
{
	uint32_t given = call->nargs - 1;

	check_literal(call->args[0]);
	for (uint32_t i = 1; i < call->nargs; i++) {
		check_value(ck, call->args[i]);
		if (call->format)
			check_directive(ck, call->args[i], i, lang_format_arg(call->format, i - 1));
	}
	if (call->format && call->format->nargs != given)
		lang_error(ck->cx, call->loc, LANG_E_FORMAT_COUNT, call->name,
			   (unsigned int)call->format->nargs, given);
}

void check_PRINTF(struct checker *ck, struct expr *call)
{
	check_formatted(ck, call);
}

void check_CAT(struct checker *ck, struct expr *call)
{
	check_formatted(ck, call);
}

void check_SYSTEM(struct checker *ck, struct expr *call)
{
	check_formatted(ck, call);
}

/* Argument 0 is a map's name without keys; sets its type. */
static bool check_whole_map(struct checker *ck, struct expr *call)
{
	struct expr *arg = call->args[0];

	arg->is_const = false;
	arg->type = type_of_kind(TYPE_UNKNOWN, 0);
	if (arg->kind != EXPR_MAP || arg->nargs) {
		lang_error(ck->cx, arg->loc, LANG_E_MAP_ARGUMENT, call->name);
		lang_hint(ck->cx, "%s", function_rows[call->function].summary);
		return false;
	}
	if (!arg->map)
		return false;
	arg->type = arg->map->value;
	return true;
}

/* print(value) and print(@m[key]). */
static void check_print_value(struct checker *ck, struct expr *call)
{
	struct expr *arg = call->args[0];

	if (call->nargs > 1) {
		lang_error(ck->cx, call->args[1]->loc, LANG_E_PRINT_TOP);
		return;
	}
	if (arg->kind == EXPR_MAP) {
		check_map_keys(ck, arg);
		return;
	}
	check_value(ck, arg);
	if (arg->type.kind != TYPE_UNKNOWN && !type_is_storable(arg->type.kind))
		check_arg_error(ck, call, 0, "a map, or a value that can be printed");
}

void check_PRINT(struct checker *ck, struct expr *call)
{
	struct expr *arg = call->args[0];

	arg->is_const = false;
	if (arg->kind != EXPR_MAP || arg->nargs) {
		check_print_value(ck, call);
		return;
	}
	if (!check_whole_map(ck, call))
		return;
	for (uint32_t i = 1; i < call->nargs; i++)
		check_const_arg(ck, call, i, i == 2, UINT32_MAX);
}

void check_CLEAR(struct checker *ck, struct expr *call)
{
	check_whole_map(ck, call);
}

void check_ZERO(struct checker *ck, struct expr *call)
{
	check_whole_map(ck, call);
}

/* The entries of a histogram are its buckets: one key of the script is many of the map's. */
static void refuse_histogram(struct checker *ck, struct expr *call)
{
	const struct map_def *map = call->args[0]->map;

	if (!map || (map->value.kind != TYPE_HIST && map->value.kind != TYPE_LHIST))
		return;
	lang_error(ck->cx, call->loc, LANG_E_HISTOGRAM_KEY, function_rows[call->function].name);
}

void check_DELETE(struct checker *ck, struct expr *call)
{
	call->args[0]->is_const = false;
	check_map_keys(ck, call->args[0]);
	refuse_histogram(ck, call);
	call->type = type_of_kind(TYPE_VOID, 0);
}

void check_HAS_KEY(struct checker *ck, struct expr *call)
{
	call->args[0]->is_const = false;
	check_map_keys(ck, call->args[0]);
	refuse_histogram(ck, call);
	call->type = type_int(8, true);
}

void check_LEN(struct checker *ck, struct expr *call)
{
	struct lang_world *world = ck->cx->world;
	struct expr *arg = call->args[0];

	call->type = type_int(8, true);
	if (!check_whole_map(ck, call))
		return;
	if (arg->map->keys_known && !arg->map->nkeys)
		lang_error(ck->cx, arg->loc, LANG_E_LEN_SCALAR, arg->name);
	else if (!world->feature(world->ctx, LANG_FEAT_FOR_EACH_MAP_ELEM))
		lang_error(ck->cx, call->loc, LANG_E_LEN_KERNEL);
	else
		refuse_histogram(ck, call);
}

void check_EXIT(struct checker *ck, struct expr *call)
{
	if (call->nargs && check_int_arg(ck, call, 0, false) && call->args[0]->is_const)
		check_const_arg(ck, call, 0, 0, MAX_EXIT_CODE);
}

void check_TIME(struct checker *ck, struct expr *call)
{
	if (call->nargs)
		check_literal(call->args[0]);
}

void check_JOIN(struct checker *ck, struct expr *call)
{
	check_int_arg(ck, call, 0, true);
	if (call->nargs > 1)
		check_literal(call->args[1]);
}
