// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Commands of maps. What an entry is, the maps themselves know (map/map.h); here are Linux's rules
 * around it: who may, which flags, and values of all CPUs at once, each rounded up to 8 bytes.
 */
#include "machine/sys/sys.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The tracer's own calls. */
static struct machine_who us(void)
{
	return (struct machine_who){.ctl = machine.session.ctl, .flags = MACHINE_WHO_YIELD};
}

static bool is_percpu(uint32_t type)
{
	return type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_ARRAY ||
	       type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

static bool has_no_elements(uint32_t type)
{
	return type == BPF_MAP_TYPE_RINGBUF || type == BPF_MAP_TYPE_PERF_EVENT_ARRAY;
}

/* Bytes of a value as callers see it. */
static size_t user_size(const struct machine_map *shape)
{
	if (is_percpu(shape->type))
		return (size_t)((shape->value_size + 7) & ~7u) * MACHINE_VCPUS;
	return shape->value_size;
}

static uint32_t ncopies(const struct machine_map *shape)
{
	return is_percpu(shape->type) ? MACHINE_VCPUS : 1;
}

/* --- creation ------------------------------------------------------------------------ */

int sys_map_create(union bpf_attr *attr, uint64_t uattr)
{
	const uint32_t access = BPF_F_RDONLY | BPF_F_WRONLY;
	struct sys_map *map;
	char name[BPF_OBJ_NAME_LEN];
	int err, fd;

	if (attr->btf_vmlinux_value_type_id || attr->map_ifindex || attr->map_extra)
		return -EINVAL;
	if (attr->btf_key_type_id && !attr->btf_value_type_id)
		return -EINVAL;
	if ((attr->map_flags & access) == access)
		return -EINVAL;
	if (attr->numa_node && !(attr->map_flags & BPF_F_NUMA_NODE))
		return -EINVAL;
	map = calloc(1, sizeof(*map));
	if (!map)
		return -ENOMEM;
	map->notify = map->ring_fd = -1;
	err = machine_map_create(machine.ctl, machine.session.alloc, attr->map_type, attr->key_size,
				 attr->value_size, attr->max_entries, attr->map_flags, &map->index);
	if (err) {
		free(map);
		return err;
	}
	err = sys_name_in(name, attr->map_name);
	if (err) {
		machine_map_free(machine.ctl, machine.session.alloc, map->index);
		free(map);
		return err;
	}
	memcpy(map->name, name, sizeof(name));
	sys_object_init(&map->o, SYS_MAP);
	machine.ctl->maps[map->index].id = map->o.id;
	fd = sys_object_fd(&map->o);
	if (fd < 0 || attr->map_type != BPF_MAP_TYPE_RINGBUF)
		return fd;
	err = sys_ring_open(map, fd);
	if (err) {
		sys_object_unname(fd);
		close(fd);
		return err;
	}
	sys_notifier_wake();
	return fd;
}

void sys_map_free(struct sys_object *o)
{
	struct sys_map *map = (struct sys_map *)o;

	sys_ring_close(map);
	sys_progs_free(map);
	machine_map_free(machine.ctl, machine.session.alloc, map->index);
}

int sys_map_freeze(union bpf_attr *attr, uint64_t uattr)
{
	int err;
	struct sys_map *map = sys_map_of((int)attr->map_fd, &err);

	if (!map)
		return err;
	if (map->writers || map->frozen)
		return -EBUSY;
	map->frozen = true;
	return 0;
}

/* --- one element ------------------------------------------------------------------------ */

enum { READS = 1, WRITES = 2 };

/* The map of a command that reads or writes elements. */
static struct sys_map *open_map(uint32_t fd, int how, int *err)
{
	struct sys_map *map = sys_map_of((int)fd, err);
	uint32_t flags;

	if (!map)
		return NULL;
	flags = sys_map_shape(map)->map_flags;
	if (((how & READS) && (flags & BPF_F_WRONLY)) ||
	    ((how & WRITES) && ((flags & BPF_F_RDONLY) || map->frozen))) {
		*err = -EPERM;
		return NULL;
	}
	return map;
}

/* Copies a key; maps without keys want none. NULL and *@err. */
static void *copy_key(const struct machine_map *shape, uint64_t ukey, int *err)
{
	void *key;

	*err = 0;
	if (!shape->key_size) {
		*err = ukey ? -EINVAL : 0;
		return NULL;
	}
	key = malloc(shape->key_size);
	*err = !key ? -ENOMEM : sys_copy_in(key, ukey, shape->key_size);
	if (!*err)
		return key;
	free(key);
	return NULL;
}

/* The value of @key as callers see it. */
static int read_value(const struct sys_map *map, const void *key, char *value)
{
	const struct machine_map *shape = sys_map_shape(map);
	size_t stride = (shape->value_size + 7) & ~7u;
	struct machine_who who = us();
	uint32_t cpu, id;
	void *found;

	if (shape->type == BPF_MAP_TYPE_PROG_ARRAY)
		return sys_progs_lookup(map, key, value);
	if (shape->type == BPF_MAP_TYPE_STACK_TRACE) {
		memcpy(&id, key, sizeof(id));
		return machine_stack_get(&who, map->index, id, value);
	}
	for (cpu = 0; cpu < ncopies(shape); cpu++) {
		found = is_percpu(shape->type)
				? machine_map_lookup_percpu(&who, map->index, key, cpu)
				: machine_map_lookup(&who, map->index, key);
		if (!found)
			return -ENOENT;
		memcpy(value + cpu * stride, found, shape->value_size);
	}
	return 0;
}

static int lookup(union bpf_attr *attr, struct sys_map *map, bool take)
{
	const struct machine_map *shape = sys_map_shape(map);
	struct machine_who who = us();
	char *value = NULL;
	void *key;
	int err;

	key = copy_key(shape, attr->key, &err);
	if (err)
		return err;
	if (has_no_elements(shape->type)) {
		err = -SYS_ENOTSUPP;
		goto out;
	}
	value = calloc(1, user_size(shape));
	err = value ? read_value(map, key, value) : -ENOMEM;
	if (!err && take)
		err = machine_map_delete(&who, map->index, key);
	if (!err)
		err = sys_copy_out(attr->value, value, user_size(shape));
out:
	free(key);
	free(value);
	return err;
}

int sys_map_lookup(union bpf_attr *attr, uint64_t uattr)
{
	struct sys_map *map;
	int err;

	if (attr->flags & ~(uint64_t)BPF_F_LOCK)
		return -EINVAL;
	map = open_map(attr->map_fd, READS, &err);
	if (!map)
		return err;
	/* No map here has a lock in its values. */
	return attr->flags ? -EINVAL : lookup(attr, map, false);
}

int sys_map_take(union bpf_attr *attr, uint64_t uattr)
{
	struct sys_map *map;
	uint32_t type;
	int err;

	if (attr->flags & ~(uint64_t)BPF_F_LOCK)
		return -EINVAL;
	map = open_map(attr->map_fd, READS | WRITES, &err);
	if (!map)
		return err;
	if (attr->flags)
		return -EINVAL;
	type = sys_map_shape(map)->type;
	if (type != BPF_MAP_TYPE_HASH && type != BPF_MAP_TYPE_PERCPU_HASH &&
	    type != BPF_MAP_TYPE_LRU_HASH && type != BPF_MAP_TYPE_LRU_PERCPU_HASH)
		return -SYS_ENOTSUPP;
	return lookup(attr, map, true);
}

int sys_map_update(union bpf_attr *attr, uint64_t uattr)
{
	const struct machine_map *shape;
	struct machine_who who = us();
	struct sys_map *map;
	char *value = NULL;
	void *key;
	int err;

	map = open_map(attr->map_fd, WRITES, &err);
	if (!map)
		return err;
	shape = sys_map_shape(map);
	if (attr->flags & BPF_F_LOCK)
		return -EINVAL;
	key = copy_key(shape, attr->key, &err);
	if (err)
		return err;
	value = calloc(1, user_size(shape) + 1);
	err = value ? sys_copy_in(value, attr->value, user_size(shape)) : -ENOMEM;
	if (!err && has_no_elements(shape->type))
		err = -SYS_ENOTSUPP;
	else if (!err && shape->type == BPF_MAP_TYPE_PROG_ARRAY)
		err = sys_progs_update(map, key, value, attr->flags);
	else if (!err)
		err = machine_map_update_all(&who, map->index, key, value, attr->flags);
	free(key);
	free(value);
	return err;
}

int sys_map_delete(union bpf_attr *attr, uint64_t uattr)
{
	struct machine_who who = us();
	struct sys_map *map;
	void *key;
	int err;

	map = open_map(attr->map_fd, WRITES, &err);
	if (!map)
		return err;
	key = copy_key(sys_map_shape(map), attr->key, &err);
	if (err)
		return err;
	if (has_no_elements(sys_map_shape(map)->type))
		err = -SYS_ENOTSUPP;
	else
		err = machine_map_delete(&who, map->index, key);
	if (!err)
		sys_progs_forget(map, key);
	free(key);
	return err;
}

int sys_map_next_key(union bpf_attr *attr, uint64_t uattr)
{
	const struct machine_map *shape;
	struct machine_who who = us();
	void *key = NULL, *next = NULL;
	struct sys_map *map;
	int err;

	map = open_map(attr->map_fd, READS, &err);
	if (!map)
		return err;
	shape = sys_map_shape(map);
	if (attr->key) {
		key = copy_key(shape, attr->key, &err);
		if (err)
			return err;
	}
	if (has_no_elements(shape->type)) {
		err = -SYS_ENOTSUPP;
		goto out;
	}
	next = malloc(shape->key_size + 1);
	err = next ? machine_map_next_key(&who, map->index, key, next) : -ENOMEM;
	if (!err)
		err = sys_copy_out(attr->next_key, next, shape->key_size);
out:
	free(key);
	free(next);
	return err;
}

/* --- many elements ------------------------------------------------------------------------- */

/* What a batch gathers before it is copied out. */
struct batch {
	char *keys, *values;
	uint32_t n, max, next;
};

/* Entry b->next, if there is one: 1, 0, or -ENOENT behind the last. */
static int gather_one(const struct sys_map *map, struct batch *b)
{
	const struct machine_map *shape = sys_map_shape(map);
	size_t stride = (shape->value_size + 7) & ~7u;
	char *to = b->values + b->n * user_size(shape);
	struct machine_who who = us();
	const void *key = NULL;
	uint32_t cpu;
	void *value;
	int found;

	for (cpu = 0; cpu < ncopies(shape); cpu++) {
		found = machine_map_entry(&who, map->index, b->next, &key, &value, cpu);
		if (found != 1)
			return found;
		memcpy(to + cpu * stride, value, shape->value_size);
	}
	memcpy(b->keys + b->n * shape->key_size, key ? key : &b->next, shape->key_size);
	return 1;
}

static int gather(const struct sys_map *map, struct batch *b)
{
	int found = 0;

	for (; b->n < b->max && found >= 0; b->next++) {
		found = gather_one(map, b);
		b->n += found == 1;
	}
	return found < 0 ? -ENOENT : 0;
}

static int batch_out(const union bpf_attr *attr, uint64_t uattr, const struct machine_map *shape,
		     const struct batch *b, int end)
{
	uint64_t ucount = uattr + offsetof(union bpf_attr, batch.count);
	int err = sys_copy_out(attr->batch.keys, b->keys, (size_t)b->n * shape->key_size);

	if (!err)
		err = sys_copy_out(attr->batch.values, b->values, b->n * user_size(shape));
	if (!err)
		err = sys_copy_out(attr->batch.out_batch, &b->next, sizeof(b->next));
	if (!err)
		err = sys_copy_out(ucount, &b->n, sizeof(b->n));
	return err ? err : end;
}

/*
 * The place in the map is the index of the next entry, where Linux has that of a bucket: so no
 * batch is ever too small, and an entry comes at most once.
 */
int sys_map_lookup_batch(union bpf_attr *attr, uint64_t uattr)
{
	const struct machine_map *shape;
	struct batch b = {0};
	struct sys_map *map;
	int err;

	map = open_map(attr->batch.map_fd, READS, &err);
	if (!map)
		return err;
	shape = sys_map_shape(map);
	if (has_no_elements(shape->type) || shape->type == BPF_MAP_TYPE_STACK_TRACE ||
	    shape->type == BPF_MAP_TYPE_PROG_ARRAY)
		return -SYS_ENOTSUPP;
	if (attr->batch.elem_flags || attr->batch.flags)
		return -EINVAL;
	if (!attr->batch.count)
		return 0;
	if (attr->batch.in_batch && sys_copy_in(&b.next, attr->batch.in_batch, sizeof(b.next)))
		return -EFAULT;
	b.max = attr->batch.count < shape->max_entries ? attr->batch.count : shape->max_entries;
	b.keys = calloc(b.max, shape->key_size);
	b.values = calloc(b.max, user_size(shape));
	err = b.keys && b.values ? gather(map, &b) : -ENOMEM;
	if (!err || err == -ENOENT)
		err = batch_out(attr, uattr, shape, &b, err);
	free(b.keys);
	free(b.values);
	return err;
}
