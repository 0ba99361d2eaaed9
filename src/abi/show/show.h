/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A call's arguments as text, in the form of strace: symbolic names, strings
 * bounded and escaped, structures only where they are not zero.
 */
#ifndef ABI_SHOW_H
#define ABI_SHOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The ways to print an argument; each has a function in show.c's table. */
#define ABI_SHOWS(X)                                                                               \
	X(INT)                                                                                     \
	X(UINT)                                                                                    \
	X(LONG) X(ULONG) X(HEX) X(OCTAL) X(PTR) X(STR) X(BUF_IN) X(BUF_OUT) X(BPF_CMD) X(BPF_ATTR) \
		X(PERF_ATTR) X(PERF_FLAGS) X(IOCTL) X(IOCTL_ARG) X(PROT) X(MMAP) X(OPEN)           \
			X(OPEN_EXTRA) X(OPEN_MODE) X(EPOLL_CREATE) X(EPOLL_OP) X(EPOLL_EVENT)      \
				X(EPOLL_EVENTS) X(FCNTL) X(FCNTL_ARG) X(DIRFD) X(ACCESS)           \
					X(AT_FLAGS) X(STATFS) X(DOMAIN) X(SOCK_TYPE) X(NETLINK)    \
						X(SOCKADDR) X(SOL) X(SOCKOPT) X(NLMSG)

enum abi_show {
#define ABI_SHOW_ENUM(show) ABI_SHOW_##show,
	ABI_SHOWS(ABI_SHOW_ENUM)
#undef ABI_SHOW_ENUM
		ABI_SHOW_MAX,
};

/* One argument: how it is printed, and its value (sign-extended if signed). */
struct abi_value {
	enum abi_show show;
	uint64_t value;
};

/*
 * A line being made. It never overflows: what does not fit is left out, and
 * the line then ends in "...".
 */
struct abi_text {
	char buf[4096];
	size_t len;
	bool cut;
};

void abi_text_add(struct abi_text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A finished call: what printers may look at. @ret is -1 on any failure. */
struct abi_shown {
	const struct abi_value *values;
	unsigned int count;
	int64_t ret;
};

/* Prints argument @i of @call. */
void abi_show_value(struct abi_text *text, const struct abi_shown *call, unsigned int i);

/* The structures of surfaces 1 and 2; @size is what the caller says it is. */
void abi_show_bpf_attr(struct abi_text *text, const struct abi_shown *call, unsigned int i);
void abi_show_perf_attr(struct abi_text *text, const struct abi_shown *call, unsigned int i);

/*
 * abi_peek - copy @size bytes from address @from of this process.
 * The addresses are arguments of calls that may be wrong, and the kernel would
 * have answered EFAULT: so does this, instead of a crash of the record.
 * Returns how many bytes could be read, from the start; 0 for none.
 */
size_t abi_peek(void *to, uint64_t from, size_t size);

/* Prints an address, 0 as NULL. */
void abi_show_address(struct abi_text *text, uint64_t address);

/* Prints the string at address @from in quotes, escaped, up to a bound. */
void abi_show_string(struct abi_text *text, uint64_t from);
/* Prints @len bytes in quotes, escaped. @more: there is more than that. */
void abi_show_bytes(struct abi_text *text, const char *bytes, size_t len, bool more);

#endif
