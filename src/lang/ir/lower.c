// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A checked script to a plan: describes the maps, lowers each unit to IR and has it
 * made into instructions, lists the attachments.
 *
 * A program is: filter of the probe, predicate, claim of scratch memory (only when the
 * body needs any), body, release, exit, and behind it the cold paths.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/emit/emit.h"
#include "lang/ir/lower_internal.h"
#include "lang/ir/lower_stmt.h"

#define RING_SMALL (64u * 1024)
#define RING_BIG   (4u * 1024 * 1024)

enum internal_map { MAP_GLOBALS, MAP_RING, MAP_SCRATCH, NINTERNAL };

/* Which maps does a tree change? */
static void mark_expr(const struct expr *e, uint8_t *marks)
{
	if (!e)
		return;
	if (e->kind == EXPR_MAP && e->map)
		marks[e->map->index] = 1;
	for (uint32_t i = 0; i < e->nargs; i++)
		mark_expr(e->args[i], marks);
	mark_expr(e->cond, marks);
	mark_expr(e->left, marks);
	mark_expr(e->right, marks);
}

static void mark_statements(const struct stmt *s, uint8_t *marks)
{
	for (; s; s = s->next) {
		mark_expr(s->target, marks);
		mark_expr(s->expr, marks);
		mark_statements(s->body, marks);
		mark_statements(s->orelse, marks);
	}
}

/*
 * The kernel never runs a program inside itself on the same CPU, except that uprobe
 * programs can be preempted. So a map that one other program uses alone needs no
 * atomic operation on its per-CPU values; all the rest do.
 */
static int find_shared_maps(struct lower *lw)
{
	uint32_t n = lw->checked->nmaps;
	uint8_t *marks = ARENA_ARRAY(lw->arena, uint8_t, n + 1);
	uint8_t *seen = ARENA_ARRAY(lw->arena, uint8_t, n + 1);

	lw->map_shared = ARENA_ARRAY(lw->arena, uint8_t, n + 1);
	if (!marks || !seen || !lw->map_shared)
		return -ENOMEM;
	for (const struct unit *u = lw->checked->units; u; u = u->next) {
		enum lang_provider provider = u->probes[0]->provider;
		bool preemptible = provider == LANG_UPROBE || provider == LANG_URETPROBE;

		memset(marks, 0, n);
		mark_expr(u->clause->predicate, marks);
		mark_statements(u->clause->body, marks);
		for (uint32_t i = 0; i < n; i++) {
			if (marks[i] && (seen[i] || preemptible))
				lw->map_shared[i] = 1;
			seen[i] |= marks[i];
		}
	}
	return 0;
}

static int describe_maps(struct lower *lw)
{
	struct lang_plan *plan = lw->plan;

	plan->nmaps = lw->checked->nmaps + NINTERNAL;
	plan->maps = ARENA_ARRAY(lw->arena, struct lang_map, plan->nmaps);
	if (!plan->maps)
		return -ENOMEM;
	plan->globals = lw->checked->nmaps + MAP_GLOBALS;
	plan->ring = lw->checked->nmaps + MAP_RING;
	lw->scratch_map = lw->checked->nmaps + MAP_SCRATCH;
	for (struct map_def *map = lw->checked->maps; map; map = map->next)
		map_describe(lw, map);
	return arena_failed(lw->arena) ? -ENOMEM : 0;
}

static void define_internal(struct lang_map *map, enum lang_map_kind kind, enum bpf_map_type type,
			    uint32_t key_size, uint32_t value_size, uint32_t max_entries)
{
	*map = (struct lang_map){
		.name = "",
		.kind = kind,
		.type = type,
		.key_size = key_size,
		.value_size = value_size,
		.max_entries = max_entries,
	};
}

