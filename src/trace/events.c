// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Records of the ring buffer: decoded by the plan's description of the event and acted on, one
 * row of `kinds` for each kind of event.
 *
 * A record is not trusted to be what the plan says: its number, its size and every field are
 * checked before anything is read.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <skep/kit_format.h>

#include "trace/session.h"

/* One record while it is acted on. */
struct record {
	const struct lang_event *event;
	const char *payload;
	size_t size; /* bytes of the payload, at least event->size */
	struct trace_pool pool;
	struct kit_value *fields; /* event->nfields */
};

static uint64_t payload_u64(const struct record *r, size_t offset)
{
	uint64_t number = 0;

	if (offset <= r->size && r->size - offset >= sizeof(number))
		memcpy(&number, r->payload + offset, sizeof(number));
	return number;
}

static uint32_t payload_u32(const struct record *r, size_t offset)
{
	uint64_t number = payload_u64(r, offset);

	return number < UINT32_MAX ? (uint32_t)number : UINT32_MAX;
}

static const char *event_string(const struct trace_session *s, const struct record *r)
{
	return r->event->string < s->plan->nstrings ? s->plan->strings[r->event->string] : NULL;
}

/* The record's fields formatted, in s->text. */
static int format(struct trace_session *s, struct record *r)
{
	if (!r->event->format)
		return -EBADMSG;
	kit_buffer_reset(&s->text);
	return kit_format(&s->text, r->event->format, r->fields, r->event->nfields);
}

static int on_printf(struct trace_session *s, struct record *r)
{
	int err = format(s, r);

	if (!err)
		kit_output_text(s->options->output, KIT_TEXT_PRINTF, s->text.data, s->text.len);
	return err;
}

static int on_cat(struct trace_session *s, struct record *r)
{
	struct kit_buffer path = {0};
	int err = format(s, r);

	if (!err)
		kit_buffer_add(&path, s->text.data, s->text.len);
	if (!err)
		err = trace_cat(s, kit_buffer_string(&path));
	kit_buffer_free(&path);
	return err;
}

static int on_system(struct trace_session *s, struct record *r)
{
	struct kit_buffer command = {0};
	int err;

	if (!s->options->allow_unsafe)
		return -EPERM;
	err = format(s, r);
	if (!err)
		kit_buffer_add(&command, s->text.data, s->text.len);
	if (!err)
		err = trace_system(s, kit_buffer_string(&command));
	kit_buffer_free(&command);
	return err;
}

static int on_print_value(struct trace_session *s, struct record *r)
{
	struct kit_value tuple = {.type = KIT_TUPLE};

	if (!r->event->nfields)
		return -EBADMSG;
	tuple.tuple.items = r->fields;
	tuple.tuple.n = r->event->nfields;
	kit_output_value(s->options->output, r->event->nfields == 1 ? r->fields : &tuple);
	return 0;
}

static int on_print_map(struct trace_session *s, struct record *r)
{
	return trace_map_print(s, r->event->map, payload_u32(r, 0), payload_u32(r, 8));
}

/* print(@m[k]): the row whose keys are the record's fields; a key that is not there prints 0. */
static int on_print_entry(struct trace_session *s, struct record *r)
{
	struct trace_rows rows = {0};
	struct kit_value none = kit_int(0, 8);
	const struct kit_value *found = &none;
	int err = trace_map_read(s, r->event->map, &rows);
	size_t i, k;

	for (i = 0; !err && i < rows.nrows && found == &none; i++) {
		if (rows.rows[i].nkeys != r->event->nfields)
			continue;
		for (k = 0; k < rows.rows[i].nkeys; k++) {
			if (kit_value_compare(&rows.rows[i].keys[k], &r->fields[k]))
				break;
		}
		if (k == rows.rows[i].nkeys)
			found = &rows.rows[i].value;
	}
	if (found == &none && (rows.type == KIT_STRING || rows.type == KIT_TEXT))
		none = kit_bytes(KIT_STRING, "", 0);
	if (!err)
		kit_output_value(s->options->output, found);
	trace_rows_free(&rows);
	return err;
}

static int on_clear(struct trace_session *s, struct record *r)
{
	return trace_map_clear(s, r->event->map);
}

static int on_zero(struct trace_session *s, struct record *r)
{
	return trace_map_zero(s, r->event->map);
}

