// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Copying records out of a shared ring. Only in the tracer.
 *
 * Of the shared ring are believed: nothing. The positions are our own; each length is read once
 * and cut to what the producers say they have written; they are believed if that is within the
 * ring.
 */
#include "machine/map/forward.h"
#include "machine/map/ring.h"
#include "machine/map/table.h"

/* Copies one record of at most @room bytes. Returns its length word, busy if there is none. */
static uint32_t copy_record(struct ring_record *to, const struct ring_record *from, uint32_t room)
{
	uint32_t word = atomic_load_explicit(&from->len, memory_order_acquire);

	if (word & RING_BUSY)
		return word;
	if ((word & RING_LEN) > room - RING_HEADER)
		word = (room - RING_HEADER) | RING_DISCARD;
	if (!(word & RING_DISCARD))
		memcpy(to->data, from->data, word);
	atomic_store_explicit(&to->len, word, memory_order_relaxed);
	return word;
}

uint32_t machine_forward(const struct machine_ctl *ctl, const struct machine_forward *f)
{
	const struct machine_map *m = &ctl->maps[f->map];
	uint8_t *from = (uint8_t *)machine_data_of(ctl) + m->ring;
	uint32_t size = m->max_entries, copied = 0;
	uint64_t consumed = atomic_load_explicit(ring_consumer(f->to), memory_order_acquire);
	uint64_t pos = atomic_load_explicit(ring_producer(f->to), memory_order_relaxed);
	uint64_t end = atomic_load_explicit(ring_producer(from), memory_order_acquire);

	atomic_store_explicit(ring_consumer(from), consumed, memory_order_release);
	if (end % 8 || end - pos > size || end - consumed > size)
		return 0;
	while (pos < end) {
		uint32_t at = (uint32_t)(pos & (size - 1)), word;
		/* Records do not go round the end. */
		uint32_t room = end - pos < size - at ? (uint32_t)(end - pos) : size - at;

		word = copy_record((struct ring_record *)(f->to + RING_DATA + at),
				   (struct ring_record *)(from + RING_DATA + at), room);
		if (word & RING_BUSY)
			break;
		copied += !(word & RING_DISCARD);
		pos += ((word & RING_LEN) + RING_HEADER + 7) & ~7u;
		atomic_store_explicit(ring_producer(f->to), pos, memory_order_release);
	}
	return copied;
}
