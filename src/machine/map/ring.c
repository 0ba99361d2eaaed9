// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Ring buffers. Freestanding.
 *
 * The consumer's page, the producers' page and the records are the kernel's, except that a record
 * never goes round the end. A producer writes a record's header, marked busy, before the position
 * that makes it visible, under the ring's lock; so nothing is left undone if he dies there. A
 * record that stays busy because its producer died is discarded by the tracer's sweep.
 */
#include <linux/futex.h>

#include "machine/map/ring.h"
#include "machine/map/table.h"

#define WAKE_ALL 0x7fffffff

static const struct machine_map *ring_get(const struct machine_who *who, uint32_t map)
{
	const struct machine_map *m = map_get(who, map);

	return m && m->type == BPF_MAP_TYPE_RINGBUF ? m : NULL;
}

static struct ring_record *record_at(const struct machine_who *who, const struct machine_map *m,
				     uint64_t pos)
{
	return (struct ring_record *)map_memory(who,
						m->ring + RING_DATA + (pos & (m->max_entries - 1)));
}

/* With the ring locked: a record of @total bytes with its header at the producers' position. */
static struct ring_record *append(const struct machine_who *who, const struct machine_map *m,
				  uint64_t pos, uint32_t total, uint32_t word, uint32_t source)
{
	struct ring_record *r = record_at(who, m, pos);

	r->source = source;
	atomic_store_explicit(&r->len, word, memory_order_relaxed);
	atomic_store_explicit(ring_producer(map_memory(who, m->ring)), pos + total,
			      memory_order_release);
	return r;
}

static struct ring_record *reserve(const struct machine_who *who, const struct machine_map *m,
				   uint32_t map, uint32_t size)
{
	uint8_t *ring = map_memory(who, m->ring);
	uint64_t pos = atomic_load_explicit(ring_producer(ring), memory_order_relaxed) & ~7ull;
	uint64_t used = pos - atomic_load_explicit(ring_consumer(ring), memory_order_acquire);
	uint32_t total = (size + RING_HEADER + 7) & ~7u;
	uint32_t rest = m->max_entries - (uint32_t)(pos & (m->max_entries - 1));

	/* The rest goes even when the record does not fit behind it: the next one then may. */
	if (total > rest && used + rest <= m->max_entries) {
		append(who, m, pos, rest, (rest - RING_HEADER) | RING_DISCARD, 0);
		pos += rest;
		used += rest;
		rest = m->max_entries;
	}
	if (total > rest || used > m->max_entries || used + total > m->max_entries)
		return NULL;
	return append(who, m, pos, total, size | RING_BUSY, map << 16 | who->slot);
}

void *machine_ring_reserve(const struct machine_who *who, uint32_t map, uint64_t size)
{
	const struct machine_map *m = ring_get(who, map);
	struct machine_map_head *head;
	struct ring_record *r;

	if (!m || size > m->max_entries - RING_HEADER)
		return NULL;
	head = map_head(who, m);
	if (!machine_lock(who, &head->ring_lock)) {
		map_missed(who);
		return NULL;
	}
	r = reserve(who, m, map, (uint32_t)size);
	machine_unlock(&head->ring_lock);
	return r ? r->data : NULL;
}

/* Is that address the data of a record of ours that is still busy? The record, or NULL. */
static struct ring_record *own_record(const struct machine_who *who, const void *record)
{
	uint64_t at = (uint64_t)(uintptr_t)record - RING_HEADER;
	uint64_t offset = at - (uint64_t)(uintptr_t)machine_data_of(who->ctl);
	struct ring_record *r = (struct ring_record *)(uintptr_t)at;
	const struct machine_map *m;
	uint32_t source;

	if (offset % 8 || offset > MACHINE_DATA_SIZE - RING_HEADER)
		return NULL;
	source = r->source;
	m = ring_get(who, source >> 16);
	if (!m || (source & 0xffff) != who->slot || offset < m->ring + RING_DATA ||
	    offset - m->ring - RING_DATA >= m->max_entries)
		return NULL;
	return atomic_load_explicit(&r->len, memory_order_relaxed) & RING_BUSY ? r : NULL;
}

static void ring_the_bell(struct machine_data *data)
{
	atomic_fetch_add(&data->bell, 1);
	machine_rawcall(__NR_futex, (uintptr_t)&data->bell, FUTEX_WAKE, WAKE_ALL, 0, 0, 0);
}

static void commit(const struct machine_who *who, void *record, uint64_t flags, uint32_t discard)
{
	struct ring_record *r = own_record(who, record);
	struct machine_data *data = machine_data_of(who->ctl);
	uint32_t len;

	if (!r)
		return;
	len = atomic_load_explicit(&r->len, memory_order_relaxed) & RING_LEN;
	/* Sequentially consistent against the sleeper, who says so and then looks once more. */
	atomic_exchange(&r->len, len | discard);
	if (flags & BPF_RB_FORCE_WAKEUP ||
	    (!(flags & BPF_RB_NO_WAKEUP) && atomic_load(&data->sleeping)))
		ring_the_bell(data);
}

void machine_ring_submit(const struct machine_who *who, void *record, uint64_t flags)
{
	commit(who, record, flags, 0);
}

void machine_ring_discard(const struct machine_who *who, void *record, uint64_t flags)
{
	commit(who, record, flags, RING_DISCARD);
}

int machine_ring_output(const struct machine_who *who, uint32_t map, const void *data,
			uint64_t size, uint64_t flags)
{
	void *record;

	if (flags & ~(uint64_t)(BPF_RB_NO_WAKEUP | BPF_RB_FORCE_WAKEUP))
		return -EINVAL;
	record = machine_ring_reserve(who, map, size);
	if (!record)
		return -EAGAIN;
	memcpy(record, data, size);
	machine_ring_submit(who, record, flags);
	return 0;
}

uint64_t machine_ring_query(const struct machine_who *who, uint32_t map, uint64_t what)
{
	const struct machine_map *m = ring_get(who, map);
	uint8_t *ring = m ? map_memory(who, m->ring) : NULL;

	switch (m ? what : UINT64_MAX) {
	case BPF_RB_AVAIL_DATA:
		return atomic_load(ring_producer(ring)) - atomic_load(ring_consumer(ring));
	case BPF_RB_RING_SIZE: return m->max_entries;
	case BPF_RB_CONS_POS: return atomic_load(ring_consumer(ring));
	case BPF_RB_PROD_POS: return atomic_load(ring_producer(ring));
	default: return 0;
	}
}
