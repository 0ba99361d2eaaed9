// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Builtins: which providers have them, and their types. */
#include <string.h>

#include "lang/check/checker.h"
#include "lang/probe/provider.h"

#define COMM_SIZE 16
/* arg0 to arg9 of functions, the first six in registers; raw tracepoints have at most 12. */
#define MAX_FUNCTION_ARGS 10
#define MAX_RAW_ARGS	  12

/* Those that only some providers have; see provider_row.builtins. */
#define PROVIDER_BUILTINS                                                       \
	((1u << BUILTIN_ARGN) | (1u << BUILTIN_RETVAL) | (1u << BUILTIN_ARGS) | \
	 (1u << BUILTIN_FUNC))

static void report_provider(struct checker *ck, struct expr *e)
{
	const struct probe *probe = check_probe(ck);
	char *where = arena_strdup(ck->cx->arena, "");

	lang_error(ck->cx, e->loc, LANG_E_BUILTIN_PROVIDER, e->name,
		   lang_providers[probe->provider].name);
	for (int i = 0; where && i < LANG_PROVIDER_COUNT; i++)
		if (lang_providers[i].builtins & (1u << e->builtin))
			where = arena_printf(ck->cx->arena, "%s%s%s", where, *where ? ", " : "",
					     lang_providers[i].name);
	if (where)
		lang_hint(ck->cx, "these have it: %s", where);
}

static void check_argn(struct checker *ck, struct expr *e)
{
	const struct probe *probe = check_probe(ck);
	bool is_raw = probe->provider == LANG_RAWTRACEPOINT;
	uint32_t most = is_raw ? MAX_RAW_ARGS : MAX_FUNCTION_ARGS;

	if (is_raw && probe->info.nargs)
		most = probe->info.nargs;
	if (e->builtin_arg >= most)
		lang_error(ck->cx, e->loc, LANG_E_ARG_NUMBER, e->name, probe->full, most - 1);
	e->type = type_int(8, false);
}

static void check_retval(struct checker *ck, struct expr *e)
{
	const struct probe *probe = check_probe(ck);
	const struct lang_field *field = probe->info.retval;

	if (probe->provider != LANG_FEXIT) {
		e->type = type_int(8, false);
		return;
	}
	if (!field) {
		lang_error(ck->cx, e->loc, LANG_E_VOID_RETVAL, probe->name);
		return;
	}
	e->field = field;
	if (field->kind == LANG_FIELD_BTF)
		e->type = type_from_btf(field->btf, field->btf_id, false);
	else if (field->kind == LANG_FIELD_INT)
		e->type = type_int(field->size, field->is_signed);
	else
		e->type = type_int(8, false);
}

static struct type curtask_type(struct checker *ck)
{
	struct lang_world *world = ck->cx->world;
	const struct btfr *btf = world->btf(world->ctx);
	/* the index of names is built inside on first use: the world's constness is of its types */
	uint32_t id = btf ? btfr_by_name((struct btfr *)btf, BTFR_K(STRUCT), "task_struct") : 0;

	return id ? type_pointer_to(btf, id, false) : type_int(8, false);
}

static void check_cpid(struct checker *ck, struct expr *e)
{
	if (!ck->cx->options.cpid)
		lang_error(ck->cx, e->loc, LANG_E_NO_COMMAND);
	e->type = type_int(8, true);
	check_set_const(e, ck->cx->options.cpid);
}

void check_builtin(struct checker *ck, struct expr *e)
{
	uint32_t has;

	if (e->builtin >= NBUILTINS) /* reported by resolve.c */
		return;
	has = lang_providers[check_probe(ck)->provider].builtins;
	if (((1u << e->builtin) & PROVIDER_BUILTINS & ~has)) {
		report_provider(ck, e);
		return;
	}
	switch (e->builtin) {
	case BUILTIN_PID:
	case BUILTIN_TID:
	case BUILTIN_UID:
	case BUILTIN_GID:
	case BUILTIN_CPU:
	case BUILTIN_RAND: e->type = type_int(4, false); break;
	case BUILTIN_NSECS:
	case BUILTIN_ELAPSED:
	case BUILTIN_CGROUP: e->type = type_int(8, false); break;
	case BUILTIN_NCPUS:
		e->type = type_int(8, true);
		check_set_const(e, ck->cx->options.ncpus);
		break;
	case BUILTIN_COMM: e->type = type_of_kind(TYPE_STRING, COMM_SIZE); break;
	case BUILTIN_PROBE: e->type = type_of_kind(TYPE_PROBE, 8); break;
	case BUILTIN_FUNC: e->type = type_of_kind(TYPE_FUNC, 8); break;
	case BUILTIN_ARGN: check_argn(ck, e); break;
	case BUILTIN_RETVAL: check_retval(ck, e); break;
	case BUILTIN_ARGS: e->type = type_of_kind(TYPE_ARGS, 0); break;
	case BUILTIN_CURTASK: e->type = curtask_type(ck); break;
	case BUILTIN_CPID: check_cpid(ck, e); break;
	case NBUILTINS: break;
	}
}
