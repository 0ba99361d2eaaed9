// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * vfork: the child counts in its parent's memory and on its stack, then executes this program
 * again, or ends.
 */
#include "target.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TIMES = 12 };

/* The child must not return from the function that called vfork(). */
static void one(char *program, long number)
{
	char *argv[4], text[16];
	int status;
	pid_t pid;

	target_again(argv, text, program, "again", number);
	pid = vfork();
	if (!pid) {
		target_call(1);
		target_ppid();
		if (number % 3)
			execv(program, argv);
		_exit(9);
	}
	target_need(pid > 0, "vfork");
	target_charge(pid, 1, 1);
	target_need(waitpid(pid, &status, 0) == pid && WIFEXITED(status), "waitpid");
	printf("child %ld: status %d\n", number, WEXITSTATUS(status));
}

int main(int argc, char **argv)
{
	target_begin();
	if (argc == 3) {
		target_work(15);
		return target_end(10 + (int)strtol(argv[2], NULL, 10));
	}
	target_ready();
	for (long i = 0; i < TIMES; i++) {
		target_work(10);
		one(argv[0], i);
	}
	return target_end(43);
}
