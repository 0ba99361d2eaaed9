// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Surface 3, operations on descriptors. Only those that came out of the seam
 * are its business; epoll always is, since a back end must see which of its
 * descriptors are waited for.
 */
#include "abi/surface/wrap.h"

#include <stdarg.h>
#include <stdlib.h>

ABI_DESC_CALLS(ABI_DEFINE_WRAP)
ABI_DEFINE_TWIN(mmap64, mmap)
ABI_DEFINE_TWIN(fcntl64, fcntl)

extern int __real_vdprintf(int fd, const char *format, va_list ap);
int __wrap_dup2(int oldfd, int newfd);
int __wrap_vdprintf(int fd, const char *format, va_list ap);
int __wrap___vdprintf_chk(int fd, int flag, const char *format, va_list ap);

/* dup3 refuses equal numbers, where dup2 only asks whether the number is open. */
int __wrap_dup2(int oldfd, int newfd)
{
	if (oldfd == newfd)
		return __wrap_fcntl(oldfd, F_GETFD, 0) < 0 ? -1 : newfd;
	return __wrap_dup3(oldfd, newfd, 0);
}

/*
 * libbpf writes tracefs' kprobe_events and uprobe_events with dprintf, whose
 * write happens inside libc: formatted here, and written through the seam.
 */
int __wrap_vdprintf(int fd, const char *format, va_list ap)
{
	char *text;
	ssize_t ret;
	int len;

	if (!abi_known_fd(fd))
		return __real_vdprintf(fd, format, ap);
	len = vasprintf(&text, format, ap);
	if (len < 0)
		return -1;
	ret = __wrap_write(fd, text, len);
	free(text);
	return (int)ret;
}

int __wrap___vdprintf_chk(int fd, int flag, const char *format, va_list ap)
{
	(void)flag;
	return __wrap_vdprintf(fd, format, ap);
}
