// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Handlers of its own for SIGSEGV, SIGSYS, SIGTRAP and SIGFPE, which the program raises
 * itself and recovers from: by a jump, by making the page accessible, by going on. Once in
 * the hooked function as well. The system call that a filter turns into SIGSYS gets its
 * result from the handler.
 */
#include "target.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

enum { TIMES = 25, PAGE = 4096, MADE_UP_CALL = 1000, RESULT = 1234 };

static sigjmp_buf back;
static char *volatile guarded;
static volatile long made_accessible, trapped_calls;

static void on_segv(int signo, siginfo_t *info, void *context)
{
	target_log(signo, info, context);
	if (info->si_addr == guarded) {
		made_accessible++;
		mprotect(guarded, PAGE, PROT_READ | PROT_WRITE);
		return;
	}
	siglongjmp(back, 1);
}

static void on_sys(int signo, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	target_log(signo, info, context);
	if (info->si_code == 1 && info->si_syscall == MADE_UP_CALL) { /* SYS_SECCOMP */
		trapped_calls++;
		uc->uc_mcontext.gregs[REG_RAX] = RESULT;
	}
}

static void handle(int signo, void (*handler)(int, siginfo_t *, void *))
{
	struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};

	target_need(!sigaction(signo, &action, NULL), "sigaction");
}

static void trap_made_up_call(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MADE_UP_CALL, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {sizeof(code) / sizeof(code[0]), code};

	target_need(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "PR_SET_NO_NEW_PRIVS");
	target_need(!prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog), "PR_SET_SECCOMP");
}

static void read_null(void)
{
	__asm__ volatile("movb (%0), %%al" : : "r"(0L) : "rax");
}

static void round_of_faults(volatile long *jumps)
{
	if (!sigsetjmp(back, 1))
		read_null();
	else
		++*jumps;
	target_work(3);
	target_inside = read_null;
	if (!sigsetjmp(back, 1))
		target_call(1);
	else
		++*jumps;
	target_inside = NULL;
	target_work(3);
	mprotect(guarded, PAGE, PROT_NONE);
	*guarded = 1;
	__asm__ volatile("int3");
	target_ppid();
	raise(SIGSYS);
	target_need(syscall(MADE_UP_CALL) == RESULT, "the made-up call");
	target_work(3);
}

int main(void)
{
	volatile long jumps = 0;

	target_begin();
	handle(SIGSEGV, on_segv);
	handle(SIGSYS, on_sys);
	guarded = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	target_need(guarded != MAP_FAILED, "mmap");
	target_ready();
	trap_made_up_call();
	for (int i = 0; i < TIMES; i++)
		round_of_faults(&jumps);
	printf("%ld jumps, %ld pages made accessible, %ld calls trapped\n", jumps, made_accessible,
	       trapped_calls);
	return target_end(45);
}
