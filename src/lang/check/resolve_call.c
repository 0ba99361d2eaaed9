// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Calls, once for each clause: which function, how many arguments, and what the text alone says:
 * format strings are parsed, delete(@m, k) and has_key(@m, k) become (@m[k]), str($1) the
 * parameter's text.
 */
#include <errno.h>
#include <string.h>

#include <skep/lang_suggest.h>

#include "lang/check/checker.h"

static void unknown_function(struct checker *ck, struct expr *call)
{
	struct lang_suggest s = {.name = call->name};

	if (resolve_is_later(call->name)) {
		lang_error(ck->cx, call->name_loc, LANG_E_NOT_SUPPORTED_YET, call->name);
		return;
	}
	lang_error(ck->cx, call->name_loc, LANG_E_UNKNOWN_FUNCTION, call->name);
	if (builtin_find(call->name) >= 0) {
		lang_hint(ck->cx, "'%s' is a value: leave out the parentheses", call->name);
		return;
	}
	for (int i = 0; i < NFUNCTIONS; i++)
		lang_suggest_offer(&s, function_rows[i].name);
	if (s.best)
		lang_hint(ck->cx, "did you mean '%s'?", s.best);
}

static bool check_arity(struct checker *ck, struct expr *call, const struct function_row *row)
{
	if (call->nargs >= row->min_args && call->nargs <= row->max_args)
		return true;
	lang_error(ck->cx, call->loc, LANG_E_ARGUMENT_COUNT, row->name,
		   call->nargs < row->min_args ? "at least" : "at most",
		   call->nargs < row->min_args ? row->min_args : row->max_args, call->nargs);
	lang_hint(ck->cx, "%s", row->summary);
	return false;
}

/* The format with its memory in the arena. */
static const struct lang_format *keep_format(struct checker *ck, const struct lang_format *parsed)
{
	struct lang_arena *arena = ck->cx->arena;
	struct lang_format *copy = ARENA_NEW(arena, struct lang_format);
	struct lang_format_piece *pieces =
		ARENA_ARRAY(arena, struct lang_format_piece, parsed->npieces + 1);
	char *text = arena_alloc(arena, parsed->text_len + 1);

	if (!copy || !pieces || !text) {
		ck->failed = true;
		return NULL;
	}
	*copy = *parsed;
	if (parsed->npieces)
		memcpy(pieces, parsed->pieces, parsed->npieces * sizeof(*pieces));
	if (parsed->text_len)
		memcpy(text, parsed->text, parsed->text_len);
	copy->pieces = pieces;
	copy->text = text;
	return copy;
}

/* The format of printf(), cat(), system(). Returns false after an error. */
static bool parse_format(struct checker *ck, struct expr *call)
{
	struct expr *arg = call->args[0];
	struct lang_format parsed;
	struct lang_format_error why;
	struct lang_loc loc = arg->loc;
	int err;

	if (arg->kind != EXPR_STRING) {
		lang_error(ck->cx, arg->loc, LANG_E_FORMAT_LITERAL, call->name);
		return false;
	}
	err = lang_format_parse(&parsed, arg->text, arg->length, &why);
	if (!err) {
		call->format = keep_format(ck, &parsed);
		lang_format_free(&parsed);
		return call->format;
	}
	if (err != -EINVAL) {
		ck->failed = true;
		return false;
	}
	/* without escapes in it the place inside the literal is known */
	if (loc.len == arg->length + 2) {
		loc.pos += 1 + (uint32_t)why.offset;
		loc.len = (uint32_t)why.len;
	}
	lang_error(ck->cx, loc, LANG_E_FORMAT, why.message);
	return false;
}