static int on_time(struct trace_session *s, struct record *r)
{
	const char *fmt = event_string(s, r);
	struct timespec now;
	int err;

	if (!fmt)
		return -EBADMSG;
	clock_gettime(CLOCK_REALTIME, &now);
	kit_buffer_reset(&s->text);
	err = trace_strftime(&s->text, fmt, (int64_t)now.tv_sec * 1000000000 + now.tv_nsec);
	if (!err)
		kit_output_text(s->options->output, KIT_TEXT_TIME, s->text.data, s->text.len);
	return err;
}

static int on_join(struct trace_session *s, struct record *r)
{
	const char *delimiter = event_string(s, r);
	uint64_t n = payload_u64(r, 0), i;
	uint32_t stride = r->event->stride;

	if (!delimiter || !stride || r->size < sizeof(n))
		return -EBADMSG;
	if (n > (r->size - sizeof(n)) / stride)
		n = (r->size - sizeof(n)) / stride;
	kit_buffer_reset(&s->text);
	for (i = 0; i < n; i++) {
		const char *word = r->payload + sizeof(n) + i * stride;

		if (i)
			kit_buffer_puts(&s->text, delimiter);
		kit_buffer_add(&s->text, word, strnlen(word, stride));
	}
	if (s->text.error)
		return s->text.error;
	kit_output_text(s->options->output, KIT_TEXT_JOIN, s->text.data, s->text.len);
	return 0;
}

static int on_exit_call(struct trace_session *s, struct record *r)
{
	s->exiting = true;
	/* What comes after exit() is not shown; END's is, once everything is detached. */
	s->discard = true;
	s->exit_code = (int)(payload_u64(r, 0) & 0xff);
	return 0;
}

struct event_kind {
	int (*act)(struct trace_session *s, struct record *r);
	bool has_map;
};

static const struct event_kind kinds[] = {
	[LANG_EVENT_PRINTF] = {on_printf, false},
	[LANG_EVENT_CAT] = {on_cat, false},
	[LANG_EVENT_SYSTEM] = {on_system, false},
	[LANG_EVENT_PRINT_VALUE] = {on_print_value, false},
	[LANG_EVENT_PRINT_MAP] = {on_print_map, true},
	[LANG_EVENT_PRINT_ENTRY] = {on_print_entry, true},
	[LANG_EVENT_CLEAR] = {on_clear, true},
	[LANG_EVENT_ZERO] = {on_zero, true},
	[LANG_EVENT_TIME] = {on_time, false},
	[LANG_EVENT_JOIN] = {on_join, false},
	[LANG_EVENT_EXIT] = {on_exit_call, false},
};

static int decode_fields(const struct trace_session *s, struct record *r)
{
	uint32_t i;
	int err = 0;

	r->fields = trace_pool_alloc(&r->pool, r->event->nfields * sizeof(*r->fields));
	if (!r->fields)
		return -ENOMEM;
	for (i = 0; !err && i < r->event->nfields; i++)
		err = trace_decode(s, &r->event->fields[i], r->payload, r->size, &r->pool,
				   &r->fields[i]);
	return err;
}

int trace_event(struct trace_session *s, const void *data, size_t size)
{
	struct lang_event_header header;
	struct record r = {0};
	int err;

	if (size < sizeof(header))
		return -EBADMSG;
	memcpy(&header, data, sizeof(header));
	if (header.event >= s->plan->nevents)
		return -EBADMSG;
	r.event = &s->plan->events[header.event];
	r.payload = (const char *)data + sizeof(header);
	r.size = size - sizeof(header);
	if (r.event->kind >= sizeof(kinds) / sizeof(kinds[0]) || r.size < r.event->size ||
	    (kinds[r.event->kind].has_map && r.event->map >= s->plan->nmaps))
		return -EBADMSG;
	err = decode_fields(s, &r);
	if (!err)
		err = kinds[r.event->kind].act(s, &r);
	trace_pool_free(&r.pool);
	return err;
}

int trace_record(struct trace_session *s, const void *data, size_t size)
{
	int err = trace_event(s, data, size);

	/* A traced process can write what it likes to the ring buffer of the machine. */
	if (err == -EBADMSG)
		s->malformed++;
	/* Or it was stopped with a map's lock. */
	else if (err == -EBUSY)
		s->missed++;
	else
		return err;
	return 0;
}
