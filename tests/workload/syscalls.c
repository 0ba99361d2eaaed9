// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * syscalls [N]: getppid(2) N times (default 100); then reads from /dev/zero and
 * writes to /dev/null: of the i-th of the sizes below i times N each (i from 1).
 */
#include "truth.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	static const long sizes[] = {1, 3, 16, 100, 512, 1000, 4096, 65536};
	static char buf[65536];
	enum { LEN = sizeof(sizes) / sizeof(*sizes) };
	long n = count_argument(argc > 1 ? argv[1] : NULL, 100);
	int zero = open("/dev/zero", O_RDONLY), null = open("/dev/null", O_WRONLY);

	if (zero < 0 || null < 0)
		return 2;
	for (long k = 0; k < n; k++)
		syscall(SYS_getppid);
	for (int i = 0; i < LEN; i++) {
		for (long k = 0; k < n * (i + 1); k++)
			if (syscall(SYS_read, zero, buf, sizes[i]) != sizes[i] ||
			    syscall(SYS_write, null, buf, sizes[i]) != sizes[i])
				return 2;
	}
	truth("getppid %ld\n", n);
	for (int i = 0; i < LEN; i++)
		truth("read %ld %ld\nwrite_null %ld %ld\n", sizes[i], n * (i + 1), sizes[i],
		      n * (i + 1));
	return 0;
}
