// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The operations of maps, by type; arrays and program arrays are served here. Freestanding, so a
 * switch: a table of functions would hold addresses.
 */
#include "machine/map/table.h"

static uint32_t array_index(const void *key)
{
	uint32_t i;

	__builtin_memcpy(&i, key, sizeof(i));
	return i;
}

static void *array_lookup(const struct machine_who *who, const struct machine_map *m,
			  const void *key, uint32_t copy)
{
	uint32_t i = array_index(key);

	return i < m->max_entries ? map_value(who, m, i, copy) : NULL;
}

static void *prog_lookup(const struct machine_who *who, const struct machine_map *m,
			 const void *key)
{
	_Atomic uint32_t *value = array_lookup(who, m, key, 0);

	return value && atomic_load(value) ? (void *)value : NULL;
}

static void *hash_lookup(const struct machine_who *who, const struct machine_map *m,
			 const void *key, uint32_t copy)
{
	int64_t i = hash_find(who, m, key);

	if (i == -EBUSY)
		map_missed(who);
	if (i < 0)
		return NULL;
	if (map_is_lru(m->type))
		hash_touch(who, m, (uint32_t)i);
	return map_value(who, m, (uint32_t)i, copy);
}

void *machine_map_lookup(const struct machine_who *who, uint32_t map, const void *key)
{
	const struct machine_map *m = map_get(who, map);

	switch (m ? m->type : BPF_MAP_TYPE_UNSPEC) {
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_ARRAY: return array_lookup(who, m, key, map_copy(who, m));
	case BPF_MAP_TYPE_PROG_ARRAY: return prog_lookup(who, m, key);
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH: return hash_lookup(who, m, key, map_copy(who, m));
	default: return NULL;
	}
}

void *machine_map_lookup_percpu(const struct machine_who *who, uint32_t map, const void *key,
				uint32_t cpu)
{
	const struct machine_map *m = map_get(who, map);

	if (!m || cpu >= m->ncopies || m->ncopies == 1)
		return NULL;
	if (m->type == BPF_MAP_TYPE_PERCPU_ARRAY)
		return array_lookup(who, m, key, cpu);
	return map_is_hash(m->type) ? hash_lookup(who, m, key, cpu) : NULL;
}

static int array_update(const struct machine_who *who, const struct machine_map *m, const void *key,
			const void *value, uint64_t flags, bool all_copies)
{
	uint32_t i = array_index(key);

	if (flags > BPF_EXIST)
		return -EINVAL;
	if (i >= m->max_entries)
		return -E2BIG;
	if (flags == BPF_NOEXIST)
		return -EEXIST;
	if (m->ncopies == 1 || !all_copies) {
		map_copy_value(map_value(who, m, i, map_copy(who, m)), value, m->value_size);
		return 0;
	}
	for (uint32_t c = 0; c < m->ncopies; c++)
		map_copy_value(map_value(who, m, i, c),
			       (const uint8_t *)value + (uint64_t)c * m->value_stride,
			       m->value_size);
	return 0;
}

static int update(const struct machine_who *who, uint32_t map, const void *key, const void *value,
		  uint64_t flags, bool all_copies)
{
	const struct machine_map *m = map_get(who, map);

	switch (m ? m->type : BPF_MAP_TYPE_UNSPEC) {
	case BPF_MAP_TYPE_PROG_ARRAY:
		if (flags != BPF_ANY)
			return -EINVAL;
		/* fallthrough */
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_ARRAY: return array_update(who, m, key, value, flags, all_copies);
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
		return hash_update(who, m, key, value, flags, all_copies);
	case BPF_MAP_TYPE_RINGBUF: return -EOPNOTSUPP;
	default: return -EINVAL;
	}
}

int machine_map_update(const struct machine_who *who, uint32_t map, const void *key,
		       const void *value, uint64_t flags)
{
	return update(who, map, key, value, flags, false);
}

int machine_map_update_all(const struct machine_who *who, uint32_t map, const void *key,
			   const void *values, uint64_t flags)
{
	return update(who, map, key, values, flags, true);
}

static int prog_delete(const struct machine_who *who, const struct machine_map *m, const void *key)
{
	_Atomic uint32_t *value = array_lookup(who, m, key, 0);

	if (!value)
		return -E2BIG;
	return atomic_exchange(value, 0) ? 0 : -ENOENT;
}

int machine_map_delete(const struct machine_who *who, uint32_t map, const void *key)
{
	const struct machine_map *m = map_get(who, map);

	switch (m ? m->type : BPF_MAP_TYPE_UNSPEC) {
	case BPF_MAP_TYPE_PROG_ARRAY: return prog_delete(who, m, key);
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH: return hash_delete(who, m, key);
	case BPF_MAP_TYPE_STACK_TRACE: return stack_delete(who, m, array_index(key));
	case BPF_MAP_TYPE_RINGBUF: return -EOPNOTSUPP;
	default: return -EINVAL;
	}
}

static int array_next_key(const struct machine_map *m, const void *key, void *next)
{
	uint32_t i = key ? array_index(key) : UINT32_MAX;

	if (i == m->max_entries - 1)
		return -ENOENT;
	i = i >= m->max_entries ? 0 : i + 1;
	__builtin_memcpy(next, &i, sizeof(i));
	return 0;
}

int machine_map_next_key(const struct machine_who *who, uint32_t map, const void *key, void *next)
{
	const struct machine_map *m = map_get(who, map);

	switch (m ? m->type : BPF_MAP_TYPE_UNSPEC) {
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_PROG_ARRAY: return array_next_key(m, key, next);
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH: return hash_next_key(who, m, key, next);
	case BPF_MAP_TYPE_STACK_TRACE: return stack_next_id(who, m, key, next);
	case BPF_MAP_TYPE_RINGBUF: return -EOPNOTSUPP;
	default: return -EINVAL;
	}
}

int machine_map_entry(const struct machine_who *who, uint32_t map, uint32_t i, const void **key,
		      void **value, uint32_t cpu)
{
	const struct machine_map *m = map_get(who, map);
	uint32_t type = m ? m->type : BPF_MAP_TYPE_UNSPEC;
	uint32_t copy = m && m->ncopies > 1 ? cpu : 0;

	if (!m || i >= m->max_entries || copy >= m->ncopies)
		return -ENOENT;
	*key = NULL;
	if (map_is_hash(type)) {
		struct machine_elem *e = map_elem(who, m, i);

		if (i >= atomic_load_explicit(&map_head(who, m)->fresh, memory_order_acquire))
			return -ENOENT;
		if (!(atomic_load_explicit(&e->state, memory_order_acquire) & ELEM_USED))
			return 0;
		*key = e->key;
	} else if (type != BPF_MAP_TYPE_ARRAY && type != BPF_MAP_TYPE_PERCPU_ARRAY) {
		return -ENOENT;
	}
	*value = map_value(who, m, i, copy);
	return 1;
}
