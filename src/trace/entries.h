/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The raw entries of a map, read all at once; and changing them all at once. */
#ifndef TRACE_ENTRIES_H
#define TRACE_ENTRIES_H

#include "trace/session.h"

/* Zeroed is empty. */
struct trace_entries {
	char *keys, *values; /* n each, key_size and value_size apart */
	size_t n;
	size_t key_size;
	size_t value_size; /* of all CPUs: ncpus times the value rounded up to 8 */
	uint32_t ncpus;	   /* 1 when the map is not per CPU */
};

int trace_entries_read(struct trace_session *s, uint32_t map, struct trace_entries *entries);
void trace_entries_free(struct trace_entries *entries);
/* Deletes what a hash map holds now. */
int trace_entries_delete(struct trace_session *s, uint32_t map);
/* Sets all values that are there to zero. */
int trace_entries_zero(struct trace_session *s, uint32_t map);

#endif
