// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Messages: from a catalogue entry and a place to text, source line and caret.
 *
 * Messages outlive the compilation, so they live in an arena of their own, which the
 * first message makes. The source line is made printable here, where the script is at
 * hand; printing is then plain.
 */
#include <stdarg.h>
#include <string.h>

#include "lang/context.h"
#include "lang/utf8.h"

#define MAX_WARNINGS  20
#define MAX_COLUMNS   100 /* of a source line as shown */
#define COLUMNS_LEFT  50  /* of the place, when the line is cut */
#define TAB_COLUMNS   8
#define ELLIPSIS      "..."
#define BYTE_MAX_COLS 8 /* what one byte of the script may become: a tab */

struct catalogue_row {
	const char *id, *text, *hint;
	bool is_warning;
};

static const struct catalogue_row catalogue[] = {
#define LANG_ERROR(ID, name, text, hint)   [LANG_E_##ID] = {name, text, hint, false},
#define LANG_WARNING(ID, name, text, hint) [LANG_E_##ID] = {name, text, hint, true},
#include "lang/errors.h"
};

void lang_line_column(const struct lang_context *cx, uint32_t pos, uint32_t *line, uint32_t *column)
{
	const char *p = cx->text, *end, *nl;

	*line = 1;
	if (pos > cx->length)
		pos = (uint32_t)cx->length;
	end = cx->text + pos;
	while (p < end && (nl = memchr(p, '\n', (size_t)(end - p)))) {
		p = nl + 1;
		++*line;
	}
	*column = (uint32_t)(end - p) + 1;
}

/* Text that grows in a buffer of known size, with the column it has reached. */
struct sink {
	char *buf;
	size_t used;
	uint32_t column; /* from 0 */
};

static void put(struct sink *sink, const char *s, size_t n, uint32_t columns)
{
	memcpy(sink->buf + sink->used, s, n);
	sink->used += n;
	sink->column += columns;
}

/* One character of s (at most n bytes) as a terminal can show it; returns its bytes. */
static size_t put_printable(struct sink *sink, const char *s, size_t n)
{
	char escape[5];
	uint32_t cp;
	size_t len = lang_utf8_decode(s, n, &cp);

	if (len && lang_utf8_printable(cp)) {
		put(sink, s, len, 1);
		return len;
	}
	if (*s == '\t') {
		do
			put(sink, " ", 1, 1);
		while (sink->column % TAB_COLUMNS);
		return 1;
	}
	snprintf(escape, sizeof(escape), "\\x%02x", (unsigned char)*s);
	put(sink, escape, 4, 4);
	return 1;
}

static const char *printable(struct lang_arena *arena, const char *s)
{
	size_t n = strlen(s), i = 0;
	struct sink sink = {.buf = arena_alloc(arena, n * BYTE_MAX_COLS + 1)};

	if (!sink.buf)
		return NULL;
	while (i < n)
		i += put_printable(&sink, s + i, n - i);
	return sink.buf;
}

/* The part [*from, *to) of the line [start, end) to show when the place is at pos. */
static void choose_window(const char *text, size_t start, size_t end, size_t pos, size_t *from,
			  size_t *to)
{
	*from = start;
	if (end - start > MAX_COLUMNS && pos - start > MAX_COLUMNS - COLUMNS_LEFT)
		*from = pos - COLUMNS_LEFT;
	*to = end - *from > MAX_COLUMNS ? *from + MAX_COLUMNS : end;
	/* not from the middle of a character */
	for (int i = 0; *from > start && i < 3 && ((unsigned char)text[*from] & 0xc0) == 0x80; i++)
		++*from;
}

