// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* A plan as a list that people read: tables of names, then one line an entry. */
#include <inttypes.h>

#include "lang/plan.h"

#define NAME(table, i) \
	((size_t)(i) < sizeof(table) / sizeof(*(table)) && (table)[i] ? (table)[i] : "?")

static const char *const map_kinds[] = {
	[LANG_MAP_VALUE] = "value",	[LANG_MAP_COUNT] = "count",	[LANG_MAP_SUM] = "sum",
	[LANG_MAP_MIN] = "min",		[LANG_MAP_MAX] = "max",		[LANG_MAP_AVG] = "avg",
	[LANG_MAP_STATS] = "stats",	[LANG_MAP_HIST] = "hist",	[LANG_MAP_LHIST] = "lhist",
	[LANG_MAP_SCRATCH] = "scratch", [LANG_MAP_GLOBALS] = "globals", [LANG_MAP_RING] = "ring",
};

static const char *const map_types[] = {
	[BPF_MAP_TYPE_HASH] = "hash",
	[BPF_MAP_TYPE_ARRAY] = "array",
	[BPF_MAP_TYPE_PERCPU_HASH] = "percpu_hash",
	[BPF_MAP_TYPE_PERCPU_ARRAY] = "percpu_array",
	[BPF_MAP_TYPE_RINGBUF] = "ringbuf",
};

static const char *const program_types[] = {
	[BPF_PROG_TYPE_KPROBE] = "kprobe",
	[BPF_PROG_TYPE_TRACEPOINT] = "tracepoint",
	[BPF_PROG_TYPE_PERF_EVENT] = "perf_event",
	[BPF_PROG_TYPE_RAW_TRACEPOINT] = "raw_tracepoint",
	[BPF_PROG_TYPE_TRACING] = "tracing",
};

static const char *const attach_kinds[] = {
	[LANG_ATTACH_BEGIN] = "begin",		 [LANG_ATTACH_END] = "end",
	[LANG_ATTACH_INTERVAL] = "interval",	 [LANG_ATTACH_PROFILE] = "profile",
	[LANG_ATTACH_SOFTWARE] = "software",	 [LANG_ATTACH_TRACEPOINT] = "perf tracepoint",
	[LANG_ATTACH_RAW_TP] = "raw tracepoint", [LANG_ATTACH_KPROBE] = "kprobe",
	[LANG_ATTACH_KRETPROBE] = "kretprobe",	 [LANG_ATTACH_TRACING] = "trampoline",
	[LANG_ATTACH_UPROBE] = "uprobe",	 [LANG_ATTACH_URETPROBE] = "uretprobe",
};

static const char *const event_kinds[] = {
	[LANG_EVENT_PRINTF] = "printf",	      [LANG_EVENT_CAT] = "cat",
	[LANG_EVENT_SYSTEM] = "system",	      [LANG_EVENT_PRINT_VALUE] = "print value",
	[LANG_EVENT_PRINT_MAP] = "print map", [LANG_EVENT_PRINT_ENTRY] = "print entry",
	[LANG_EVENT_CLEAR] = "clear",	      [LANG_EVENT_ZERO] = "zero",
	[LANG_EVENT_TIME] = "time",	      [LANG_EVENT_JOIN] = "join",
	[LANG_EVENT_EXIT] = "exit",
};

static const char *const data_names[] = {
	[LANG_DATA_INT] = "int",     [LANG_DATA_UINT] = "uint", [LANG_DATA_STRING] = "string",
	[LANG_DATA_BUF] = "buf",     [LANG_DATA_INET] = "inet", [LANG_DATA_TIME] = "time",
	[LANG_DATA_PROBE] = "probe", [LANG_DATA_FUNC] = "func", [LANG_DATA_POINTER] = "pointer",
};

static const char *const error_kinds[] = {
	[LANG_RT_MAP_FULL] = "map full",     [LANG_RT_MAP_UPDATE] = "map update",
	[LANG_RT_READ] = "unreadable",	     [LANG_RT_DIV_ZERO] = "division by zero",
	[LANG_RT_LOST_EVENT] = "lost event", [LANG_RT_BUSY] = "no work memory",
};

/* "int 8 @0": what, bytes, where */
static void dump_field(const struct lang_data_field *field, FILE *out)
{
	fprintf(out, "%s %" PRIu32 " @%" PRIu32, NAME(data_names, field->data), field->size,
		field->offset);
}

static void dump_fields(const struct lang_data_field *fields, uint32_t n, const char *open,
			const char *close, FILE *out)
{
	if (!n)
		return;
	fputs(open, out);
	for (uint32_t i = 0; i < n; i++) {
		fputs(i ? ", " : "", out);
		dump_field(&fields[i], out);
	}
	fputs(close, out);
}

