// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Probes that the system must know: asks the world for one, or for all that a wildcard matches,
 * and says why it has none. The matches are collected before any is opened, so that a pattern that
 * stands for too many fails before it costs anything.
 */
#include <errno.h>
#include <string.h>

#include <skep/lang_suggest.h>

#include "lang/probe/probe.h"
#include "lang/probe/provider.h"

struct match {
	const char *target, *name;
};

/* What a wildcard matched: all are counted, the first PROBE_MAX kept. */
struct matches {
	struct lang_context *cx;
	struct match *list;
	size_t cap, kept, total;
};

static bool is_wildcard(const char *s)
{
	return s && strpbrk(s, "*?[");
}

static int keep_match(void *arg, const char *target, const char *name)
{
	struct matches *m = arg;
	struct match *list;

	m->total++;
	if (m->kept >= PROBE_MAX)
		return 0;
	list = arena_grow(m->cx->arena, m->list, sizeof(*list), &m->cap, m->kept);
	if (!list)
		return -ENOMEM;
	m->list = list;
	list[m->kept].target = target ? arena_strdup(m->cx->arena, target) : NULL;
	list[m->kept].name = arena_strdup(m->cx->arena, name);
	m->kept++;
	return arena_failed(m->cx->arena) ? -ENOMEM : 0;
}

/* Names near the wanted one; with_target offers "target:name". */
struct near {
	struct lang_context *cx;
	struct lang_suggest suggest;
	bool with_target;
};

static int offer_name(void *arg, const char *target, const char *name)
{
	struct near *near = arg;
	char buf[2 * LANG_SUGGEST_MAX_LEN + 2];

	if (near->with_target) {
		snprintf(buf, sizeof(buf), "%s:%s", target ? target : "", name);
		name = buf;
	}
	lang_suggest_offer(&near->suggest, name);
	/* the caller of this callback may reuse its memory, as does buf */
	if (near->suggest.best == name)
		near->suggest.best = arena_strdup(near->cx->arena, name);
	return 0;
}

static void hint_near_tracepoint(struct lang_context *cx, const struct probe *probe)
{
	struct lang_world *world = cx->world;
	struct near near = {.cx = cx, .with_target = true};
	enum lang_reason reason;

	near.suggest.name = arena_printf(cx->arena, "%s:%s", probe->target, probe->name);
	if (!near.suggest.name)
		return;
	world->probe_match(world->ctx, LANG_TRACEPOINT, probe->target, "*", offer_name, &near,
			   &reason);
	if (!near.suggest.best)
		world->probe_match(world->ctx, LANG_TRACEPOINT, "*", "*", offer_name, &near,
				   &reason);
	if (near.suggest.best)
		lang_hint(cx, "did you mean 'tracepoint:%s'?", near.suggest.best);
}

static void hint_near_probe(struct lang_context *cx, const struct probe *probe)
{
	struct lang_world *world = cx->world;
	struct near near = {.cx = cx, .suggest.name = probe->name};
	enum lang_reason reason;

	if (is_wildcard(probe->target) || is_wildcard(probe->name))
		return;
	if (probe->provider == LANG_TRACEPOINT) {
		hint_near_tracepoint(cx, probe);
		return;
	}
	world->probe_match(world->ctx, probe->provider, probe->target, "*", offer_name, &near,
			   &reason);
	if (near.suggest.best)
		lang_hint(cx, "did you mean '%s'?", near.suggest.best);
}

static int take_first(void *arg, const char *target, const char *name)
{
	struct near *near = arg;

	near->suggest.best = arena_printf(near->cx->arena, "%s:%s", target ? target : "", name);
	return 1;
}

void probe_report_category(struct lang_context *cx, const struct probe *probe)
{
	struct lang_world *world = cx->world;
	struct near near = {.cx = cx};
	enum lang_reason reason;

	lang_error(cx, probe->loc, LANG_E_TRACEPOINT_CATEGORY, probe->name);
	world->probe_match(world->ctx, LANG_TRACEPOINT, "*", probe->name, take_first, &near,
			   &reason);
	if (near.suggest.best)
		lang_hint(cx, "did you mean 'tracepoint:%s'?", near.suggest.best);
}

static void report_no_such_probe(struct lang_context *cx, const struct probe *probe)
{
	switch (probe->provider) {
	case LANG_TRACEPOINT:
		lang_error(cx, probe->loc, LANG_E_NO_TRACEPOINT, probe->target, probe->name);
		lang_hint(cx, "skep trace -l 'tracepoint:%s:*' lists what there is", probe->target);
		break;
	case LANG_RAWTRACEPOINT:
		lang_error(cx, probe->loc, LANG_E_NO_RAW_TRACEPOINT, probe->name);
		break;
	case LANG_UPROBE:
	case LANG_URETPROBE:
		lang_error(cx, probe->loc, LANG_E_NO_SYMBOL, probe->target, probe->name);
		break;
	default: lang_error(cx, probe->loc, LANG_E_NO_FUNCTION, probe->name); break;
	}
	hint_near_probe(cx, probe);
}

static void report_unsupported(struct lang_context *cx, const struct probe *probe)
{
	lang_error(cx, probe->loc, LANG_E_PROBE_UNSUPPORTED, lang_providers[probe->provider].name);
	switch (probe->provider) {
	case LANG_KPROBE:
	case LANG_KRETPROBE:
		lang_hint(cx, "it was built without CONFIG_KPROBES; tracepoints may serve instead");
		break;
	case LANG_FENTRY:
	case LANG_FEXIT:
		lang_hint(cx, "it needs ftrace's direct calls, built in and not forbidden; "
			      "tracepoints may serve instead");
		break;
	case LANG_UPROBE:
	case LANG_URETPROBE: lang_hint(cx, "it was built without CONFIG_UPROBES"); break;
	default: break;
	}
}

