// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The kernel back end: the running Linux answers. The only file of skep that
 * makes the two system calls themselves (scripts/check-raw-bpf).
 */
#include "abi/seam.h"

#include <sys/syscall.h>

int __real_bpf(int cmd, union bpf_attr *attr, unsigned int size)
{
	return (int)__real_syscall(__NR_bpf, cmd, attr, size);
}

int __real_perf_event_open(struct perf_event_attr *attr, pid_t pid, int cpu, int group_fd,
			   unsigned long flags)
{
	return (int)__real_syscall(__NR_perf_event_open, attr, pid, cpu, group_fd, flags);
}

#define KERNEL_CALL(call, returns, ours, after, n, ...)                       \
	static ABI_TYPE_##returns kernel_##call(const struct abi_layer *self, \
						ABI_PARAMS(n, __VA_ARGS__))   \
	{                                                                     \
		return __real_##call(ABI_ARGS(n, __VA_ARGS__));               \
	}
ABI_CALLS(KERNEL_CALL)

#define KERNEL_OP(call, ...) .call = kernel_##call,
const struct abi_ops abi_kernel_ops = {ABI_CALLS(KERNEL_OP)};
