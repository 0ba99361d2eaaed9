// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The agent and its stubs without ptrace: the test is its own target. The programs are a few
 * bytes of machine code that count, so that nothing but entering and leaving is under test; the
 * truth is what the test called.
 */
#include "agent_self.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifdef __clang__
#define NOINLINE __attribute__((noinline))
#else
#define NOINLINE __attribute__((noinline, noclone))
#endif

static volatile long sink;

NOINLINE static long add_seven(long a, long b, long c, long d, long e, long f, long g)
{
	sink += a;
	return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g;
}

NOINLINE static double halve(double x)
{
	sink++;
	return x / 2;
}

/* Through a pointer, so that it stays a call. */
static long recurse(long n);
static long (*volatile recurse_again)(long) = recurse;

NOINLINE static long recurse(long n)
{
	sink++;
	return n ? recurse_again(n - 1) + n : 0;
}

static jmp_buf back;

NOINLINE static void jump_out(long n)
{
	sink++;
	if (n)
		jump_out(n - 1);
	else if (sink)
		longjmp(back, 1);
	sink--;
}

static void entries_are_counted(void **state)
{
	struct self *self = *state;
	uint64_t before = self_count(self, 0);

	self_hook(self, (void *)add_seven, 0, -1);
	for (long i = 0; i < 1000; i++)
		assert_int_equal(add_seven(i, 1, 2, 3, 4, 5, 6), i + 2 + 6 + 12 + 20 + 30 + 42);
	assert_int_equal(self_count(self, 0) - before, 1000);
	self_unhook(self);
	add_seven(0, 0, 0, 0, 0, 0, 0);
	assert_int_equal(self_count(self, 0) - before, 1000);
}

static void returns_are_counted(void **state)
{
	struct self *self = *state;
	uint64_t entry = self_count(self, 0), ret = self_count(self, 1);

	self_hook(self, (void *)halve, 0, 1);
	for (int i = 0; i < 1000; i++)
		assert_true(halve(i) == i / 2.0);
	self_unhook(self);
	self_hook(self, (void *)recurse, 0, 1);
	assert_int_equal(recurse_again(500), 500 * 501 / 2);
	self_unhook(self);
	assert_int_equal(self_count(self, 0) - entry, 1501);
	assert_int_equal(self_count(self, 1) - ret, 1501);
}

static void longjmp_abandons_returns(void **state)
{
	struct self *self = *state;
	uint64_t entry = self_count(self, 0), ret = self_count(self, 1);

	self_hook(self, (void *)jump_out, 0, 1);
	for (volatile int i = 0; i < 1000; i++) {
		if (!setjmp(back))
			jump_out(i % 20);
	}
	assert_int_equal(self_count(self, 0) - entry, 1000 * 21 / 2);
	assert_int_equal(self_count(self, 1) - ret, 0);
	self_unhook(self);
	self_hook(self, (void *)recurse, 0, 1);
	for (int i = 0; i < 100; i++)
		assert_int_equal(recurse_again(20), 210);
	self_unhook(self);
	assert_int_equal(self_count(self, 1) - ret, 2100);
}

static void *call_often(void *arg)
{
	for (long i = 0; i < 250000; i++) {
		if (add_seven(i, 0, 0, 0, 0, 0, 1) != i + 7)
			return arg;
	}
	return NULL;
}

static void threads_lose_nothing(void **state)
{
	struct self *self = *state;
	uint64_t entry = self_count(self, 0), ret = self_count(self, 1);
	pthread_t threads[4];

	self_hook(self, (void *)add_seven, 0, 1);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, call_often, &back), 0);
	for (int i = 0; i < 4; i++) {
		void *failed;

		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
	self_unhook(self);
	assert_int_equal(self_count(self, 0) - entry, 1000000);
	assert_int_equal(self_count(self, 1) - ret, 1000000);
}

static long interrupted;

