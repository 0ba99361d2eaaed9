// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Names, once for each clause: parameters become literals, constants and enumerators numbers, maps
 * get their definitions; and the facts that units.c groups probes by are gathered. This is the
 * only pass that changes the tree.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skep/lang_suggest.h>

#include "lang/check/checker.h"

static const struct {
	const char *name;
	int64_t value;
} constants[] = {
	{"AF_UNIX", 1}, {"AF_INET", 2}, {"AF_INET6", 10}, {"true", 1}, {"false", 0},
};

/* What bpftrace has and skep has not, so that the message can say so. */
static const char *const later[] = {
	"kstack",   "ustack",	    "ksym",	   "usym",	"kaddr",       "uaddr",
	"username", "jiffies",	    "ctx",	   "numaid",	"usermode",    "probetype",
	"ppid",	    "pcomm",	    "reg",	   "cgroupid",	"cgroup_path", "macaddr",
	"bswap",    "pton",	    "signal",	   "strerror",	"override",    "skboutput",
	"unwatch",  "strcontains",  "sizeof",	   "offsetof",	"tseries",     "getopt",
	"has_cpid", "syscall_name", "signal_name", "find",	"strstr",      "memcmp",
	"errorf",   "warnf",	    "debugf",	   "kptr",	"uptr",	       "socket_cookie",
	"path",	    "percpu_kaddr", "strcap",	   "dw_ustack", "is_ptr",
};

static void make_int(struct expr *e, int64_t value)
{
	e->kind = EXPR_INT;
	e->value = (uint64_t)value;
	e->is_negative = value < 0;
}

uint32_t check_intern(struct checker *ck, const char *text)
{
	struct checked *pub = &ck->pub;
	const char **strings;

	for (uint32_t i = 0; i < pub->nstrings; i++)
		if (!strcmp(pub->strings[i], text))
			return i;
	strings = arena_grow(ck->cx->arena, pub->strings, sizeof(*strings), &ck->strings_cap,
			     pub->nstrings);
	if (!strings) {
		ck->failed = true;
		return 0;
	}
	pub->strings = strings;
	strings[pub->nstrings] = text;
	return pub->nstrings++;
}

static void resolve_param(struct checker *ck, struct expr *e)
{
	const struct lang_options *options = &ck->cx->options;
	const char *text;
	char *end;
	long long value;

	if (!e->value || e->value > options->nparams) {
		make_int(e, 0);
		return;
	}
	text = options->params[e->value - 1];
	errno = 0;
	value = strtoll(text, &end, 0);
	if (errno == ERANGE && *text != '-') {
		errno = 0;
		value = (long long)strtoull(text, &end, 0);
	}
	if (errno || end == text || *end || isspace((unsigned char)*text)) {
		lang_error(ck->cx, e->loc, LANG_E_PARAM_NUMBER, (unsigned int)e->value, text);
		lang_hint(ck->cx, "str($%u) is the parameter as text", (unsigned int)e->value);
		value = 0;
	}
	make_int(e, value);
	e->is_negative = *text == '-' && value < 0;
}

/* An enumerator of the kernel's BTF. A search takes a millisecond, so they are remembered. */
static bool find_enumerator(struct checker *ck, const char *name, int64_t *value)
{
	struct lang_world *world = ck->cx->world;
	const struct btfr *btf;
	struct enumerator *known;
	struct btfr_enum found;

	for (known = ck->enumerators; known; known = known->next) {
		if (!strcmp(known->name, name)) {
			*value = known->value;
			return true;
		}
	}
	if (ck->nenumerators >= CHECK_MAX_STRINGS)
		return false;
	ck->nenumerators++;
	btf = world->btf(world->ctx);
	if (!btf || btfr_enumerator(btf, name, &found, NULL))
		return false;
	known = ARENA_NEW(ck->cx->arena, struct enumerator);
	if (known) {
		*known = (struct enumerator){name, found.value, ck->enumerators};
		ck->enumerators = known;
	}
	*value = found.value;
	return true;
}

bool resolve_is_later(const char *name)
{
	for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++)
		if (!strcmp(later[i], name))
			return true;
	return false;
}

