// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The files that describe a kernel, as memory files made when they are opened. Under the
 * directories of `roots` there is what is made here and nothing else: not the running kernel's BTF,
 * not its tracepoints, not its PMUs, since none of them can be had through the machine.
 */
#include "machine/sys/sys.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A text being made. */
struct text {
	char *at;
	size_t len;
	FILE *f;
};

/* --- tracefs ---------------------------------------------------------------------------- */

static void put_fields(FILE *f, const char *args)
{
	unsigned int offset = 16;
	const char *end;

	for (; *args; args = *end ? end + 1 : end, offset += 8) {
		end = strchrnul(args, ';');
		fprintf(f, "\tfield:%.*s;\toffset:%u;\tsize:8;\tsigned:0;\n", (int)(end - args),
			args, offset);
	}
}

/* As tracefs has it, but for the line that says how to print a record. */
static void put_format(FILE *f, const char *category, const char *name, uint32_t id)
{
	const struct sys_syscall *row = NULL;
	bool is_exit = !strcmp(name, "sys_exit"), is_raw = !strcmp(category, "raw_syscalls");

	if (!is_raw)
		row = sys_syscall_of(name, &is_exit);
	fprintf(f,
		"name: %s\nID: %u\nformat:\n"
		"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
		"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"
		"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"
		"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n",
		name, id);
	fputs(is_raw ? "\tfield:long id;\toffset:8;\tsize:8;\tsigned:1;\n"
		     : "\tfield:int __syscall_nr;\toffset:8;\tsize:4;\tsigned:1;\n",
	      f);
	if (is_exit)
		fputs("\tfield:long ret;\toffset:16;\tsize:8;\tsigned:1;\n", f);
	else if (is_raw)
		fputs("\tfield:unsigned long args[6];\toffset:16;\tsize:48;\tsigned:0;\n", f);
	else
		put_fields(f, row ? row->args : "");
}

static void put_events(FILE *f)
{
	uint32_t i;

	fputs("raw_syscalls:sys_exit\nraw_syscalls:sys_enter\n", f);
	for (i = 0; i < sys_syscalls_cnt; i++)
		fprintf(f, "syscalls:sys_exit_%s\nsyscalls:sys_enter_%s\n", sys_syscalls[i].name,
			sys_syscalls[i].name);
}

/* @rest: "CATEGORY/NAME/id" or …/format, or a directory on the way. */
static int put_event(FILE *f, const char *rest)
{
	char category[64] = "", name[64] = "", file[64] = "";
	uint32_t id;
	int n = sscanf(rest, "%63[^/]/%63[^/]/%63[^/]", category, name, file);

	if (n <= 0)
		return -EISDIR;
	if (n == 1)
		return !strcmp(category, "syscalls") || !strcmp(category, "raw_syscalls") ? -EISDIR
											  : -ENOENT;
	id = sys_tracepoint_id(category, name);
	if (!id)
		return -ENOENT;
	if (n == 2)
		return -EISDIR;
	if (!strcmp(file, "id"))
		fprintf(f, "%u\n", id);
	else if (!strcmp(file, "format"))
		put_format(f, category, name, id);
	else
		return -ENOENT;
	return 0;
}

static int put_tracefs(FILE *f, const char *rest)
{
	if (!*rest)
		return -EISDIR;
	if (!strcmp(rest, "available_events")) {
		put_events(f);
		return 0;
	}
	if (!strcmp(rest, "events") || !strncmp(rest, "events/", 7))
		return put_event(f, rest[6] ? rest + 7 : "");
	return -ENOENT;
}

/* --- sysfs ------------------------------------------------------------------------------ */

static int put_pmus(FILE *f, const char *rest)
{
	if (!*rest || !strcmp(rest, "uprobe") || !strcmp(rest, "uprobe/format"))
		return -EISDIR;
	if (!strcmp(rest, "uprobe/type"))
		fprintf(f, "%u\n", SYS_PMU_UPROBE);
	else if (!strcmp(rest, "uprobe/format/retprobe"))
		fprintf(f, "config:%u\n", SYS_RETPROBE_BIT);
	else
		return -ENOENT;
	return 0;
}

static int put_cpus(FILE *f, const char *rest)
{
	if (*rest)
		return -ENOENT;
	fprintf(f, "0-%u\n", MACHINE_VCPUS - 1);
	return 0;
}

static int put_nothing(FILE *f, const char *rest)
{
	return -ENOENT;
}

/* --- procfs ------------------------------------------------------------------------------ */

static struct sys_object *fdinfo_of(const char *path)
{
	int pid, fd, end = 0;

