// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A printer for each kind of argument that calls.h names. One that depends on
 * another argument (an ioctl's on its request) finds it by kind or position
 * among the call's values.
 */
#include "abi/seam.h"
#include "abi/show/names.h"

#include <inttypes.h>
#include <linux/netlink.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define BYTES_SHOWN  64
#define EVENTS_SHOWN 8

#define PRINTER(show) \
	static void show_##show(struct abi_text *text, const struct abi_shown *call, unsigned int i)

PRINTER(INT)
{
	abi_text_add(text, "%d", (int)call->values[i].value);
}

PRINTER(UINT)
{
	abi_text_add(text, "%u", (unsigned int)call->values[i].value);
}

PRINTER(LONG)
{
	abi_text_add(text, "%" PRId64, (int64_t)call->values[i].value);
}

PRINTER(ULONG)
{
	abi_text_add(text, "%" PRIu64, call->values[i].value);
}

PRINTER(HEX)
{
	abi_text_add(text, "0x%x", (unsigned int)call->values[i].value);
}

PRINTER(OCTAL)
{
	abi_text_add(text, "%#o", (unsigned int)call->values[i].value);
}

PRINTER(PTR)
{
	abi_show_address(text, call->values[i].value);
}

PRINTER(STR)
{
	abi_show_string(text, call->values[i].value);
}

static void show_buffer(struct abi_text *text, uint64_t from, uint64_t size)
{
	char buf[BYTES_SHOWN];
	size_t want = size < sizeof(buf) ? size : sizeof(buf);
	size_t got = abi_peek(buf, from, want);

	if (!got && want)
		abi_show_address(text, from);
	else
		abi_show_bytes(text, buf, got, got < size);
}

/* A buffer to be written; its size is the next argument. */
PRINTER(BUF_IN)
{
	show_buffer(text, call->values[i].value, call->values[i + 1].value);
}

/* A buffer that was read into: as much of it as the call says. */
PRINTER(BUF_OUT)
{
	if (call->ret < 0)
		show_PTR(text, call, i);
	else
		show_buffer(text, call->values[i].value, call->ret);
}

PRINTER(BPF_CMD)
{
	abi_show_name(text, abi_bpf_cmds, call->values[i].value);
}

PRINTER(BPF_ATTR)
{
	abi_show_bpf_attr(text, call, i);
}

PRINTER(PERF_ATTR)
{
	abi_show_perf_attr(text, call, i);
}

PRINTER(PERF_FLAGS)
{
	abi_show_flags(text, abi_perf_flags, call->values[i].value);
}

PRINTER(IOCTL)
{
	const char *name = abi_name_of(abi_ioctls, call->values[i].value);

	if (name)
		abi_text_add(text, "%s", name);
	else
		abi_text_add(text, "0x%" PRIx64, call->values[i].value);
}

PRINTER(IOCTL_ARG)
{
	switch (call->values[i - 1].value) {
	case PERF_EVENT_IOC_SET_BPF:
	case PERF_EVENT_IOC_SET_OUTPUT:
	case PERF_EVENT_IOC_ENABLE:
	case PERF_EVENT_IOC_DISABLE:
	case PERF_EVENT_IOC_REFRESH:
	case PERF_EVENT_IOC_RESET:
	case PERF_EVENT_IOC_PAUSE_OUTPUT: show_INT(text, call, i); break;
	case PERF_EVENT_IOC_SET_FILTER: show_STR(text, call, i); break;
	default: show_PTR(text, call, i); break;
	}
}

PRINTER(PROT)
{
	if (call->values[i].value == PROT_NONE)
		abi_text_add(text, "PROT_NONE");
	else
		abi_show_flags(text, abi_prots, (unsigned int)call->values[i].value);
}

PRINTER(MMAP)
{
	abi_show_flags(text, abi_mmap_flags, (unsigned int)call->values[i].value);
}

PRINTER(OPEN)
{
	unsigned int flags = (unsigned int)call->values[i].value, rest = flags & ~O_ACCMODE;

	abi_show_name(text, abi_open_modes, flags & O_ACCMODE);
	if (rest) {
		abi_text_add(text, "|");
		abi_show_flags(text, abi_open_flags, rest);
	}
}

PRINTER(OPEN_EXTRA)
{
	abi_show_flags(text, abi_open_flags, (unsigned int)call->values[i].value);
}

PRINTER(OPEN_MODE)
{
	show_OCTAL(text, call, i);
}

PRINTER(EPOLL_CREATE)
{
	abi_show_flags(text, abi_epoll_create_flags, (unsigned int)call->values[i].value);
}

PRINTER(EPOLL_OP)
{
	abi_show_name(text, abi_epoll_ops, call->values[i].value);
}

static void show_event(struct abi_text *text, uint64_t from)
{
	struct epoll_event event;

	if (abi_peek(&event, from, sizeof(event)) != sizeof(event)) {
		abi_show_address(text, from);
		return;
	}
	abi_text_add(text, "{events=");
	abi_show_flags(text, abi_epoll_events, event.events);
	abi_text_add(text, ", data=0x%" PRIx64 "}", (uint64_t)event.data.u64);
}

PRINTER(EPOLL_EVENT)
{
	show_event(text, call->values[i].value);
}

PRINTER(EPOLL_EVENTS)
{
	abi_text_add(text, "[");
	for (int64_t k = 0; k < call->ret && k < EVENTS_SHOWN; k++) {
		abi_text_add(text, k ? ", " : "");
		show_event(text, call->values[i].value + k * sizeof(struct epoll_event));
	}
	abi_text_add(text, call->ret > EVENTS_SHOWN ? ", ...]" : "]");
}

PRINTER(FCNTL)
{
	abi_show_name(text, abi_fcntls, call->values[i].value);
}

PRINTER(FCNTL_ARG)
{
	show_INT(text, call, i);
}

PRINTER(DIRFD)
{
	if ((int)call->values[i].value == AT_FDCWD)
		abi_text_add(text, "AT_FDCWD");
	else
		show_INT(text, call, i);
}

PRINTER(ACCESS)
{
	if (call->values[i].value == F_OK)
		abi_text_add(text, "F_OK");
	else
		abi_show_flags(text, abi_access_modes, (unsigned int)call->values[i].value);
}

PRINTER(AT_FLAGS)
{
	abi_show_flags(text, abi_at_flags, (unsigned int)call->values[i].value);
}

PRINTER(STATFS)
{
	struct statfs fs;

	if (call->ret < 0 || abi_peek(&fs, call->values[i].value, sizeof(fs)) != sizeof(fs)) {
		show_PTR(text, call, i);
		return;
	}
	abi_text_add(text, "{f_type=");
	abi_show_name(text, abi_fs_magics, (uint64_t)fs.f_type);
	abi_text_add(text, "}");
}

PRINTER(DOMAIN)
{
	abi_show_name(text, abi_domains, call->values[i].value);
}

PRINTER(SOCK_TYPE)
{
	unsigned int type = (unsigned int)call->values[i].value;
	unsigned int flags = type & (SOCK_CLOEXEC | SOCK_NONBLOCK);

	abi_show_name(text, abi_sock_types, type & ~flags);
	if (flags) {
		abi_text_add(text, "|");
		abi_show_flags(text, abi_sock_flags, flags);
	}
}

PRINTER(NETLINK)
{
	abi_show_name(text, abi_netlinks, call->values[i].value);
}

PRINTER(SOCKADDR)
{
	struct sockaddr_nl addr;
	size_t got = abi_peek(&addr, call->values[i].value, sizeof(addr));

	if (got == sizeof(addr) && addr.nl_family == AF_NETLINK)
		abi_text_add(text, "{nl_family=AF_NETLINK, nl_pid=%u, nl_groups=0x%x}", addr.nl_pid,
			     addr.nl_groups);
	else
		show_PTR(text, call, i);
}

PRINTER(SOL)
{
	abi_show_name(text, abi_sols, call->values[i].value);
}

PRINTER(SOCKOPT)
{
	if (call->values[i - 1].value == SOL_NETLINK)
		abi_show_name(text, abi_netlink_options, call->values[i].value);
	else
		show_INT(text, call, i);
}

PRINTER(NLMSG)
{
	struct nlmsghdr msg;

	if (call->ret < (int64_t)sizeof(msg) ||
	    abi_peek(&msg, call->values[i].value, sizeof(msg)) != sizeof(msg)) {
		show_PTR(text, call, i);
		return;
	}
	abi_text_add(text, "{nlmsg_len=%u, nlmsg_type=", msg.nlmsg_len);
	abi_show_name(text, abi_nlmsg_types, msg.nlmsg_type);
	abi_text_add(text, ", nlmsg_flags=0x%x, nlmsg_seq=%u}", msg.nlmsg_flags, msg.nlmsg_seq);
}

void abi_show_value(struct abi_text *text, const struct abi_shown *call, unsigned int i)
{
	static void (*const printers[ABI_SHOW_MAX])(struct abi_text *, const struct abi_shown *,
						    unsigned int) = {
#define ROW(show) [ABI_SHOW_##show] = show_##show,
		ABI_SHOWS(ROW)
#undef ROW
	};

	printers[call->values[i].show](text, call, i);
}
