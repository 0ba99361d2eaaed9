// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The list of probes. Every probe becomes the line by which a script would name it; the pattern is
 * matched with that line, so that one rule serves "tracepoint:sched:*", "*sleep*" and "vfs_read".
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <skep/kit_buffer.h>
#include <skep/trace_list.h>

#include "trace/world_names.h"

struct provider {
	const char *name, *brief, *other;
	enum lang_provider id;
	bool always; /* listed when the pattern names no provider */
};

static const struct provider providers[] = {
	{"software", "s", NULL, LANG_SOFTWARE, true},
	{"tracepoint", "t", NULL, LANG_TRACEPOINT, true},
	{"rawtracepoint", "rt", NULL, LANG_RAWTRACEPOINT, true},
	{"kprobe", "k", NULL, LANG_KPROBE, true},
	{"kretprobe", "kr", NULL, LANG_KRETPROBE, false},
	{"fentry", "f", "kfunc", LANG_FENTRY, true},
	{"fexit", "fr", "kretfunc", LANG_FEXIT, false},
	{"uprobe", "u", NULL, LANG_UPROBE, false},
	{"uretprobe", "ur", NULL, LANG_URETPROBE, false},
};

/* As bpftrace lists them; the colon waits for a count. */
static const char *const software_events[] = {
	"alignment-faults", "bpf-output",  "context-switches", "cpu-clock",
	"cpu-migrations",   "dummy",	   "emulation-faults", "major-faults",
	"minor-faults",	    "page-faults", "task-clock",
};

struct listing {
	struct lang_world *world;
	const struct provider *provider;
	const char *pattern; /* with the provider's full name; NULL: all */
	bool verbose, json;
	FILE *out;
	struct kit_buffer line;
	int count;
};

/* The pattern means the line itself, what is below it, or the last part of it. */
static bool wanted(const struct listing *l, const char *line)
{
	size_t n;

	if (!l->pattern || trace_glob_match(l->pattern, line))
		return true;
	if (trace_glob_is_pattern(l->pattern))
		return false;
	n = strlen(l->pattern);
	if (!strchr(l->pattern, ':'))
		return !strcmp(strrchr(line, ':') + 1, l->pattern);
	return !strncmp(line, l->pattern, n) && line[n] == ':';
}

static void put_json_string(FILE *out, const char *text)
{
	struct kit_buffer b = {0};

	kit_buffer_json(&b, text, strlen(text));
	fprintf(out, "\"%s\"", kit_buffer_string(&b));
	kit_buffer_free(&b);
}

/* "    char comm[16]": in C a name stands before the brackets of its type. */
static void put_member(FILE *out, const struct lang_field *f)
{
	const char *type = f->type_name ? f->type_name : "?", *bracket = strchr(type, '[');

	if (f->kind == LANG_FIELD_DATA_LOC || f->kind == LANG_FIELD_REL_LOC)
		bracket = NULL;
	if (bracket)
		fprintf(out, "    %.*s %s%s\n", (int)(bracket - type), type, f->name, bracket);
	else
		fprintf(out, "    %s %s\n", type, f->name);
}

static void put_json_member(FILE *out, const struct lang_field *f, bool first)
{
	fputs(first ? "{\"type\": " : ", {\"type\": ", out);
	put_json_string(out, f->type_name ? f->type_name : "?");
	fputs(", \"name\": ", out);
	put_json_string(out, f->name);
	fputc('}', out);
}

/* The members of `args` but for the record's header, and the value that fexit sees. */
static void put_members(struct listing *l, const struct lang_probe_info *info)
{
	bool first = true;
	uint32_t i;

	if (l->json)
		fputs(", \"args\": [", l->out);
	for (i = 0; i <= info->nfields; i++) {
		const struct lang_field *f = i < info->nfields ? &info->fields[i] : info->retval;

		if (!f || !strncmp(f->name, "common_", 7))
			continue;
		if (l->json)
			put_json_member(l->out, f, first);
		else
			put_member(l->out, f);
		first = false;
	}
	if (l->json)
		fputc(']', l->out);
}

