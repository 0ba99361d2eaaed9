// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * fork, fork inside the hooked function (both processes return from it), fork and exec of
 * itself, a grandchild, and at last exec of itself by the first process.
 */
#include "target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t inside;

static void wait_for(pid_t pid, int status)
{
	int got;

	target_need(pid > 0 && waitpid(pid, &got, 0) == pid, "waitpid");
	target_need(WIFEXITED(got) && WEXITSTATUS(got) == status, "a child");
}

static void run_again(char *program, const char *word, long number)
{
	char *argv[4], text[16];

	target_again(argv, text, program, word, number);
	target_end(0);
	execv(program, argv);
	target_need(false, program);
}

static void child(char *program, long number)
{
	target_child();
	target_work(20);
	if (number % 2)
		run_again(program, "child", number);
	printf("child %ld stays\n", number);
	exit(target_end(3));
}

static void fork_inside(void)
{
	target_inside = NULL;
	inside = fork();
	if (!inside)
		target_child();
}

static int again(char *program, const char *word, long number)
{
	pid_t pid;

	target_work(30);
	printf("%s %ld ran\n", word, number);
	fflush(stdout);
	if (!strcmp(word, "first"))
		return 42;
	pid = fork();
	if (!pid) {
		target_child();
		target_work(7);
		exit(target_end(4));
	}
	wait_for(pid, 4);
	return 3;
}

int main(int argc, char **argv)
{
	pid_t pid;

	target_begin();
	if (argc == 3)
		return target_end(again(argv[0], argv[1], strtol(argv[2], NULL, 10)));
	target_ready();
	for (long i = 0; i < 6; i++) {
		target_work(10);
		fflush(stdout);
		pid = fork();
		if (!pid)
			child(argv[0], i);
		wait_for(pid, 3);
	}
	target_inside = fork_inside;
	target_need(target_call(5) == 6, "target_call around fork");
	if (!inside) {
		target_work(4);
		exit(target_end(5));
	}
	wait_for(inside, 5);
	run_again(argv[0], "first", 0);
	return 1;
}
