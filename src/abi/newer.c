// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Calls that libbpf 1.1 and Linux 6.1's headers lack, made through the seam.
 * The layouts are the kernel's, which it never changes once released.
 */
#include "abi/seam.h"

#include <string.h>

/* The start of bpf_attr for BPF_LINK_CREATE. */
struct link_head {
	uint32_t prog_fd;
	uint32_t target_fd;
	uint32_t attach_type;
	uint32_t flags;
};

struct uprobe_multi_attr {
	struct link_head head;
	uint64_t path;
	uint64_t offsets;
	uint64_t ref_ctr_offsets;
	uint64_t cookies;
	uint32_t cnt;
	uint32_t flags;
	uint32_t pid;
	uint32_t zero;
};

struct kprobe_multi_attr {
	struct link_head head;
	uint32_t flags;
	uint32_t cnt;
	uint64_t syms;
	uint64_t addrs;
	uint64_t cookies;
};

/* BPF_F_UPROBE_MULTI_RETURN and BPF_F_KPROBE_MULTI_RETURN. */
#define MULTI_RETURN 1

#define ADDRESS(pointer) ((uint64_t)(uintptr_t)(pointer))

_Static_assert(offsetof(struct uprobe_multi_attr, pid) == 56, "layout of Linux 6.6");
_Static_assert(offsetof(struct kprobe_multi_attr, cookies) ==
		       offsetof(union bpf_attr, link_create.kprobe_multi.cookies),
	       "layout of Linux 5.18");

static int link_create(const void *attr, size_t size)
{
	union {
		union bpf_attr attr;
		char bytes[sizeof(union bpf_attr)];
	} copy = {0};
	int fd;

	memcpy(copy.bytes, attr, size);
	fd = __wrap_bpf(BPF_LINK_CREATE, &copy.attr, size);
	return fd < 0 ? -errno : fd;
}

int abi_link_create_uprobe_multi(int prog_fd, const struct abi_uprobe_multi *m)
{
	struct uprobe_multi_attr attr = {
		.head.prog_fd = prog_fd,
		.head.attach_type = m->session ? ABI_TRACE_UPROBE_SESSION : ABI_TRACE_UPROBE_MULTI,
		.path = ADDRESS(m->path),
		.offsets = ADDRESS(m->offsets),
		.ref_ctr_offsets = ADDRESS(m->ref_ctr_offsets),
		.cookies = ADDRESS(m->cookies),
		.cnt = m->cnt,
		.flags = m->retprobe ? MULTI_RETURN : 0,
		.pid = m->pid,
	};

	return link_create(&attr, sizeof(attr));
}

int abi_link_create_kprobe_multi(int prog_fd, const struct abi_kprobe_multi *m)
{
	struct kprobe_multi_attr attr = {
		.head.prog_fd = prog_fd,
		.head.attach_type = m->session ? ABI_TRACE_KPROBE_SESSION : BPF_TRACE_KPROBE_MULTI,
		.flags = m->retprobe ? MULTI_RETURN : 0,
		.cnt = m->cnt,
		.syms = ADDRESS(m->syms),
		.addrs = ADDRESS(m->addrs),
		.cookies = ADDRESS(m->cookies),
	};

	return link_create(&attr, sizeof(attr));
}