static void on_alarm(int number)
{
	interrupted++;
	sink += add_seven(1, 0, 0, 0, 0, 0, 0);
	(void)number;
}

static void signals_nest(void **state)
{
	struct self *self = *state;
	struct itimerval often = {{0, 100}, {0, 100}}, never = {{0, 0}, {0, 0}};
	uint64_t entry = self_count(self, 0), ret = self_count(self, 1);

	interrupted = 0;
	self_hook(self, (void *)add_seven, 0, 1);
	signal(SIGALRM, on_alarm);
	setitimer(ITIMER_REAL, &often, NULL);
	assert_null(call_often(&back));
	setitimer(ITIMER_REAL, &never, NULL);
	self_unhook(self);
	assert_int_equal(self_count(self, 0) - entry, 250000 + interrupted);
	assert_int_equal(self_count(self, 1) - ret, 250000 + interrupted);
}

/* ---- system calls ------------------------------------------------------- */

/* Sites of all forms, in a piece of code of its own. */
__asm__(".text\n"
	".globl site_code, site_code_end, site_a, site_d, site_vfork\n"
	"site_code:\n"
	"site_a: mov $39, %eax\n"
	"	syscall\n"
	"	ret\n"
	"	.p2align 4\n"
	"site_d: mov %rdi, %rax\n"
	"	mov %rsi, %rdi\n"
	"	mov %rdx, %rsi\n"
	"	mov %rcx, %rdx\n"
	"	mov %r8, %r10\n"
	"	mov %r9, %r8\n"
	"	syscall\n"
	"	cmp $-4095, %rax\n"
	"	ret\n"
	"	.p2align 4\n"
	"site_vfork: pop %rdi\n"
	"	mov %rdi, %rdi\n"
	"	mov %rdi, %rdi\n"
	"	mov $58, %eax\n"
	"	syscall\n"
	"	push %rdi\n"
	"	cmp $-4095, %rax\n"
	"	ret\n"
	"	nop\n"
	"site_code_end:\n");
extern const uint8_t site_code[], site_code_end[];
long site_a(void);
long site_d(long number, ...);
long site_vfork(void) __attribute__((returns_twice));

static void syscalls_are_counted(void **state)
{
	struct self *self = *state;
	uint64_t enter, leave;

	self_hook_syscalls(self, site_code, (size_t)(site_code_end - site_code), SYS_getpid, 2, 3);
	enter = self_count(self, 2);
	leave = self_count(self, 3);
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(site_a(), getpid());
		assert_int_equal(site_d(SYS_getpid), getpid());
		assert_int_equal(site_d(SYS_close, -1L), -EBADF);
	}
	assert_int_equal(self_count(self, 2) - enter, 2000);
	assert_int_equal(self_count(self, 3) - leave, 2000);
	self_unhook(self);
}

static void vfork_shares_the_stack(void **state)
{
	struct self *self = *state;
	uint64_t enter, leave;

	self_hook_syscalls(self, site_code, (size_t)(site_code_end - site_code), SYS_vfork, 2, 3);
	enter = self_count(self, 2);
	leave = self_count(self, 3);
	for (volatile int i = 0; i < 100; i++) {
		long pid = site_vfork();
		int status;

		if (!pid) {
			volatile char junk[512];

			memset((void *)junk, 0xaa, sizeof(junk));
			_exit(i % 50);
		}
		assert_true(pid > 0);
		assert_int_equal(waitpid((pid_t)pid, &status, 0), pid);
		assert_int_equal(status, (i % 50) << 8);
	}
	/* The call, its end in the child, its end in the parent. */
	assert_int_equal(self_count(self, 2) - enter, 100);
	assert_int_equal(self_count(self, 3) - leave, 200);
	self_unhook(self);
}

