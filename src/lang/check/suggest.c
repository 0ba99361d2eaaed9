// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * "Did you mean", by optimal string alignment distance: three rows of the usual table, given up
 * as soon as a whole row is over the limit.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include <skep/lang_suggest.h>

#define EDIT 2
#define CASE 1

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

static unsigned int replace_cost(unsigned char a, unsigned char b)
{
	if (a == b)
		return 0;
	return tolower(a) == tolower(b) ? CASE : EDIT;
}

unsigned int lang_suggest_distance(const char *a, const char *b, unsigned int limit)
{
	unsigned int rows[3][LANG_SUGGEST_MAX_LEN + 1];
	unsigned int *before = rows[0], *last = rows[1], *row = rows[2], *spare, best;
	size_t alen = strnlen(a, LANG_SUGGEST_MAX_LEN + 1);
	size_t blen = strnlen(b, LANG_SUGGEST_MAX_LEN + 1);
	size_t i, j;

	if (alen > LANG_SUGGEST_MAX_LEN || blen > LANG_SUGGEST_MAX_LEN)
		return limit + 1;
	if ((alen > blen ? alen - blen : blen - alen) * EDIT > limit)
		return limit + 1;
	for (j = 0; j <= blen; j++)
		last[j] = (unsigned int)j * EDIT;
	for (i = 1; i <= alen; i++) {
		best = row[0] = (unsigned int)i * EDIT;
		for (j = 1; j <= blen; j++) {
			row[j] = least(last[j], row[j - 1]) + EDIT;
			row[j] = least(row[j], last[j - 1] + replace_cost(a[i - 1], b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], before[j - 2] + EDIT);
			best = least(best, row[j]);
		}
		/* A swap can lead from the row before, which is never lower by more than it. */
		if (best > limit + EDIT)
			return limit + 1;
		spare = before;
		before = last;
		last = row;
		row = spare;
	}
	return last[blen] > limit ? limit + 1 : last[blen];
}

void lang_suggest_offer(struct lang_suggest *s, const char *candidate)
{
	size_t len = strnlen(s->name, LANG_SUGGEST_MAX_LEN + 1);
	unsigned int limit, distance;

	if (!candidate || len < 2 || len > LANG_SUGGEST_MAX_LEN)
		return;
	limit = (unsigned int)(len < 3 ? 1 : len / 3) * EDIT;
	if (s->best) {
		if (s->distance <= 1)
			return;
		limit = least(limit, s->distance - 1);
	}
	/* The same word in other letters' case is the best there is but the word itself. */
	if (!strcasecmp(s->name, candidate))
		distance = strcmp(s->name, candidate) ? 1 : 0;
	else
		distance = lang_suggest_distance(s->name, candidate, limit);
	if (distance > limit || !distance)
		return;
	s->best = candidate;
	s->distance = distance;
}

const char *lang_suggest(const char *name, const char *const *names, size_t n)
{
	struct lang_suggest s = {.name = name};
	size_t i;

	for (i = 0; i < n; i++)
		lang_suggest_offer(&s, names[i]);
	return s.best;
}
