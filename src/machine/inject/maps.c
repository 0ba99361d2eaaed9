// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* What /proc says of a process. Lines are the kernel's, but the paths in them anybody's. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "machine/inject/process.h"
#include "machine/inject/raw.h"

#define MAPPINGS_MAX 200000

static bool parse(char *line, struct process_mapping *m)
{
	unsigned int major_no, minor_no;
	unsigned long ino;
	char prot[5];
	int at = 0;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %x:%x %lu %n", &m->start, &m->end,
		   prot, &m->offset, &major_no, &minor_no, &ino, &at) < 7 ||
	    !at)
		return false;
	m->dev = makedev(major_no, minor_no);
	m->ino = ino;
	m->executable = prot[2] == 'x';
	line += at;
	line[strcspn(line, "\n")] = '\0';
	m->path[0] = '\0';
	if (strlen(line) < sizeof(m->path))
		memcpy(m->path, line, strlen(line) + 1);
	return true;
}

int process_maps_read(pid_t pid, struct process_maps *maps)
{
	size_t room = 0, line_room = 0;
	char path[32], *line = NULL;
	int err = 0;
	FILE *f;

	*maps = (struct process_maps){0};
	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	f = raw_fopen(path);
	if (!f)
		return -errno;
	while (!err && getline(&line, &line_room, f) > 0) {
		if (maps->cnt == room) {
			struct process_mapping *more;

			room = room ? 2 * room : 64;
			more = reallocarray(maps->all, room, sizeof(*more));
			if (!more || room > MAPPINGS_MAX) {
				err = -ENOMEM;
				if (more)
					maps->all = more;
				break;
			}
			maps->all = more;
		}
		if (parse(line, &maps->all[maps->cnt]))
			maps->cnt++;
	}
	free(line);
	fclose(f);
	if (err)
		process_maps_free(maps);
	return err;
}

void process_maps_free(struct process_maps *maps)
{
	free(maps->all);
	*maps = (struct process_maps){0};
}

int process_open_mapped(pid_t pid, const struct process_mapping *m)
{
	char path[320];
	struct stat st;
	int fd;

	if (m->path[0] != '/')
		return -ENOENT;
	snprintf(path, sizeof(path), "/proc/%d/root%s", pid, m->path);
	fd = raw_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_ino == m->ino)
		return fd;
	if (fd >= 0)
		raw_close(fd);
	/* Renamed or deleted since; only some may take this way. */
	snprintf(path, sizeof(path), "/proc/%d/map_files/%" PRIx64 "-%" PRIx64, pid, m->start,
		 m->end);
	fd = raw_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	return fd < 0 ? -errno : fd;
}

long process_status(pid_t pid, const char *name)
{
	char path[32], line[256];
	long value = -ENODATA;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = raw_fopen(path);
	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f)) {
		if (!strncmp(line, name, strlen(name))) {
			value = strtol(line + strlen(name), NULL, 10);
			break;
		}
	}
	fclose(f);
	return value;
}

uint64_t process_start_time(pid_t pid)
{
	char path[32], text[1024], *at;
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = raw_fopen(path);
	if (!f)
		return 0;
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	/* The 22nd field; the second may have anything in its parentheses. */
	at = strrchr(text, ')');
	for (int i = 2; at && i < 22; i++)
		at = strchr(at + 1, ' ');
	return at ? strtoull(at, NULL, 10) : 0;
}
