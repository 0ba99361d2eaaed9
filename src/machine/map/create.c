// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Making maps: Linux's rules for their attributes, and which part of data each one has. Only in
 * the tracer.
 *
 * A map has one region of whole pages for all of its parts. Regions are given out round and round,
 * and so are numbers, so that what a target still does to a map that is gone falls into memory and
 * a number that nobody else uses yet.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "machine/map/ring.h"
#include "machine/map/table.h"

#define PAGE	       4096ull
#define VALUE_MAX      (4u << 20)  /* of hash maps, as the kernel's allocator has it */
#define PERCPU_MAX     (32u << 10) /* the largest value of per-CPU maps */
#define STACK_DEPTH    127	   /* kernel.perf_event_max_stack */
#define LINUX_ENOTSUPP 524	   /* not in errno.h, but what Linux returns */

#define ACCESS_FLAGS (BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG)
#define ARRAY_FLAGS  (BPF_F_NUMA_NODE | BPF_F_MMAPABLE | BPF_F_INNER_MAP | ACCESS_FLAGS)
#define HASH_FLAGS \
	(BPF_F_NO_PREALLOC | BPF_F_NO_COMMON_LRU | BPF_F_NUMA_NODE | BPF_F_ZERO_SEED | ACCESS_FLAGS)
#define STACK_FLAGS (BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_STACK_BUILD_ID)

struct region {
	uint64_t start, size;
};

struct machine_alloc {
	struct region used[MACHINE_MAPS]; /* sorted */
	uint64_t region_of[MACHINE_MAPS]; /* by map: start */
	uint32_t nused;
	uint32_t next_map, next_id;
	uint64_t hint; /* where to look first */
};

struct machine_alloc *machine_alloc_new(void)
{
	struct machine_alloc *a = calloc(1, sizeof(*a));

	if (a)
		a->hint = (sizeof(struct machine_data) + PAGE - 1) / PAGE * PAGE;
	return a;
}

void machine_alloc_delete(struct machine_alloc *alloc)
{
	free(alloc);
}

/* The first gap of that size at or behind @from; 0: none. *@at: where it belongs in used[]. */
static uint64_t find_gap(const struct machine_alloc *a, uint64_t from, uint64_t size, uint32_t *at)
{
	uint64_t start = from;

	for (*at = 0; *at < a->nused; (*at)++) {
		const struct region *r = &a->used[*at];

		if (r->start >= start && r->start - start >= size)
			return start;
		if (r->start + r->size > start)
			start = r->start + r->size;
	}
	return start <= MACHINE_DATA_SIZE && MACHINE_DATA_SIZE - start >= size ? start : 0;
}

static uint64_t take_region(struct machine_alloc *a, uint64_t size)
{
	uint64_t first = (sizeof(struct machine_data) + PAGE - 1) / PAGE * PAGE;
	uint64_t start;
	uint32_t at;

	start = find_gap(a, a->hint, size, &at);
	if (!start)
		start = find_gap(a, first, size, &at);
	if (!start || a->nused == MACHINE_MAPS)
		return 0;
	memmove(&a->used[at + 1], &a->used[at], (a->nused - at) * sizeof(a->used[0]));
	a->used[at] = (struct region){start, size};
	a->nused++;
	a->hint = start + size;
	return start;
}

/* What was written there goes; the region reads as zeros again. */
static void give_region(const struct machine_ctl *ctl, struct machine_alloc *a, uint64_t start)
{
	uint8_t *data = (uint8_t *)machine_data_of(ctl);

	for (uint32_t i = 0; i < a->nused; i++) {
		if (a->used[i].start != start)
			continue;
		if (madvise(data + start, a->used[i].size, MADV_REMOVE))
			memset(data + start, 0, a->used[i].size);
		a->nused--;
		memmove(&a->used[i], &a->used[i + 1], (a->nused - i) * sizeof(a->used[0]));
		return;
	}
}

