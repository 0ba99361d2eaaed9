// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The JSON form: one line an object. Numbers are written in full even where a reader that knows
 * only doubles rounds them, as bpftrace does. Keys of a map are joined by commas into one string.
 */
#include <inttypes.h>
#include <string.h>

#include <skep/kit_format.h>
#include <skep/kit_histogram.h>

#include "kit/output.h"

static void begin(struct kit_buffer *b, const char *type)
{
	kit_buffer_printf(b, "{\"type\": \"%s\", \"data\": ", type);
}

static void end(struct kit_buffer *b)
{
	kit_buffer_puts(b, "}\n");
}

static void put_string(struct kit_buffer *b, const char *text, size_t len)
{
	kit_buffer_putc(b, '"');
	kit_buffer_json(b, text, len);
	kit_buffer_putc(b, '"');
}

/* The text form of a value as a string. */
static void put_as_string(struct kit_buffer *b, const struct kit_value *v)
{
	struct kit_buffer text = {0};

	kit_format_value(&text, v);
	put_string(b, text.data, text.len);
	if (text.error)
		b->error = text.error;
	kit_buffer_free(&text);
}

static void put_number(struct kit_buffer *b, uint64_t n, bool is_signed)
{
	if (is_signed)
		kit_buffer_printf(b, "%" PRId64, (int64_t)n);
	else
		kit_buffer_printf(b, "%" PRIu64, n);
}

static void put_stats(struct kit_buffer *b, const struct kit_value *v, uint32_t div)
{
	kit_buffer_printf(b, "{\"count\": %" PRIu64 ", \"average\": ", v->stats.count);
	put_number(b, kit_stats_average(v, div), v->is_signed);
	kit_buffer_puts(b, ", \"total\": ");
	put_number(b, v->stats.total, v->is_signed);
	kit_buffer_putc(b, '}');
}

static void put_bucket(struct kit_buffer *b, const struct kit_range *range, uint64_t count)
{
	kit_buffer_putc(b, '{');
	if (!range->open_below)
		kit_buffer_printf(b, "\"min\": %" PRId64 ", ", range->lo);
	if (!range->open_above)
		kit_buffer_printf(b, "\"max\": %" PRId64 ", ", (int64_t)(range->hi - 1));
	kit_buffer_printf(b, "\"count\": %" PRIu64 "}", count);
}

static void put_hist(struct kit_buffer *b, const struct kit_value *v, uint32_t div)
{
	struct kit_range range;
	uint32_t first, last, i;

	kit_buffer_putc(b, '[');
	if (kit_hist_span(v->hist.counts, v->hist.ncounts, &first, &last)) {
		for (i = first; i <= last; i++) {
			range = kit_hist_range(i, v->hist.bits);
			if (i > first)
				kit_buffer_puts(b, ", ");
			put_bucket(b, &range, v->hist.counts[i] / div);
		}
	}
	kit_buffer_putc(b, ']');
}

static void put_lhist(struct kit_buffer *b, const struct kit_value *v)
{
	struct kit_range range;
	uint32_t first, last, i;

	kit_buffer_putc(b, '[');
	if (kit_hist_span(v->lhist.counts, v->lhist.ncounts, &first, &last)) {
		for (i = first; i <= last; i++) {
			range = kit_lhist_range(i, v->lhist.min, v->lhist.max, v->lhist.step);
			if (i > first)
				kit_buffer_puts(b, ", ");
			put_bucket(b, &range, v->lhist.counts[i]);
		}
	}
	kit_buffer_putc(b, ']');
}

