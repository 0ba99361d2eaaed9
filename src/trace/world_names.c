// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Globs and sorted lists of names.
 *
 * The matcher remembers only the last `*`: when what follows does not fit, that star takes one
 * byte more. An earlier star never needs to be tried again, so hostile globs cannot explode.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "trace/world_names.h"

/*
 * Matches @c with the set that begins at @glob, which is behind the '['. Returns what follows the
 * set, or NULL when it is never closed; *matched says whether @c is in it.
 */
static const char *match_set(const char *glob, unsigned char c, bool *matched)
{
	bool negated = *glob == '!' || *glob == '^', found = false;
	const unsigned char *p = (const unsigned char *)glob + negated;
	const unsigned char *begin = p;

	for (; *p && (*p != ']' || p == begin); p++) {
		if (p[1] == '-' && p[2] && p[2] != ']') {
			found |= c >= p[0] && c <= p[2];
			p += 2;
		} else {
			found |= c == *p;
		}
	}
	if (!*p)
		return NULL;
	*matched = found != negated;
	return (const char *)p + 1;
}

/* Matches one byte of a name with one part of the glob; returns what follows it, or NULL. */
static const char *match_one(const char *glob, char c)
{
	const char *next;
	bool matched;

	if (*glob == '?')
		return glob + 1;
	if (*glob == '[') {
		next = match_set(glob + 1, (unsigned char)c, &matched);
		if (next)
			return matched ? next : NULL;
	}
	return *glob == c ? glob + 1 : NULL;
}

bool trace_glob_match(const char *glob, const char *name)
{
	const char *after_star = NULL, *retry = NULL, *next;

	if (!glob)
		return true;
	while (*name) {
		if (*glob == '*') {
			after_star = ++glob;
			retry = name;
			continue;
		}
		next = *glob ? match_one(glob, *name) : NULL;
		if (next) {
			glob = next;
			name++;
		} else if (after_star) {
			glob = after_star;
			name = ++retry;
		} else {
			return false;
		}
	}
	while (*glob == '*')
		glob++;
	return !*glob;
}

bool trace_glob_is_pattern(const char *text)
{
	return text && strpbrk(text, "*?[");
}

int trace_names_add(struct trace_names *names, const char *target, const char *name)
{
	if (names->n == names->cap) {
		size_t cap = names->cap ? names->cap * 2 : 256;
		struct trace_name *v = reallocarray(names->v, cap, sizeof(*v));

		if (!v)
			return -ENOMEM;
		names->v = v;
		names->cap = cap;
	}
	names->v[names->n++] = (struct trace_name){target, name};
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct trace_name *x = a, *y = b;
	int c = strcmp(x->target ? x->target : "", y->target ? y->target : "");

	return c ? c : strcmp(x->name, y->name);
}

void trace_names_sort(struct trace_names *names)
{
	size_t i, kept = 0;

	if (!names->n)
		return;
	qsort(names->v, names->n, sizeof(*names->v), compare);
	for (i = 1; i < names->n; i++) {
		if (compare(&names->v[kept], &names->v[i]))
			names->v[++kept] = names->v[i];
	}
	names->n = kept + 1;
}

bool trace_names_have(const struct trace_names *names, const char *target, const char *name)
{
	struct trace_name key = {target, name};

	return names->n && bsearch(&key, names->v, names->n, sizeof(key), compare);
}

void trace_names_free(struct trace_names *names)
{
	free(names->v);
	memset(names, 0, sizeof(*names));
}
