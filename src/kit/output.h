/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The two writers behind kit_output.h. Each appends to a buffer and knows nothing of files; rows
 * are sorted and cut to the top ones before they come here.
 */
#ifndef KIT_OUTPUT_H
#define KIT_OUTPUT_H

#include <skep/kit_buffer.h>
#include <skep/kit_output.h>

/* Largest part of a histogram that has counts: first <= i <= last; false if all are 0. */
bool kit_hist_span(const uint64_t *counts, uint32_t n, uint32_t *first, uint32_t *last);

/* v with its numbers divided, as print(@m, top, div) shows it. Histograms are left to writers. */
struct kit_value kit_divided(const struct kit_value *v, uint32_t div);

/* The average of stats, divided; the number of samples and the total never are. */
uint64_t kit_stats_average(const struct kit_value *v, uint32_t div);

/* The text form of stats. */
void kit_format_stats(struct kit_buffer *out, const struct kit_value *v, uint32_t div);

void kit_text_map(struct kit_buffer *b, const char *name, enum kit_type type,
		  const struct kit_row *rows, size_t nrows, uint32_t div);
void kit_text_value(struct kit_buffer *b, const struct kit_value *v);
void kit_text_runtime_error(struct kit_buffer *b, const struct kit_runtime_error *e,
			    const char *message);

void kit_json_map(struct kit_buffer *b, const char *name, enum kit_type type,
		  const struct kit_row *rows, size_t nrows, uint32_t div);
void kit_json_value(struct kit_buffer *b, const struct kit_value *v);
/* A line {"type": "TYPE", "data": "TEXT"}. */
void kit_json_text(struct kit_buffer *b, const char *type, const char *text, size_t len);
/* A line {"type": "TYPE", "data": {"NAME": n}}. */
void kit_json_number(struct kit_buffer *b, const char *type, const char *name, uint64_t n);
void kit_json_runtime_error(struct kit_buffer *b, const struct kit_runtime_error *e,
			    const char *message);

#endif
