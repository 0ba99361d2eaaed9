// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The kernel back end: the running Linux answers. The only file of skep that
 * makes the two system calls themselves (scripts/check-raw-bpf).
 */
#include "abi/seam.h"

#include <linux/capability.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
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

/* --- the engine ------------------------------------------------------------------------ */

/* The oldest supported headers do not have them. */
#define KERNEL_CAP_PERFMON 38
#define KERNEL_CAP_BPF	   39

static bool has_capabilities(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct caps[2] = {0};
	uint64_t effective;

	if (__real_syscall(__NR_capget, &head, caps))
		return false;
	effective = caps[0].effective | (uint64_t)caps[1].effective << 32;
	if (effective >> CAP_SYS_ADMIN & 1)
		return true;
	return effective >> KERNEL_CAP_BPF & 1 && effective >> KERNEL_CAP_PERFMON & 1;
}

static int try_map(void)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 1};

	return __real_bpf(BPF_MAP_CREATE, &attr, sizeof(attr));
}

/*
 * Capabilities of a container's own user namespace do not help: a map says whether they do.
 * Before Linux 5.11 EPERM may also mean that maps, which count as locked memory, are over the
 * limit: those of a run before are given back late.
 */
bool abi_kernel_usable(void)
{
	const struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
	int fd;

	if (!has_capabilities())
		return false;
	fd = try_map();
	if (fd < 0 && errno == EPERM && !setrlimit(RLIMIT_MEMLOCK, &all))
		fd = try_map();
	if (fd < 0)
		return errno != EPERM && errno != EACCES && errno != ENOSYS;
	__real_close(fd);
	return true;
}

static int kernel_launch(pid_t pid)
{
	return ptrace(PTRACE_DETACH, pid, NULL, NULL) ? -errno : 0;
}

static int kernel_attach(pid_t pid)
{
	return 0;
}

static const char *kernel_reason(void)
{
	return NULL;
}

const struct abi_engine abi_kernel_engine = {
	.name = "kernel",
	.ops = &abi_kernel_ops,
	.launch = kernel_launch,
	.attach = kernel_attach,
	.reason = kernel_reason,
};
