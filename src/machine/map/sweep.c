// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Sweeping up behind a dead target. Only in the tracer.
 *
 * What the target was doing to a hash map is known from the elements that name it as their owner:
 * whether they are in a chain says how far it came. Every change it may have made is one store, so
 * chains are whole; the free list is made anew from the elements' states. Meanwhile others go on:
 * they wait for the dead target's locks, which are taken over here, and never touch its elements.
 */
#include "machine/map/ring.h"
#include "machine/map/table.h"

struct sweep {
	struct machine_who who;
	uint32_t dead; /* slot + 1 */
};

/* Takes a lock over from the dead, or waits for it. */
static bool take_over(const struct sweep *s, machine_owner *lock)
{
	uint32_t held = atomic_load(lock);

	if ((held & ~LOCK_STUCK) == s->dead &&
	    atomic_compare_exchange_strong(lock, &held, s->who.slot + 1))
		return true;
	/* Marked stuck between load and exchange: once more. */
	if ((held & ~LOCK_STUCK) == s->dead &&
	    atomic_compare_exchange_strong(lock, &held, s->who.slot + 1))
		return true;
	return machine_lock(&s->who, lock);
}

static bool is_dead(const struct sweep *s, machine_owner *lock)
{
	return (atomic_load(lock) & ~LOCK_STUCK) == s->dead;
}

/* Finishes a removal or keeps an insertion that came into its chain; undoes it otherwise. Elements
 * that are neither used nor owned afterwards are free. */
static void settle(const struct sweep *s, const struct machine_map *m, uint32_t i)
{
	struct machine_elem *e = map_elem(&s->who, m, i);
	machine_owner *lock = &map_bucket(&s->who, m, atomic_load(&e->hash))->lock;
	uint32_t state = atomic_load(&e->state);

	if (state & (ELEM_USED | ELEM_LEAVING)) {
		if (!take_over(s, lock))
			return; /* falsified: somebody unknown has it */
		if (state & ELEM_LEAVING)
			hash_unlink(&s->who, m, i);
		if (state & ELEM_LEAVING || !hash_linked(&s->who, m, i))
			atomic_fetch_and(&e->state, ~ELEM_FLAGS);
		atomic_store(&e->owner, 0);
		machine_unlock(lock);
	} else {
		atomic_store(&e->owner, 0);
	}
}

static uint32_t used_up(const struct machine_map *m, struct machine_map_head *head)
{
	uint32_t fresh = atomic_load(&head->fresh);

	return fresh < m->max_entries ? fresh : m->max_entries;
}

static void rebuild_free_list(const struct sweep *s, const struct machine_map *m)
{
	struct machine_map_head *head = map_head(&s->who, m);
	uint32_t first = 0, end;

	if (!take_over(s, &head->free_lock))
		return;
	end = used_up(m, head);
	for (uint32_t i = end; i-- > 0;) {
		struct machine_elem *e = map_elem(&s->who, m, i);

		if (atomic_load(&e->owner) || atomic_load(&e->state) & (ELEM_USED | ELEM_LEAVING))
			continue;
		atomic_store(&e->next, first);
		first = i + 1;
	}
	head->free_first = first;
	machine_unlock(&head->free_lock);
}

static void sweep_hash(const struct sweep *s, const struct machine_map *m)
{
	struct machine_map_head *head = map_head(&s->who, m);
	bool rebuild = is_dead(s, &head->free_lock);
	uint32_t end = used_up(m, head);

	for (uint32_t i = 0; i < end; i++) {
		if (!is_dead(s, &map_elem(&s->who, m, i)->owner))
			continue;
		settle(s, m, i);
		rebuild = true;
	}
	if (rebuild)
		rebuild_free_list(s, m);
}

static void sweep_buckets(const struct sweep *s, const struct machine_map *m)
{
	for (uint32_t i = 0; i < m->nbuckets; i++) {
		machine_owner *lock = &map_bucket(&s->who, m, i)->lock;

		if (is_dead(s, lock) && take_over(s, lock))
			machine_unlock(lock);
	}
}

/* Discards the records that the dead target has reserved and not given back. */
static void sweep_ring(const struct sweep *s, const struct machine_map *m)
{
	uint8_t *ring = map_memory(&s->who, m->ring);
	machine_owner *lock = &map_head(&s->who, m)->ring_lock;
	uint64_t pos = atomic_load(ring_consumer(ring)) & ~7ull;
	uint64_t end = atomic_load(ring_producer(ring));

	if (end - pos > m->max_entries)
		end = pos + m->max_entries;
	while ((int64_t)(end - pos) >= RING_HEADER) {
		struct ring_record *r =
			(struct ring_record *)(ring + RING_DATA + (pos & (m->max_entries - 1)));
		uint32_t len = atomic_load(&r->len);

		/* By exchange: a reader may think it busy, nobody else changes it. */
		if (len & RING_BUSY && (r->source & 0xffff) == s->dead - 1)
			atomic_compare_exchange_strong(&r->len, &len,
						       (len & RING_LEN) | RING_DISCARD);
		pos += ((len & RING_LEN) + RING_HEADER + 7) & ~7ull;
	}
	if (is_dead(s, lock) && take_over(s, lock))
		machine_unlock(lock);
}

static void sweep_map(const struct sweep *s, const struct machine_map *m)
{
	switch (m->type) {
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
		sweep_hash(s, m);
		sweep_buckets(s, m);
		break;
	case BPF_MAP_TYPE_STACK_TRACE: sweep_buckets(s, m); break;
	case BPF_MAP_TYPE_RINGBUF: sweep_ring(s, m); break;
	default: break;
	}
}

void machine_sweep(struct machine_ctl *ctl, uint32_t slot)
{
	struct machine_data *data = machine_data_of(ctl);
	struct sweep s = {
		.who = {.ctl = ctl, .slot = 0, .flags = MACHINE_WHO_YIELD},
		.dead = slot + 1,
	};

	if (!slot || slot >= MACHINE_TARGETS)
		return;
	for (uint32_t i = 0; i < MACHINE_MAPS; i++)
		if (ctl->maps[i].type)
			sweep_map(&s, &ctl->maps[i]);
	for (int i = 0; i < MACHINE_VCPUS; i++)
		machine_release(data, slot, i);
}
