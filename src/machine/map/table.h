/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Where a map's parts lie, and what the files of map/ share. Freestanding.
 *
 * Descriptions (struct machine_map) are the tracer's and can be trusted; contents cannot: whoever
 * takes an index from them checks it against max_entries before he uses it here.
 */
#ifndef MACHINE_TABLE_H
#define MACHINE_TABLE_H

#include <errno.h>
#include <linux/bpf.h>
#include <stddef.h>
#include <string.h>

#include "machine/map/lock.h"

#define ELEM_USED    1u /* in a chain (or about to be, while it has an owner) */
#define ELEM_REF     2u /* looked up since the clock's hand came by */
#define ELEM_LEAVING 4u /* may still be in a chain; its next still leads along it */
#define ELEM_FLAGS   7u
#define ELEM_VERSION 8u

#define WALK_MAX     4096 /* a chain this long is a broken chain */
#define WALK_RETRIES 64

static inline uint8_t *map_memory(const struct machine_who *who, uint64_t offset)
{
	return (uint8_t *)machine_data_of(who->ctl) + offset;
}

/* NULL: there is no such map. */
static inline const struct machine_map *map_get(const struct machine_who *who, uint32_t map)
{
	const struct machine_map *m = &who->ctl->maps[map];

	return map < MACHINE_MAPS && m->type ? m : NULL;
}

static inline struct machine_map_head *map_head(const struct machine_who *who,
						const struct machine_map *m)
{
	return (struct machine_map_head *)map_memory(who, m->head);
}

static inline struct machine_bucket *map_bucket(const struct machine_who *who,
						const struct machine_map *m, uint32_t hash)
{
	return (struct machine_bucket *)map_memory(who, m->buckets) + (hash & (m->nbuckets - 1));
}

static inline struct machine_elem *map_elem(const struct machine_who *who,
					    const struct machine_map *m, uint32_t i)
{
	return (struct machine_elem *)map_memory(who, m->elems + (uint64_t)i * m->elem_stride);
}

static inline void *map_value(const struct machine_who *who, const struct machine_map *m,
			      uint32_t i, uint32_t copy)
{
	return map_memory(who, m->values + copy * m->copy_stride + (uint64_t)i * m->value_stride);
}

/* The copy of a value that @who works on. */
static inline uint32_t map_copy(const struct machine_who *who, const struct machine_map *m)
{
	return m->ncopies > 1 ? who->vcpu % MACHINE_VCPUS : 0;
}

/* A value of one word is written at once: who reads it meanwhile sees the old or the new one. */
static inline void map_copy_value(void *to, const void *from, uint32_t size)
{
	if (size == 8)
		__builtin_memcpy(to, from, 8);
	else if (size == 4)
		__builtin_memcpy(to, from, 4);
	else
		memcpy(to, from, size);
}

static inline bool map_is_hash(uint32_t type)
{
	return type == BPF_MAP_TYPE_HASH || type == BPF_MAP_TYPE_PERCPU_HASH ||
	       type == BPF_MAP_TYPE_LRU_HASH || type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

static inline bool map_is_lru(uint32_t type)
{
	return type == BPF_MAP_TYPE_LRU_HASH || type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

/* Somebody whose event is now incomplete. */
static inline void map_missed(const struct machine_who *who)
{
	atomic_fetch_add_explicit(&machine_data_of(who->ctl)->targets[who->slot].missed, 1,
				  memory_order_relaxed);
}

/* hash.c. hash_find: index, -ENOENT, or -EBUSY (the chain did not hold still). */
int64_t hash_find(const struct machine_who *who, const struct machine_map *m, const void *key);
void hash_touch(const struct machine_who *who, const struct machine_map *m, uint32_t i);
int hash_update(const struct machine_who *who, const struct machine_map *m, const void *key,
		const void *value, uint64_t flags, bool all_copies);
int hash_delete(const struct machine_who *who, const struct machine_map *m, const void *key);
int hash_next_key(const struct machine_who *who, const struct machine_map *m, const void *key,
		  void *next);
/* With the element's bucket locked: takes element i out of its chain. 1: it was in it. */
int hash_unlink(const struct machine_who *who, const struct machine_map *m, uint32_t i);
bool hash_linked(const struct machine_who *who, const struct machine_map *m, uint32_t i);

/* stack.c */
int stack_delete(const struct machine_who *who, const struct machine_map *m, uint32_t id);
int stack_next_id(const struct machine_who *who, const struct machine_map *m, const void *key,
		  void *next);

#endif