	if (sscanf(path, "/proc/self/fdinfo/%d%n", &fd, &end) == 1)
		pid = machine.owner;
	else if (sscanf(path, "/proc/%d/fdinfo/%d%n", &pid, &fd, &end) != 2)
		return NULL;
	if (path[end] || pid != machine.owner || fd < 0 || fd >= machine.nfds)
		return NULL;
	return machine.fds[fd];
}

static void put_fdinfo(FILE *f, const struct sys_object *o)
{
	const struct sys_map *map = (const struct sys_map *)o;
	const struct machine_map *shape;

	fputs("pos:\t0\nflags:\t02000002\nmnt_id:\t0\nino:\t0\n", f);
	if (o->kind == SYS_MAP) {
		shape = sys_map_shape(map);
		fprintf(f,
			"map_type:\t%u\nkey_size:\t%u\nvalue_size:\t%u\nmax_entries:\t%u\n"
			"map_flags:\t%#x\nmap_extra:\t0x0\nmemlock:\t0\nmap_id:\t%u\nfrozen:\t%d\n",
			shape->type, shape->key_size, shape->value_size, shape->max_entries,
			shape->map_flags, o->id, map->frozen);
	} else if (o->kind == SYS_PROG) {
		fprintf(f, "prog_type:\t%u\nprog_jited:\t1\nmemlock:\t0\nprog_id:\t%u\n",
			((const struct sys_prog *)o)->type, o->id);
	} else if (o->kind == SYS_LINK) {
		fprintf(f, "link_id:\t%u\n", o->id);
	}
}

/* --- all --------------------------------------------------------------------------------- */

static const struct root {
	const char *path;
	int (*put)(FILE *f, const char *rest);
} roots[] = {
	{"/sys/kernel/tracing", put_tracefs},
	{"/sys/kernel/debug/tracing", put_tracefs},
	{"/sys/kernel/btf", put_nothing},
	{"/sys/bus/event_source/devices", put_pmus},
	{"/sys/devices/system/cpu/possible", put_cpus},
	{"/sys/devices/system/cpu/online", put_cpus},
};

/* The root above @path, and what of the path is below it. */
static const struct root *root_of(const char *path, const char **rest)
{
	size_t i, n;

	for (i = 0; i < SYS_COUNT(roots); i++) {
		n = strlen(roots[i].path);
		if (strncmp(path, roots[i].path, n) || (path[n] && path[n] != '/'))
			continue;
		*rest = path + n + strspn(path + n, "/");
		return &roots[i];
	}
	return NULL;
}

bool machine_describes(const char *path)
{
	const char *rest;
	bool yes;

	if (root_of(path, &rest))
		return true;
	if (strncmp(path, "/proc/", 6) || sys_enter())
		return false;
	yes = fdinfo_of(path);
	sys_leave();
	return yes;
}

static int put(FILE *f, const char *path)
{
	const char *rest;
	const struct root *root = root_of(path, &rest);
	struct sys_object *o;
	int err;

	if (root)
		return root->put(f, rest);
	err = sys_enter();
	if (err)
		return err;
	o = fdinfo_of(path);
	if (o)
		put_fdinfo(f, o);
	sys_leave();
	return o ? 0 : -ENOENT;
}

/* What @path holds; @text->at is to be freed. */
static int make(const char *path, struct text *text)
{
	int err;

	*text = (struct text){0};
	text->f = open_memstream(&text->at, &text->len);
	if (!text->f)
		return -ENOMEM;
	err = put(text->f, path);
	if (fclose(text->f) && !err)
		err = -ENOMEM;
	if (err) {
		free(text->at);
		text->at = NULL;
	}
	return err;
}

int machine_file_open(const char *path, int flags)
{
	int saved = errno, fd = -1, err;
	struct text text;

	err = make(path, &text);
	if (!err && (flags & O_ACCMODE) != O_RDONLY)
		err = -EACCES;
	if (!err)
		fd = memfd_create(path, MFD_CLOEXEC);
	if (!err && (fd < 0 || pwrite(fd, text.at, text.len, 0) != (ssize_t)text.len)) {
		err = -ENOMEM;
		if (fd >= 0)
			close(fd);
	}
	free(text.at);
	errno = saved;
	return err ? err : fd;
}

int machine_file_stat(const char *path, struct stat *st)
{
	int saved = errno, err;
	struct text text;

	err = make(path, &text);
	free(text.at);
	if (st && (!err || err == -EISDIR)) {
		memset(st, 0, sizeof(*st));
		st->st_mode = err ? S_IFDIR | 0555 : S_IFREG | 0444;
		st->st_nlink = 1;
		st->st_size = (off_t)text.len;
	}
	errno = saved;
	return err == -EISDIR ? 0 : err;
}