/* Keeps the internal maps that are used and closes the gaps of the others. */
static void finish_maps(struct lower *lw)
{
	struct lang_plan *plan = lw->plan;
	uint32_t first = lw->checked->nmaps, n = first, to[NINTERNAL];
	bool used[NINTERNAL] = {
		[MAP_GLOBALS] = lw->globals_size > 0,
		[MAP_RING] = lw->needs_ring,
		[MAP_SCRATCH] = lw->scratch_size > 0,
	};
	uint32_t ring = lw->cx->options.ring_bytes;

	if (!ring)
		ring = lw->big_ring ? RING_BIG : RING_SMALL;
	for (uint32_t i = 0; i < NINTERNAL; i++)
		to[i] = used[i] ? n++ : LANG_NONE;
	if (used[MAP_GLOBALS])
		define_internal(&plan->maps[to[MAP_GLOBALS]], LANG_MAP_GLOBALS, BPF_MAP_TYPE_ARRAY,
				4, (lw->globals_size + 7) & ~7u, 1);
	if (used[MAP_RING])
		define_internal(&plan->maps[to[MAP_RING]], LANG_MAP_RING, BPF_MAP_TYPE_RINGBUF, 0,
				0, ring);
	if (used[MAP_SCRATCH])
		define_internal(&plan->maps[to[MAP_SCRATCH]], LANG_MAP_SCRATCH,
				BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8 + lw->scratch_size, 4);
	for (uint32_t p = 0; p < plan->nprograms; p++)
		for (uint32_t r = 0; r < plan->programs[p].nrelocs; r++) {
			uint32_t *map = &plan->programs[p].relocs[r].map;

			if (*map >= first)
				*map = to[*map - first];
		}
	plan->nmaps = n;
	plan->globals = to[MAP_GLOBALS];
	plan->ring = to[MAP_RING];
}

static int grow_names(struct lower *lw, uint32_t need)
{
	struct lang_plan *plan = lw->plan;
	size_t cap = lw->names_cap;

	plan->probe_names = arena_grow(lw->arena, plan->probe_names, sizeof(char *), &cap, need);
	cap = lw->names_cap;
	plan->func_names = arena_grow(lw->arena, plan->func_names, sizeof(char *), &cap, need);
	if (!plan->probe_names || !plan->func_names)
		return -ENOMEM;
	lw->names_cap = cap;
	return 0;
}

static void set_name(struct lang_plan *plan, uint32_t id, const struct probe *probe)
{
	plan->probe_names[id] = probe->full;
	plan->func_names[id] = probe->name;
	if (id >= plan->nprobe_names)
		plan->nprobe_names = id + 1;
}

static int name_probes(struct lower *lw)
{
	for (uint32_t i = 0; i < lw->checked->nprobes; i++) {
		if (grow_names(lw, i))
			return -ENOMEM;
		set_name(lw->plan, i, lw->checked->probes[i]);
	}
	return 0;
}

/* Programs that serve several system calls know the number at run time: they get a
 * range of ids, one for each number. */
static int name_raw_syscalls(struct lower *lw, const struct unit *unit)
{
	lw->probe_base = LANG_NONE;
	if (!unit->probes[0]->use_raw || unit->probes[0]->info.syscall_nr < 0 || unit->nprobes < 2)
		return 0;
	lw->probe_base = lw->plan->nprobe_names;
	for (uint32_t i = 0; i < unit->nprobes; i++) {
		uint32_t id = lw->probe_base + (uint32_t)unit->probes[i]->info.syscall_nr;

		if (grow_names(lw, id))
			return -ENOMEM;
		set_name(lw->plan, id, unit->probes[i]);
	}
	return 0;
}

static void init_variables(struct lower *lw)
{
	for (struct var_def *v = lw->checked->vars; v; v = v->next) {
		struct mem mem;

		if (type_is_scalar(v->type.kind)) {
			v->reg = ir_mov(lw->fn, ir_i(0));
			v->memory = 0;
			continue;
		}
		mem = mem_alloc_kept(lw, v->type.size);
		mem_zero(lw, mem, (v->type.size + 7) & ~7u);
		v->reg = mem.base;
		v->memory = (uint32_t)mem.off;
	}
}

