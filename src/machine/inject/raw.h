/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Calls of the kernel past the seam. The seam asks the machine about every descriptor, and the
 * machine's lock may be held by one who waits for ours. Errors as libc's, in errno.
 */
#ifndef MACHINE_RAW_H
#define MACHINE_RAW_H

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>

#include "machine/map/rawcall.h"

static inline long raw_result(long ret)
{
	if ((unsigned long)ret < (unsigned long)-4095)
		return ret;
	errno = (int)-ret;
	return -1;
}

static inline int raw_open(const char *path, int flags)
{
	return (int)raw_result(machine_rawcall(__NR_openat, (uint64_t)AT_FDCWD, (uintptr_t)path,
					       (uint64_t)flags, 0, 0, 0));
}

static inline void raw_close(int fd)
{
	machine_rawcall(__NR_close, (uint64_t)fd, 0, 0, 0, 0, 0);
}

/* For reading. */
static inline FILE *raw_fopen(const char *path)
{
	int fd = raw_open(path, O_RDONLY | O_CLOEXEC);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");

	if (fd >= 0 && !f)
		raw_close(fd);
	return f;
}

static inline void *raw_mmap(uint64_t size, int prot, int flags, int fd)
{
	long ret = raw_result(machine_rawcall(__NR_mmap, 0, size, (uint64_t)prot, (uint64_t)flags,
					      (uint64_t)fd, 0));

	return ret == -1 ? MAP_FAILED : (void *)ret;
}

static inline void raw_munmap(void *at, uint64_t size)
{
	machine_rawcall(__NR_munmap, (uintptr_t)at, size, 0, 0, 0, 0);
}

#endif