static void put_value(struct kit_buffer *b, const struct kit_value *v, uint32_t div)
{
	bool is_signed;
	uint64_t n;
	size_t i;

	switch (v->type) {
	case KIT_NONE: kit_buffer_puts(b, "null"); break;
	case KIT_BOOL: kit_buffer_puts(b, v->u ? "true" : "false"); break;
	case KIT_STRING:
	case KIT_BUFFER:
	case KIT_INET:
	case KIT_TEXT: put_as_string(b, v); break;
	case KIT_TUPLE:
		kit_buffer_putc(b, '[');
		for (i = 0; i < v->tuple.n; i++) {
			if (i)
				kit_buffer_putc(b, ',');
			put_value(b, &v->tuple.items[i], 1);
		}
		kit_buffer_putc(b, ']');
		break;
	case KIT_STATS: put_stats(b, v, div); break;
	case KIT_HIST: put_hist(b, v, div); break;
	case KIT_LHIST: put_lhist(b, v); break;
	default:
		n = kit_value_number(v, &is_signed);
		put_number(b, n, is_signed);
		break;
	}
}

/* The keys of a row as one string: text as it is, all else as in JSON. */
static void put_keys(struct kit_buffer *b, const struct kit_row *row)
{
	struct kit_buffer text = {0};
	size_t i;

	for (i = 0; i < row->nkeys; i++) {
		if (i)
			kit_buffer_putc(&text, ',');
		switch (row->keys[i].type) {
		case KIT_STRING:
		case KIT_BUFFER:
		case KIT_INET:
		case KIT_TEXT: kit_format_value(&text, &row->keys[i]); break;
		default: put_value(&text, &row->keys[i], 1); break;
		}
	}
	put_string(b, text.data, text.len);
	if (text.error)
		b->error = text.error;
	kit_buffer_free(&text);
}

static const char *map_type(enum kit_type type)
{
	switch (type) {
	case KIT_HIST:
	case KIT_LHIST: return "hist";
	case KIT_AVG:
	case KIT_STATS: return "stats";
	default: return "map";
	}
}

void kit_json_map(struct kit_buffer *b, const char *name, enum kit_type type,
		  const struct kit_row *rows, size_t nrows, uint32_t div)
{
	struct kit_value shown;
	size_t i;

	if (!nrows)
		return;
	begin(b, map_type(type));
	kit_buffer_putc(b, '{');
	put_string(b, name, strlen(name));
	kit_buffer_puts(b, rows[0].nkeys ? ": {" : ": ");
	for (i = 0; i < nrows; i++) {
		if (i)
			kit_buffer_puts(b, ", ");
		if (rows[i].nkeys) {
			put_keys(b, &rows[i]);
			kit_buffer_puts(b, ": ");
		}
		shown = kit_divided(&rows[i].value, div);
		put_value(b, &shown, div);
	}
	kit_buffer_puts(b, rows[0].nkeys ? "}}" : "}");
	end(b);
}

void kit_json_value(struct kit_buffer *b, const struct kit_value *v)
{
	begin(b, "value");
	put_value(b, v, 1);
	end(b);
}

void kit_json_text(struct kit_buffer *b, const char *type, const char *text, size_t len)
{
	begin(b, type);
	put_string(b, text, len);
	end(b);
}

void kit_json_number(struct kit_buffer *b, const char *type, const char *name, uint64_t n)
{
	begin(b, type);
	kit_buffer_printf(b, "{\"%s\": %" PRIu64 "}", name, n);
	end(b);
}

void kit_json_runtime_error(struct kit_buffer *b, const struct kit_runtime_error *e,
			    const char *message)
{
	kit_buffer_printf(
		b, "{\"type\": \"%s\", \"msg\": ", e->helper ? "helper_error" : "runtime_error");
	put_string(b, message, strlen(message));
	if (e->helper) {
		kit_buffer_puts(b, ", \"helper\": ");
		put_string(b, e->helper, strlen(e->helper));
		kit_buffer_printf(b, ", \"retcode\": %" PRId32, e->retcode);
	}
	if (e->file)
		kit_buffer_printf(b, ", \"line\": %" PRIu32 ", \"col\": %" PRIu32, e->line,
				  e->column);
	end(b);
}
