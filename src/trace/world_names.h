/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Globs, and sorted lists of the names that they are matched with.
 */
#ifndef TRACE_WORLD_NAMES_H
#define TRACE_WORLD_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * True if @name matches: `*` is any run of bytes, `?` one byte, `[a-z_]` one of a set (`[!…]` or
 * `[^…]` one that is not in it); a `[` that is never closed is itself. Takes at most the product
 * of both lengths. @glob NULL matches everything.
 */
bool trace_glob_match(const char *glob, const char *name);

/* True if @text has one of `*?[`. NULL has none. */
bool trace_glob_is_pattern(const char *text);

/* One name; target (a category or module) may be NULL. Borrowed strings. */
struct trace_name {
	const char *target, *name;
};

/* Zeroed is empty. */
struct trace_names {
	struct trace_name *v;
	size_t n, cap;
};

/* Appends. Returns 0 or -ENOMEM. */
int trace_names_add(struct trace_names *names, const char *target, const char *name);

/* Sorts by target (NULL first), then name, and drops what is there twice. */
void trace_names_sort(struct trace_names *names);

/* True if @target (or NULL) and @name are there. Sorted lists only. */
bool trace_names_have(const struct trace_names *names, const char *target, const char *name);

void trace_names_free(struct trace_names *names);

#endif
