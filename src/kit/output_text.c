// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The text form of maps, values and run-time errors. Each rule on empty lines and columns here is
 * what bpftrace 0.23 prints; tests/unit/kit/test_output.c holds its bytes.
 */
#include <inttypes.h>
#include <stdio.h>

#include <skep/kit_format.h>
#include <skep/kit_histogram.h>

#include "kit/output.h"

#define LABEL_COLUMNS 16
#define COUNT_COLUMNS 8
#define BAR_COLUMNS   52

/* A number in K, M, ... when it is a multiple of a power of 1024: mantissa << power. */
static void hist_label(char *buf, size_t size, uint32_t index, unsigned int bits)
{
	static const char suffixes[] = "\0KMGTPE";
	unsigned int power;
	uint64_t mantissa = kit_hist_lower(index, bits, &power);

	snprintf(buf, size, "%" PRIu64 "%.1s", mantissa << power % 10, &suffixes[power / 10]);
}

/* Suffixes are for steps in whole K; M is the largest, as bpftrace has it. */
static void lhist_label(char *buf, size_t size, int64_t n, int64_t step)
{
	if (step % 1024 || n % 1024 || !n)
		snprintf(buf, size, "%" PRId64, n);
	else if (n % (1024 * 1024))
		snprintf(buf, size, "%" PRId64 "K", n / 1024);
	else
		snprintf(buf, size, "%" PRId64 "M", n / (1024 * 1024));
}

static void hist_range(char *buf, size_t size, uint32_t index, const struct kit_value *v)
{
	struct kit_range range = kit_hist_range(index, v->hist.bits);
	char lo[32], hi[32];

	if (range.open_below) {
		snprintf(buf, size, "(..., 0)");
		return;
	}
	hist_label(lo, sizeof(lo), index, v->hist.bits);
	hist_label(hi, sizeof(hi), index + 1, v->hist.bits);
	if (range.hi - (uint64_t)range.lo == 1)
		snprintf(buf, size, "[%s]", lo);
	else
		snprintf(buf, size, "[%s, %s)", lo, hi);
}

static void lhist_range(char *buf, size_t size, uint32_t index, const struct kit_value *v)
{
	int64_t step = v->lhist.step;
	struct kit_range range = kit_lhist_range(index, v->lhist.min, v->lhist.max, step);
	char lo[32], hi[32];

	lhist_label(lo, sizeof(lo), range.lo, step);
	lhist_label(hi, sizeof(hi), (int64_t)range.hi, step);
	if (range.open_below)
		snprintf(buf, size, "(..., %s)", hi);
	else if (range.open_above)
		snprintf(buf, size, "[%s, ...)", lo);
	else
		snprintf(buf, size, "[%s, %s)", lo, hi);
}

static void plot_row(struct kit_buffer *b, const char *label, uint64_t count, uint64_t shown,
		     uint64_t most)
{
	/* In float, because its rounding decides the width of bars near a column's edge. */
	size_t bar = most ? (size_t)((float)count / (float)most * BAR_COLUMNS) : 0;

	if (bar > BAR_COLUMNS)
		bar = BAR_COLUMNS;
	kit_buffer_printf(b, "%-*s%*" PRIu64 " |", LABEL_COLUMNS, label, COUNT_COLUMNS, shown);
	kit_buffer_fill(b, '@', bar);
	kit_buffer_fill(b, ' ', BAR_COLUMNS - bar);
	kit_buffer_puts(b, "|\n");
}

static void plot(struct kit_buffer *b, const struct kit_value *v, uint32_t div)
{
	bool linear = v->type == KIT_LHIST;
	const uint64_t *counts = linear ? v->lhist.counts : v->hist.counts;
	uint32_t n = linear ? v->lhist.ncounts : v->hist.ncounts;
	uint32_t first, last, i;
	uint64_t most = 0;
	char label[80];

	if (!kit_hist_span(counts, n, &first, &last))
		return;
	for (i = first; i <= last; i++)
		most = counts[i] > most ? counts[i] : most;
	for (i = first; i <= last; i++) {
		if (linear)
			lhist_range(label, sizeof(label), i, v);
		else
			hist_range(label, sizeof(label), i, v);
		/* bpftrace divides neither the bars nor linear histograms. */
		plot_row(b, label, counts[i], linear ? counts[i] : counts[i] / div, most);
	}
}

static bool is_plot(enum kit_type type)
{
	return type == KIT_HIST || type == KIT_LHIST;
}

static void put_name(struct kit_buffer *b, const char *name, const struct kit_row *row)
{
	size_t i;

	kit_buffer_puts(b, name);
	if (!row->nkeys)
		return;
	for (i = 0; i < row->nkeys; i++) {
		kit_buffer_puts(b, i ? ", " : "[");
		kit_format_value(b, &row->keys[i]);
	}
	kit_buffer_putc(b, ']');
}

void kit_text_map(struct kit_buffer *b, const char *name, enum kit_type type,
		  const struct kit_row *rows, size_t nrows, uint32_t div)
{
	struct kit_value shown;
	size_t i;

	for (i = 0; i < nrows; i++) {
		put_name(b, name, &rows[i]);
		if (is_plot(rows[i].value.type)) {
			kit_buffer_puts(b, ":\n");
			plot(b, &rows[i].value, div);
		} else if (rows[i].value.type == KIT_STATS) {
			kit_buffer_puts(b, ": ");
			kit_format_stats(b, &rows[i].value, div);
		} else {
			kit_buffer_puts(b, ": ");
			shown = kit_divided(&rows[i].value, div);
			kit_format_value(b, &shown);
		}
		kit_buffer_putc(b, '\n');
	}
	if (!nrows)
		kit_buffer_putc(b, '\n');
	if (type == KIT_AVG || type == KIT_STATS)
		kit_buffer_putc(b, '\n');
}

void kit_text_value(struct kit_buffer *b, const struct kit_value *v)
{
	if (is_plot(v->type))
		plot(b, v, 1);
	else
		kit_format_value(b, v);
	kit_buffer_putc(b, '\n');
}

static void put_place(struct kit_buffer *b, const struct kit_runtime_error *e)
{
	kit_buffer_printf(b, "%s:%" PRIu32 ":%" PRIu32, e->file, e->line, e->column);
	if (e->end_column > e->column)
		kit_buffer_printf(b, "-%" PRIu32, e->end_column);
	kit_buffer_puts(b, ": ");
}

void kit_text_runtime_error(struct kit_buffer *b, const struct kit_runtime_error *e,
			    const char *message)
{
	if (e->file)
		put_place(b, e);
	kit_buffer_printf(b, "WARNING: %s\n", message);
	if (e->helper)
		kit_buffer_printf(b, "Additional Info - helper: %s, retcode: %" PRId32 "\n",
				  e->helper, e->retcode);
	if (!e->file || !e->source || !e->column)
		return;
	kit_buffer_printf(b, "%s\n", e->source);
	kit_buffer_fill(b, ' ', e->column - 1);
	kit_buffer_fill(b, '~', e->end_column > e->column ? e->end_column - e->column : 1);
	kit_buffer_putc(b, '\n');
}