static void begin_unit(struct lower *lw, struct unit *unit)
{
	lw->unit = unit;
	lw->probe = unit->probes[0];
	lw->fn = ir_new(lw->arena);
	if (!lw->fn)
		return;
	lw->ctx = ir_ctx(lw->fn);
	lw->out = ir_new_label(lw->fn);
	lw->release = ir_new_label(lw->fn);
	lw->scratch = ir_new_reg(lw->fn);
	lw->scratch_used = lw->scratch_peak = 0;
	lw->nslots = 0;
	lw->cold = NULL;
	lw->cold_end = &lw->cold;
	lw->conditional = 0;
	lw->pid_tgid = lw->uid_gid = IR_NOREG;
	lw->too_big = false;
}

/* The whole program as IR. */
static void build_unit(struct lower *lw)
{
	struct ir_function *fn = lw->fn;
	struct clause *clause = lw->unit->clause;
	ir_label unmatched = ir_new_label(fn);
	struct ir_insn *claim_at;
	bool claimed_early;

	probe_begin(lw);
	claim_at = fn->last;
	if (clause->predicate) {
		ir_note(fn, "predicate");
		lower_condition(lw, clause->predicate, unmatched);
		mem_end_statement(lw, 0);
	}
	/* Most events end at the predicate: claim only behind it, if it can do without. */
	claimed_early = lw->scratch_peak > 0;
	if (!claimed_early)
		claim_at = fn->last;
	init_variables(lw);
	lower_statements(lw, clause->body);
	if (claimed_early)
		ir_place_label(fn, unmatched);
	ir_place_label(fn, lw->release);
	if (lw->scratch_peak) {
		mem_release_scratch(lw);
		mem_claim_scratch(lw, claim_at);
	}
	if (!claimed_early)
		ir_place_label(fn, unmatched);
	ir_place_label(fn, lw->out);
	ir_exit(fn, ir_i(0));
	error_emit_cold(lw);
	if (lw->scratch_peak > lw->scratch_size)
		lw->scratch_size = lw->scratch_peak;
}

static void set_program_type(struct lower *lw, struct lang_program *prog)
{
	const struct probe *probe = lw->probe;
	struct lang_probe_info info = {0};
	const struct lang_world *world = lw->cx->world;

	switch (probe->provider) {
	case LANG_BEGIN:
	case LANG_END:
	case LANG_INTERVAL:
	case LANG_RAWTRACEPOINT: prog->type = BPF_PROG_TYPE_RAW_TRACEPOINT; break;
	case LANG_PROFILE:
	case LANG_SOFTWARE: prog->type = BPF_PROG_TYPE_PERF_EVENT; break;
	case LANG_FENTRY:
	case LANG_FEXIT:
		prog->type = BPF_PROG_TYPE_TRACING;
		prog->expected_attach_type =
			probe->provider == LANG_FENTRY ? BPF_TRACE_FENTRY : BPF_TRACE_FEXIT;
		prog->attach_btf_id = probe->info.btf_id;
		prog->attach_btf = probe->info.btf;
		prog->attach_module = probe->info.module;
		break;
	case LANG_TRACEPOINT:
		prog->type =
			probe->use_raw ? BPF_PROG_TYPE_RAW_TRACEPOINT : BPF_PROG_TYPE_TRACEPOINT;
		if (!probe->use_raw || probe->info.syscall_nr < 0)
			break;
		prog->type = BPF_PROG_TYPE_TRACING;
		prog->expected_attach_type = BPF_TRACE_RAW_TP;
		world->probe_open(world->ctx, LANG_RAWTRACEPOINT, NULL,
				  probe->info.syscall_exit ? "sys_exit" : "sys_enter", 0, &info);
		prog->attach_btf_id = info.btf_id;
		prog->attach_btf = info.btf;
		break;
	default: prog->type = BPF_PROG_TYPE_KPROBE; break;
	}
}

