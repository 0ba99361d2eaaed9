// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Calls: the table of functions by their rows, and what several of them ask of an argument. */
#include "lang/check/checker.h"

typedef void (*check_fn)(struct checker *ck, struct expr *call);

static const check_fn check_functions[NFUNCTIONS] = {
#define FUNCTION(ID, name, min, max, flags, summary) [FUNCTION_##ID] = check_##ID,
#include "lang/builtin/functions.h"
};

/* After an error in the call itself its arguments are still looked at. */
static void check_lost_arguments(struct checker *ck, struct expr *call)
{
	for (uint32_t i = 0; i < call->nargs; i++)
		if (call->args[i]->kind != EXPR_MAP)
			check_expr(ck, call->args[i]);
}

void check_call(struct checker *ck, struct expr *call)
{
	if (call->function >= NFUNCTIONS) {
		check_lost_arguments(ck, call);
		return;
	}
	if (function_rows[call->function].flags & FUNC_AGGREGATION) {
		lang_error(ck->cx, call->loc, LANG_E_AGGREGATION_CALL, call->name);
		lang_hint(ck->cx, "write %s", function_rows[call->function].summary);
		check_lost_arguments(ck, call);
		return;
	}
	check_functions[call->function](ck, call);
	if (function_rows[call->function].flags & (FUNC_ASYNC | FUNC_STATEMENT))
		call->type = type_of_kind(TYPE_VOID, 0);
}

void check_aggregation(struct checker *ck, struct expr *call)
{
	call->type = type_of_kind(TYPE_UNKNOWN, 0);
	call->is_const = false;
	check_functions[call->function](ck, call);
}

void check_arg_error(struct checker *ck, struct expr *call, uint32_t n, const char *wanted)
{
	struct expr *arg = call->args[n];

	lang_error(ck->cx, arg->loc, LANG_E_ARGUMENT_TYPE, n + 1, call->name, wanted,
		   TYPE_TEXT(arg->type));
}

bool check_int_arg(struct checker *ck, struct expr *call, uint32_t n, bool ptr)
{
	struct expr *arg = call->args[n];

	check_value(ck, arg);
	if (arg->type.kind == TYPE_UNKNOWN)
		return false;
	if (arg->type.kind == TYPE_INT || (ptr && arg->type.kind == TYPE_PTR))
		return true;
	check_arg_error(ck, call, n, ptr ? "an integer or pointer" : "an integer");
	return false;
}

bool check_const_arg(struct checker *ck, struct expr *call, uint32_t n, int64_t least, int64_t most)
{
	struct expr *arg = call->args[n];

	if (!check_int_arg(ck, call, n, false))
		return false;
	if (!arg->is_const) {
		lang_error(ck->cx, arg->loc, LANG_E_ARGUMENT_CONSTANT, n + 1, call->name);
		return false;
	}
	if (arg->const_value >= least && arg->const_value <= most)
		return true;
	lang_error(ck->cx, arg->loc, LANG_E_ARGUMENT_RANGE, n + 1, call->name, (long long)least,
		   (long long)most, (long long)arg->const_value);
	return false;
}

bool check_string_arg(struct checker *ck, struct expr *call, uint32_t n)
{
	struct expr *arg = call->args[n];

	check_value(ck, arg);
	if (arg->type.kind == TYPE_UNKNOWN)
		return false;
	if (arg->type.kind == TYPE_STRING)
		return true;
	check_arg_error(ck, call, n, "a string");
	return false;
}
