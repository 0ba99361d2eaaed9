/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * THE list of the seam's calls, one row a call. Everything that must know all
 * of them is made from it: struct abi_ops, the __wrap_ functions, the kernel,
 * fault and record back ends, the names that fault specs accept, and (from
 * ABI_SYMBOLS) the linker's --wrap flags.
 *
 *   X(call, returns, ours, after, n, (type, name, show), … n times)
 *
 *   returns  INT (-1 on error), SIZE (ssize_t), ADDR (mmap's), STREAM (FILE *)
 *   ours     expression over the parameters: does this call belong to the seam?
 *            If not, libc answers and no back end sees it.
 *   after    statement over the parameters, `ret` and `ours`: what the seam
 *            has learnt (surface/known.h)
 *   show     how the record prints the argument: ABI_SHOW_… of show/show.h
 *
 * To add a call: a row here, its symbols in ABI_SYMBOLS, a line in
 * scripts/libbpf-imports.txt when libbpf imports it.
 */
#ifndef ABI_CALLS_H
#define ABI_CALLS_H

/* Surface 1: bpf(2). */
#define ABI_BPF_CALLS(X)                                                   \
	X(bpf, INT, true, abi_learn_bpf(cmd, ret), 3, (int, cmd, BPF_CMD), \
	  (union bpf_attr *, attr, BPF_ATTR), (unsigned int, size, UINT))

/* Surface 2: perf_event_open(2). */
#define ABI_PERF_CALLS(X)                                                                  \
	X(perf_event_open, INT, true, abi_learn_fd(ret, ours), 5,                          \
	  (struct perf_event_attr *, attr, PERF_ATTR), (pid_t, pid, INT), (int, cpu, INT), \
	  (int, group_fd, INT), (unsigned long, flags, PERF_FLAGS))

/* Surface 3: what is done with descriptors. */
#define ABI_DESC_CALLS(X)                                                                          \
	X(mmap, ADDR, abi_known_fd(fd), abi_learn_map(ret, ours), 6, (void *, addr, PTR),          \
	  (size_t, length, ULONG), (int, prot, PROT), (int, flags, MMAP), (int, fd, INT),          \
	  (off_t, offset, LONG))                                                                   \
	X(munmap, INT, abi_forget_map(addr), (void)0, 2, (void *, addr, PTR),                      \
	  (size_t, length, ULONG))                                                                 \
	X(ioctl, INT, abi_known_fd(fd), (void)0, 3, (int, fd, INT),                                \
	  (unsigned long, request, IOCTL), (unsigned long, arg, IOCTL_ARG))                        \
	X(epoll_create1, INT, true, abi_learn_fd(ret, ours), 1, (int, flags, EPOLL_CREATE))        \
	X(epoll_ctl, INT, true, (void)0, 4, (int, epfd, INT), (int, op, EPOLL_OP), (int, fd, INT), \
	  (struct epoll_event *, event, EPOLL_EVENT))                                              \
	X(epoll_wait, INT, true, (void)0, 4, (int, epfd, INT),                                     \
	  (struct epoll_event *, events, EPOLL_EVENTS), (int, maxevents, INT),                     \
	  (int, timeout, INT))                                                                     \
	X(close, INT, abi_forget_fd(fd), (void)0, 1, (int, fd, INT))                               \
	X(dup, INT, abi_known_fd(fd), abi_learn_fd(ret, ours), 1, (int, fd, INT))                  \
	X(dup3, INT, abi_known_fd(oldfd) || abi_known_fd(newfd), abi_learn_dup(oldfd, ret), 3,     \
	  (int, oldfd, INT), (int, newfd, INT), (int, flags, OPEN_EXTRA))                          \
	X(fcntl, INT, abi_known_fd(fd), abi_learn_fcntl(fd, cmd, ret), 3, (int, fd, INT),          \
	  (int, cmd, FCNTL), (unsigned long, arg, FCNTL_ARG))                                      \
	X(read, SIZE, abi_known_fd(fd), (void)0, 3, (int, fd, INT), (void *, buf, BUF_OUT),        \
	  (size_t, count, ULONG))                                                                  \
	X(write, SIZE, abi_known_fd(fd), (void)0, 3, (int, fd, INT), (const void *, buf, BUF_IN),  \
	  (size_t, count, ULONG))

/* Surface 4: the files that describe a kernel. */
#define ABI_FILE_CALLS(X)                                                                       \
	X(openat, INT, abi_known_path(dirfd, path), abi_learn_fd(ret, ours), 4,                 \
	  (int, dirfd, DIRFD), (const char *, path, STR), (int, flags, OPEN),                   \
	  (mode_t, mode, OPEN_MODE))                                                            \
	X(fopen, STREAM, abi_known_path(AT_FDCWD, path), (void)0, 2, (const char *, path, STR), \
	  (const char *, mode, STR))                                                            \
	X(faccessat, INT, abi_known_path(dirfd, path), (void)0, 4, (int, dirfd, DIRFD),         \
	  (const char *, path, STR), (int, mode, ACCESS), (int, flags, AT_FLAGS))               \
	X(stat, INT, abi_known_path(AT_FDCWD, path), (void)0, 2, (const char *, path, STR),     \
	  (struct stat *, buf, PTR))                                                            \
	X(statfs, INT, true, (void)0, 2, (const char *, path, STR),                             \
	  (struct statfs *, buf, STATFS))                                                       \
	X(mkdir, INT, abi_known_path(AT_FDCWD, path), (void)0, 2, (const char *, path, STR),    \
	  (mode_t, mode, OCTAL))                                                                \
	X(unlink, INT, abi_known_path(AT_FDCWD, path), (void)0, 1, (const char *, path, STR))

/* Surface 5: netlink, for XDP and tc. */
#define ABI_NETLINK_CALLS(X)                                                                    \
	X(socket, INT, domain == AF_NETLINK, abi_learn_fd(ret, ours), 3, (int, domain, DOMAIN), \
	  (int, type, SOCK_TYPE), (int, protocol, NETLINK))                                     \
	X(bind, INT, abi_known_fd(fd), (void)0, 3, (int, fd, INT),                              \
	  (const struct sockaddr *, addr, SOCKADDR), (socklen_t, len, UINT))                    \
	X(getsockname, INT, abi_known_fd(fd), (void)0, 3, (int, fd, INT),                       \
	  (struct sockaddr *, addr, SOCKADDR), (socklen_t *, len, PTR))                         \
	X(setsockopt, INT, abi_known_fd(fd), (void)0, 5, (int, fd, INT), (int, level, SOL),     \
	  (int, name, SOCKOPT), (const void *, value, PTR), (socklen_t, len, UINT))             \
	X(send, SIZE, abi_known_fd(fd), (void)0, 4, (int, fd, INT), (const void *, buf, NLMSG), \
	  (size_t, len, ULONG), (int, flags, HEX))                                              \
	X(sendmsg, SIZE, abi_known_fd(fd), (void)0, 3, (int, fd, INT),                          \
	  (const struct msghdr *, msg, PTR), (int, flags, HEX))                                 \
	X(recv, SIZE, abi_known_fd(fd), (void)0, 4, (int, fd, INT), (void *, buf, NLMSG),       \
	  (size_t, len, ULONG), (int, flags, HEX))                                              \
	X(recvmsg, SIZE, abi_known_fd(fd), (void)0, 3, (int, fd, INT),                          \
	  (struct msghdr *, msg, PTR), (int, flags, HEX))

#define ABI_LIBC_CALLS(X) \
	ABI_DESC_CALLS(X) \
	ABI_FILE_CALLS(X) \
	ABI_NETLINK_CALLS(X)

#define ABI_CALLS(X)      \
	ABI_BPF_CALLS(X)  \
	ABI_PERF_CALLS(X) \
	ABI_LIBC_CALLS(X)

/*
 * The names under which libbpf and the rooms reach those calls in libc: what
 * the linker is told to wrap. Each needs a __wrap_ function: the one made from
 * a row, or one of the few in surface/ that turn a name into a row's call.
 */
#define ABI_SYMBOLS(S)                                                                             \
	S(syscall)                                                                                 \
	S(mmap)                                                                                    \
	S(mmap64)                                                                                  \
	S(munmap) S(ioctl) S(epoll_create1) S(epoll_ctl) S(epoll_wait) S(close) S(dup) S(dup2)     \
		S(dup3) S(fcntl) S(fcntl64) S(read) S(write) S(vdprintf) S(__vdprintf_chk) S(open) \
			S(open64) S(__open_2) S(__open64_2) S(openat) S(openat64) S(fopen)         \
				S(fopen64) S(access) S(faccessat) S(stat) S(stat64) S(statfs)      \
					S(statfs64) S(mkdir) S(unlink) S(socket) S(bind)           \
						S(getsockname) S(setsockopt) S(send) S(sendmsg)    \
							S(recv) S(recvmsg)

/* A row's parameters as declarations, as arguments, and as shown values. */
#define ABI_MAP1(m, a)		      m a
#define ABI_MAP2(m, a, b)	      m a, m b
#define ABI_MAP3(m, a, b, c)	      m a, m b, m c
#define ABI_MAP4(m, a, b, c, d)	      m a, m b, m c, m d
#define ABI_MAP5(m, a, b, c, d, e)    m a, m b, m c, m d, m e
#define ABI_MAP6(m, a, b, c, d, e, f) m a, m b, m c, m d, m e, m f

#define ABI_PARAM(type, name, show) type name
#define ABI_ARG(type, name, show)   name
#define ABI_VALUE(type, name, show)                          \
	{                                                    \
		ABI_SHOW_##show, (uint64_t)(uintptr_t)(name) \
	}

#define ABI_PARAMS(n, ...) ABI_MAP##n(ABI_PARAM, __VA_ARGS__)
#define ABI_ARGS(n, ...)   ABI_MAP##n(ABI_ARG, __VA_ARGS__)
#define ABI_VALUES(n, ...) ABI_MAP##n(ABI_VALUE, __VA_ARGS__)

#define ABI_TYPE_INT	int
#define ABI_TYPE_SIZE	ssize_t
#define ABI_TYPE_ADDR	void *
#define ABI_TYPE_STREAM FILE *

#define ABI_FAILED_INT	  (-1)
#define ABI_FAILED_SIZE	  (-1)
#define ABI_FAILED_ADDR	  MAP_FAILED
#define ABI_FAILED_STREAM NULL

#endif