/* Fills source, source_column, source_length of m: the line around pos. */
static void render_source(const struct lang_context *cx, struct lang_message *m, size_t pos)
{
	size_t start = pos - (m->column - 1), end, from, to, len;
	const char *nl = memchr(cx->text + start, '\n', cx->length - start);
	struct sink sink = {0};
	uint32_t column = 0, end_column = 0;

	end = nl ? (size_t)(nl - cx->text) : cx->length;
	if (end > pos && cx->text[end - 1] == '\r')
		end--;
	choose_window(cx->text, start, end, pos, &from, &to);
	sink.buf = arena_alloc(cx->messages->arena,
			       (to - from) * BYTE_MAX_COLS + 2 * sizeof(ELLIPSIS));
	if (!sink.buf)
		return;
	if (from > start)
		put(&sink, ELLIPSIS, strlen(ELLIPSIS), (uint32_t)strlen(ELLIPSIS));
	for (size_t i = from; i < to; i += len) {
		if (i <= pos)
			column = sink.column;
		len = put_printable(&sink, cx->text + i, to - i);
		if (i < pos + m->length)
			end_column = sink.column;
	}
	if (pos >= to)
		column = sink.column;
	m->source_column = column + 1;
	m->source_length = end_column > column ? end_column - column : 1;
	if (to < end)
		put(&sink, ELLIPSIS, strlen(ELLIPSIS), (uint32_t)strlen(ELLIPSIS));
	m->source = sink.buf;
}

/* Is there room for one more of the kind? */
static bool has_room(const struct lang_messages *messages, bool is_warning)
{
	size_t alike = 0;

	for (size_t i = 0; i < messages->count; i++)
		alike += messages->list[i].is_warning == is_warning;
	return alike < (is_warning ? MAX_WARNINGS : LANG_MAX_ERRORS);
}

static bool was_reported(const struct lang_messages *messages, const char *id, uint32_t line,
			 uint32_t column)
{
	for (size_t i = 0; i < messages->count; i++)
		if (messages->list[i].line == line && messages->list[i].column == column &&
		    !strcmp(messages->list[i].id, id))
			return true;
	return false;
}

static struct lang_message *add_message(struct lang_messages *messages)
{
	if (!messages->arena)
		messages->arena = arena_new();
	if (!messages->arena)
		return NULL;
	if (!messages->list)
		messages->list = ARENA_ARRAY(messages->arena, struct lang_message,
					     LANG_MAX_ERRORS + MAX_WARNINGS);
	return messages->list ? &messages->list[messages->count++] : NULL;
}

void lang_error(struct lang_context *cx, struct lang_loc loc, enum lang_error_id id, ...)
{
	const struct catalogue_row *row = &catalogue[id];
	struct lang_message *m;
	uint32_t line, column;
	va_list ap;
	char *text;

	cx->last = NULL;
	if (cx->quiet)
		return;
	if (loc.pos > cx->length)
		loc.pos = (uint32_t)cx->length;
	lang_line_column(cx, loc.pos, &line, &column);
	if (was_reported(cx->messages, row->id, line, column))
		return;
	if (!row->is_warning)
		cx->messages->nerrors++;
	if (!has_room(cx->messages, row->is_warning))
		return;
	m = add_message(cx->messages);
	if (!m)
		return;
	va_start(ap, id);
	text = arena_vprintf(cx->messages->arena, row->text, ap);
	va_end(ap);
	m->is_warning = row->is_warning;
	m->id = row->id;
	m->text = text ? printable(cx->messages->arena, text) : NULL;
	m->hint = row->hint;
	m->file = arena_strdup(cx->messages->arena, cx->file);
	m->line = line;
	m->column = column;
	m->length = loc.len ? loc.len : 1;
	render_source(cx, m, loc.pos);
	cx->last = m;
}

void lang_hint(struct lang_context *cx, const char *fmt, ...)
{
	va_list ap;
	char *text;

	if (!cx->last)
		return;
	va_start(ap, fmt);
	text = arena_vprintf(cx->messages->arena, fmt, ap);
	va_end(ap);
	if (text)
		cx->last->hint = printable(cx->messages->arena, text);
}

void lang_message_print(const struct lang_message *m, FILE *out)
{
	fprintf(out, "%s:%u:%u: %s: %s [%s]\n", m->file ? m->file : "?", m->line, m->column,
		m->is_warning ? "warning" : "error", m->text ? m->text : "out of memory", m->id);
	if (m->source) {
		fprintf(out, "%s\n%*s^", m->source, (int)m->source_column - 1, "");
		for (uint32_t i = 1; i < m->source_length; i++)
			fputc('~', out);
		fputc('\n', out);
	}
	if (m->hint)
		fprintf(out, "hint: %s\n", m->hint);
}

void lang_messages_free(struct lang_messages *messages)
{
	arena_free(messages->arena);
	memset(messages, 0, sizeof(*messages));
}
