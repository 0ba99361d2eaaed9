// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The driver: a flat list of passes. Each pass reports its errors in the context; the
 * next one runs only when there were none. Dumps are made between passes.
 */
#include <errno.h>
#include <string.h>

#include "lang/check/check.h"
#include "lang/ir/lower.h"
#include "lang/plan.h"
#include "lang/syntax/parser.h"

#define DEFAULT_STRLEN	 1024
#define LEAST_STRLEN	 8
#define MOST_STRLEN	 4096
#define DEFAULT_MAP_KEYS 4096

/* What one pass leaves for the next. */
struct compilation {
	struct lang_context cx;
	struct script *script;
	struct checked *checked;
	struct lang_plan *plan;
};

static bool wants(const struct compilation *c, enum lang_stage stage)
{
	return c->cx.options.dump_file && c->cx.options.dump & 1u << stage;
}

static int pass_parse(struct compilation *c)
{
	c->script = parse_script(&c->cx);
	return c->script ? 0 : -ENOMEM;
}

static int pass_dump_ast(struct compilation *c)
{
	if (wants(c, LANG_STAGE_AST))
		ast_dump(c->script, c->cx.options.dump_file);
	return 0;
}

static int pass_check(struct compilation *c)
{
	c->checked = check_script(&c->cx, c->script);
	return c->checked || c->cx.messages->nerrors ? 0 : -ENOMEM;
}

/* The tree holds the types of one unit at a time. */
static int pass_dump_types(struct compilation *c)
{
	int err = 0;

	if (!wants(c, LANG_STAGE_TYPES))
		return 0;
	for (struct unit *unit = c->checked->units; unit && !err; unit = unit->next) {
		err = check_unit(&c->cx, c->checked, unit);
		fprintf(c->cx.options.dump_file, "%s\n", unit->probes[0]->full);
		ast_dump_clause(unit->clause, c->cx.options.dump_file);
	}
	return err;
}

static int pass_lower(struct compilation *c)
{
	return lower_script(&c->cx, c->checked, &c->plan);
}

static int pass_dump_plan(struct compilation *c)
{
	if (wants(c, LANG_STAGE_PLAN))
		plan_dump(c->plan, c->cx.options.dump_file);
	return 0;
}

/* The stages IR to ASM are dumped while lowering, unit by unit. */
static int (*const passes[])(struct compilation *) = {
	pass_parse, pass_dump_ast, pass_check, pass_dump_types, pass_lower, pass_dump_plan,
};

const char *lang_stage_name(enum lang_stage stage)
{
	static const char *const names[] = {
		[LANG_STAGE_AST] = "ast",   [LANG_STAGE_TYPES] = "types", [LANG_STAGE_IR] = "ir",
		[LANG_STAGE_OPT] = "opt",   [LANG_STAGE_RA] = "ra",	  [LANG_STAGE_ASM] = "asm",
		[LANG_STAGE_PLAN] = "plan",
	};

	return (unsigned int)stage < LANG_STAGE_COUNT ? names[stage] : NULL;
}

static struct lang_options with_defaults(const struct lang_options *given)
{
	struct lang_options o = given ? *given : (struct lang_options){0};

	if (!o.max_strlen)
		o.max_strlen = DEFAULT_STRLEN;
	if (o.max_strlen < LEAST_STRLEN)
		o.max_strlen = LEAST_STRLEN;
	if (o.max_strlen > MOST_STRLEN)
		o.max_strlen = MOST_STRLEN;
	if (!o.max_map_keys)
		o.max_map_keys = DEFAULT_MAP_KEYS;
	if (!o.ncpus)
		o.ncpus = 1;
	return o;
}

int lang_compile(const char *file, const char *text, size_t length, struct lang_world *world,
		 const struct lang_options *options, struct lang_plan **plan,
		 struct lang_messages *messages)
{
	struct compilation c = {
		.cx =
			{
				.arena = arena_new(),
				.file = file,
				.text = text,
				.length = length,
				.world = world,
				.options = with_defaults(options),
				.messages = messages,
			},
	};
	int err = c.cx.arena ? 0 : -ENOMEM;

	*plan = NULL;
	memset(messages, 0, sizeof(*messages));
	for (size_t i = 0; i < sizeof(passes) / sizeof(passes[0]) && !err; i++) {
		err = passes[i](&c);
		if (!err && messages->nerrors)
			err = -EINVAL;
	}
	if (!err && arena_failed(c.cx.arena))
		err = -ENOMEM;
	if (err == -EINVAL && !messages->nerrors)
		err = -EBADMSG;
	if (err) {
		arena_free(c.cx.arena);
		return err;
	}
	c.plan->arena = c.cx.arena;
	*plan = c.plan;
	return 0;
}
