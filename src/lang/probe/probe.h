/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* From an attach point as written to the probes that it stands for. */
#ifndef LANG_PROBE_PROBE_H
#define LANG_PROBE_PROBE_H

#include "lang/check/check.h"

/* Most probes of one script: each costs the kernel an attachment. */
#define PROBE_MAX 1024

struct probe_list {
	struct probe **list; /* in the arena of the compilation */
	size_t count, cap;
};

/*
 * Appends the probes that @spec stands for, described by the world, to @out. What is wrong is
 * reported; then nothing (or less) is appended. Returns 0 or -ENOMEM.
 */
int probe_resolve(struct lang_context *cx, const struct probe_spec *spec, struct probe_list *out);

/*
 * Reads all of @text as "10ms", "99hz" or a plain number of nanoseconds: *@value and *@unit, which
 * is a row's name of the units or "". Returns false when it is none of them.
 */
bool probe_duration(const char *text, uint64_t *value, const char **unit);

/* Reports why the world could not open or list @probe (its names as far as known). */
void probe_report(struct lang_context *cx, const struct probe *probe, enum lang_reason reason);

/* Reports that the tracepoint's category is missing. */
void probe_report_category(struct lang_context *cx, const struct probe *probe);

/* Private to this folder: one probe, or all that a wildcard matches. */
int probe_open_all(struct lang_context *cx, const struct probe *probe, struct probe_list *out);
/* The text that `probe` shows, from provider, target, name, offset; NULL without memory. */
const char *probe_full_name(struct lang_context *cx, const struct probe *probe);
/* Appends. Returns 0 or -ENOMEM. */
int probe_append(struct lang_context *cx, struct probe_list *out, const struct probe *probe);

#endif