void probe_report(struct lang_context *cx, const struct probe *probe, enum lang_reason reason)
{
	const char *target = probe->target ? probe->target : "";

	switch (reason) {
	case LANG_OK: break;
	case LANG_NO_SUCH_PROBE: report_no_such_probe(cx, probe); break;
	case LANG_NO_SUCH_FILE: lang_error(cx, probe->loc, LANG_E_NO_BINARY, target); break;
	case LANG_NOT_ELF: lang_error(cx, probe->loc, LANG_E_NOT_ELF, target); break;
	case LANG_NO_SYMBOLS: lang_error(cx, probe->loc, LANG_E_STRIPPED, target); break;
	case LANG_NO_SUCH_SYMBOL:
		lang_error(cx, probe->loc, LANG_E_NO_SYMBOL, target, probe->name);
		hint_near_probe(cx, probe);
		break;
	case LANG_BAD_OFFSET:
		lang_error(cx, probe->loc, LANG_E_BAD_OFFSET, (unsigned long long)probe->offset,
			   *probe->name ? probe->name : target);
		break;
	case LANG_NO_TRACEFS: lang_error(cx, probe->loc, LANG_E_NO_TRACEFS); break;
	case LANG_NO_PRIVILEGE: lang_error(cx, probe->loc, LANG_E_NO_PRIVILEGE); break;
	case LANG_NO_BTF:
		lang_error(cx, probe->loc, LANG_E_NO_BTF, lang_providers[probe->provider].name);
		break;
	case LANG_NOT_SUPPORTED: report_unsupported(cx, probe); break;
	case LANG_NO_MEMORY: lang_error(cx, probe->loc, LANG_E_NO_MEMORY); break;
	}
}

/* Does the reason hold for all probes of the kind, so that going on is in vain? */
static bool is_general(enum lang_reason reason)
{
	return reason == LANG_NO_TRACEFS || reason == LANG_NO_PRIVILEGE || reason == LANG_NO_MEMORY;
}

static enum lang_reason open_one(struct lang_context *cx, struct probe *probe)
{
	struct lang_world *world = cx->world;

	memset(&probe->info, 0, sizeof(probe->info));
	probe->info.syscall_nr = -1;
	return world->probe_open(world->ctx, probe->provider, probe->target, probe->name,
				 probe->offset, &probe->info);
}

/* Opens what matched; functions that exist but cannot be attached are left out. */
static int open_matches(struct lang_context *cx, const struct probe *pattern,
			const struct matches *matches, struct probe_list *out)
{
	enum lang_reason reason, last = LANG_NO_SUCH_PROBE;
	size_t opened = 0;
	int err;

	for (size_t i = 0; i < matches->kept; i++) {
		struct probe probe = *pattern;

		probe.name = matches->list[i].name;
		/* a module is part of the name only where the script names modules */
		if (pattern->target)
			probe.target = matches->list[i].target;
		reason = open_one(cx, &probe);
		if (is_general(reason)) {
			probe_report(cx, &probe, reason);
			return 0;
		}
		if (reason != LANG_OK) {
			last = reason;
			continue;
		}
		probe.full = probe_full_name(cx, &probe);
		if (!probe.full)
			return -ENOMEM;
		err = probe_append(cx, out, &probe);
		if (err)
			return err;
		opened++;
	}
	if (!opened && last != LANG_NO_SUCH_PROBE)
		probe_report(cx, pattern, last);
	else if (!opened)
		lang_error(cx, pattern->loc, LANG_E_NO_MATCH, pattern->full);
	return 0;
}

static int expand(struct lang_context *cx, const struct probe *pattern, struct probe_list *out)
{
	struct lang_world *world = cx->world;
	struct matches matches = {.cx = cx};
	enum lang_reason reason = LANG_OK;
	int err;

	err = world->probe_match(world->ctx, pattern->provider, pattern->target, pattern->name,
				 keep_match, &matches, &reason);
	if (err)
		return err;
	if (!matches.total && reason != LANG_OK && reason != LANG_NO_SUCH_PROBE) {
		probe_report(cx, pattern, reason);
		return 0;
	}
	if (matches.total > PROBE_MAX - out->count) {
		lang_error(cx, pattern->loc, LANG_E_TOO_MANY_PROBES, pattern->full,
			   out->count + matches.total, PROBE_MAX);
		return 0;
	}
	return open_matches(cx, pattern, &matches, out);
}

int probe_open_all(struct lang_context *cx, const struct probe *pattern, struct probe_list *out)
{
	struct probe probe = *pattern;
	enum lang_reason reason;

	probe.full = probe_full_name(cx, &probe);
	if (!probe.full)
		return -ENOMEM;
	if (is_wildcard(probe.target) || (!probe.offset && is_wildcard(probe.name)))
		return expand(cx, &probe, out);
	if (out->count >= PROBE_MAX) {
		lang_error(cx, probe.loc, LANG_E_TOO_MANY_PROBES, probe.full, out->count + 1,
			   PROBE_MAX);
		return 0;
	}
	reason = open_one(cx, &probe);
	if (reason == LANG_OK)
		return probe_append(cx, out, &probe);
	probe_report(cx, &probe, reason);
	return 0;
}
