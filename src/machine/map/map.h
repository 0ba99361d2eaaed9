/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Maps in shared memory. Freestanding: the same code runs in targets and in the tracer.
 *
 * Every function takes the session's ctl, the number of the map in it, the caller's target
 * slot (owner of locks taken), and for per-CPU values the leased virtual CPU. Contents may
 * be falsified at any moment: each index is checked before use, each walk is bounded.
 * Results are Linux's: 0 or -ENOENT, -EEXIST, -E2BIG, -EINVAL, -EBUSY (a lock was not to be
 * had in time: the caller counts a miss), and pointers into data or NULL.
 */
#ifndef MACHINE_MAP_H
#define MACHINE_MAP_H

#include "machine/shared.h"

struct machine_who {
	const struct machine_ctl *ctl;
	uint32_t slot; /* index in data->targets */
	uint32_t vcpu; /* leased; 0 in the tracer's own system calls */
	uint32_t flags;
};

/* No seccomp filter is known: sched_yield and nanosleep (waiting for locks) and process_vm_readv (helpers that
 * read the target's memory) may be called. Without it, rt_sigprocmask tells what is readable. */
#define MACHINE_WHO_YIELD 1u

/* Value of @key (per-CPU types: of who->vcpu), or NULL. */
void *machine_map_lookup(const struct machine_who *who, uint32_t map, const void *key);
/* The value of @cpu in a per-CPU map; NULL also for cpu >= MACHINE_VCPUS. */
void *machine_map_lookup_percpu(const struct machine_who *who, uint32_t map, const void *key,
				uint32_t cpu);
/* @value: value_size bytes; per-CPU types set who->vcpu's copy and zero the others of a new
 * element. flags: BPF_ANY, BPF_NOEXIST, BPF_EXIST. */
int machine_map_update(const struct machine_who *who, uint32_t map, const void *key,
		       const void *value, uint64_t flags);
int machine_map_delete(const struct machine_who *who, uint32_t map, const void *key);
/* The key after @key (NULL or a key that is gone: the first), or -ENOENT at the end. */
int machine_map_next_key(const struct machine_who *who, uint32_t map, const void *key,
			 void *next);
/* As machine_map_update, for every copy of a per-CPU value: @values is one value after another,
 * each rounded up to 8 bytes, for MACHINE_VCPUS. Other types: as machine_map_update. */
int machine_map_update_all(const struct machine_who *who, uint32_t map, const void *key,
			   const void *values, uint64_t flags);
/* Entry i: 1 and its key and the value of @cpu if it is in use, 0 if not, -ENOENT when neither
 * it nor any behind it is. Of arrays the key is NULL: it is i. */
int machine_map_entry(const struct machine_who *who, uint32_t map, uint32_t i, const void **key,
		      void **value, uint32_t cpu);

/*
 * PROG_ARRAY: values are a program's number + 1, 0 for none; only machine_map_update (index,
 * number + 1), machine_map_delete and machine_map_lookup (NULL for none) of the tracer change and
 * read them.
 * STACK_TRACE: put @nr addresses, 1 … value_size / 8; flags of bpf_get_stackid. Returns the id or
 * -EEXIST, -EBUSY. get copies value_size bytes, zeros behind the trace, or returns -ENOENT.
 */
int machine_stack_put(const struct machine_who *who, uint32_t map, const uint64_t *ips,
		      uint32_t nr, uint64_t flags);
int machine_stack_get(const struct machine_who *who, uint32_t map, uint32_t id, void *value);

/* Ring buffer, in the kernel's layout (struct bpf_ringbuf_hdr; busy and discard bits), so
 * that libbpf's consumer reads it unchanged. The record header's second word names the map (high
 * half) and the slot (low half) that reserved it. A record does not go round the ring's end, since
 * targets map the ring once: what is left there is discarded. */
void *machine_ring_reserve(const struct machine_who *who, uint32_t map, uint64_t size);
/* @record must have come from reserve of the same slot; others are ignored. */
void machine_ring_submit(const struct machine_who *who, void *record, uint64_t flags);
void machine_ring_discard(const struct machine_who *who, void *record, uint64_t flags);
int machine_ring_output(const struct machine_who *who, uint32_t map, const void *data,
			uint64_t size, uint64_t flags);
/* bpf_ringbuf_query: BPF_RB_*; 0 for others. */
uint64_t machine_ring_query(const struct machine_who *who, uint32_t map, uint64_t what);

/* Tracer only (map/create.c, hosted): lays out a new map at the end of data or in a freed
 * region; @free gives it back. Attribute rules and errno are Linux's, and -ENOMEM when data is
 * full. A number is used again as late as possible: a target may still be in the map. */
struct machine_alloc; /* what of data is in use */
struct machine_alloc *machine_alloc_new(void);
void machine_alloc_delete(struct machine_alloc *alloc);
int machine_map_create(struct machine_ctl *ctl, struct machine_alloc *alloc, uint32_t type,
		       uint32_t key_size, uint32_t value_size, uint32_t max_entries,
		       uint32_t map_flags, uint32_t *map);
void machine_map_free(struct machine_ctl *ctl, struct machine_alloc *alloc, uint32_t map);
/* Frees every lock, lease and reserved record that @slot holds, and finishes or undoes what it was
 * doing to a map. Nothing of the target runs any more (it is dead, or was replaced by exec); its
 * slot is used again only afterwards. @slot is not 0. */
void machine_sweep(struct machine_ctl *ctl, uint32_t slot);

/* Locks and leases (map/lock.h has the inline parts). */
/* Takes a virtual CPU, preferably @hint; -1 when none is free. */
int machine_lease(struct machine_data *data, uint32_t slot, uint32_t hint);
/* As machine_lease for @who's slot, but waits, as for a lock, when none is free. */
int machine_lease_wait(const struct machine_who *who, uint32_t hint);
void machine_release(struct machine_data *data, uint32_t slot, int vcpu);

#endif
