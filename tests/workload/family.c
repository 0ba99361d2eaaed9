// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * family [N [NAME...]]: a child for every name (default: anna and bert), one after
 * the other. The i-th calls itself by its name (at most 15 bytes) and then calls
 * getppid(2) i * N times (default N: 10).
 */
#include "truth.h"

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	static char *defaults[] = {"anna", "bert"};
	long n = count_argument(argc > 1 ? argv[1] : NULL, 10);
	char **names = argc > 2 ? argv + 2 : defaults;
	int len = argc > 2 ? argc - 2 : 2;

	for (int i = 0; i < len; i++) {
		pid_t pid = fork();
		int status;

		if (pid == 0) {
			prctl(PR_SET_NAME, names[i]);
			for (long k = 0; k < n * (i + 1); k++)
				syscall(SYS_getppid);
			_exit(0);
		}
		if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
			return 2;
	}
	for (int i = 0; i < len; i++)
		truth("getppid %s %ld\n", names[i], n * (i + 1));
	return 0;
}
