// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Every element that was ever used is either in the chain of its hash, once, in use and nobody's,
 * or in the free list, once; no lock is held.
 */
#include <stdlib.h>

#include "map_check.h"

enum { NOWHERE, IN_CHAIN, IN_FREE_LIST };

static struct machine_elem *elem(const struct machine_session *s, const struct machine_map *m,
				 uint32_t i)
{
	return (struct machine_elem *)((uint8_t *)s->data + m->elems +
				       (uint64_t)i * m->elem_stride);
}

static const char *check_chain(const struct machine_session *s, const struct machine_map *m,
			       uint32_t bucket, uint8_t *seen, uint32_t *used)
{
	const struct machine_bucket *b =
		(struct machine_bucket *)((uint8_t *)s->data + m->buckets) + bucket;

	if (b->lock)
		return "a bucket's lock is held";
	for (uint32_t next = b->first; next; next = elem(s, m, next - 1)->next) {
		const struct machine_elem *e;

		if (next > m->max_entries)
			return "a link leads outside";
		e = elem(s, m, next - 1);
		if (seen[next - 1])
			return "an element is linked twice";
		seen[next - 1] = IN_CHAIN;
		if ((e->hash & (m->nbuckets - 1)) != bucket)
			return "an element is in another's chain";
		if ((e->state & 5) != 1)
			return "an element in a chain is not in use";
		if (e->owner)
			return "an element in a chain has an owner";
		++*used;
	}
	return NULL;
}

static const char *check_free_list(const struct machine_session *s, const struct machine_map *m,
				   uint8_t *seen)
{
	const struct machine_map_head *head =
		(struct machine_map_head *)((uint8_t *)s->data + m->head);

	if (head->free_lock)
		return "the free list's lock is held";
	for (uint32_t next = head->free_first; next; next = elem(s, m, next - 1)->next) {
		if (next > head->fresh || next > m->max_entries)
			return "the free list leads outside";
		if (seen[next - 1])
			return "a free element is linked twice";
		seen[next - 1] = IN_FREE_LIST;
		if (elem(s, m, next - 1)->owner || elem(s, m, next - 1)->state & 5)
			return "a free element is not free";
	}
	for (uint32_t i = 0; i < head->fresh; i++)
		if (!seen[i])
			return "an element is lost";
	return NULL;
}

const char *map_check(const struct machine_session *s, uint32_t map, uint32_t *used)
{
	const struct machine_map *m = &s->ctl->maps[map];
	uint8_t *seen = calloc(1, m->max_entries);
	const char *wrong = seen ? NULL : "no memory";

	*used = 0;
	for (uint32_t b = 0; !wrong && b < m->nbuckets; b++)
		wrong = check_chain(s, m, b, seen, used);
	if (!wrong)
		wrong = check_free_list(s, m, seen);
	free(seen);
	return wrong;
}
