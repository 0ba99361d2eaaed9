// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * opens [N [NAME...]]: opens the i-th name i * N times (default: once, of alpha,
 * beta and gamma), after creating it; stats it once; and tries N times to open a
 * file that is not there. Every openat(2) of this process is counted, also the one
 * of the file that the counters are written to.
 */
#include "truth.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static long total, failed;

static void count_open(const char *name, int flags)
{
	int fd = syscall(SYS_openat, AT_FDCWD, name, flags, 0644);

	total++;
	if (fd < 0)
		failed++;
	else
		close(fd);
}

int main(int argc, char **argv)
{
	static char *defaults[] = {"alpha", "beta", "gamma"};
	long n = count_argument(argc > 1 ? argv[1] : NULL, 1);
	char **names = argc > 2 ? argv + 2 : defaults;
	int len = argc > 2 ? argc - 2 : 3;
	struct stat st;

	for (int i = 0; i < len; i++) {
		for (long k = 0; k < n * (i + 1); k++)
			count_open(names[i], k ? O_RDONLY : O_RDONLY | O_CREAT);
		syscall(SYS_newfstatat, AT_FDCWD, names[i], &st, 0);
	}
	for (long k = 0; k < n; k++)
		count_open("missing", O_RDONLY);
	for (int i = 0; i < len; i++)
		truth("openat %s %ld\n", names[i], n * (i + 1));
	truth("openat missing %ld\n", n);
	truth("openat %s 1\n", truth_path());
	truth("openat_failed %ld\n", failed);
	truth("openat_total %ld\n", total + 1);
	truth("newfstatat %d\n", len);
	return 0;
}