/* (@m, key) to (@m[key]). */
static bool fold_key(struct checker *ck, struct expr *call)
{
	struct expr *map = call->args[0];

	if (map->kind != EXPR_MAP || (call->nargs == 2 && map->nargs)) {
		lang_error(ck->cx, map->loc, LANG_E_MAP_ARGUMENT, call->name);
		lang_hint(ck->cx, "%s", function_rows[call->function].summary);
		return false;
	}
	if (call->nargs == 2) {
		map->args = &call->args[1];
		map->nargs = 1;
		call->nargs = 1;
	}
	return true;
}

static bool is_param_text(const struct expr *call)
{
	return call->function == FUNCTION_STR &&
	       (call->args[0]->kind == EXPR_PARAM || call->args[0]->kind == EXPR_STRING) &&
	       (call->nargs == 1 || call->args[1]->kind == EXPR_INT);
}

/* str($1) and str("text"): a literal, "" when the parameter was not given. */
static void make_text(struct checker *ck, struct expr *call)
{
	const struct lang_options *options = &ck->cx->options;
	const struct expr *arg = call->args[0];
	size_t length = arg->length;

	call->text = arg->text;
	if (arg->kind == EXPR_PARAM) {
		call->text = "";
		if (arg->value && arg->value <= options->nparams)
			call->text = arena_strdup(ck->cx->arena, options->params[arg->value - 1]);
		if (!call->text) {
			ck->failed = true;
			call->text = "";
		}
		length = strlen(call->text);
	}
	if (call->nargs == 2 && call->args[1]->value < length)
		length = call->args[1]->value;
	if (length > options->max_strlen - 1)
		length = options->max_strlen - 1;
	call->length = (uint32_t)length;
	call->text = arena_strndup(ck->cx->arena, call->text, length);
	if (!call->text) {
		ck->failed = true;
		call->text = "";
		call->length = 0;
	}
	call->kind = EXPR_STRING;
	call->nargs = 0;
}

/* The string that a function takes as a literal in argument n, or the default. */
static bool intern_literal(struct checker *ck, struct expr *call, uint32_t n, const char *def)
{
	if (n >= call->nargs) {
		call->string = check_intern(ck, def);
		return true;
	}
	if (call->args[n]->kind != EXPR_STRING) {
		lang_error(ck->cx, call->args[n]->loc, LANG_E_ARGUMENT_LITERAL, n + 1, call->name);
		return false;
	}
	if (ck->pub.nstrings >= CHECK_MAX_STRINGS) {
		lang_error(ck->cx, call->loc, LANG_E_LIMIT, CHECK_MAX_STRINGS,
			   "formats and delimiters");
		return false;
	}
	call->string = check_intern(ck, call->args[n]->text);
	return true;
}

static bool resolve_special(struct checker *ck, struct expr *call)
{
	switch (call->function) {
	case FUNCTION_SYSTEM:
		if (!ck->cx->options.allow_unsafe) {
			lang_error(ck->cx, call->loc, LANG_E_UNSAFE, call->name);
			return false;
		}
		return parse_format(ck, call);
	case FUNCTION_PRINTF:
	case FUNCTION_CAT: return parse_format(ck, call);
	case FUNCTION_DELETE:
	case FUNCTION_HAS_KEY: return fold_key(ck, call);
	case FUNCTION_TIME: return intern_literal(ck, call, 0, "%H:%M:%S\n");
	case FUNCTION_STRFTIME: return intern_literal(ck, call, 0, "");
	case FUNCTION_JOIN: return intern_literal(ck, call, 1, " ");
	default: return true;
	}
}

void resolve_call(struct checker *ck, struct expr *call)
{
	int id = function_find(call->name);

	call->function = NFUNCTIONS; /* after an error: of unknown type */
	if (id < 0) {
		unknown_function(ck, call);
	} else if (check_arity(ck, call, &function_rows[id])) {
		call->function = (enum function_id)id;
		if (is_param_text(call)) {
			make_text(ck, call);
			return;
		}
		if (!resolve_special(ck, call))
			call->function = NFUNCTIONS;
	}
	for (uint32_t i = 0; i < call->nargs; i++)
		resolve_expr(ck, call->args[i]);
}