static void dump_map(const struct lang_map *map, uint32_t i, FILE *out)
{
	fprintf(out, " %" PRIu32 " %s%s%s", i, map->name, *map->name ? " " : "",
		NAME(map_kinds, map->kind));
	dump_fields(map->keys, map->nkeys, " [", "]", out);
	if (map->kind == LANG_MAP_VALUE)
		dump_fields(&map->value, 1, " = ", "", out);
	if (map->kind == LANG_MAP_HIST)
		fprintf(out, " bits %" PRIu32, map->hist_bits);
	if (map->kind == LANG_MAP_LHIST)
		fprintf(out, " %" PRId64 "..%" PRId64 " step %" PRId64, map->lhist_min,
			map->lhist_max, map->lhist_step);
	if (map->storage == LANG_STORE_GLOBAL)
		fprintf(out, ": in globals @%" PRIu32 "\n", map->global_offset);
	else
		fprintf(out, ": %s, key %" PRIu32 ", value %" PRIu32 ", entries %" PRIu32 "\n",
			NAME(map_types, map->type), map->key_size, map->value_size,
			map->max_entries);
}

static void dump_attach(const struct lang_attach *at, FILE *out)
{
	fprintf(out, " %s: program %" PRIu32 ", %s", at->probe, at->program,
		NAME(attach_kinds, at->kind));
	/* a raw tracepoint is known by its name alone */
	if (at->target && at->kind != LANG_ATTACH_RAW_TP)
		fprintf(out, " %s%s", at->target, at->name && *at->name ? ":" : "");
	else if (at->name && *at->name)
		fputc(' ', out);
	if (at->name)
		fputs(at->name, out);
	if (at->offset)
		fprintf(out, "+0x%" PRIx64, at->offset);
	if (at->period)
		fprintf(out, ", every %" PRIu64 "%s", at->period,
			at->kind == LANG_ATTACH_SOFTWARE ? "" : " ns");
	if (at->freq)
		fprintf(out, ", %" PRIu64 " Hz", at->freq);
	if (at->nprobes > 1)
		fprintf(out, ", for %" PRIu32 " probes", at->nprobes);
	fprintf(out, " (line %" PRIu32 ")\n", at->line);
}

static void dump_event(const struct lang_plan *plan, uint32_t i, FILE *out)
{
	const struct lang_event *event = &plan->events[i];

	fprintf(out, " %" PRIu32 " %s", i, NAME(event_kinds, event->kind));
	if (event->map != LANG_NONE && event->map < plan->nmaps)
		fprintf(out, " %s", plan->maps[event->map].name);
	if (event->string != LANG_NONE && event->string < plan->nstrings)
		fprintf(out, " \"%s\"", plan->strings[event->string]);
	dump_fields(event->fields, event->nfields, " (", ")", out);
	fprintf(out, ": %" PRIu32 " bytes\n", event->size);
}

static void dump_error(const struct lang_plan *plan, const struct lang_error_site *site, FILE *out)
{
	fprintf(out, " %s", NAME(error_kinds, site->kind));
	if (site->map != LANG_NONE && site->map < plan->nmaps)
		fprintf(out, " %s", plan->maps[site->map].name);
	if (*site->what)
		fprintf(out, ": %s", site->what);
	if (site->line)
		fprintf(out, " (%" PRIu32 ":%" PRIu32 ")", site->line, site->column);
	fprintf(out, " in globals @%" PRIu32 "\n", site->global_offset);
}

void plan_dump(const struct lang_plan *plan, FILE *out)
{
	fprintf(out, "maps: %" PRIu32 "\n", plan->nmaps);
	for (uint32_t i = 0; i < plan->nmaps; i++)
		dump_map(&plan->maps[i], i, out);
	fprintf(out, "programs: %" PRIu32 "\n", plan->nprograms);
	for (uint32_t i = 0; i < plan->nprograms; i++)
		fprintf(out, " %" PRIu32 " %s: %s, %" PRIu32 " instructions (line %" PRIu32 ")\n",
			i, plan->programs[i].name, NAME(program_types, plan->programs[i].type),
			plan->programs[i].ninsns, plan->programs[i].line);
	fprintf(out, "probes: %" PRIu32 "\n", plan->nattaches);
	for (uint32_t i = 0; i < plan->nattaches; i++)
		dump_attach(&plan->attaches[i], out);
	fprintf(out, "events: %" PRIu32 "\n", plan->nevents);
	for (uint32_t i = 0; i < plan->nevents; i++)
		dump_event(plan, i, out);
	fprintf(out, "errors: %" PRIu32 "\n", plan->nerrors);
	for (uint32_t i = 0; i < plan->nerrors; i++)
		dump_error(plan, &plan->errors[i], out);
}
