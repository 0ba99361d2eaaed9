// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The machine back end: the machine in this process answers, and nothing of bpf(2) or
 * perf_event_open(2) reaches the kernel. Calls on descriptors and files that are not the
 * machine's go on to libc, as with the kernel back end.
 */
#include "abi/seam.h"

#include <linux/magic.h>
#include <skep/machine.h>
#include <string.h>
#include <sys/ptrace.h>

/* libc's way of saying how a call went. */
static int result(int ret)
{
	if (ret >= 0)
		return ret;
	errno = -ret;
	return -1;
}

static int machine_op_bpf(const struct abi_layer *self, int cmd, union bpf_attr *attr,
			  unsigned int size)
{
	return result(machine_bpf(cmd, attr, size));
}

static int machine_op_perf_event_open(const struct abi_layer *self, struct perf_event_attr *attr,
				      pid_t pid, int cpu, int group_fd, unsigned long flags)
{
	return result(machine_perf_event_open(attr, pid, cpu, group_fd, flags));
}

/* --- descriptors ------------------------------------------------------------------------ */

static void *machine_op_mmap(const struct abi_layer *self, void *addr, size_t length, int prot,
			     int flags, int fd, off_t offset)
{
	int err;

	if (!machine_owns(fd))
		return __real_mmap(addr, length, prot, flags, fd, offset);
	err = machine_mmap(&addr, length, prot, flags, fd, offset);
	return result(err) ? MAP_FAILED : addr;
}

static int machine_op_munmap(const struct abi_layer *self, void *addr, size_t length)
{
	int err = machine_munmap(addr, length);

	return err == -ENOENT ? __real_munmap(addr, length) : result(err);
}

static int machine_op_ioctl(const struct abi_layer *self, int fd, unsigned long request,
			    unsigned long arg)
{
	return machine_owns(fd) ? result(machine_ioctl(fd, request, arg))
				: __real_ioctl(fd, request, arg);
}

static int machine_op_epoll_ctl(const struct abi_layer *self, int epfd, int op, int fd,
				struct epoll_event *event)
{
	struct epoll_event edge;

	if (!event || op == EPOLL_CTL_DEL || !machine_is_edge(fd))
		return __real_epoll_ctl(epfd, op, fd, event);
	edge = *event;
	edge.events |= EPOLLET;
	return __real_epoll_ctl(epfd, op, fd, &edge);
}

static int machine_op_epoll_wait(const struct abi_layer *self, int epfd, struct epoll_event *events,
				 int maxevents, int timeout)
{
	int n;

	machine_sync();
	n = __real_epoll_wait(epfd, events, maxevents, timeout);
	machine_sync();
	return n;
}

static int machine_op_close(const struct abi_layer *self, int fd)
{
	machine_forget(fd);
	return __real_close(fd);
}

/* A duplicate that the machine could not note would be nobody's. */
static int copied(int from, int to)
{
	int err = to < 0 ? 0 : machine_copied(from, to);

	if (!err)
		return to;
	__real_close(to);
	return result(err);
}

static int machine_op_dup(const struct abi_layer *self, int fd)
{
	return copied(fd, __real_dup(fd));
}

static int machine_op_dup3(const struct abi_layer *self, int oldfd, int newfd, int flags)
{
	int fd = __real_dup3(oldfd, newfd, flags);

	if (fd >= 0)
		machine_forget(fd);
	return copied(oldfd, fd);
}

static int machine_op_fcntl(const struct abi_layer *self, int fd, int cmd, unsigned long arg)
{
	int ret = __real_fcntl(fd, cmd, arg);

	return cmd == F_DUPFD || cmd == F_DUPFD_CLOEXEC ? copied(fd, ret) : ret;
}

/* What is read from or written to an object is nothing that its eventfd knows. */
static ssize_t machine_op_read(const struct abi_layer *self, int fd, void *buf, size_t count)
{
	return machine_owns(fd) ? result(-EINVAL) : __real_read(fd, buf, count);
}

static ssize_t machine_op_write(const struct abi_layer *self, int fd, const void *buf, size_t count)
{
	return machine_owns(fd) ? result(-EINVAL) : __real_write(fd, buf, count);
}

/* --- files --------------------------------------------------------------------------------- */

static int machine_op_openat(const struct abi_layer *self, int dirfd, const char *path, int flags,
			     mode_t mode)
{
	if (*path != '/' || !machine_describes(path))
		return __real_openat(dirfd, path, flags, mode);
	return result(machine_file_open(path, flags));
}

static FILE *machine_op_fopen(const struct abi_layer *self, const char *path, const char *mode)
{
	FILE *stream;
	int fd;

	if (!machine_describes(path))
		return __real_fopen(path, mode);
	fd = machine_file_open(path, *mode == 'r' && !strchr(mode, '+') ? O_RDONLY : O_RDWR);
	if (fd < 0) {
		errno = -fd;
		return NULL;
	}
	stream = fdopen(fd, "r");
	if (!stream)
		__real_close(fd);
	return stream;
}

static int machine_op_faccessat(const struct abi_layer *self, int dirfd, const char *path, int mode,
				int flags)
{
	int err;

	if (*path != '/' || !machine_describes(path))
		return __real_faccessat(dirfd, path, mode, flags);
	err = machine_file_stat(path, NULL);
	return result(!err && mode & W_OK ? -EACCES : err);
}

static int machine_op_stat(const struct abi_layer *self, const char *path, struct stat *buf)
{
	return machine_describes(path) ? result(machine_file_stat(path, buf))
				       : __real_stat(path, buf);
}

static int machine_op_statfs(const struct abi_layer *self, const char *path, struct statfs *buf)
{
	int err;

	if (!path || !machine_describes(path))
		return __real_statfs(path, buf);
	err = machine_file_stat(path, NULL);
	if (err)
		return result(err);
	memset(buf, 0, sizeof(*buf));
	buf->f_type = strstr(path, "/tracing") ? TRACEFS_MAGIC : SYSFS_MAGIC;
	buf->f_bsize = 4096;
	return 0;
}

/* --- the engine ------------------------------------------------------------------------------ */

static struct abi_ops ops;

/* What is not here is libc's: the kernel back end passes it on. */
static int machine_engine_open(void)
{
	ops = abi_kernel_ops;
	ops.bpf = machine_op_bpf;
	ops.perf_event_open = machine_op_perf_event_open;
	ops.mmap = machine_op_mmap;
	ops.munmap = machine_op_munmap;
	ops.ioctl = machine_op_ioctl;
	ops.epoll_ctl = machine_op_epoll_ctl;
	ops.epoll_wait = machine_op_epoll_wait;
	ops.close = machine_op_close;
	ops.dup = machine_op_dup;
	ops.dup3 = machine_op_dup3;
	ops.fcntl = machine_op_fcntl;
	ops.read = machine_op_read;
	ops.write = machine_op_write;
	ops.openat = machine_op_openat;
	ops.fopen = machine_op_fopen;
	ops.faccessat = machine_op_faccessat;
	ops.stat = machine_op_stat;
	ops.statfs = machine_op_statfs;
	return machine_open();
}

const struct abi_engine abi_machine_engine = {
	.name = "machine",
	.ops = &ops,
	.open = machine_engine_open,
	.close = machine_close,
	.launch = machine_launch,
	.attach = machine_attach,
	.reason = machine_reason,
	.limits = "without the kernel there are BEGIN, END, interval, tracepoints of system calls, "
		  "and "
		  "functions of programs (uprobe); other probes need the kernel's eBPF: run it as "
		  "root",
};
