// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * perf_event_open(2) and the ioctls of its descriptors: tracepoints of system calls, and the uprobe
 * PMU. Events only carry programs here; they have no samples and no counts.
 */
#include "machine/sys/sys.h"

#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define ATTR_SIZE_MAX 4096u

#define FLAGS \
	(PERF_FLAG_FD_NO_GROUP | PERF_FLAG_FD_OUTPUT | PERF_FLAG_PID_CGROUP | PERF_FLAG_FD_CLOEXEC)

/* The attributes, whose size is in them; what we have no field for must be zero. */
static int read_attr(struct perf_event_attr *attr, uint64_t uattr)
{
	unsigned char bytes[ATTR_SIZE_MAX];
	uint32_t size, i;

	if (sys_copy_in(&size, uattr + offsetof(struct perf_event_attr, size), sizeof(size)))
		return -EFAULT;
	if (!size)
		size = PERF_ATTR_SIZE_VER0;
	if (size < PERF_ATTR_SIZE_VER0 || size > sizeof(bytes))
		return -E2BIG;
	if (sys_copy_in(bytes, uattr, size))
		return -EFAULT;
	for (i = sizeof(*attr); i < size; i++)
		if (bytes[i])
			return -E2BIG;
	memset(attr, 0, sizeof(*attr));
	memcpy(attr, bytes, size < sizeof(*attr) ? size : sizeof(*attr));
	return attr->__reserved_1 ? -EINVAL : 0;
}

static int open_tracepoint(const struct perf_event_attr *attr, struct sys_event *event)
{
	event->where = sys_tracepoint(attr->config);
	event->prog_type = BPF_PROG_TYPE_TRACEPOINT;
	/* Linux says so to the number of no event. */
	return event->where ? sys_hook_syscalls() : -EINVAL;
}

static int open_uprobe(const struct perf_event_attr *attr, pid_t pid, struct sys_event *event)
{
	bool is_return = attr->config >> SYS_RETPROBE_BIT & 1;
	char path[PATH_MAX];
	struct sys_function place;
	struct stat st;
	uint32_t hook;
	int err;

	if (attr->config & ~(1ull << SYS_RETPROBE_BIT))
		return -EINVAL;
	if (sys_string_in(path, attr->uprobe_path, sizeof(path)) < 0)
		return -EFAULT;
	if (stat(path, &st))
		return -errno;
	if (!S_ISREG(st.st_mode) || attr->probe_offset >= (uint64_t)st.st_size)
		return -EINVAL;
	place = (struct sys_function){
		.dev = st.st_dev,
		.ino = st.st_ino,
		.offset = attr->probe_offset,
		.pid = pid > 0 ? pid : 0,
	};
	err = sys_hook_function(&place, is_return, &hook);
	if (err)
		return err;
	event->hook = hook + 1;
	event->prog_type = BPF_PROG_TYPE_KPROBE;
	event->where = is_return ? &machine.ctl->hooks[hook].ret : &machine.ctl->hooks[hook].entry;
	return 0;
}

static int perf_event_open(uint64_t uattr, pid_t pid, int cpu, int group_fd, unsigned long flags)
{
	struct perf_event_attr attr;
	struct sys_event *event;
	int err;

	if (flags & ~FLAGS)
		return -EINVAL;
	err = read_attr(&attr, uattr);
	if (err)
		return err;
	if (pid == -1 && cpu == -1)
		return -EINVAL;
	if (cpu < -1 || cpu >= MACHINE_VCPUS)
		return cpu < -1 ? -EINVAL : -ENODEV;
	if (group_fd != -1)
		return -EINVAL;
	if (attr.type != PERF_TYPE_TRACEPOINT && attr.type != SYS_PMU_UPROBE) {
		machine.reason =
			"without the kernel, system calls and functions of programs can be "
			"traced; other events need its engine: run it as root";
		return -ENOENT;
	}
	event = calloc(1, sizeof(*event));
	if (!event)
		return -ENOMEM;
	sys_object_init(&event->o, SYS_EVENT);
	err = attr.type == PERF_TYPE_TRACEPOINT ? open_tracepoint(&attr, event)
						: open_uprobe(&attr, pid, event);
	if (err) {
		sys_object_drop(&event->o);
		return err;
	}
	event->enabled = !attr.disabled;
	return sys_object_fd(&event->o);
}

int machine_perf_event_open(const struct perf_event_attr *attr, pid_t pid, int cpu, int group_fd,
			    unsigned long flags)
{
	int saved = errno, ret = sys_enter();

	if (!ret) {
		machine.reason = NULL;
		ret = perf_event_open((uint64_t)(uintptr_t)attr, pid, cpu, group_fd, flags);
		sys_leave();
	}
	errno = saved;
	return ret;
}

void sys_event_free(struct sys_object *o)
{
	struct sys_event *event = (struct sys_event *)o;

	sys_event_clear_prog(event);
	if (event->hook)
		sys_unhook_function(event->hook - 1);
}

static int event_ioctl(struct sys_event *event, unsigned long request, unsigned long arg)
{
	struct sys_prog *prog;
	uint64_t id = event->o.id;
	int err;

	switch (request) {
	case PERF_EVENT_IOC_ENABLE: return sys_event_enable(event, true);
	case PERF_EVENT_IOC_DISABLE: return sys_event_enable(event, false);
	case PERF_EVENT_IOC_RESET: return 0;
	case PERF_EVENT_IOC_ID: return sys_copy_out(arg, &id, sizeof(id));
	case PERF_EVENT_IOC_SET_BPF:
		prog = sys_prog_of((int)arg, &err);
		return prog ? sys_event_set_prog(event, prog) : err;
	default: return -ENOTTY;
	}
}

int machine_ioctl(int fd, unsigned long request, unsigned long arg)
{
	int saved = errno, ret = sys_enter(), err;
	struct sys_event *event;

	if (!ret) {
		event = (struct sys_event *)sys_object_of(fd, SYS_EVENT, &err);
		ret = event ? event_ioctl(event, request, arg) : -ENOTTY;
		sys_leave();
	}
	errno = saved;
	return ret;
}
