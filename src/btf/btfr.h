/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the reader's parts share: the opened data and how to get at a record and a string. */
#ifndef BTF_BTFR_H
#define BTF_BTFR_H

#include <skep/btf.h>

/* Longest chain of modifiers or arrays, and depth of anonymous members, that is followed. */
#define BTFR_MAX_DEPTH 64

/* Who frees the data. */
enum btfr_owner { BTFR_BORROWED, BTFR_MALLOCED, BTFR_MAPPED };

struct btfr {
	struct btfr *base; /* or NULL; borrowed */
	const void *data;
	size_t len;
	enum btfr_owner owner;
	const uint8_t *types;
	uint32_t types_len;
	const char *strs;
	uint32_t str_begin, str_end; /* offsets that strs answers; below is the base's */
	uint32_t id_begin, id_end;   /* ids that offs answers; below is the base's */
	uint32_t *offs;		     /* of the record of id_begin + i in types */
	/* Names of this BTF: chains of ids in rising order, 0 ends one. NULL before a lookup. */
	uint32_t *heads, *next;
	unsigned int hash_bits;
};

/* The record of a type; NULL for void and for what is not a type. */
static inline const struct btf_type *btfr_rec(const struct btfr *b, uint32_t id)
{
	if (id >= b->id_end)
		return NULL;
	while (id < b->id_begin) {
		b = b->base;
		if (!b)
			return NULL;
	}
	return (const struct btf_type *)(const void *)(b->types + b->offs[id - b->id_begin]);
}

/* A string by its offset; "" if there is none. */
static inline const char *btfr_str(const struct btfr *b, uint32_t off)
{
	if (off >= b->str_end)
		return "";
	while (off < b->str_begin)
		b = b->base;
	return b->strs + (off - b->str_begin);
}

static inline unsigned int btfr_rec_kind(const struct btf_type *t)
{
	return BTF_INFO_KIND(t->info);
}

/* Whether the record is of one of these kinds; NULL is of none. */
static inline bool btfr_is(const struct btf_type *t, uint32_t kinds)
{
	return t && (kinds >> btfr_rec_kind(t) & 1);
}

#endif
