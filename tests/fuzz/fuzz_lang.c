// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Fuzzes the parser: the input as a script. Its messages are printed, and the tree is
 * walked, so that what the parser leaves behind is read, too.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/syntax/parser.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static uint32_t walk_expr(const struct expr *e, uint32_t height)
{
	if (!e)
		return 0;
	if (height > LANG_MAX_NESTING)
		abort();
	for (uint32_t i = 0; i < e->nargs; i++)
		walk_expr(e->args[i], height + 1);
	walk_expr(e->cond, height + 1);
	walk_expr(e->left, height + 1);
	return walk_expr(e->right, height + 1) + (e->name ? (uint32_t)strlen(e->name) : 0);
}

static void walk_stmts(const struct stmt *s, uint32_t height)
{
	if (s && height > LANG_MAX_NESTING)
		abort();
	for (; s; s = s->next) {
		walk_expr(s->target, 1);
		walk_expr(s->expr, 1);
		walk_stmts(s->body, height + 1);
		walk_stmts(s->orelse, height + 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const params[] = {"one", "2"};
	static FILE *sink;
	struct lang_messages messages = {0};
	struct lang_context cx = {
		.arena = arena_new(),
		.file = "fuzz",
		.text = (const char *)data, /* libFuzzer gives a copy of its exact size */
		.length = len,
		.messages = &messages,
		.options = {.params = params, .nparams = 2},
	};
	struct script *script;

	if (!sink)
		sink = fopen("/dev/null", "w");
	if (!cx.arena || !sink)
		return 0;
	script = parse_script(&cx);
	if (!script || (!script->clauses && !messages.nerrors) || messages.count > 40)
		abort();
	for (const struct clause *c = script->clauses; c; c = c->next) {
		walk_expr(c->predicate, 1);
		walk_stmts(c->body, 1);
	}
	for (size_t i = 0; i < messages.count; i++)
		lang_message_print(&messages.list[i], sink);
	lang_messages_free(&messages);
	arena_free(cx.arena);
	return 0;
}
