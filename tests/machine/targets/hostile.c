// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * hostile [MS [SEED]]: forks a child that does its worst to what it shares with its tracer,
 * for MS milliseconds (1000), and one that does what is hooked meanwhile, as does this process.
 * The worst is: to write random words at random places of all memory that is shared, mapped
 * from a file, and writable, some of them close to what stands there; and to try to write to
 * what is only readable, in every way there is. That must fail. How the hostile child ends is
 * its own business, what the others do is not.
 *
 * Exit status: 58 well, 77 nothing is shared, 60 what must not be writable was written.
 */
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_AREAS = 16, WRITTEN = 3 };

static struct area {
	char *from;
	size_t size;
} writable[MAX_AREAS], readable[MAX_AREAS];
static int nwritable, nreadable;

/* Shared mappings of files: none is this program's own. */
static void find_areas(void)
{
	FILE *f = fopen("/proc/self/maps", "re");
	char line[512], perms[8];
	unsigned long from, to, inode;

	target_need(f != NULL, "/proc/self/maps");
	while (fgets(line, sizeof(line), f)) {
		struct area area;

		if (sscanf(line, "%lx-%lx %7s %*s %*s %lu", &from, &to, perms, &inode) != 4)
			continue;
		if (perms[3] != 's' || !inode)
			continue;
		area = (struct area){(char *)from, to - from};
		if (perms[1] == 'w' && nwritable < MAX_AREAS)
			writable[nwritable++] = area;
		else if (perms[1] != 'w' && nreadable < MAX_AREAS)
			readable[nreadable++] = area;
	}
	fclose(f);
}

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* --- what must not work --------------------------------------------------------- */

/* Writes to @at through a file that stands for memory. */
static bool write_by_file(const char *path, off_t at)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	bool written = false;
	char c, *p;

	if (fd < 0)
		return false;
	if (pread(fd, &c, 1, at) == 1)
		written = pwrite(fd, &c, 1, at) == 1;
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, at & -4096L);
	if (p != MAP_FAILED) {
		written = true;
		munmap(p, 4096);
	}
	close(fd);
	return written;
}

static bool can_write(const struct area *area)
{
	char path[80];
	void *copy;

	if (!mprotect(area->from, 4096, PROT_READ | PROT_WRITE))
		return true;
	if (!mprotect(area->from, area->size, PROT_READ | PROT_WRITE | PROT_EXEC))
		return true;
	if (write_by_file("/proc/self/mem", (off_t)(uintptr_t)area->from))
		return true;
	snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx", (unsigned long)area->from,
		 (unsigned long)area->from + area->size);
	if (write_by_file(path, 0))
		return true;
	/* A second mapping of the same pages has the protection of the first. */
	copy = mremap(area->from, 0, 4096, MREMAP_MAYMOVE);
	return copy != MAP_FAILED && !mprotect(copy, 4096, PROT_READ | PROT_WRITE);
}

static bool can_write_any(void)
{
	char path[32];

	for (int i = 0; i < nreadable; i++) {
		if (can_write(&readable[i])) {
			fprintf(stderr, "hostile: %p, %zu bytes, can be written\n",
				(void *)readable[i].from, readable[i].size);
			return true;
		}
	}
	/* Descriptors that whoever put the mappings here left open. */
	for (int fd = 3; fd < 64; fd++) {
		char name[64] = "";

		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		if (readlink(path, name, sizeof(name) - 1) > 0 && !strncmp(name, "/memfd:", 7)) {
			fprintf(stderr, "hostile: descriptor %d is %s\n", fd, name);
			return true;
		}
	}
	return false;
}

/* --- scribbling ----------------------------------------------------------------- */

static uint64_t random64(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Half of the places are where heads and tables are: near the beginning of the area. */
static void scribble_once(uint64_t *state)
{
	const struct area *area = &writable[random64(state) % (uint64_t)nwritable];
	uint64_t kind = random64(state), value = random64(state);
	size_t limit = kind & 8 ? area->size : area->size < (1u << 19) ? area->size : 1u << 19;
	size_t at = random64(state) % (limit - 8) & -4UL;
	volatile uint32_t *word = (volatile uint32_t *)(area->from + at);

	/* Most of a large, sparse file is left as it is: a page is not made for nothing. */
	if (kind & 8 && (kind >> 8) % 16)
		return;
	switch (kind & 7) {
	case 0: *word = (uint32_t)value; break;
	case 1: *word += (value & 15) - 7; break;
	case 2: *word = 0; break;
	case 3: *word = UINT32_MAX; break;
	case 4: *word ^= 1u << (value & 31); break;
	case 5: *word = (uint32_t)value & 1023; break;
	case 6: *(volatile uint64_t *)word = value; break;
	default: *word = 0x80000000u | (uint32_t)value; break;
	}
}

static void be_hostile(long ms, uint64_t seed)
{
	long end = now_ms() + ms;

	while (now_ms() < end) {
		for (int i = 0; i < 2000; i++)
			scribble_once(&seed);
		/* Not target_work(), which is content only with the right results. */
		for (int i = 0; i < 20; i++) {
			target_call(i);
			getppid();
		}
	}
}

static pid_t begin_hostile(long ms, uint64_t seed)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	for (int s = 1; s < 32; s++)
		signal(s, SIG_DFL);
	if (can_write_any())
		_exit(WRITTEN);
	be_hostile(ms, seed);
	_exit(0);
}

static pid_t begin_sibling(long ms)
{
	long end = now_ms() + ms, n = 0;
	pid_t pid = fork();

	if (pid)
		return pid;
	target_child();
	for (; now_ms() < end; n++)
		target_work(50);
	_exit(target_end(4));
}

int main(int argc, char **argv)
{
	long ms = argc > 1 ? strtol(argv[1], NULL, 10) : 1000;
	uint64_t seed = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;
	int hostile_status, sibling_status;
	pid_t hostile, sibling;

	target_begin();
	target_ready();
	find_areas();
	if (!nwritable) {
		target_work(10);
		return target_end(77);
	}
	sibling = begin_sibling(ms);
	hostile = begin_hostile(ms, seed * 0x9e3779b97f4a7c15u);
	for (long end = now_ms() + ms; now_ms() < end;)
		target_work(50);
	target_need(waitpid(sibling, &sibling_status, 0) == sibling, "waitpid");
	/* The hostile one may hang in what it broke. */
	kill(hostile, SIGKILL);
	target_need(waitpid(hostile, &hostile_status, 0) == hostile, "waitpid");
	if (WIFEXITED(hostile_status) && WEXITSTATUS(hostile_status) == WRITTEN)
		return target_end(60);
	target_need(WIFEXITED(sibling_status) && WEXITSTATUS(sibling_status) == 4, "the sibling");
	puts("still here");
	return target_end(58);
}