static int check_access(uint32_t flags)
{
	bool prog = flags & BPF_F_RDONLY_PROG && flags & BPF_F_WRONLY_PROG;
	bool file = flags & BPF_F_RDONLY && flags & BPF_F_WRONLY;

	return prog || file ? -EINVAL : 0;
}

static int check_array(const struct machine_map *m)
{
	if (m->type == BPF_MAP_TYPE_PROG_ARRAY &&
	    (m->value_size != 4 || m->map_flags & (BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG)))
		return -EINVAL;
	if (!m->max_entries || m->key_size != 4 || !m->value_size || m->map_flags & ~ARRAY_FLAGS)
		return -EINVAL;
	if (m->type != BPF_MAP_TYPE_ARRAY && m->map_flags & (BPF_F_MMAPABLE | BPF_F_INNER_MAP))
		return -EINVAL;
	if (m->type == BPF_MAP_TYPE_PERCPU_ARRAY && m->map_flags & BPF_F_NUMA_NODE)
		return -EINVAL;
	if (m->value_size > INT32_MAX ||
	    (m->type == BPF_MAP_TYPE_PERCPU_ARRAY && m->value_size > PERCPU_MAX))
		return -E2BIG;
	return 0;
}

static int check_hash(const struct machine_map *m)
{
	bool percpu =
		m->type == BPF_MAP_TYPE_PERCPU_HASH || m->type == BPF_MAP_TYPE_LRU_PERCPU_HASH;

	if (m->map_flags & ~HASH_FLAGS)
		return -EINVAL;
	if (map_is_lru(m->type) && m->map_flags & BPF_F_NO_PREALLOC)
		return -LINUX_ENOTSUPP;
	if (!map_is_lru(m->type) && m->map_flags & BPF_F_NO_COMMON_LRU)
		return -EINVAL;
	if (m->map_flags & BPF_F_NUMA_NODE && (percpu || m->map_flags & BPF_F_NO_COMMON_LRU))
		return -EINVAL;
	if (!m->max_entries || !m->key_size || !m->value_size)
		return -EINVAL;
	if ((uint64_t)m->key_size + m->value_size >= VALUE_MAX - 64 ||
	    (percpu && m->value_size > PERCPU_MAX) || m->max_entries > 1u << 31)
		return -E2BIG;
	return 0;
}

static int check_ring(const struct machine_map *m)
{
	if (m->map_flags & ~BPF_F_NUMA_NODE || m->key_size || m->value_size || !m->max_entries ||
	    m->max_entries & (m->max_entries - 1) || m->max_entries % PAGE)
		return -EINVAL;
	return 0;
}

static int check_stack(const struct machine_map *m)
{
	if (m->map_flags & ~STACK_FLAGS || !m->max_entries || m->key_size != 4 ||
	    m->value_size < 8 || m->value_size % 8 || m->value_size / 8 > STACK_DEPTH)
		return -EINVAL;
	if (m->map_flags & BPF_F_STACK_BUILD_ID)
		return -EINVAL;
	return m->max_entries > 1u << 31 ? -E2BIG : 0;
}

static int check_attributes(const struct machine_map *m)
{
	int err = check_access(m->map_flags);

	if (err)
		return err;
	switch (m->type) {
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_PROG_ARRAY: return check_array(m);
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH: return check_hash(m);
	case BPF_MAP_TYPE_RINGBUF: return check_ring(m);
	case BPF_MAP_TYPE_STACK_TRACE: return check_stack(m);
	default: return -EINVAL;
	}
}

