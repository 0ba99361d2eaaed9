// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Stack trace maps: a trace's id is its hash's place in a table. Freestanding.
 *
 * A place is written under its lock with its state cleared first; readers take a copy and look
 * whether the state has changed meanwhile.
 */
#include "machine/map/table.h"

#define READ_RETRIES 1000

static const struct machine_map *stack_get_map(const struct machine_who *who, uint32_t map)
{
	const struct machine_map *m = map_get(who, map);

	return m && m->type == BPF_MAP_TYPE_STACK_TRACE ? m : NULL;
}

static uint32_t hash_ips(const struct machine_map *m, const uint64_t *ips, uint32_t nr)
{
	uint64_t h = (uint64_t)nr << 32 | m->seed;

	for (uint32_t i = 0; i < nr; i++) {
		h = (h ^ ips[i]) * 0x9e3779b97f4a7c15ull;
		h ^= h >> 29;
	}
	return (uint32_t)(h ^ h >> 32);
}

/* Is the trace at @id this one? With flag FAST_STACK_CMP the hash is believed. */
static bool same_trace(const struct machine_who *who, const struct machine_map *m, uint32_t id,
		       uint32_t hash, const uint64_t *ips, uint32_t nr, uint64_t flags)
{
	struct machine_elem *e = map_elem(who, m, id);
	uint32_t state = atomic_load_explicit(&e->state, memory_order_acquire);
	bool same;

	if (!(state & ELEM_USED) || atomic_load_explicit(&e->hash, memory_order_relaxed) != hash)
		return false;
	same = flags & BPF_F_FAST_STACK_CMP ||
	       (atomic_load_explicit(&e->next, memory_order_relaxed) == nr &&
		!memcmp(map_value(who, m, id, 0), ips, nr * sizeof(*ips)));
	atomic_thread_fence(memory_order_acquire);
	return same && atomic_load_explicit(&e->state, memory_order_relaxed) == state;
}

int machine_stack_put(const struct machine_who *who, uint32_t map, const uint64_t *ips, uint32_t nr,
		      uint64_t flags)
{
	const struct machine_map *m = stack_get_map(who, map);
	struct machine_elem *e;
	machine_owner *lock;
	uint32_t hash, id, state;
	int result;

	if (!m || !nr || nr > m->value_size / sizeof(*ips))
		return -EINVAL;
	hash = hash_ips(m, ips, nr);
	id = hash & (m->nbuckets - 1);
	if (same_trace(who, m, id, hash, ips, nr, flags))
		return (int)id;
	e = map_elem(who, m, id);
	lock = &map_bucket(who, m, id)->lock;
	if (!machine_lock(who, lock))
		return -EBUSY;
	state = atomic_load_explicit(&e->state, memory_order_relaxed);
	result = (int)id;
	if (same_trace(who, m, id, hash, ips, nr, flags)) {
		/* somebody was quicker */
	} else if (state & ELEM_USED && !(flags & BPF_F_REUSE_STACKID)) {
		result = -EEXIST;
	} else {
		state = (state & ~ELEM_FLAGS) + ELEM_VERSION;
		atomic_store_explicit(&e->state, state, memory_order_relaxed);
		atomic_thread_fence(memory_order_release);
		memcpy(map_value(who, m, id, 0), ips, nr * sizeof(*ips));
		atomic_store_explicit(&e->hash, hash, memory_order_relaxed);
		atomic_store_explicit(&e->next, nr, memory_order_relaxed);
		atomic_store_explicit(&e->state, state | ELEM_USED, memory_order_release);
	}
	machine_unlock(lock);
	return result;
}

int machine_stack_get(const struct machine_who *who, uint32_t map, uint32_t id, void *value)
{
	const struct machine_map *m = stack_get_map(who, map);

	if (!m)
		return -EINVAL;
	for (int i = 0; i < READ_RETRIES && id < m->nbuckets; i++) {
		struct machine_elem *e = map_elem(who, m, id);
		uint32_t state = atomic_load_explicit(&e->state, memory_order_acquire);
		uint64_t size = 8ull * atomic_load_explicit(&e->next, memory_order_relaxed);

		if (!(state & ELEM_USED))
			break;
		if (size > m->value_size)
			size = m->value_size;
		memcpy(value, map_value(who, m, id, 0), size);
		memset((uint8_t *)value + size, 0, m->value_size - size);
		atomic_thread_fence(memory_order_acquire);
		if (atomic_load_explicit(&e->state, memory_order_relaxed) == state)
			return 0;
	}
	return -ENOENT;
}

int stack_delete(const struct machine_who *who, const struct machine_map *m, uint32_t id)
{
	machine_owner *lock;
	uint32_t state;

	if (id >= m->nbuckets)
		return -E2BIG;
	lock = &map_bucket(who, m, id)->lock;
	if (!machine_lock(who, lock))
		return -EBUSY;
	state = atomic_fetch_and(&map_elem(who, m, id)->state, ~ELEM_FLAGS);
	machine_unlock(lock);
	return state & ELEM_USED ? 0 : -ENOENT;
}

int stack_next_id(const struct machine_who *who, const struct machine_map *m, const void *key,
		  void *next)
{
	uint32_t id = 0;

	if (key) {
		__builtin_memcpy(&id, key, sizeof(id));
		id = id < m->nbuckets && atomic_load(&map_elem(who, m, id)->state) & ELEM_USED
			     ? id + 1
			     : 0;
	}
	for (; id < m->nbuckets; id++) {
		if (!(atomic_load(&map_elem(who, m, id)->state) & ELEM_USED))
			continue;
		__builtin_memcpy(next, &id, sizeof(id));
		return 0;
	}
	return -ENOENT;
}
