// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Reads maps in batches: a bucket of the kernel's hash table is read at once, so no entry comes
 * twice however the map changes. Where batches are not offered, entry by entry.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "trace/entries.h"

#define FIRST_BATCH 256

void trace_entries_free(struct trace_entries *entries)
{
	free(entries->keys);
	free(entries->values);
	memset(entries, 0, sizeof(*entries));
}

static int reserve(struct trace_entries *e, size_t *cap, size_t need)
{
	size_t n = *cap ? *cap : FIRST_BATCH;
	char *keys, *values;

	if (need <= *cap)
		return 0;
	while (n < need)
		n *= 2;
	keys = reallocarray(e->keys, n, e->key_size);
	if (keys)
		e->keys = keys;
	values = reallocarray(e->values, n, e->value_size);
	if (values)
		e->values = values;
	if (!keys || !values)
		return -ENOMEM;
	*cap = n;
	return 0;
}

/* The kernel keeps its place in a token of up to a key's size. */
static int read_batches(int fd, struct trace_entries *e, uint32_t max)
{
	size_t cap = 0, batch = max < FIRST_BATCH ? max : FIRST_BATCH;
	char *token = calloc(2, e->key_size + 8);
	char *next = token ? token + e->key_size + 8 : NULL;
	bool first = true;
	uint32_t count;
	int err = token ? 0 : -ENOMEM;

	while (!err) {
		err = reserve(e, &cap, e->n + batch);
		if (err)
			break;
		count = (uint32_t)batch;
		err = bpf_map_lookup_batch(fd, first ? NULL : token, next,
					   e->keys + e->n * e->key_size,
					   e->values + e->n * e->value_size, &count, NULL);
		/* One bucket of the kernel's table was larger than the batch. */
		if (err == -ENOSPC && batch < UINT32_MAX / 4) {
			batch *= 2;
			err = 0;
			continue;
		}
		if (err && err != -ENOENT)
			break;
		e->n += count;
		memcpy(token, next, e->key_size + 8);
		first = false;
	}
	free(token);
	return err == -ENOENT ? 0 : err;
}

/* A deleted key makes the walk begin again: it is bounded by what the map can hold. */
static int read_one_by_one(int fd, struct trace_entries *e, uint32_t max)
{
	const void *before = NULL;
	size_t cap = 0;
	int err = 0;

	e->n = 0;
	while (!err && e->n < max) {
		err = reserve(e, &cap, e->n + 1);
		if (err)
			break;
		if (e->n)
			before = e->keys + (e->n - 1) * e->key_size;
		err = bpf_map_get_next_key(fd, before, e->keys + e->n * e->key_size);
		if (err)
			break;
		err = bpf_map_lookup_elem(fd, e->keys + e->n * e->key_size,
					  e->values + e->n * e->value_size);
		if (!err)
			e->n++;
	}
	return err == -ENOENT ? 0 : err;
}

int trace_entries_read(struct trace_session *s, uint32_t m, struct trace_entries *e)
{
	const struct lang_map *map = &s->plan->maps[m];
	bool percpu = map->type == BPF_MAP_TYPE_PERCPU_HASH ||
		      map->type == BPF_MAP_TYPE_PERCPU_ARRAY ||
		      map->type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
	int err;

	e->key_size = map->key_size;
	e->ncpus = percpu ? s->ncpus : 1;
	e->value_size = percpu ? ((map->value_size + 7) & ~(size_t)7) * s->ncpus : map->value_size;
	err = read_batches(s->map_fds[m], e, map->max_entries);
	if (err == -EINVAL || err == -ENOTSUP || err == -524 /* the kernel's ENOTSUPP */)
		err = read_one_by_one(s->map_fds[m], e, map->max_entries);
	return err;
}

int trace_entries_delete(struct trace_session *s, uint32_t m)
{
	struct trace_entries e = {0};
	int err = trace_entries_read(s, m, &e);
	size_t i;

	for (i = 0; !err && i < e.n; i++) {
		err = bpf_map_delete_elem(s->map_fds[m], e.keys + i * e.key_size);
		if (err == -ENOENT)
			err = 0; /* the script deleted it first */
	}
	trace_entries_free(&e);
	return err;
}

int trace_entries_zero(struct trace_session *s, uint32_t m)
{
	struct trace_entries e = {0};
	int err = trace_entries_read(s, m, &e);
	size_t i;

	if (!err && e.n)
		memset(e.values, 0, e.n * e.value_size);
	for (i = 0; !err && i < e.n; i++) {
		err = bpf_map_update_elem(s->map_fds[m], e.keys + i * e.key_size,
					  e.values + i * e.value_size, BPF_EXIST);
		if (err == -ENOENT)
			err = 0;
	}
	trace_entries_free(&e);
	return err;
}
