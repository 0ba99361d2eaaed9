// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The parts of an attach point: which provider, and what its parts mean there.
 *
 * Providers that need nothing of the system (BEGIN, timers, software events) are done here; the
 * others get their target, name and offset here and are looked up in open.c.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lang/probe/probe.h"
#include "lang/probe/provider.h"

#define NSEC_PER_SEC 1000000000ULL
#define MAX_HZ	     NSEC_PER_SEC

struct time_unit {
	const char *name;
	uint64_t ns; /* 0: a frequency */
};

static const struct time_unit time_units[] = {
	{"hz", 0},
	{"ns", 1},
	{"us", 1000},
	{"ms", 1000000},
	{"s", NSEC_PER_SEC},
	{"m", 60 * NSEC_PER_SEC},
	{"h", 3600 * NSEC_PER_SEC},
};

/* Kinds of probes that bpftrace has and skep has not, so that the message can say so. */
static const char *const later[] = {"usdt",	  "U",	  "hardware", "h",
				    "watchpoint", "w",	  "iter",     "it",
				    "self",	  "test", "bench",    "asyncwatchpoint"};

/* All of @text as a number, decimal or 0x…; false when it is not one or too large. */
static bool parse_number(const char *text, uint64_t *value)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*value = strtoull(text, &end, 0);
	return !errno && !*end;
}

static const struct time_unit *find_unit(const char *name)
{
	for (size_t i = 0; i < sizeof(time_units) / sizeof(time_units[0]); i++)
		if (!strcmp(time_units[i].name, name))
			return &time_units[i];
	return NULL;
}

bool probe_duration(const char *text, uint64_t *value, const char **unit)
{
	const struct time_unit *row;
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*value = strtoull(text, &end, 10);
	if (errno)
		return false;
	*unit = "";
	if (!*end)
		return true;
	row = find_unit(end);
	if (!row)
		return false;
	*unit = row->name;
	return true;
}

static void bad_form(struct lang_context *cx, const struct probe_spec *spec,
		     const struct provider_row *row)
{
	lang_error(cx, spec->loc, LANG_E_PROBE_FORM, row->name);
	lang_hint(cx, "write %s", row->forms);
}

const char *probe_full_name(struct lang_context *cx, const struct probe *probe)
{
	const char *provider = lang_providers[probe->provider].name;
	const char *target = probe->target;
	char *name;

	if (!*probe->name)
		name = arena_printf(cx->arena, "0x%llx", (unsigned long long)probe->offset);
	else if (probe->offset)
		name = arena_printf(cx->arena, "%s+%llu", probe->name,
				    (unsigned long long)probe->offset);
	else
		name = arena_strdup(cx->arena, probe->name);
	if (!name)
		return NULL;
	if (!target)
		return arena_printf(cx->arena, "%s:%s", provider, name);
	return arena_printf(cx->arena, "%s:%s:%s", provider, target, name);
}

int probe_append(struct lang_context *cx, struct probe_list *out, const struct probe *probe)
{
	struct probe *copy = ARENA_NEW(cx->arena, struct probe);
	struct probe **list;

	if (!copy)
		return -ENOMEM;
	list = arena_grow(cx->arena, out->list, sizeof(*list), &out->cap, out->count);
	if (!list)
		return -ENOMEM;
	out->list = list;
	*copy = *probe;
	copy->id = (uint32_t)out->count;
	list[out->count++] = copy;
	return 0;
}

/* BEGIN and END; and the full name of what has no names to look up: the parts as written. */
static int append_as_written(struct lang_context *cx, const struct probe_spec *spec,
			     struct probe *probe, struct probe_list *out)
{
	char *full = arena_strdup(cx->arena, lang_providers[probe->provider].name);

	for (uint32_t i = 1; full && i < spec->nparts; i++)
		full = arena_printf(cx->arena, "%s:%s", full, spec->parts[i]);
	if (!full)
		return -ENOMEM;
	probe->full = full;
	if (out->count >= PROBE_MAX) {
		lang_error(cx, spec->loc, LANG_E_TOO_MANY_PROBES, full, out->count + 1, PROBE_MAX);
		return 0;
	}
	return probe_append(cx, out, probe);
}

static int parse_timer(struct lang_context *cx, const struct probe_spec *spec, struct probe *probe,
		       struct probe_list *out)
{
	const char *unit_name, *number = spec->parts[spec->nparts - 1];
	struct lang_loc loc = spec->part_locs[spec->nparts - 1];
	const struct time_unit *unit;
	uint64_t value;

	if (spec->nparts == 3) {
		unit_name = spec->parts[1];
		unit = find_unit(unit_name);
		if (!unit) {
			lang_error(cx, spec->part_locs[1], LANG_E_TIMER_UNIT, unit_name);
			return 0;
		}
		if (!parse_number(number, &value))
			value = 0;
	} else {
		if (!probe_duration(number, &value, &unit_name))
			value = 0, unit_name = "";
		unit = find_unit(*unit_name ? unit_name : "ns");
	}
	if (!value || (unit->ns ? value > INT64_MAX / unit->ns : value > MAX_HZ)) {
		lang_error(cx, loc, LANG_E_TIMER_VALUE, number);
		return 0;
	}
	probe->name = unit->name;
	if (unit->ns)
		probe->period = value * unit->ns;
	else if (probe->provider == LANG_PROFILE)
		probe->freq = value;
	else
		probe->period = NSEC_PER_SEC / value;
	return append_as_written(cx, spec, probe, out);
}