static void unknown_name(struct checker *ck, struct expr *e)
{
	struct lang_suggest s = {.name = e->name};

	if (resolve_is_later(e->name)) {
		lang_error(ck->cx, e->loc, LANG_E_NOT_SUPPORTED_YET, e->name);
		return;
	}
	lang_error(ck->cx, e->loc, LANG_E_UNKNOWN_NAME, e->name);
	if (function_find(e->name) >= 0) {
		lang_hint(ck->cx, "it is a function: write %s(…)", e->name);
		return;
	}
	for (int i = 0; i < NBUILTINS; i++)
		lang_suggest_offer(&s, builtin_rows[i].name);
	if (s.best)
		lang_hint(ck->cx, "did you mean '%s'?", s.best);
}

static void resolve_ident(struct checker *ck, struct expr *e)
{
	int id = builtin_find(e->name);
	int64_t value;

	e->builtin = id < 0 ? NBUILTINS : (enum builtin_id)id;
	if (id == BUILTIN_ARGN) {
		e->builtin_arg = (uint32_t)strtoul(e->name + strlen("arg"), NULL, 10);
		return;
	}
	ck->facts->uses_args |= id == BUILTIN_ARGS;
	ck->facts->uses_probe |= id == BUILTIN_PROBE;
	ck->facts->uses_func |= id == BUILTIN_FUNC;
	if (id >= 0)
		return;
	for (size_t i = 0; i < sizeof(constants) / sizeof(constants[0]); i++) {
		if (!strcmp(constants[i].name, e->name)) {
			make_int(e, constants[i].value);
			return;
		}
	}
	if (ck->cx->messages->nerrors < CHECK_MAX_ERRORS && find_enumerator(ck, e->name, &value))
		make_int(e, value);
	else
		unknown_name(ck, e);
}

/* args.name: remember the name. */
static void note_field(struct checker *ck, struct expr *e)
{
	struct clause_facts *facts = ck->facts;
	struct field_use *use;

	for (use = facts->fields; use; use = use->next)
		if (!strcmp(use->name, e->name))
			return;
	if (facts->nfields >= CHECK_MAX_FIELDS) {
		lang_error(ck->cx, e->loc, LANG_E_LIMIT, CHECK_MAX_FIELDS, "fields of args");
		return;
	}
	use = ARENA_NEW(ck->cx->arena, struct field_use);
	if (!use) {
		ck->failed = true;
		return;
	}
	use->name = e->name;
	use->next = facts->fields;
	facts->fields = use;
	facts->nfields++;
}

void resolve_expr(struct checker *ck, struct expr *e)
{
	if (!e || ck->cx->messages->nerrors >= CHECK_MAX_ERRORS)
		return;
	switch (e->kind) {
	case EXPR_PARAM: resolve_param(ck, e); return;
	case EXPR_NPARAMS: make_int(e, (int64_t)ck->cx->options.nparams); return;
	case EXPR_IDENT: resolve_ident(ck, e); return;
	case EXPR_CALL: resolve_call(ck, e); return;
	case EXPR_MAP: e->map = map_intern(ck, e); break;
	case EXPR_FIELD:
		if (e->left->kind == EXPR_IDENT && builtin_find(e->left->name) == BUILTIN_ARGS)
			note_field(ck, e);
		break;
	default: break;
	}
	resolve_expr(ck, e->cond);
	resolve_expr(ck, e->left);
	resolve_expr(ck, e->right);
	for (uint32_t i = 0; i < e->nargs; i++)
		resolve_expr(ck, e->args[i]);
}

static void resolve_stmts(struct checker *ck, struct stmt *stmt)
{
	for (; stmt; stmt = stmt->next) {
		resolve_expr(ck, stmt->target);
		resolve_expr(ck, stmt->expr);
		resolve_stmts(ck, stmt->body);
		resolve_stmts(ck, stmt->orelse);
	}
}

int resolve_clause(struct checker *ck, struct clause *clause, struct clause_facts *facts)
{
	ck->facts = facts;
	resolve_expr(ck, clause->predicate);
	resolve_stmts(ck, clause->body);
	return ck->failed ? -ENOMEM : 0;
}
