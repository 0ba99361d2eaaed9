/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A shared ring buffer, read safely: its records are copied to a private ring of the same size, to
 * the same places, which only the tracer can write to. Readers that trust the kernel (libbpf's)
 * read that one. Only in the tracer.
 */
#ifndef MACHINE_FORWARD_H
#define MACHINE_FORWARD_H

#include "machine/map/map.h"

struct machine_forward {
	uint32_t map;
	uint8_t *to; /* laid out as a ring of the map's size, zeros at first */
};

/*
 * Copies what is committed, and lets producers know how far the private ring was read. What is
 * falsified beyond sense is shown as discarded, or not at all. Returns how many records were
 * copied. Call it when the bell rings and before a reader looks; by one thread at a time.
 */
uint32_t machine_forward(const struct machine_ctl *ctl, const struct machine_forward *f);

#endif
