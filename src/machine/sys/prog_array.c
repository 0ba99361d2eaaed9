// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Arrays of programs, for tail calls. In shared memory there are numbers of programs, which callers
 * never see: they put descriptors in and get ids out.
 */
#include "machine/sys/sys.h"

#include <stdlib.h>
#include <string.h>

static uint32_t index_of(const void *key)
{
	uint32_t index;

	memcpy(&index, key, sizeof(index));
	return index;
}

int sys_progs_lookup(const struct sys_map *map, const void *key, void *value)
{
	uint32_t index = index_of(key);
	const struct sys_prog *prog;

	if (!map->progs || index >= sys_map_shape(map)->max_entries)
		return -ENOENT;
	prog = map->progs[index];
	if (!prog)
		return -ENOENT;
	memcpy(value, &prog->o.id, sizeof(prog->o.id));
	return 0;
}

/* All programs of one array are of one type: they call each other in one context. */
static bool fits(const struct sys_map *map, const struct sys_prog *prog)
{
	uint32_t i;

	for (i = 0; i < sys_map_shape(map)->max_entries; i++)
		if (map->progs[i] && map->progs[i]->type != prog->type)
			return false;
	return true;
}

int sys_progs_update(struct sys_map *map, const void *key, const void *value, uint64_t flags)
{
	struct machine_who who = {.ctl = machine.session.ctl};
	const struct machine_map *shape = sys_map_shape(map);
	uint32_t index = index_of(key), number;
	struct sys_prog *prog;
	int err, fd;

	memcpy(&fd, value, sizeof(fd));
	if (flags != BPF_ANY)
		return -EINVAL;
	if (index >= shape->max_entries)
		return -E2BIG;
	prog = sys_prog_of(fd, &err);
	if (!prog)
		return err;
	if (!map->progs)
		map->progs = calloc(shape->max_entries, sizeof(struct sys_prog *));
	if (!map->progs)
		return -ENOMEM;
	if (!fits(map, prog))
		return -EINVAL;
	number = prog->index + 1;
	err = machine_map_update(&who, map->index, key, &number, BPF_ANY);
	if (err)
		return err;
	/* A process may be on its way to the one that was there. */
	prog->was_attached = true;
	sys_object_hold(&prog->o);
	if (map->progs[index])
		sys_object_drop(&map->progs[index]->o);
	map->progs[index] = prog;
	return 0;
}

void sys_progs_forget(struct sys_map *map, const void *key)
{
	uint32_t index;

	if (!map->progs)
		return;
	index = index_of(key);
	if (map->progs[index])
		sys_object_drop(&map->progs[index]->o);
	map->progs[index] = NULL;
}

void sys_progs_free(struct sys_map *map)
{
	uint32_t i;

	for (i = 0; map->progs && i < sys_map_shape(map)->max_entries; i++)
		if (map->progs[i])
			sys_object_drop(&map->progs[i]->o);
	free(map->progs);
}
