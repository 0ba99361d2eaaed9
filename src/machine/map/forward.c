// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Copying records out of a shared ring. Only in the tracer.
 *
 * Of the shared ring are believed: nothing. The position is our own; each length is read once and
 * cut to what the ring can hold; how far producers say they are is at most one ring ahead.
 */
#include "machine/map/forward.h"
#include "machine/map/ring.h"
#include "machine/map/table.h"

/* Room for a record in the private ring, whose only writer is this; NULL: none. */
static struct ring_record *room(uint8_t *to, uint32_t size, uint32_t len)
{
	uint64_t pos = atomic_load_explicit(ring_producer(to), memory_order_relaxed);
	uint64_t used = pos - atomic_load_explicit(ring_consumer(to), memory_order_acquire);
	uint32_t total = (len + RING_HEADER + 7) & ~7u;
	uint32_t rest = size - (uint32_t)(pos & (size - 1));
	struct ring_record *r = (struct ring_record *)(to + RING_DATA + (pos & (size - 1)));

	if (total > rest) {
		if (used + rest > size)
			return NULL;
		atomic_store_explicit(&r->len, (rest - RING_HEADER) | RING_DISCARD,
				      memory_order_relaxed);
		atomic_store_explicit(ring_producer(to), pos + rest, memory_order_release);
		used += rest;
		r = (struct ring_record *)(to + RING_DATA);
	}
	return used + total <= size ? r : NULL;
}

static void publish(uint8_t *to, struct ring_record *r, uint32_t len)
{
	_Atomic uint64_t *producer = ring_producer(to);

	atomic_store_explicit(&r->len, len, memory_order_relaxed);
	atomic_store_explicit(producer,
			      atomic_load_explicit(producer, memory_order_relaxed) +
				      ((len + RING_HEADER + 7) & ~7u),
			      memory_order_release);
}

uint32_t machine_forward(const struct machine_ctl *ctl, struct machine_forward *f)
{
	const struct machine_map *m = &ctl->maps[f->map];
	uint8_t *from = (uint8_t *)machine_data_of(ctl) + m->ring;
	uint32_t size = m->max_entries, copied = 0;
	uint64_t end = atomic_load_explicit(ring_producer(from), memory_order_acquire) & ~7ull;

	if (end - f->pos > size)
		end = f->pos + size;
	while (f->pos < end) {
		uint32_t at = (uint32_t)(f->pos & (size - 1));
		struct ring_record *r = (struct ring_record *)(from + RING_DATA + at), *copy;
		uint32_t word = atomic_load_explicit(&r->len, memory_order_acquire);
		uint32_t len = word & RING_LEN;

		if (word & RING_BUSY)
			break;
		/* Records do not go round the end. */
		if (len > size - at - RING_HEADER) {
			len = size - at - RING_HEADER;
			word |= RING_DISCARD;
		}
		if (!(word & RING_DISCARD)) {
			copy = room(f->to, size, len);
			if (!copy)
				break;
			memcpy(copy->data, r->data, len);
			publish(f->to, copy, len);
			copied++;
		}
		f->pos += (len + RING_HEADER + 7) & ~7u;
		atomic_store_explicit(ring_consumer(from), f->pos, memory_order_release);
	}
	return copied;
}
