// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The tables of providers and of software events. One row each is all that naming one takes. */
#include <linux/perf_event.h>
#include <string.h>
#include <strings.h>

#include <skep/lang_suggest.h>

#include "lang/builtin/builtin.h"
#include "lang/probe/provider.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define HAS(ID)	      (1u << BUILTIN_##ID)

_Static_assert(NBUILTINS <= 32, "provider_row.builtins has a bit for each builtin");

const struct provider_row lang_providers[LANG_PROVIDER_COUNT] = {
	[LANG_BEGIN] = {LANG_BEGIN, "BEGIN", {"begin"}, "BEGIN", 0, "once, before anything else"},
	[LANG_END] = {LANG_END, "END", {"end"}, "END", 0, "once, after everything else"},
	[LANG_INTERVAL] = {LANG_INTERVAL,
			   "interval",
			   {"i"},
			   "interval:s:1, interval:ms:100, interval:us:500, interval:hz:10, "
			   "interval:1s",
			   0,
			   "again and again, on one CPU"},
	[LANG_PROFILE] = {LANG_PROFILE,
			  "profile",
			  {"p"},
			  "profile:hz:99, profile:ms:10, profile:us:500, profile:s:1, "
			  "profile:10ms",
			  0,
			  "again and again, on every CPU"},
	[LANG_SOFTWARE] = {LANG_SOFTWARE,
			   "software",
			   {"s"},
			   "software:event, software:event:count",
			   0,
			   "events that the kernel counts, every count-th of them"},
	[LANG_TRACEPOINT] = {LANG_TRACEPOINT,
			     "tracepoint",
			     {"t"},
			     "tracepoint:category:event",
			     HAS(ARGS),
			     "static events of the kernel, by category and name"},
	[LANG_RAWTRACEPOINT] = {LANG_RAWTRACEPOINT,
				"rawtracepoint",
				{"rt"},
				"rawtracepoint:event",
				HAS(ARGS) | HAS(ARGN),
				"static events of the kernel, with the kernel's own arguments"},
	[LANG_KPROBE] = {LANG_KPROBE,
			 "kprobe",
			 {"k"},
			 "kprobe:function, kprobe:module:function, kprobe:function+offset",
			 HAS(ARGN) | HAS(FUNC),
			 "a function of the kernel is called"},
	[LANG_KRETPROBE] = {LANG_KRETPROBE,
			    "kretprobe",
			    {"kr"},
			    "kretprobe:function, kretprobe:module:function",
			    HAS(RETVAL) | HAS(FUNC),
			    "a function of the kernel returns"},
	[LANG_FENTRY] = {LANG_FENTRY,
			 "fentry",
			 {"f", "kfunc"},
			 "fentry:function, fentry:module:function",
			 HAS(ARGS) | HAS(FUNC),
			 "a function of the kernel is called; arguments by name (BTF)"},
	[LANG_FEXIT] = {LANG_FEXIT,
			"fexit",
			{"fr", "kretfunc"},
			"fexit:function, fexit:module:function",
			HAS(ARGS) | HAS(RETVAL) | HAS(FUNC),
			"a function of the kernel returns; arguments by name (BTF)"},
	[LANG_UPROBE] = {LANG_UPROBE,
			 "uprobe",
			 {"u"},
			 "uprobe:path:function, uprobe:path:function+offset, uprobe:path:0xoffset",
			 HAS(ARGN) | HAS(FUNC),
			 "a function of a program or library is called"},
	[LANG_URETPROBE] = {LANG_URETPROBE,
			    "uretprobe",
			    {"ur"},
			    "uretprobe:path:function",
			    HAS(RETVAL) | HAS(FUNC),
			    "a function of a program or library returns"},
};

static const struct software_event software_events[] = {
	{"alignment-faults", NULL, PERF_COUNT_SW_ALIGNMENT_FAULTS, 1},
	{"bpf-output", NULL, PERF_COUNT_SW_BPF_OUTPUT, 1},
	{"context-switches", "cs", PERF_COUNT_SW_CONTEXT_SWITCHES, 1000},
	{"cpu-clock", "cpu", PERF_COUNT_SW_CPU_CLOCK, 1000000},
	{"cpu-migrations", NULL, PERF_COUNT_SW_CPU_MIGRATIONS, 1},
	{"dummy", NULL, PERF_COUNT_SW_DUMMY, 1},
	{"emulation-faults", NULL, PERF_COUNT_SW_EMULATION_FAULTS, 1},
	{"major-faults", NULL, PERF_COUNT_SW_PAGE_FAULTS_MAJ, 1},
	{"minor-faults", NULL, PERF_COUNT_SW_PAGE_FAULTS_MIN, 100},
	{"page-faults", "faults", PERF_COUNT_SW_PAGE_FAULTS, 100},
	{"task-clock", NULL, PERF_COUNT_SW_TASK_CLOCK, 1},
};

static bool is_named(const struct provider_row *row, const char *name)
{
	if (row->provider == LANG_BEGIN || row->provider == LANG_END)
		return !strcasecmp(row->name, name);
	if (!strcmp(row->name, name))
		return true;
	for (int i = 0; i < PROVIDER_MAX_ALIASES && row->aliases[i]; i++)
		if (!strcmp(row->aliases[i], name))
			return true;
	return false;
}

const struct provider_row *provider_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(lang_providers); i++)
		if (is_named(&lang_providers[i], name))
			return &lang_providers[i];
	return NULL;
}

const char *provider_suggest(const char *name)
{
	struct lang_suggest s = {.name = name};

	for (size_t i = 0; i < ARRAY_SIZE(lang_providers); i++)
		lang_suggest_offer(&s, lang_providers[i].name);
	return s.best;
}

const struct software_event *software_find(const char *name, const char **nearest)
{
	struct lang_suggest s = {.name = name};

	for (size_t i = 0; i < ARRAY_SIZE(software_events); i++) {
		const struct software_event *event = &software_events[i];

		if (!strcmp(event->name, name) || (event->alias && !strcmp(event->alias, name)))
			return event;
		lang_suggest_offer(&s, event->name);
		lang_suggest_offer(&s, event->alias);
	}
	if (nearest)
		*nearest = s.best;
	return NULL;
}