static void set_program_name(struct lang_program *prog, const struct probe *probe)
{
	size_t n = 0;

	for (const char *s = probe->full; *s && n < sizeof(prog->name) - 1; s++) {
		bool plain = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') ||
			     (*s >= '0' && *s <= '9');

		prog->name[n++] = plain ? *s : '_';
	}
}

/* @alloc: where registers are by now, or NULL. */
static void dump_ir(struct lower *lw, enum lang_stage stage, const struct ir_allocation *alloc)
{
	const struct lang_options *o = &lw->cx->options;

	if (!(o->dump & 1u << stage) || !o->dump_file)
		return;
	fprintf(o->dump_file, "%s of %s:\n", lang_stage_name(stage), lw->probe->full);
	if (alloc)
		ir_dump_allocation(lw->fn, alloc, o->dump_file);
	else
		ir_dump(lw->fn, o->dump_file);
}

static int too_large(struct lower *lw)
{
	lang_error(lw->cx, lw->unit->clause->loc, LANG_E_PROGRAM_TOO_LARGE);
	return -EINVAL;
}

/* IR to instructions. */
static int finish_unit(struct lower *lw, struct lang_program *prog)
{
	struct ir_allocation alloc = {0};
	uint32_t column;
	int err;

	if (lw->too_big)
		return too_large(lw);
	if (lw->fn->failed || arena_failed(lw->arena))
		return -ENOMEM;
	dump_ir(lw, LANG_STAGE_IR, NULL);
	err = ir_check(lw->fn, lw->cx->options.dump_file);
	if (!err)
		err = ir_optimise(lw->fn);
	if (!err) {
		dump_ir(lw, LANG_STAGE_OPT, NULL);
		err = ir_allocate(lw->fn, &alloc);
	}
	if (!err) {
		dump_ir(lw, LANG_STAGE_RA, &alloc);
		err = emit_program(lw->fn, &alloc, lw->arena, prog);
	}
	if (err == -E2BIG)
		return too_large(lw);
	if (err)
		return err;
	set_program_type(lw, prog);
	set_program_name(prog, lw->probe);
	lang_line_column(lw->cx, lw->unit->clause->loc.pos, &prog->line, &column);
	return 0;
}

static enum lang_attach_kind attach_kind(const struct probe *probe)
{
	switch (probe->provider) {
	case LANG_BEGIN: return LANG_ATTACH_BEGIN;
	case LANG_END: return LANG_ATTACH_END;
	case LANG_INTERVAL: return LANG_ATTACH_INTERVAL;
	case LANG_PROFILE: return LANG_ATTACH_PROFILE;
	case LANG_SOFTWARE: return LANG_ATTACH_SOFTWARE;
	case LANG_TRACEPOINT: return probe->use_raw ? LANG_ATTACH_RAW_TP : LANG_ATTACH_TRACEPOINT;
	case LANG_RAWTRACEPOINT: return LANG_ATTACH_RAW_TP;
	case LANG_KPROBE: return LANG_ATTACH_KPROBE;
	case LANG_KRETPROBE: return LANG_ATTACH_KRETPROBE;
	case LANG_UPROBE: return LANG_ATTACH_UPROBE;
	case LANG_URETPROBE: return LANG_ATTACH_URETPROBE;
	default: return LANG_ATTACH_TRACING;
	}
}

static int add_attach(struct lower *lw, uint32_t program, const struct probe *probe,
		      uint32_t nprobes)
{
	struct lang_plan *plan = lw->plan;
	bool is_uprobe = probe->provider == LANG_UPROBE || probe->provider == LANG_URETPROBE;
	bool is_raw_syscall = probe->use_raw && probe->info.syscall_nr >= 0;
	struct lang_attach at = {
		.kind = attach_kind(probe),
		.program = program,
		.probe = probe->full,
		.target = is_uprobe ? probe->info.path : probe->target,
		.name = probe->name,
		.offset = is_uprobe ? probe->info.offset : probe->offset,
		.period = probe->period,
		.freq = probe->freq,
		.perf_config = probe->perf_config,
		.nprobes = nprobes,
	};
	uint32_t column;

	if (is_raw_syscall)
		at.name = probe->info.syscall_exit ? "sys_exit" : "sys_enter";
	lang_line_column(lw->cx, probe->loc.pos, &at.line, &column);
	plan->attaches = arena_grow(lw->arena, plan->attaches, sizeof(at), &lw->attaches_cap,
				    plan->nattaches);
	if (!plan->attaches)
		return -ENOMEM;
	plan->attaches[plan->nattaches++] = at;
	return 0;
}