/* Sizes of one element and how many there are of what. */
static void measure(struct machine_map *m)
{
	bool percpu = m->type == BPF_MAP_TYPE_PERCPU_ARRAY || m->type == BPF_MAP_TYPE_PERCPU_HASH ||
		      m->type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
	uint32_t elem = (uint32_t)(sizeof(struct machine_elem) + m->key_size + 7) & ~7u;

	m->ncopies = percpu ? MACHINE_VCPUS : 1;
	m->value_stride = (m->value_size + 7) & ~7u;
	m->copy_stride = ((uint64_t)m->max_entries * m->value_stride + 63) & ~63ull;
	if (!map_is_hash(m->type) && m->type != BPF_MAP_TYPE_STACK_TRACE)
		return;
	m->nbuckets = 1;
	while (m->nbuckets < m->max_entries)
		m->nbuckets *= 2;
	m->elem_stride = elem <= 32 ? 32 : elem;
	if (m->type != BPF_MAP_TYPE_STACK_TRACE)
		return;
	/* A place for each value of the hash: as in Linux, more than max_entries. */
	m->elem_stride = sizeof(struct machine_elem);
	m->copy_stride = (uint64_t)m->nbuckets * m->value_stride;
}

/* Offsets of the parts from the region's start; returns its size. Values begin a page, since
 * arrays can be mapped. */
static uint64_t lay_out(struct machine_map *m)
{
	uint64_t at = 0;

	m->head = at;
	at += sizeof(struct machine_map_head);
	m->buckets = at;
	at += (uint64_t)m->nbuckets * sizeof(struct machine_bucket);
	m->elems = at = (at + 63) & ~63ull;
	at += (uint64_t)(map_is_hash(m->type) ? m->max_entries : m->nbuckets) * m->elem_stride;
	at = (at + PAGE - 1) & ~(PAGE - 1);
	if (m->type == BPF_MAP_TYPE_RINGBUF) {
		m->ring = at;
		return at + RING_DATA + m->max_entries;
	}
	m->values = at;
	at += m->ncopies * m->copy_stride;
	return (at + PAGE - 1) & ~(PAGE - 1);
}

static int free_number(const struct machine_ctl *ctl, struct machine_alloc *alloc, uint32_t *map)
{
	for (uint32_t i = 0; i < MACHINE_MAPS; i++) {
		uint32_t n = (alloc->next_map + i) % MACHINE_MAPS;

		if (ctl->maps[n].type)
			continue;
		alloc->next_map = n + 1;
		*map = n;
		return 0;
	}
	return -ENOMEM;
}

int machine_map_create(struct machine_ctl *ctl, struct machine_alloc *alloc, uint32_t type,
		       uint32_t key_size, uint32_t value_size, uint32_t max_entries,
		       uint32_t map_flags, uint32_t *map)
{
	struct machine_map m = {
		.type = type,
		.key_size = key_size,
		.value_size = value_size,
		.max_entries = max_entries,
		.map_flags = map_flags,
	};
	int err = check_attributes(&m);
	uint64_t size, start;

	if (err)
		return err;
	measure(&m);
	size = lay_out(&m);
	if (!(map_flags & BPF_F_ZERO_SEED) && getrandom(&m.seed, sizeof(m.seed), GRND_NONBLOCK) < 0)
		m.seed = (uint32_t)ctl->start_ns;
	err = free_number(ctl, alloc, map);
	if (err)
		return err;
	start = take_region(alloc, size);
	if (!start)
		return -ENOMEM;
	alloc->region_of[*map] = start;
	m.head += start;
	m.buckets += start;
	m.elems += start;
	m.values += start;
	m.ring += start;
	m.id = ++alloc->next_id;
	m.type = 0; /* comes last: then it is there */
	ctl->maps[*map] = m;
	__atomic_store_n(&ctl->maps[*map].type, type, __ATOMIC_RELEASE);
	return 0;
}

void machine_map_free(struct machine_ctl *ctl, struct machine_alloc *alloc, uint32_t map)
{
	if (map >= MACHINE_MAPS || !ctl->maps[map].type)
		return;
	__atomic_store_n(&ctl->maps[map].type, 0, __ATOMIC_RELEASE);
	give_region(ctl, alloc, alloc->region_of[map]);
}