static int put_probe(void *arg, const char *target, const char *name)
{
	struct lang_probe_info info = {0};
	struct listing *l = arg;
	bool members = false;
	enum lang_reason reason;
	const char *line;

	kit_buffer_reset(&l->line);
	kit_buffer_printf(&l->line, "%s:%s%s%s", l->provider->name, target ? target : "",
			  target ? ":" : "", name);
	if (l->provider->id == LANG_SOFTWARE)
		kit_buffer_putc(&l->line, ':');
	line = kit_buffer_string(&l->line);
	if (l->line.error)
		return -ENOMEM;
	if (!wanted(l, line))
		return 0;
	/* What cannot be attached here can still be described. */
	if (l->verbose && l->provider->id != LANG_SOFTWARE) {
		reason = l->world->probe_open(l->world->ctx, l->provider->id, target, name, 0,
					      &info);
		members = reason == LANG_OK || reason == LANG_NOT_SUPPORTED;
	}
	if (l->json) {
		fputs("{\"type\": \"probe\", \"data\": {\"name\": ", l->out);
		put_json_string(l->out, line);
		if (members)
			put_members(l, &info);
		fputs("}}\n", l->out);
	} else {
		fprintf(l->out, "%s\n", line);
		if (members)
			put_members(l, &info);
	}
	if (ferror(l->out))
		return -EIO;
	if (l->count < INT_MAX)
		l->count++;
	return 0;
}

static int list_software(struct listing *l)
{
	size_t i;
	int err = 0;

	for (i = 0; i < sizeof(software_events) / sizeof(*software_events) && !err; i++)
		err = put_probe(l, NULL, software_events[i]);
	return err;
}

/* "uprobe:PATH:GLOB": the path is the target, not part of what a glob may range over. */
static int list_uprobes(struct listing *l, enum lang_reason *reason)
{
	const char *path = l->pattern + strlen(l->provider->name) + 1, *colon, *function = "*";
	char *target;
	int err;

	colon = strrchr(path, ':');
	if (colon && colon[1])
		function = colon + 1;
	target = strndup(path, colon ? (size_t)(colon - path) : strlen(path));
	if (!target)
		return -ENOMEM;
	/* The match says it all: the path in the pattern is no glob. */
	l->pattern = NULL;
	err = l->world->probe_match(l->world->ctx, l->provider->id, target, function, put_probe, l,
				    reason);
	free(target);
	return err;
}

/* The row of a provider's name or short name of @len bytes; NULL when there is none. */
static const struct provider *find_provider(const char *name, size_t len)
{
	const char *names[3];
	size_t i, j;

	for (i = 0; i < sizeof(providers) / sizeof(*providers); i++) {
		names[0] = providers[i].name;
		names[1] = providers[i].brief;
		names[2] = providers[i].other;
		for (j = 0; j < 3; j++) {
			if (names[j] && strlen(names[j]) == len && !memcmp(names[j], name, len))
				return &providers[i];
		}
	}
	return NULL;
}

static int list_provider(struct listing *l, const struct provider *provider,
			 enum lang_reason *reason)
{
	l->provider = provider;
	if (provider->id == LANG_SOFTWARE)
		return list_software(l);
	if (provider->id == LANG_UPROBE || provider->id == LANG_URETPROBE)
		return list_uprobes(l, reason);
	return l->world->probe_match(l->world->ctx, provider->id, NULL, "*", put_probe, l, reason);
}

int trace_list(struct lang_world *world, const char *pattern, bool verbose, FILE *out, bool json,
	       enum lang_reason *reason)
{
	struct listing l = {.world = world, .verbose = verbose, .json = json, .out = out};
	const char *colon = pattern ? strchr(pattern, ':') : NULL;
	const struct provider *only = NULL;
	enum lang_reason why = LANG_OK;
	char *full = NULL;
	size_t i;
	int err = 0;

	if (colon && strcspn(pattern, "*?[") > (size_t)(colon - pattern)) {
		only = find_provider(pattern, (size_t)(colon - pattern));
		if (!only)
			return -EINVAL;
		/* "software:" and "software:*" alike */
		if (asprintf(&full, "%s%s%s", only->name, colon, colon[1] ? "" : "*") < 0)
			return -ENOMEM;
	}
	l.pattern = full ? full : pattern;
	if (only) {
		err = list_provider(&l, only, &why);
	} else {
		for (i = 0; i < sizeof(providers) / sizeof(*providers) && !err; i++) {
			if (providers[i].always)
				err = list_provider(&l, &providers[i], &why);
		}
		why = LANG_OK;
	}
	if (!err && (fflush(out) || ferror(out)))
		err = errno ? -errno : -EIO;
	if (reason)
		*reason = why;
	kit_buffer_free(&l.line);
	free(full);
	return err ? err : l.count;
}
