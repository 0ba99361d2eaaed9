// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * badpointer [N]: passes an address that cannot be read as the name to open, N
 * times (default 5).
 */
#include "truth.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	long n = count_argument(argc > 1 ? argv[1] : NULL, 5), faults = 0;

	for (long k = 0; k < n; k++)
		faults += syscall(SYS_openat, AT_FDCWD, 8L, O_RDONLY) < 0 && errno == EFAULT;
	truth("efault %ld\n", faults);
	return faults == n ? 0 : 2;
}
