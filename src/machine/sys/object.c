// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Objects and their descriptors. A descriptor is an eventfd, so that its number is the kernel's:
 * it can be inherited, waited for, and closed where nobody looks. Which object it is, the
 * table says; the seam tells us what is closed and copied.
 */
#include "machine/sys/sys.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define FDS_MAX (1 << 20)

static void (*const frees[SYS_KINDS])(struct sys_object *o) = {
	[SYS_MAP] = sys_map_free, [SYS_PROG] = sys_prog_free,	[SYS_LINK] = sys_link_free,
	[SYS_BTF] = sys_btf_free, [SYS_EVENT] = sys_event_free,
};

void sys_object_init(struct sys_object *o, enum sys_kind kind)
{
	struct sys_object **at = &machine.objects[kind];

	*o = (struct sys_object){.kind = kind, .id = ++machine.last_id[kind], .refs = 1};
	while (*at)
		at = &(*at)->next;
	*at = o;
}

void sys_object_hold(struct sys_object *o)
{
	o->refs++;
}

void sys_object_drop(struct sys_object *o)
{
	struct sys_object **at;

	if (!o || --o->refs)
		return;
	for (at = &machine.objects[o->kind]; *at && *at != o; at = &(*at)->next)
		;
	if (*at)
		*at = o->next;
	if (frees[o->kind])
		frees[o->kind](o);
	free(o);
}

/* Makes room in the table for @fd. */
static int reserve(int fd)
{
	struct sys_object **more;
	int n = machine.nfds ? machine.nfds : 64;

	if (fd < machine.nfds)
		return 0;
	if (fd >= FDS_MAX)
		return -EMFILE;
	while (n <= fd)
		n *= 2;
	more = reallocarray(machine.fds, (size_t)n, sizeof(*more));
	if (!more)
		return -ENOMEM;
	memset(more + machine.nfds, 0, (size_t)(n - machine.nfds) * sizeof(*more));
	machine.fds = more;
	machine.nfds = n;
	return 0;
}

int sys_object_name(int fd, struct sys_object *o)
{
	int err = reserve(fd);

	if (err)
		return err;
	sys_object_hold(o);
	/* Closed where nothing is wrapped: the number is all that was left of it. */
	sys_object_drop(machine.fds[fd]);
	machine.fds[fd] = o;
	return 0;
}

void sys_object_unname(int fd)
{
	struct sys_object *o;

	if (fd < 0 || fd >= machine.nfds)
		return;
	o = machine.fds[fd];
	machine.fds[fd] = NULL;
	sys_object_drop(o);
}

int sys_object_fd(struct sys_object *o)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	int err = fd < 0 ? -errno : sys_object_name(fd, o);

	sys_object_drop(o);
	if (!err)
		return fd;
	if (fd >= 0)
		close(fd);
	return err;
}

struct sys_object *sys_object_of(int fd, enum sys_kind kind, int *err)
{
	struct sys_object *o = fd >= 0 && fd < machine.nfds ? machine.fds[fd] : NULL;

	if (o && o->kind == kind)
		return o;
	*err = o || (fd >= 0 && fcntl(fd, F_GETFD) >= 0) ? -EINVAL : -EBADF;
	return NULL;
}

struct sys_object *sys_object_by_id(enum sys_kind kind, uint32_t id)
{
	struct sys_object *o = id ? sys_object_after(kind, id - 1) : NULL;

	return o && o->id == id ? o : NULL;
}

struct sys_object *sys_object_after(enum sys_kind kind, uint32_t id)
{
	struct sys_object *o = machine.objects[kind];

	while (o && o->id <= id)
		o = o->next;
	return o;
}
