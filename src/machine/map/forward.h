/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A shared ring buffer, read safely: its records are copied to a private ring of the same size,
 * which only the tracer can write to. Readers that trust the kernel (libbpf's) read that one. Only
 * in the tracer.
 */
#ifndef MACHINE_FORWARD_H
#define MACHINE_FORWARD_H

#include "machine/map/map.h"

struct machine_forward {
	uint32_t map;
	uint8_t *to;  /* as a ring of the map's size; not shared with targets */
	uint64_t pos; /* how far the shared ring was read; start with 0 */
};

/*
 * Copies what is committed and fits; what is discarded, or falsified beyond sense, is passed over.
 * Returns how many records were copied. Call it when the bell rings and before a reader looks; by
 * one thread at a time.
 */
uint32_t machine_forward(const struct machine_ctl *ctl, struct machine_forward *f);

#endif
