// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * What goes wrong at run time is counted in the globals map, on a path behind the
 * program's end: the way on which nothing fails costs one compare and no call.
 */
#include <errno.h>

#include "lang/ir/lower_internal.h"

uint32_t error_site(struct lower *lw, enum lang_runtime_error kind, struct lang_loc loc,
		    uint32_t map, const char *what)
{
	struct lang_plan *plan = lw->plan;
	struct lang_error_site site = {.kind = kind, .map = map, .what = what};

	if (loc.len)
		lang_line_column(lw->cx, loc.pos, &site.line, &site.column);
	/* The same place of several units (one for each probe) shares a counter. */
	for (uint32_t i = 0; i < plan->nerrors; i++) {
		struct lang_error_site *s = &plan->errors[i];

		if (s->kind == kind && s->line == site.line && s->column == site.column &&
		    s->map == map)
			return i;
	}
	plan->errors =
		arena_grow(lw->arena, plan->errors, sizeof(site), &lw->errors_cap, plan->nerrors);
	if (!plan->errors) {
		lw->fn->failed = true;
		return 0;
	}
	site.global_offset = lw->globals_size;
	lw->globals_size += 16;
	plan->errors[plan->nerrors] = site;
	return plan->nerrors++;
}

static struct cold *cold_new(struct lower *lw, struct ir_arg error, uint32_t site, ir_label back)
{
	struct cold *cold = ARENA_NEW(lw->arena, struct cold);

	if (!cold) {
		lw->fn->failed = true;
		return NULL;
	}
	cold->label = ir_new_label(lw->fn);
	cold->back = back == IR_NOLABEL ? ir_new_label(lw->fn) : back;
	cold->error = error;
	cold->site = site;
	cold->full_site = LANG_NONE;
	cold->result = IR_NOREG;
	*lw->cold_end = cold;
	lw->cold_end = &cold->next;
	return cold;
}

void error_branch(struct lower *lw, uint8_t cond, struct ir_arg a, struct ir_arg b,
		  struct ir_arg error, uint32_t site, ir_reg result, int64_t result_value,
		  ir_label back)
{
	struct cold *cold = cold_new(lw, error, site, back);

	if (!cold)
		return;
	cold->result = result;
	cold->result_value = result_value;
	if (cond == BPF_JA)
		ir_jmp(lw->fn, cold->label);
	else
		ir_br(lw->fn, cond, a, b, cold->label);
	if (back == IR_NOLABEL)
		ir_place_label(lw->fn, cold->back);
}

void error_check_update(struct lower *lw, ir_reg rc, const struct map_def *map, struct lang_loc loc,
			ir_label back)
{
	uint32_t full = error_site(lw, LANG_RT_MAP_FULL, loc, map->index, map->name);
	uint32_t other = error_site(lw, LANG_RT_MAP_UPDATE, loc, map->index, map->name);
	struct cold *cold = cold_new(lw, ir_r(rc), other, back);

	if (!cold)
		return;
	cold->full_site = full;
	ir_br(lw->fn, BPF_JNE, ir_r(rc), ir_i(0), cold->label);
	if (back == IR_NOLABEL)
		ir_place_label(lw->fn, cold->back);
}

static void count_at(struct lower *lw, uint32_t site, struct ir_arg error)
{
	ir_reg p = ir_map_value(lw->fn, lw->plan->globals,
				(int32_t)lw->plan->errors[site].global_offset);

	ir_atomic(lw->fn, BPF_ADD, p, 0, 8, ir_i(1));
	ir_store(lw->fn, p, 8, 8, error);
}

static void emit_one(struct lower *lw, const struct cold *cold)
{
	struct ir_function *fn = lw->fn;
	struct ir_arg error = cold->error;

	ir_note(fn, "%s", lw->plan->errors[cold->site].what);
	ir_place_label(fn, cold->label);
	if (cold->full_site != LANG_NONE) {
		ir_label other = ir_new_label(fn);

		/* Before Linux 6.4 what an update returns has no sign in the upper half. */
		error = ir_r(ir_ext(fn, error, 4, true));
		ir_br(fn, BPF_JNE, error, ir_i(-E2BIG), other);
		count_at(lw, cold->full_site, error);
		ir_jmp(fn, cold->back);
		ir_place_label(fn, other);
	}
	count_at(lw, cold->site, error);
	if (cold->result != IR_NOREG)
		ir_mov_to(fn, cold->result, ir_i(cold->result_value));
	ir_jmp(fn, cold->back);
}

void error_emit_cold(struct lower *lw)
{
	for (const struct cold *cold = lw->cold; cold; cold = cold->next)
		emit_one(lw, cold);
	lw->cold = NULL;
	lw->cold_end = &lw->cold;
}
