// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The caller's memory. It is this process's, but its addresses may be wrong, and Linux answers
 * EFAULT then: the kernel copies for us (process_vm_readv of ourselves), which fails instead of
 * ending the program. Where a filter forbids that call, memory is copied as it is.
 */
#include "machine/sys/sys.h"

#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define PAGE 4096u

/* Copies between @own and @theirs. Returns 0 or -EFAULT. */
static int transfer(void *own, uint64_t theirs, size_t size, bool out)
{
	struct iovec mine = {own, size}, other = {(void *)(uintptr_t)theirs, size};
	ssize_t n;

	if (!size)
		return 0;
	n = out ? process_vm_writev(machine.owner, &mine, 1, &other, 1, 0)
		: process_vm_readv(machine.owner, &mine, 1, &other, 1, 0);
	if (n == (ssize_t)size)
		return 0;
	if (n >= 0 || errno == EFAULT || errno == ENOMEM)
		return -EFAULT;
	if (out)
		memcpy((void *)(uintptr_t)theirs, own, size);
	else
		memcpy(own, (void *)(uintptr_t)theirs, size);
	return 0;
}

int sys_copy_in(void *dst, uint64_t from, size_t size)
{
	return transfer(dst, from, size, false);
}

int sys_copy_out(uint64_t to, const void *src, size_t size)
{
	return transfer((void *)(uintptr_t)src, to, size, true);
}

long sys_string_in(char *dst, uint64_t from, size_t size)
{
	size_t done = 0, n, end;

	/* Page by page, because the string may end right before memory that is not there. */
	while (done + 1 < size) {
		n = PAGE - (from + done) % PAGE;
		if (n > size - 1 - done)
			n = size - 1 - done;
		if (sys_copy_in(dst + done, from + done, n))
			return -EFAULT;
		end = strnlen(dst + done, n);
		done += end;
		if (end < n)
			break;
	}
	dst[done] = 0;
	return (long)done;
}

int sys_name_in(char dst[BPF_OBJ_NAME_LEN], const char *src)
{
	size_t i;

	memset(dst, 0, BPF_OBJ_NAME_LEN);
	for (i = 0; i < BPF_OBJ_NAME_LEN && src[i]; i++) {
		char c = src[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      c == '_' || c == '.'))
			return -EINVAL;
		dst[i] = c;
	}
	return i < BPF_OBJ_NAME_LEN ? 0 : -EINVAL;
}
