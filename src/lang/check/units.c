// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Which attach points of a clause can share one program.
 *
 * Code depends on a probe by its provider, by the way it is served (raw or perf tracepoint), by
 * where the used members of args lie, and by its name where `probe` or `func` is read. Programs
 * that the kernel binds to one function at load (fentry, fexit) are never shared. System calls all
 * go through sys_enter or sys_exit and learn the number when they run.
 */
#include <errno.h>
#include <string.h>

#include "lang/check/checker.h"

static const struct lang_field *find_field(const struct probe *probe, const char *name)
{
	for (uint32_t i = 0; i < probe->info.nfields; i++)
		if (!strcmp(probe->info.fields[i].name, name))
			return &probe->info.fields[i];
	return NULL;
}

/* Can sys_enter or sys_exit give this member? Their arguments are the registers, the number and
 * the returned value; nothing of a perf record. */
static bool is_in_raw_syscall(const struct probe *probe, const char *name)
{
	const struct lang_field *field = find_field(probe, name);

	if (!field || field->arg_index >= 0)
		return true;
	if (probe->info.syscall_exit && !strcmp(name, "ret"))
		return true;
	return !strcmp(name, "__syscall_nr") || !strcmp(name, "nr");
}

static bool has_raw_tracepoint(struct lang_world *world, const struct probe *probe)
{
	struct lang_probe_info info = {.syscall_nr = -1};

	/* The world has said so already; asking again may cost it opening BTF. */
	for (uint32_t i = 0; i < probe->info.nfields; i++)
		if (probe->info.fields[i].arg_index >= 0)
			return true;
	return world->probe_open(world->ctx, LANG_RAWTRACEPOINT, NULL, probe->name, 0, &info) ==
	       LANG_OK;
}

/* Are all members that the clause reads arguments of the raw tracepoint? */
static bool are_raw_arguments(const struct probe *probe, const struct clause_facts *facts)
{
	const struct lang_field *field;

	for (const struct field_use *use = facts->fields; use; use = use->next) {
		field = find_field(probe, use->name);
		if (!field || field->arg_index < 0)
			return false;
	}
	return facts->fields || !facts->uses_args;
}

static bool wants_raw(struct checker *ck, const struct probe *probe,
		      const struct clause_facts *facts)
{
	struct lang_world *world = ck->cx->world;

	if (probe->provider != LANG_TRACEPOINT)
		return false;
	if (probe->info.syscall_nr < 0)
		return are_raw_arguments(probe, facts) && has_raw_tracepoint(world, probe);
	if (!world->feature(world->ctx, LANG_FEAT_TP_BTF))
		return false;
	for (const struct field_use *use = facts->fields; use; use = use->next)
		if (!is_in_raw_syscall(probe, use->name))
			return false;
	return true;
}

static bool is_same_field(const struct lang_field *a, const struct lang_field *b)
{
	if (!a || !b)
		return a == b;
	return a->kind == b->kind && a->offset == b->offset && a->size == b->size &&
	       a->count == b->count && a->btf_id == b->btf_id && a->btf == b->btf &&
	       a->is_signed == b->is_signed && a->is_user == b->is_user &&
	       a->arg_index == b->arg_index;
}

static bool is_raw_syscall(const struct probe *probe)
{
	return probe->use_raw && probe->info.syscall_nr >= 0;
}

static bool can_share(const struct probe *a, const struct probe *b,
		      const struct clause_facts *facts)
{
	if (a->provider != b->provider || a->use_raw != b->use_raw ||
	    is_raw_syscall(a) != is_raw_syscall(b) || a->info.syscall_exit != b->info.syscall_exit)
		return false;
	switch (a->provider) {
	case LANG_BEGIN:
	case LANG_END:
	case LANG_INTERVAL:
	case LANG_FENTRY:
	case LANG_FEXIT: return false;
	default: break;
	}
	if ((facts->uses_probe || facts->uses_func) && !is_raw_syscall(a))
		return false;
	for (const struct field_use *use = facts->fields; use; use = use->next)
		if (!is_same_field(find_field(a, use->name), find_field(b, use->name)))
			return false;
	return true;
}

static struct unit_state *new_unit(struct checker *ck, struct clause *clause, size_t most)
{
	struct unit_state *state = ARENA_NEW(ck->cx->arena, struct unit_state);

	if (!state)
		return NULL;
	state->unit.probes = ARENA_ARRAY(ck->cx->arena, struct probe *, most);
	if (!state->unit.probes)
		return NULL;
	state->unit.clause = clause;
	state->vars_end = &state->vars;
	return state;
}

int units_make(struct checker *ck, struct clause *clause, const struct clause_facts *facts,
	       struct probe_list *list, size_t first)
{
	struct unit **end = &ck->pub.units, **mine, *unit;
	struct unit_state *state;

	while (*end)
		end = &(*end)->next;
	mine = end;
	for (size_t i = first; i < list->count; i++) {
		struct probe *probe = list->list[i];

		probe->use_raw = wants_raw(ck, probe, facts);
		for (unit = *mine; unit; unit = unit->next)
			if (can_share(unit->probes[0], probe, facts))
				break;
		if (!unit) {
			state = new_unit(ck, clause, list->count - i);
			if (!state)
				return -ENOMEM;
			unit = *end = &state->unit;
			end = &unit->next;
			ck->pub.nunits++;
		}
		unit->probes[unit->nprobes++] = probe;
	}
	return 0;
}