static int parse_software(struct lang_context *cx, const struct probe_spec *spec,
			  struct probe *probe, struct probe_list *out)
{
	const char *nearest;
	const struct software_event *event = software_find(spec->parts[1], &nearest);

	if (!event) {
		lang_error(cx, spec->part_locs[1], LANG_E_SOFTWARE_EVENT, spec->parts[1]);
		if (nearest)
			lang_hint(cx, "did you mean '%s'?", nearest);
		return 0;
	}
	probe->name = event->name;
	probe->perf_config = event->config;
	probe->period = event->period;
	if (spec->nparts == 3 && (!parse_number(spec->parts[2], &probe->period) || !probe->period ||
				  probe->period > INT64_MAX)) {
		lang_error(cx, spec->part_locs[2], LANG_E_SOFTWARE_COUNT, spec->parts[2]);
		return 0;
	}
	return append_as_written(cx, spec, probe, out);
}

/* "function+offset" or (absolute allowed) "0xoffset" into name and offset. */
static bool split_offset(struct lang_context *cx, const char *text, struct probe *probe)
{
	const char *plus = strrchr(text, '+');
	bool absolute = probe->provider == LANG_UPROBE;

	probe->name = text;
	if (absolute && parse_number(text, &probe->offset)) {
		probe->name = "";
		return true;
	}
	/* a C++ operator+ is a name: an offset begins with a digit */
	if (!plus || !isdigit((unsigned char)plus[1]))
		return true;
	if (!parse_number(plus + 1, &probe->offset)) {
		lang_error(cx, probe->loc, LANG_E_OFFSET_NUMBER, plus + 1);
		return false;
	}
	probe->name = arena_strndup(cx->arena, text, (size_t)(plus - text));
	if (!probe->name)
		return false;
	if (probe->offset && probe->provider != LANG_KPROBE && probe->provider != LANG_UPROBE) {
		lang_error(cx, probe->loc, LANG_E_PROBE_OFFSET,
			   lang_providers[probe->provider].name);
		return false;
	}
	return true;
}

/* uprobe:function with -p: the binary is the process's own. */
static const char *own_binary(struct lang_context *cx, const struct probe_spec *spec,
			      const struct provider_row *row)
{
	if (cx->options.pid)
		return arena_printf(cx->arena, "/proc/%d/exe", cx->options.pid);
	bad_form(cx, spec, row);
	return NULL;
}

static int parse_named(struct lang_context *cx, const struct probe_spec *spec, struct probe *probe,
		       const struct provider_row *row, struct probe_list *out)
{
	const char *last = spec->parts[spec->nparts - 1];

	if (!*last) {
		bad_form(cx, spec, row);
		return 0;
	}
	if (spec->nparts == 3)
		probe->target = spec->parts[1];
	if (probe->target && !*probe->target)
		probe->target = NULL;
	probe->name = last;
	switch (probe->provider) {
	case LANG_TRACEPOINT:
		if (!probe->target) {
			probe_report_category(cx, probe);
			return 0;
		}
		break;
	case LANG_RAWTRACEPOINT: break;
	case LANG_UPROBE:
	case LANG_URETPROBE:
		if (!probe->target)
			probe->target = own_binary(cx, spec, row);
		if (!probe->target)
			return 0;
		/* fallthrough */
	default:
		if (!split_offset(cx, last, probe))
			return 0;
	}
	return probe_open_all(cx, probe, out);
}

static const struct provider_row *find_provider(struct lang_context *cx,
						const struct probe_spec *spec)
{
	const struct provider_row *row = provider_find(spec->parts[0]);
	const char *nearest;

	if (row)
		return row;
	for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++) {
		if (!strcmp(later[i], spec->parts[0])) {
			lang_error(cx, spec->part_locs[0], LANG_E_PROBE_TYPE_LATER, later[i]);
			return NULL;
		}
	}
	lang_error(cx, spec->part_locs[0], LANG_E_UNKNOWN_PROVIDER, spec->parts[0]);
	nearest = provider_suggest(spec->parts[0]);
	if (nearest)
		lang_hint(cx, "did you mean '%s'?", nearest);
	return NULL;
}

int probe_resolve(struct lang_context *cx, const struct probe_spec *spec, struct probe_list *out)
{
	const struct provider_row *row;
	struct probe probe = {.loc = spec->loc, .name = ""};
	uint32_t least = 2, most = 3;

	if (!spec->nparts)
		return 0;
	row = find_provider(cx, spec);
	if (!row)
		return 0;
	probe.provider = row->provider;
	probe.info.syscall_nr = -1;
	if (row->provider == LANG_BEGIN || row->provider == LANG_END)
		least = most = 1;
	if (spec->nparts < least || spec->nparts > most) {
		bad_form(cx, spec, row);
		return 0;
	}
	switch (row->provider) {
	case LANG_BEGIN:
	case LANG_END: return append_as_written(cx, spec, &probe, out);
	case LANG_INTERVAL:
	case LANG_PROFILE: return parse_timer(cx, spec, &probe, out);
	case LANG_SOFTWARE: return parse_software(cx, spec, &probe, out);
	default: return parse_named(cx, spec, &probe, row, out);
	}
}
