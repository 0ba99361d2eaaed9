// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Surface 2, perf_event_open(2): from libbpf by way of syscall() (bpf.c), from
 * the rooms by abi_perf_event_open().
 */
#include "abi/surface/wrap.h"

ABI_PERF_CALLS(ABI_DEFINE_WRAP)

int abi_perf_event_open(struct perf_event_attr *attr, pid_t pid, int cpu, int group_fd,
			unsigned long flags)
{
	int fd = __wrap_perf_event_open(attr, pid, cpu, group_fd, flags);

	return fd < 0 ? -errno : fd;
}