static int attach_unit(struct lower *lw, uint32_t program)
{
	const struct unit *unit = lw->unit;
	int err = 0;

	if (unit->probes[0]->use_raw && unit->probes[0]->info.syscall_nr >= 0)
		return add_attach(lw, program, unit->probes[0], unit->nprobes);
	for (uint32_t i = 0; i < unit->nprobes && !err; i++)
		err = add_attach(lw, program, unit->probes[i], 1);
	return err;
}

static int lower_unit(struct lower *lw, struct unit *unit)
{
	struct lang_plan *plan = lw->plan;
	int err = check_unit(lw->cx, lw->checked, unit);

	if (!err)
		err = name_raw_syscalls(lw, unit);
	if (err)
		return err;
	begin_unit(lw, unit);
	if (!lw->fn)
		return -ENOMEM;
	build_unit(lw);
	plan->programs = arena_grow(lw->arena, plan->programs, sizeof(*plan->programs),
				    &lw->programs_cap, plan->nprograms);
	if (!plan->programs)
		return -ENOMEM;
	err = finish_unit(lw, &plan->programs[plan->nprograms]);
	if (err)
		return err;
	return attach_unit(lw, plan->nprograms++);
}

static int attach_rank(const struct lang_attach *at)
{
	return at->kind == LANG_ATTACH_BEGIN ? 0 : at->kind == LANG_ATTACH_END ? 2 : 1;
}

/* BEGIN first, END last, the rest as in the script. */
static int order_attaches(struct lower *lw)
{
	struct lang_plan *plan = lw->plan;
	struct lang_attach *sorted =
		ARENA_ARRAY(lw->arena, struct lang_attach, plan->nattaches + 1);
	uint32_t n = 0;

	if (!sorted)
		return -ENOMEM;
	for (int rank = 0; rank < 3; rank++)
		for (uint32_t i = 0; i < plan->nattaches; i++)
			if (attach_rank(&plan->attaches[i]) == rank)
				sorted[n++] = plan->attaches[i];
	plan->attaches = sorted;
	return 0;
}

static void dump_asm(struct lower *lw)
{
	const struct lang_options *o = &lw->cx->options;

	if (!(o->dump & 1u << LANG_STAGE_ASM) || !o->dump_file)
		return;
	for (uint32_t i = 0; i < lw->plan->nprograms; i++)
		emit_dump(&lw->plan->programs[i], lw->plan, o->dump_file);
}

int lower_script(struct lang_context *cx, struct checked *checked, struct lang_plan **out)
{
	struct lower lw = {.cx = cx, .checked = checked, .arena = cx->arena};
	struct lang_plan *plan = ARENA_NEW(cx->arena, struct lang_plan);
	int err;

	if (!plan)
		return -ENOMEM;
	lw.plan = plan;
	lw.lost_site = LANG_NONE;
	plan->start_offset = plan->exit_offset = LANG_NONE;
	plan->strings = checked->strings;
	plan->nstrings = checked->nstrings;
	err = find_shared_maps(&lw);
	if (!err)
		err = describe_maps(&lw);
	if (!err)
		err = name_probes(&lw);
	for (struct unit *u = checked->units; u && !err; u = u->next)
		err = lower_unit(&lw, u);
	if (!err)
		err = order_attaches(&lw);
	if (err)
		return err;
	finish_maps(&lw);
	dump_asm(&lw);
	*out = plan;
	return 0;
}