static void closed_means_nothing_happens(void **state)
{
	struct self *self = *state;
	uint64_t before = self_count(self, 0);

	self_hook(self, (void *)add_seven, 0, 1);
	self->ctl->closed = 1;
	assert_null(call_often(&back));
	self->ctl->closed = 0;
	self->data->alive = 0x40000000;
	assert_null(call_often(&back));
	self->data->alive = 0;
	self_unhook(self);
	assert_int_equal(self_count(self, 0), before);
}

static void no_lease_is_a_miss(void **state)
{
	struct self *self = *state;
	uint64_t before = self_count(self, 0), missed = self->data->targets[1].missed;

	self_hook(self, (void *)add_seven, 0, -1);
	for (int i = 0; i < MACHINE_VCPUS; i++)
		self->data->vcpus[i].owner = 9;
	add_seven(1, 2, 3, 4, 5, 6, 7);
	for (int i = 0; i < MACHINE_VCPUS; i++)
		self->data->vcpus[i].owner = 0;
	self_unhook(self);
	assert_int_equal(self_count(self, 0), before);
	assert_int_equal(self->data->targets[1].missed - missed, 1);
}

static void private_stacks(void **state)
{
	struct self *self = *state;

	self->block->flags |= AGENT_PRIVATE_STACK;
	entries_are_counted(state);
	returns_are_counted(state);
	threads_lose_nothing(state);
	syscalls_are_counted(state);
	for (int i = 0; i < AGENT_STACKS; i++) {
		assert_int_equal(self->block->slots[i].busy, 0);
		self->block->slots[i].busy = 1;
	}
	entries_are_counted(state);
	for (int i = 0; i < AGENT_STACKS; i++)
		self->block->slots[i].busy = 0;
	self->block->flags &= ~AGENT_PRIVATE_STACK;
}

/* ---- cost: printed, not tested ------------------------------------------- */

static double nanoseconds(void (*run)(long), long n)
{
	struct timespec a, b;
	double best = 1e9;

	for (int i = 0; i < 5; i++) {
		double each;

		clock_gettime(CLOCK_MONOTONIC, &a);
		run(n);
		clock_gettime(CLOCK_MONOTONIC, &b);
		each = ((double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec)) /
		       (double)n;
		best = each < best ? each : best;
	}
	return best;
}

NOINLINE static void run_function(long n)
{
	for (long i = 0; i < n; i++)
		halve(1);
}

NOINLINE static void run_syscall(long n)
{
	for (long i = 0; i < n; i++)
		site_a();
}

static void costs(void **state)
{
	struct self *self = *state;
	double plain = nanoseconds(run_function, 1000000), call = nanoseconds(run_syscall, 100000);

	self_hook(self, (void *)halve, 0, -1);
	print_message("# ns more: function entry %.1f", nanoseconds(run_function, 1000000) - plain);
	self_unhook(self);
	self_hook(self, (void *)halve, 0, 1);
	print_message(", entry and return %.1f", nanoseconds(run_function, 1000000) - plain);
	self_unhook(self);
	self_hook_syscalls(self, site_code, (size_t)(site_code_end - site_code), SYS_vfork, 2, 3);
	print_message("; system call without program %.1f",
		      nanoseconds(run_syscall, 100000) - call);
	self_unhook(self);
	self_hook_syscalls(self, site_code, (size_t)(site_code_end - site_code), SYS_getpid, 2, 3);
	print_message(", with two %.1f\n", nanoseconds(run_syscall, 100000) - call);
	self_unhook(self);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_are_counted),
		cmocka_unit_test(returns_are_counted),
		cmocka_unit_test(longjmp_abandons_returns),
		cmocka_unit_test(threads_lose_nothing),
		cmocka_unit_test(signals_nest),
		cmocka_unit_test(syscalls_are_counted),
		cmocka_unit_test(vfork_shares_the_stack),
		cmocka_unit_test(closed_means_nothing_happens),
		cmocka_unit_test(no_lease_is_a_miss),
		cmocka_unit_test(private_stacks),
		cmocka_unit_test(costs),
	};

	return cmocka_run_group_tests_name("agent", tests, self_open, NULL);
}
