// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Types by name: a hash of chains. Chains, not open addressing, because names may repeat as often
 * as hostile data likes, and building must stay linear.
 */
#include "btf/btfr.h"

#include <stdlib.h>
#include <string.h>

static inline uint64_t load(const char *p, size_t len)
{
	uint64_t word = 0;

	memcpy(&word, p, len);
	return word;
}

/*
 * Hashing is most of what the first lookup takes, and most of hashing is loops whose end the
 * processor guesses wrong. So no loop: of a long name, its beginning, middle and end. Names that
 * agree in these share a chain, no more. Not kept anywhere, so it may differ by byte order.
 */
static uint32_t hash(const char *name, unsigned int bits)
{
	size_t len = strlen(name);
	uint64_t h = len;

	if (len >= 8) {
		h ^= load(name, 8) * 0x9e3779b97f4a7c15u;
		h ^= load(name + len / 2 - 4, 8) * 0xc2b2ae3d27d4eb4fu;
		name += len - 8;
		h ^= h >> 29 ^ load(name, 8);
	} else if (len >= 4) {
		h ^= load(name, 4) << 32 ^ load(name + len - 4, 4);
	} else if (len) {
		h ^= load(name, 1) << 24 ^ load(name + len / 2, 1) << 16 ^
		     load(name + len - 1, 1) << 8;
	}
	return (uint32_t)((h * 0x9fb21c651e98df25u) >> (64 - bits));
}

/* Without memory the index stays away, and lookups search. */
static void build(struct btfr *b)
{
	uint32_t cnt = b->id_end - b->id_begin;
	unsigned int bits = 4;

	while (bits < 24 && (uint32_t)1 << bits < cnt)
		bits++;
	b->heads = calloc((size_t)1 << bits, sizeof(*b->heads));
	b->next = malloc(((size_t)cnt + 1) * sizeof(*b->next));
	if (!b->heads || !b->next) {
		free(b->heads);
		free(b->next);
		b->heads = b->next = NULL;
		return;
	}
	b->hash_bits = bits;
	/* Backwards, so that chains rise. */
	for (uint32_t i = cnt; i-- > 0;) {
		const char *name = btfr_name(b, b->id_begin + i);
		uint32_t *head;

		if (!*name)
			continue;
		head = &b->heads[hash(name, bits)];
		b->next[i] = *head;
		*head = b->id_begin + i;
	}
}

static uint32_t search(const struct btfr *b, uint32_t kinds, const char *name)
{
	for (uint32_t id = b->id_begin; id < b->id_end; id++)
		if (btfr_is(btfr_rec(b, id), kinds) && !strcmp(btfr_name(b, id), name))
			return id;
	return 0;
}

static uint32_t by_name_own(struct btfr *b, uint32_t kinds, const char *name)
{
	uint32_t id;

	if (!b->heads)
		build(b);
	if (!*name)
		return 0;
	if (!b->heads)
		return search(b, kinds, name);
	id = b->heads[hash(name, b->hash_bits)];
	for (; id; id = b->next[id - b->id_begin])
		if (btfr_is(btfr_rec(b, id), kinds) && !strcmp(btfr_name(b, id), name))
			return id;
	return 0;
}

uint32_t btfr_by_name(struct btfr *b, uint32_t kinds, const char *name)
{
	uint32_t id = b->base ? btfr_by_name(b->base, kinds, name) : 0;

	return id ? id : by_name_own(b, kinds, name);
}
