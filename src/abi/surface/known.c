// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * What belongs to the seam. Descriptors are bits of a static map as large as
 * the kernel's default limit (pages that are never touched cost nothing), set
 * and cleared atomically; mappings are few, and kept in a small array.
 * Nothing here changes errno: the calls around it return the callee's.
 */
#include "abi/seam.h"
#include "abi/surface/known.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define FD_MAX	  (1 << 20)
#define WORD_BITS 64

static _Atomic uint64_t fds[FD_MAX / WORD_BITS];

static struct {
	pthread_mutex_t lock;
	void **addrs;
	size_t count, room;
} maps = {.lock = PTHREAD_MUTEX_INITIALIZER};

bool abi_known_fd(int fd)
{
	if (fd < 0 || fd >= FD_MAX)
		return false;
	return atomic_load(&fds[fd / WORD_BITS]) >> (fd % WORD_BITS) & 1;
}

void abi_learn_fd(int fd, bool ours)
{
	uint64_t bit;

	if (fd < 0 || fd >= FD_MAX)
		return;
	bit = UINT64_C(1) << (fd % WORD_BITS);
	if (ours)
		atomic_fetch_or(&fds[fd / WORD_BITS], bit);
	else
		atomic_fetch_and(&fds[fd / WORD_BITS], ~bit);
}

void abi_learn_dup(int from, int fd)
{
	abi_learn_fd(fd, abi_known_fd(from));
}

void abi_learn_fcntl(int from, int cmd, int fd)
{
	if (cmd == F_DUPFD || cmd == F_DUPFD_CLOEXEC)
		abi_learn_dup(from, fd);
}

void abi_learn_bpf(int cmd, int fd)
{
	switch (cmd) {
	case BPF_MAP_CREATE:
	case BPF_PROG_LOAD:
	case BPF_OBJ_GET:
	case BPF_PROG_GET_FD_BY_ID:
	case BPF_MAP_GET_FD_BY_ID:
	case BPF_BTF_GET_FD_BY_ID:
	case BPF_LINK_GET_FD_BY_ID:
	case BPF_RAW_TRACEPOINT_OPEN:
	case BPF_BTF_LOAD:
	case BPF_LINK_CREATE:
	case BPF_ENABLE_STATS:
	case BPF_ITER_CREATE: abi_learn_fd(fd, true); break;
	default: break;
	}
}

bool abi_forget_fd(int fd)
{
	uint64_t bit, before;

	if (fd < 0 || fd >= FD_MAX)
		return false;
	bit = UINT64_C(1) << (fd % WORD_BITS);
	before = atomic_fetch_and(&fds[fd / WORD_BITS], ~bit);
	return before & bit;
}

/* Without memory the mapping stays unknown: its munmap goes straight to libc. */
void abi_learn_map(void *addr, bool ours)
{
	int saved = errno;
	void **more;
	size_t room;

	if (!ours || addr == MAP_FAILED)
		return;
	pthread_mutex_lock(&maps.lock);
	for (size_t i = 0; i < maps.count; i++)
		if (maps.addrs[i] == addr)
			goto out;
	if (maps.count == maps.room) {
		room = maps.room ? maps.room * 2 : 16;
		more = reallocarray(maps.addrs, room, sizeof(*more));
		if (!more)
			goto out;
		maps.addrs = more;
		maps.room = room;
	}
	maps.addrs[maps.count++] = addr;
out:
	pthread_mutex_unlock(&maps.lock);
	errno = saved;
}

bool abi_forget_map(void *addr)
{
	bool found = false;

	pthread_mutex_lock(&maps.lock);
	for (size_t i = 0; i < maps.count && !found; i++) {
		if (maps.addrs[i] != addr)
			continue;
		maps.addrs[i] = maps.addrs[--maps.count];
		found = true;
	}
	if (!maps.count) {
		free(maps.addrs);
		maps.addrs = NULL;
		maps.room = 0;
	}
	pthread_mutex_unlock(&maps.lock);
	return found;
}

bool abi_known_path(int dirfd, const char *path)
{
	static const char *const roots[] = {"/sys", "/proc"};

	if (!path)
		return false;
	if (path[0] != '/')
		return abi_known_fd(dirfd);
	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		size_t len = strlen(roots[i]);

		if (!strncmp(path, roots[i], len) && (path[len] == '/' || !path[len]))
			return true;
	}
	return false;
}
