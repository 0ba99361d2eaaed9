/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The layout of ring buffers (the kernel's), for who writes, sweeps and reads them. Freestanding.
 */
#ifndef MACHINE_RING_H
#define MACHINE_RING_H

#include <stdatomic.h>
#include <stdint.h>

#define RING_PAGE    4096
#define RING_DATA    (2 * RING_PAGE) /* where records begin */
#define RING_HEADER  8
#define RING_BUSY    (1u << 31)
#define RING_DISCARD (1u << 30)
#define RING_LEN     (RING_DISCARD - 1)

struct ring_record {
	_Atomic uint32_t len; /* RING_*, without the header */
	uint32_t source;      /* map << 16 | slot of who reserved it */
	uint8_t data[];
};

static inline _Atomic uint64_t *ring_consumer(uint8_t *ring)
{
	return (_Atomic uint64_t *)ring;
}

static inline _Atomic uint64_t *ring_producer(uint8_t *ring)
{
	return (_Atomic uint64_t *)(ring + RING_PAGE);
}

#endif
