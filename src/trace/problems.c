// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Run-time errors: programs only count them, in the globals map; here their growth is told.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "trace/session.h"

struct counter {
	uint64_t times;
	int64_t last_error;
};

static bool load_counter(const struct trace_session *s, const struct lang_error_site *site,
			 struct counter *counter)
{
	size_t size = s->plan->maps[s->plan->globals].value_size;

	if (site->global_offset > size || sizeof(*counter) > size - site->global_offset)
		return false;
	memcpy(counter, s->globals + site->global_offset, sizeof(*counter));
	return true;
}

/* The script's line @number, from 1; NULL when there is none. Points into the script. */
static const char *source_line(const struct trace_options *options, uint32_t number, size_t *len)
{
	const char *p = options->script, *end = p ? p + options->script_len : NULL, *newline;

	for (; p && number > 1; number--) {
		newline = memchr(p, '\n', (size_t)(end - p));
		p = newline ? newline + 1 : NULL;
	}
	if (!p || !number)
		return NULL;
	newline = memchr(p, '\n', (size_t)(end - p));
	*len = (size_t)((newline ? newline : end) - p);
	return p;
}

static void describe(struct trace_session *s, const struct lang_error_site *site, uint64_t times,
		     struct kit_runtime_error *error, struct kit_buffer *message)
{
	const struct lang_map *map = site->map < s->plan->nmaps ? &s->plan->maps[site->map] : NULL;
	const char *name = map ? map->name : "the map";

	switch (site->kind) {
	case LANG_RT_MAP_FULL:
		error->helper = "map_update_elem";
		kit_buffer_printf(message, "map full: %s has no room for another key", name);
		if (map)
			kit_buffer_printf(message, " (SKEP_MAX_MAP_KEYS=%u)", map->max_entries);
		break;
	case LANG_RT_MAP_UPDATE:
		error->helper = "map_update_elem";
		kit_buffer_printf(message, "%s could not be updated: %s", name,
				  strerror(-error->retcode));
		break;
	case LANG_RT_READ:
		error->helper = "probe_read";
		kit_buffer_printf(message, "%s: memory could not be read: %s", site->what,
				  strerror(-error->retcode));
		break;
	case LANG_RT_DIV_ZERO:
		kit_buffer_puts(message, "division or modulo by 0: the result is 1");
		break;
	case LANG_RT_BUSY:
	default: kit_buffer_puts(message, "no work memory was free: the event was missed"); break;
	}
	if (times > 1)
		kit_buffer_printf(message, " (%llu times)", (unsigned long long)times);
}

static int tell(struct trace_session *s, const struct lang_error_site *site, uint64_t times,
		int64_t last_error)
{
	struct kit_runtime_error error = {.line = site->line, .column = site->column};
	struct kit_buffer message = {0}, source = {0};
	const char *line;
	size_t len = 0, what = strlen(site->what);

	if (site->kind == LANG_RT_LOST_EVENT) {
		kit_output_lost(s->options->output, times);
		return 0;
	}
	error.retcode = (int32_t)last_error;
	describe(s, site, times, &error, &message);
	error.message = kit_buffer_string(&message);
	error.end_column = site->column + 1;
	line = source_line(s->options, site->line, &len);
	if (site->line && site->column)
		error.file = s->options->script_name;
	if (line && site->column && site->column <= len) {
		kit_buffer_add(&source, line, len);
		error.source = kit_buffer_string(&source);
		if (what <= len - (site->column - 1) &&
		    !memcmp(line + site->column - 1, site->what, what))
			error.end_column = site->column + (uint32_t)(what ? what : 1);
	}
	if (!message.error && !source.error)
		kit_output_runtime_error(s->options->output, &error);
	kit_buffer_free(&message);
	kit_buffer_free(&source);
	return 0;
}

static void tell_malformed(struct trace_session *s)
{
	struct kit_runtime_error error = {0};
	struct kit_buffer message = {0};

	if (!s->malformed)
		return;
	kit_buffer_printf(&message, "%llu malformed records of the ring buffer were passed over",
			  (unsigned long long)s->malformed);
	error.message = kit_buffer_string(&message);
	if (!message.error)
		kit_output_runtime_error(s->options->output, &error);
	kit_buffer_free(&message);
	s->malformed = 0;
}

static void tell_missed(struct trace_session *s)
{
	if (s->missed)
		kit_output_lost(s->options->output, s->missed);
	s->missed = 0;
}

int trace_problems(struct trace_session *s)
{
	struct counter counter;
	uint32_t i;
	int err;

	tell_malformed(s);
	tell_missed(s);
	if (!s->plan->nerrors || s->plan->globals == LANG_NONE)
		return 0;
	err = trace_globals_refresh(s);
	for (i = 0; !err && i < s->plan->nerrors; i++) {
		const struct lang_error_site *site = &s->plan->errors[i];

		if (!load_counter(s, site, &counter) || counter.times == s->errors_seen[i])
			continue;
		err = tell(s, site, counter.times - s->errors_seen[i], counter.last_error);
		s->errors_seen[i] = counter.times;
	}
	return err;
}
