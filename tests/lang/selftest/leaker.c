// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * leaker [away]: loads a program into the kernel and leaves a child behind that
 * holds it, for langtest's own test. The child closes its output, leaves the
 * process group, and ends after five seconds. With "away" it also forgets the
 * environment, so that it looks like another user's process.
 */
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct bpf_insn code[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K},
				  {.code = BPF_JMP | BPF_EXIT}};
	union bpf_attr attr = {.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
			       .insns = (unsigned long)code,
			       .insn_cnt = 2,
			       .license = (unsigned long)"Dual BSD/GPL",
			       .prog_name = "leaked"};
	char *clean[] = {NULL}, *again[] = {argv[0], (char *)"hold", NULL};
	int fd = argc > 1 && argv[1][0] == 'h'
			 ? 0
			 : (int)syscall(__NR_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));

	if (fd < 0) {
		perror("leaker");
		return 1;
	}
	if (argc > 1 && argv[1][0] == 'h') {
		sleep(5);
		return 0;
	}
	puts("leaked");
	fflush(stdout);
	if (fork())
		return 0;
	setsid();
	/* The kernel closes descriptors that close on exec, so a plain copy stays. */
	dup2(fd, 3 + fd);
	dup2(open("/dev/null", O_RDWR), 1);
	dup2(1, 2);
	if (argc > 1)
		execve("/proc/self/exe", again, clean);
	sleep(5);
	return 0;
}
