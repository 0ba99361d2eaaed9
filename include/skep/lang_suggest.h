/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * "Did you mean": the nearest of the known names to a name that is not known. Used by the
 * compiler's errors and by the command line's. Pure.
 */
#ifndef SKEP_LANG_SUGGEST_H
#define SKEP_LANG_SUGGEST_H

#include <stddef.h>

/* Names longer than this are never compared: the answer is "no suggestion". */
#define LANG_SUGGEST_MAX_LEN 128

/*
 * How far b is from a, in half edits: 2 for each byte inserted, deleted or replaced or two
 * neighbours swapped, 1 for a letter that differs only in case. Returns limit + 1 as soon as it
 * is known to exceed limit, or if a name is too long.
 */
unsigned int lang_suggest_distance(const char *a, const char *b, unsigned int limit);

/*
 * A running choice of the best name: zero it except for name, offer candidates, read best.
 *	struct lang_suggest s = {.name = "opnat"};
 *	for each known name: lang_suggest_offer(&s, known);
 *	if (s.best) ...
 * Candidates must outlive the reading of best. A candidate is near enough when it differs in at
 * most a third of the name's letters (one is always allowed in names of two letters and more)
 * or only in case; among equals the first offered wins. The name itself is no suggestion.
 */
struct lang_suggest {
	const char *name;
	const char *best;      /* NULL: nothing near enough */
	unsigned int distance; /* of best, in half edits */
};

/* Offers one candidate; NULL is ignored. */
void lang_suggest_offer(struct lang_suggest *s, const char *candidate);

/* The best of n names, or NULL. NULL entries are ignored. */
const char *lang_suggest(const char *name, const char *const *names, size_t n);

#endif
