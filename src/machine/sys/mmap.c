// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Mappings of maps: of arrays made for it, and of ring buffers in the kernel's layout, with the
 * data twice so that records need not be put together at its end.
 */
#include "machine/sys/sys.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE 4096ull

struct sys_mapping {
	struct sys_mapping *next;
	char *addr;
	size_t length;
	struct sys_map *map; /* reference held */
	bool writes;
};

/* Maps @length bytes of @fd at @offset to @addr, over what is there. */
static int map_at(char *addr, size_t length, int prot, int fd, uint64_t offset)
{
	void *p;

	if (!length)
		return 0;
	p = mmap(addr, length, prot, MAP_SHARED | MAP_FIXED, fd, (off_t)offset);
	return p == MAP_FAILED ? -errno : 0;
}

/* Keeps an address range free; zeros. */
static int reserve(struct sys_mapping *m, void *wish, int flags)
{
	void *p = mmap(wish, m->length, PROT_READ,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
			       (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)),
		       -1, 0);

	if (p == MAP_FAILED)
		return -errno;
	m->addr = p;
	return 0;
}

/* The consumer's position, a page; the producer's, a page; then the data, twice. */
static int map_ring(const struct sys_map *map, struct sys_mapping *m, int prot, uint64_t offset)
{
	const struct machine_map *shape = sys_map_shape(map);
	const struct {
		uint64_t from, size;
	} parts[] = {{0, 2 * PAGE + shape->max_entries}, {2 * PAGE, shape->max_entries}};
	uint64_t at = 0, skip = offset, n;
	size_t i;
	int err = 0;

	for (i = 0; !err && i < SYS_COUNT(parts) && at < m->length; i++) {
		if (skip >= parts[i].size) {
			skip -= parts[i].size;
			continue;
		}
		n = parts[i].size - skip;
		n = n < m->length - at ? n : m->length - at;
		err = map_at(m->addr + at, n, prot, map->ring_fd, parts[i].from + skip);
		at += n;
		skip = 0;
	}
	return err;
}

/* Linux's rules for the two kinds. */
static int check(const struct sys_map *map, const struct sys_mapping *m, int prot, int flags,
		 off_t offset)
{
	const struct machine_map *shape = sys_map_shape(map);
	uint64_t size;

	if (!m->length || offset < 0 || offset % (off_t)PAGE)
		return -EINVAL;
	if (shape->type == BPF_MAP_TYPE_RINGBUF) {
		/* Only the consumer's position may be written. */
		if (m->writes && (offset || m->length != PAGE))
			return -EPERM;
		size = 2 * PAGE + 2ull * shape->max_entries;
	} else if (shape->type == BPF_MAP_TYPE_ARRAY && shape->map_flags & BPF_F_MMAPABLE) {
		size = ((uint64_t)shape->max_entries * shape->value_stride + PAGE - 1) & -PAGE;
	} else {
		return -SYS_ENOTSUPP;
	}
	if (!(flags & MAP_SHARED) && (flags & MAP_TYPE) != MAP_SHARED_VALIDATE)
		return -EINVAL;
	if (m->writes && map->frozen)
		return -EPERM;
	return (uint64_t)offset > size || m->length > size - (uint64_t)offset ? -EINVAL : 0;
}

static int map_object(struct sys_map *map, struct sys_mapping *m, void *wish, int prot, int flags,
		      off_t offset)
{
	const struct machine_map *shape = sys_map_shape(map);
	bool ring = shape->type == BPF_MAP_TYPE_RINGBUF;
	int err;

	m->length = (m->length + PAGE - 1) & -PAGE;
	m->writes = prot & PROT_WRITE;
	err = check(map, m, prot, flags, offset);
	if (err)
		return err;
	err = reserve(m, wish, flags);
	if (err)
		return err;
	err = ring ? map_ring(map, m, prot, (uint64_t)offset)
		   : map_at(m->addr, m->length, prot, machine.session.data_fd,
			    shape->values + (uint64_t)offset);
	if (err)
		munmap(m->addr, m->length);
	return err;
}

static int map_fd(void **addr, size_t length, int prot, int flags, int fd, off_t offset)
{
	struct sys_mapping *m;
	struct sys_map *map;
	int err;

	map = sys_map_of(fd, &err);
	if (!map)
		return err == -EBADF ? -EBADF : -ENODEV;
	m = calloc(1, sizeof(*m));
	if (!m)
		return -ENOMEM;
	m->length = length;
	err = map_object(map, m, *addr, prot, flags, offset);
	if (err) {
		free(m);
		return err;
	}
	m->map = map;
	sys_object_hold(&map->o);
	map->writers += m->writes;
	m->next = machine.mappings;
	machine.mappings = m;
	*addr = m->addr;
	return 0;
}

int machine_mmap(void **addr, size_t length, int prot, int flags, int fd, off_t offset)
{
	int saved = errno, ret = sys_enter();

	if (!ret) {
		ret = map_fd(addr, length, prot, flags, fd, offset);
		sys_leave();
	}
	errno = saved;
	return ret;
}

static void unmap(struct sys_mapping **at)
{
	struct sys_mapping *m = *at;

	*at = m->next;
	munmap(m->addr, m->length);
	m->map->writers -= m->writes;
	sys_object_drop(&m->map->o);
	free(m);
}

int machine_munmap(void *addr, size_t length)
{
	int saved = errno, ret = sys_enter();
	struct sys_mapping **at;

	if (ret)
		return -ENOENT;
	ret = -ENOENT;
	for (at = &machine.mappings; *at && (*at)->addr != addr;)
		at = &(*at)->next;
	/* A part of it is unmapped as the kernel does; the rest goes with the process. */
	if (*at && length >= (*at)->length) {
		unmap(at);
		ret = 0;
	}
	sys_leave();
	errno = saved;
	return ret;
}

void sys_mappings_free(void)
{
	while (machine.mappings)
		unmap(&machine.mappings);
}
