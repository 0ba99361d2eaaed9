// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Finds eBPF programs and links that a case left in the kernel. The ids of both
 * only grow, so what has a higher id than before the case is new. Other users of
 * the machine load programs too: what is held by a descriptor of a process whose
 * environment lacks the case's marker is theirs.
 */
#include "langtest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MAX_IDS = 64 };

static int sys_bpf(int cmd, union bpf_attr *attr)
{
	return syscall(__NR_bpf, cmd, attr, sizeof(*attr));
}

/* Stores up to MAX_IDS ids above start; returns their number. */
static int ids_above(int cmd, unsigned int start, unsigned int *ids)
{
	union bpf_attr attr = {.start_id = start};
	int n = 0;

	while (n < MAX_IDS && sys_bpf(cmd, &attr) == 0) {
		ids[n++] = attr.next_id;
		attr.start_id = attr.next_id;
	}
	return n;
}

static unsigned int highest(int cmd)
{
	union bpf_attr attr = {0};

	while (sys_bpf(cmd, &attr) == 0)
		attr.start_id = attr.next_id;
	return attr.start_id;
}

struct bpf_ids leftover_mark(void)
{
	return (struct bpf_ids){.prog = highest(BPF_PROG_GET_NEXT_ID),
				.link = highest(BPF_LINK_GET_NEXT_ID)};
}

static bool environ_has(const char *pid, const char *marker)
{
	char path[300], buf[1 << 16];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/environ", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, buf, sizeof(buf));
	close(fd);
	return n > 0 && memmem(buf, n, marker, strlen(marker));
}

/* Drops the ids that one fdinfo file names. */
static void drop_held(const char *path, const char *key, unsigned int *ids, int n)
{
	char line[256];
	unsigned int id;
	FILE *f = fopen(path, "re");

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (strncmp(line, key, strlen(key)) || sscanf(line + strlen(key), " %u", &id) != 1)
			continue;
		for (int i = 0; i < n; i++)
			if (ids[i] == id)
				ids[i] = 0;
	}
	fclose(f);
}

/* Zeroes the ids that processes without the marker hold. */
static void drop_foreign(const char *key, const char *marker, unsigned int *ids, int n)
{
	char path[600];
	struct dirent *p, *f;
	DIR *fds, *proc = opendir("/proc");

	while (proc && (p = readdir(proc))) {
		if (p->d_name[0] < '1' || p->d_name[0] > '9' || environ_has(p->d_name, marker))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/fdinfo", p->d_name);
		fds = opendir(path);
		while (fds && (f = readdir(fds))) {
			snprintf(path, sizeof(path), "/proc/%s/fdinfo/%s", p->d_name, f->d_name);
			if (f->d_name[0] != '.')
				drop_held(path, key, ids, n);
		}
		if (fds)
			closedir(fds);
	}
	if (proc)
		closedir(proc);
}

static void describe_prog(unsigned int id, char *text, size_t size)
{
	struct bpf_prog_info info = {0};
	union bpf_attr attr = {.prog_id = id};
	int fd = sys_bpf(BPF_PROG_GET_FD_BY_ID, &attr);

	if (fd < 0)
		return;
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = (unsigned long)&info;
	if (sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr) == 0)
		snprintf(text, size, " program %u (type %u, name '%s')", id, info.type, info.name);
	close(fd);
}

static int count_left(struct bpf_ids mark, const char *marker, char *text, size_t size)
{
	unsigned int ids[MAX_IDS];
	int n, left = 0;

	text[0] = '\0';
	n = ids_above(BPF_LINK_GET_NEXT_ID, mark.link, ids);
	if (n)
		drop_foreign("link_id:", marker, ids, n);
	for (int i = 0; i < n; i++) {
		size_t len = strlen(text);

		if (!ids[i])
			continue;
		left++;
		snprintf(text + len, size - len, " link %u", ids[i]);
	}
	n = ids_above(BPF_PROG_GET_NEXT_ID, mark.prog, ids);
	if (n)
		drop_foreign("prog_id:", marker, ids, n);
	for (int i = 0; i < n; i++) {
		size_t len = strlen(text);

		if (!ids[i])
			continue;
		left++;
		describe_prog(ids[i], text + len, size - len);
	}
	return left;
}

int leftover_wait(struct bpf_ids mark, const char *marker, int grace_ms, char *text, size_t size)
{
	enum { STEP_MS = 20 };
	int left = count_left(mark, marker, text, size);

	for (; left && grace_ms > 0; grace_ms -= STEP_MS) {
		usleep(STEP_MS * 1000);
		left = count_left(mark, marker, text, size);
	}
	return left;
}
