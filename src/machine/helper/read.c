// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Reading memory of the process that may not be there. Freestanding.
 *
 * The window and the page that the thread's stack pointer is in (the hook's stub has just written
 * there) are read directly. The rest is copied by the kernel, process_vm_readv on oneself, so that
 * no other thread's munmap can come between a look and the read. Where a seccomp filter may forbid
 * that call, rt_sigprocmask with an impossible `how` says whether memory is readable: filters know
 * it, but then such a munmap would be the target's fault.
 */
#include <stdbool.h>
#include <string.h>
#include <sys/uio.h>

#include "machine/helper/table.h"
#include "machine/map/rawcall.h"

#define PAGE 4096ull

static bool on_stack_page(const struct helper_env *env, uint64_t from, uint64_t size)
{
	uint64_t page = (env->sp - 8) & ~(PAGE - 1);

	return env->sp && from >= page && from - page < PAGE && size <= page + PAGE - from;
}

static uint32_t own_pid(const struct helper_env *env)
{
	return env->tgid ? env->tgid : (uint32_t)machine_rawcall(__NR_getpid, 0, 0, 0, 0, 0, 0);
}

/* Is a word there? */
static bool readable(uint64_t address)
{
	return machine_rawcall(__NR_rt_sigprocmask, UINT32_MAX, address, 0, 8, 0, 0) == -EINVAL;
}

static int look_and_copy(void *to, uint64_t from, uint64_t size)
{
	uint64_t end = from + size;

	/* The calls read 8 bytes: of each page that is touched some that lie in it. */
	for (uint64_t page = from & ~(PAGE - 1); page < end; page += PAGE)
		if (!readable(page))
			return -EFAULT;
	memcpy(to, (const void *)from, size);
	return 0;
}

int helper_read(struct machine_run *run, void *to, uint64_t from, uint64_t size)
{
	const struct helper_env *env = helper_env(run);
	struct iovec local = {.iov_base = to, .iov_len = size};
	struct iovec remote = {.iov_base = (void *)from, .iov_len = size};

	if (!size)
		return 0;
	if (size <= helper_in_window(run, from) || on_stack_page(env, from, size)) {
		memmove(to, (const void *)from, size);
		return 0;
	}
	if (from < PAGE || from + size < from || (from + size) >> 47)
		return -EFAULT;
	if (!(env->who.flags & MACHINE_WHO_YIELD))
		return look_and_copy(to, from, size);
	return machine_rawcall(__NR_process_vm_readv, own_pid(env), (uintptr_t)&local, 1,
			       (uintptr_t)&remote, 1, 0) == (long)size
		       ? 0
		       : -EFAULT;
}

int64_t helper_read_str(struct machine_run *run, char *to, uint64_t from, uint64_t size)
{
	struct machine_vcpu *vcpu = helper_vcpu(run);
	uint64_t done = 0;

	while (done < size) {
		uint64_t n = PAGE - (from + done) % PAGE;

		if (n > size - done)
			n = size - done;
		if (n > sizeof(vcpu->scratch))
			n = sizeof(vcpu->scratch);
		if (helper_read(run, vcpu->scratch, from + done, n))
			return -EFAULT;
		for (uint64_t i = 0; i < n; i++) {
			to[done] = (char)*(volatile uint8_t *)&vcpu->scratch[i];
			if (!to[done++])
				return (int64_t)done;
		}
	}
	if (size)
		to[size - 1] = 0;
	return (int64_t)size;
}

uint64_t helper_do_probe_read(struct machine_run *run, uint64_t to, uint64_t size, uint64_t from,
			      uint64_t r4, uint64_t r5)
{
	int err = helper_read(run, (void *)to, from, size);

	if (err)
		memset((void *)to, 0, size);
	return (uint64_t)(int64_t)err;
}

uint64_t helper_do_probe_read_str(struct machine_run *run, uint64_t to, uint64_t size,
				  uint64_t from, uint64_t r4, uint64_t r5)
{
	int64_t n = helper_read_str(run, (char *)to, from, size);

	if (n < 0)
		memset((void *)to, 0, size);
	return (uint64_t)n;
}
