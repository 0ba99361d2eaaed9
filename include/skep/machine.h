/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The machine: an eBPF without the kernel, in this process. This is its one entry, used by
 * the seam's back end (src/abi/backend/machine.c) and by tests; doc/machine.md describes
 * what it serves.
 *
 * There is one machine in a process. Functions return 0, a descriptor or another result,
 * or -errno as Linux would; they do not touch errno. All may be called by any thread, except
 * where it says otherwise. In a forked child the machine is the parent's: descriptors may be
 * closed there, which does nothing to their objects; everything else is refused (-EPERM).
 */
#ifndef SKEP_MACHINE_H
#define SKEP_MACHINE_H

#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

/*
 * machine_open - start the machine: its memory and its service. Not thread-safe.
 * Returns 0, -EBUSY when it is open, or what memory files and threads fail with.
 */
int machine_open(void);

/*
 * machine_close - let go of every traced process and free everything. Descriptors of objects
 * that are still open stay open, and are nobody's. Not thread-safe; harmless when not open.
 */
void machine_close(void);

/* machine_bpf - bpf(2): @size bytes at @attr, which may be anything. */
int machine_bpf(int cmd, union bpf_attr *attr, unsigned int size);

/* machine_perf_event_open - perf_event_open(2). @attr may be anything. */
int machine_perf_event_open(const struct perf_event_attr *attr, pid_t pid, int cpu, int group_fd,
			    unsigned long flags);

/* --- descriptors of the machine's objects ------------------------------------------ */

/* machine_owns - is @fd the descriptor of an object? False for every other number. */
bool machine_owns(int fd);

/*
 * machine_forget - @fd is about to be closed, or replaced by dup2: the last descriptor of an
 * object detaches and frees it. Nothing when it is no object's.
 */
void machine_forget(int fd);

/* machine_copied - @to is a new duplicate of @from. Returns 0 or -ENOMEM (@to is not ours). */
int machine_copied(int from, int to);

/* machine_ioctl - ioctl(2) of an object. -ENOTTY for what Linux would say that to. */
int machine_ioctl(int fd, unsigned long request, unsigned long arg);

/* machine_mmap - mmap(2) of an object: *@addr is the wish and the result. */
int machine_mmap(void **addr, size_t length, int prot, int flags, int fd, off_t offset);

/* machine_munmap - undo machine_mmap. -ENOENT when @addr is no mapping of it. */
int machine_munmap(void *addr, size_t length);

/*
 * machine_is_edge - must epoll watch @fd edge-triggered? A ring buffer is ready until it is read
 * in Linux; here a write to its descriptor says that something came, and nobody reads that.
 */
bool machine_is_edge(int fd);

/*
 * machine_sync - shows readers of ring buffers what came, and writers what was read. To be
 * called where a caller waits, before and after.
 */
void machine_sync(void);

/* --- the files that describe a kernel ------------------------------------------------ */

/* machine_describes - does the machine answer for @path (absolute)? Else the kernel does. */
bool machine_describes(const char *path);

/*
 * machine_file_open - a new memory file with what @path holds. The caller owns it.
 * -ENOENT for what the machine does not have, -EISDIR, -EACCES when @flags asks for writing.
 */
int machine_file_open(const char *path, int flags);

/* machine_file_stat - stat(2) of @path; @st may be NULL to ask whether it is there. */
int machine_file_stat(const char *path, struct stat *st);

/* --- traced processes ----------------------------------------------------------------- */

/*
 * machine_launch - enter @pid, a child of the calling thread that waits under ptrace before its
 * execve, when its new program begins, and let it go. All or nothing: on failure it still waits.
 * machine_attach - enter a running process. -1 is every process: -EOPNOTSUPP when anything is
 * attached that needs one.
 * Returns 0 or -errno; machine_reason() then says it in words.
 */
int machine_launch(pid_t pid);
int machine_attach(pid_t pid);

/*
 * machine_reason - why the last call failed, where the errno does not say it: one line,
 * static or valid until the next call; NULL when there is no more to say.
 */
const char *machine_reason(void);

#endif
