// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Helpers, called as programs call them: against libc, the kernel's own answers, and real memory.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/bpf.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "machine/helper/helper.h"
#include "machine/session.h"

static struct machine_session session;
#define NOINLINE __attribute__((noinline))

static machine_helper helpers[HELPER_MAX];
static struct helper_process process;
static struct helper_env env;
static struct machine_run run;
static uint8_t *mem; /* of the window: a virtual CPU's context area, 1 KiB */

#define CALL5(id, a, b, c, d, e)                                                                 \
	helpers[BPF_FUNC_##id](&run, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d), \
			       (uint64_t)(e))
#define CALL(id, a, b, c) CALL5(id, a, b, c, 0, 0)

static int prepare(void **state)
{
	memset(&env, 0, sizeof(env));
	memset(&process, 0, sizeof(process));
	env.who = (struct machine_who){.ctl = session.ctl, .vcpu = 3, .flags = MACHINE_WHO_YIELD};
	env.tgid = (uint32_t)getpid();
	env.process = &process;
	if (machine_run_init(&run, (uintptr_t)session.data, MACHINE_DATA_SIZE,
			     (uintptr_t)session.data->vcpus[3].stack + 4096))
		return -1;
	run.helpers = helpers;
	run.helper_cnt = HELPER_MAX;
	run.owner = &env;
	mem = session.data->vcpus[3].ctx;
	memset(mem, 0, 1024);
	return 0;
}

static int open_session(void **state)
{
	helper_table(helpers);
	return machine_session_open(&session) ? -1 : 0;
}

static int close_session(void **state)
{
	machine_session_close(&session);
	return 0;
}

static uint64_t create(uint32_t type, uint32_t key, uint32_t value, uint32_t max)
{
	uint32_t map = 0;

	assert_int_equal(
		machine_map_create(session.ctl_rw, session.alloc, type, key, value, max, 0, &map),
		0);
	return MACHINE_MAP_HANDLE | map;
}

static void assert_stopped(uint64_t address)
{
	assert_int_equal(run.stop, MACHINE_MEMORY);
	assert_int_equal(run.stop_addr, address);
	run.stop = MACHINE_DONE;
}

/* Whatever pointer or map a program passes, it is in the window or the program is stopped. */
static void test_arguments(void **state)
{
	uint64_t hash = create(BPF_MAP_TYPE_HASH, 8, 16, 4);
	uint64_t end = (uintptr_t)session.data + MACHINE_DATA_SIZE, local = 0;

	CALL(map_lookup_elem, 7, mem, 0);
	assert_stopped(7);
	CALL(map_lookup_elem, MACHINE_MAP_HANDLE | 1023, mem, 0);
	assert_stopped(MACHINE_MAP_HANDLE | 1023);
	CALL(map_lookup_elem, MACHINE_MAP_HANDLE + MACHINE_MAPS, mem, 0);
	assert_stopped(MACHINE_MAP_HANDLE + MACHINE_MAPS);
	CALL(map_lookup_elem, hash, &local, 0);
	assert_stopped((uintptr_t)&local);
	CALL(map_lookup_elem, hash, end - 7, 0);
	assert_stopped(end - 7);
	CALL(map_lookup_elem, hash, end - 8, 0);
	assert_int_equal(run.stop, MACHINE_DONE);
	CALL(map_update_elem, hash, mem, end - 15);
	assert_stopped(end - 15);
	CALL(map_lookup_elem, hash, (uintptr_t)session.data - 1, 0);
	assert_stopped((uintptr_t)session.data - 1);
	CALL(probe_read, end - 16, 17, mem);
	assert_stopped(end - 16);
	CALL(probe_read, mem, -1ull, mem);
	assert_int_equal(run.stop, MACHINE_MEMORY);
	run.stop = 0;
	CALL(probe_read, 0, 0, 0);
	assert_int_equal(run.stop, MACHINE_DONE);
	CALL(get_current_comm, &local, 8, 0);
	assert_stopped((uintptr_t)&local);
	CALL(spin_lock, mem + 2, 0, 0);
	assert_stopped((uintptr_t)mem + 2);
	CALL5(perf_event_output, mem, hash, 0, &local, 8);
	assert_stopped((uintptr_t)&local);
	/* A record is no business of the argument check; what is none is left alone. */
	CALL(ringbuf_submit, &local, 0, 0);
	CALL(ringbuf_submit, mem + 8, 0, 0);
	assert_int_equal(run.stop, MACHINE_DONE);
}

static void test_map_calls(void **state)
{
	uint64_t hash = create(BPF_MAP_TYPE_HASH, 8, 8, 4), *key = (uint64_t *)mem,
		 *value = key + 1;

	*key = 5;
	*value = 55;
	assert_int_equal(CALL(map_lookup_elem, hash, key, 0), 0);
	assert_int_equal(CALL(map_update_elem, hash, key, value), 0);
	assert_int_equal(*(uint64_t *)CALL(map_lookup_elem, hash, key, 0), 55);
	assert_int_equal((int64_t)CALL5(map_update_elem, hash, key, value, BPF_NOEXIST, 0),
			 -EEXIST);
	assert_int_equal(CALL(map_delete_elem, hash, key, 0), 0);
	assert_int_equal((int64_t)CALL(map_delete_elem, hash, key, 0), -ENOENT);
	hash = create(BPF_MAP_TYPE_PERCPU_HASH, 8, 8, 4);
	CALL(map_update_elem, hash, key, value);
	assert_int_equal(*(uint64_t *)CALL(map_lookup_percpu_elem, hash, key, 3), 55);
	assert_int_equal(*(uint64_t *)CALL(map_lookup_percpu_elem, hash, key, 2), 0);
	assert_int_equal(CALL(get_smp_processor_id, 0, 0, 0), 3);
}

static void test_tail_call(void **state)
{
	uint64_t progs = create(BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 4);
	uint32_t key = 2, value = 10;

	assert_int_equal((int64_t)CALL(tail_call, mem, progs, 2), -ENOENT);
	machine_map_update(&env.who, (uint32_t)progs, &key, &value, BPF_ANY);
	env.prog_type = BPF_PROG_TYPE_KPROBE;
	assert_int_equal((int64_t)CALL(tail_call, mem, progs, 2), -ENOENT);
	session.ctl_rw->progs[9].type = BPF_PROG_TYPE_KPROBE;
	CALL(tail_call, mem, progs, 2);
	assert_int_equal(run.stop, MACHINE_TAIL_CALL);
	assert_ptr_equal(run.tail_call, &session.ctl->progs[9]);
	run.stop = 0;
	*(uint32_t *)mem = 2;
	assert_int_equal((int64_t)CALL(map_update_elem, progs, mem, mem), -EINVAL);
}

/* Two pages, nothing behind them. */
static char *two_pages(void)
{
	char *p = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(p, MAP_FAILED);
	munmap(p + 8192, 4096);
	for (int i = 0; i < 8192; i++)
		p[i] = (char)('a' + i % 26);
	return p;
}

static void read_everywhere(void)
{
	static const uint64_t bad[] = {0,     1,    4095, 0x800000000000, 0xffffffff81000000,
				       -8ull, -1ull};
	char *p = two_pages(), zeros[64] = "";

	assert_int_equal(CALL(probe_read_user, mem, 64, p + 4096 - 32), 0);
	assert_memory_equal(mem, p + 4096 - 32, 64);
	assert_int_equal(CALL(probe_read_user, mem, 64, p + 8192 - 64), 0);
	assert_memory_equal(mem, p + 8192 - 64, 64);
	assert_int_equal((int64_t)CALL(probe_read_user, mem, 64, p + 8192 - 63), -EFAULT);
	assert_memory_equal(mem, zeros, 64);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memset(mem, 1, 64);
		assert_int_equal((int64_t)CALL(probe_read, mem, 64, bad[i]), -EFAULT);
		assert_memory_equal(mem, zeros, 64);
		memset(mem, 1, 64);
		assert_int_equal((int64_t)CALL(probe_read_user_str, mem, 64, bad[i]), -EFAULT);
		assert_memory_equal(mem, zeros, 64);
	}
	mprotect(p, 4096, PROT_NONE);
	assert_int_equal((int64_t)CALL(probe_read_user, mem, 8, p + 4092), -EFAULT);
	assert_int_equal((int64_t)CALL(probe_read_user, mem, 8, p + 8), -EFAULT);
	mprotect(p, 4096, PROT_READ);
	/* Strings: with room, without, over a page's end, and one that runs into nothing. */
	p[4096 + 10] = 0;
	memset(mem, '#', 64);
	assert_int_equal(CALL(probe_read_user_str, mem, 64, p + 4096), 11);
	assert_memory_equal(mem, p + 4096, 11);
	assert_int_equal(mem[11], '#');
	assert_int_equal(CALL(probe_read_user_str, mem, 64, p + 4086), 21);
	assert_memory_equal(mem, p + 4086, 21);
	assert_int_equal(CALL(probe_read_user_str, mem, 5, p + 4086), 5);
	assert_memory_equal(mem, p + 4086, 4);
	assert_int_equal(mem[4], 0);
	assert_int_equal(CALL(probe_read_user_str, mem, 0, p), 0);
	assert_int_equal((int64_t)CALL(probe_read_user_str, mem, 64, p + 8192 - 20), -EFAULT);
	assert_int_equal(CALL(probe_read_user_str, mem, 20, p + 8192 - 20), 20);
	munmap(p, 8192);
	assert_int_equal((int64_t)CALL(probe_read_user, mem, 8, p), -EFAULT);
}

static void test_read(void **state)
{
	uint64_t local = 0x1234567;

	read_everywhere();
	/* Where a filter may forbid calls the answers are the same. */
	env.who.flags = 0;
	read_everywhere();
	env.sp = (uintptr_t)__builtin_frame_address(0);
	assert_int_equal(CALL(probe_read_user, mem, 8, &local), 0);
	assert_int_equal(*(uint64_t *)mem, local);
}

/* Where the hook says the stack is. The sanitizer would object to what is read directly around it;
 * what the kernel copies it does not see. */
#if defined(__SANITIZE_ADDRESS__)
#define STACK_AT(address) (1u << 20)
#else
#define STACK_AT(address) (address)
#endif

/* Built with frame pointers:  what they find by themselves is what the helper must find. */
static uint64_t found[127], expected[4];
static uint32_t nfound;

static NOINLINE void inner(void)
{
	env.fp = (uintptr_t)__builtin_frame_address(0);
	env.sp = STACK_AT(env.fp - 16);
	env.ip = 0xabcd;
	expected[0] = env.ip;
	expected[1] = (uintptr_t)__builtin_return_address(0);
	nfound = helper_unwind(&run, found, 127);
	__asm__ volatile("" ::: "memory");
}

static NOINLINE void middle(void)
{
	expected[2] = (uintptr_t)__builtin_return_address(0);
	inner();
	__asm__ volatile("" ::: "memory");
}

static NOINLINE void outer(void)
{
	expected[3] = (uintptr_t)__builtin_return_address(0);
	middle();
	__asm__ volatile("" ::: "memory");
}

static void test_stack(void **state)
{
	uint64_t stacks = create(BPF_MAP_TYPE_STACK_TRACE, 4, 80, 100), *ips = (uint64_t *)mem;
	uint64_t frames[4], out[10];
	int64_t id;

	outer();
	assert_true(nfound >= 4);
	for (int i = 0; i < 4; i++)
		assert_int_equal(found[i], expected[i]);
	/* A made-up chain that ends in a loop, then in nothing. */
	frames[0] = (uintptr_t)&frames[2];
	frames[1] = 0x1111;
	frames[2] = (uintptr_t)&frames[0];
	frames[3] = 0x2222;
	env.fp = (uintptr_t)frames;
	env.sp = STACK_AT((uintptr_t)frames - 64);
	assert_int_equal(helper_unwind(&run, found, 127), 127);
	frames[2] = 8;
	assert_int_equal(helper_unwind(&run, found, 127), 3);
	assert_int_equal(CALL5(get_stack, mem, ips, 80, BPF_F_USER_STACK, 0), 24);
	assert_int_equal(ips[0], 0xabcd);
	assert_int_equal(ips[2], 0x2222);
	assert_int_equal(ips[3], 0);
	assert_int_equal(CALL5(get_stack, mem, ips, 80, BPF_F_USER_STACK | 2, 0), 8);
	assert_int_equal(ips[0], 0x2222);
	assert_int_equal((int64_t)CALL5(get_stack, mem, ips, 80, BPF_F_USER_STACK | 3, 0), -EFAULT);
	assert_int_equal((int64_t)CALL5(get_stack, mem, ips, 81, BPF_F_USER_STACK, 0), -EINVAL);
	id = (int64_t)CALL(get_stackid, mem, stacks, BPF_F_USER_STACK);
	assert_in_range(id, 0, 127);
	assert_int_equal(machine_stack_get(&env.who, (uint32_t)stacks, (uint32_t)id, out), 0);
	assert_int_equal(out[1], 0x1111);
	assert_int_equal((int64_t)CALL(get_stackid, mem, stacks, 0), -EFAULT);
}

static uint64_t now(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* Between two looks at the kernel's clock, give or take what the header promises. */
static void test_clock(void **state)
{
	uint64_t last = 0, worst = 0;

	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < 1000; i++) {
			uint64_t before = now(CLOCK_MONOTONIC), t = CALL(ktime_get_ns, 0, 0, 0);
			uint64_t after = now(CLOCK_MONOTONIC);

			assert_true(t + 100000 > before && t < after + 100000);
			if (t < before && before - t > worst)
				worst = before - t;
			if (t > after && t - after > worst)
				worst = t - after;
			assert_true(t >= last);
			last = t;
		}
		usleep(10000);
		machine_session_clock(&session);
	}
	print_message("# off by at most %" PRIu64 " ns\n", worst);
	assert_true(CALL(ktime_get_boot_ns, 0, 0, 0) + 1000000 > now(CLOCK_BOOTTIME));
}

static void *thread(void *arg)
{
	uint64_t tid = (uint64_t)syscall(SYS_gettid), expect = (uint64_t)getpid() << 32 | tid;
	intptr_t wrong = 0;

	for (int i = 0; i < 3; i++)
		wrong += CALL(get_current_pid_tgid, 0, 0, 0) != expect;
	return (void *)wrong;
}

/* Threads that come and go, in each other's places, are told apart. */
static void test_who(void **state)
{
	char name[16];
	void *wrong;

	for (int i = 0; i < 200; i++) {
		pthread_t t[3];

		for (int k = 0; k < 3; k++)
			pthread_create(&t[k], NULL, thread, NULL);
		for (int k = 0; k < 3; k++) {
			pthread_join(t[k], &wrong);
			assert_null(wrong);
		}
	}
	assert_null(thread(NULL));
	env.tgid = 0;
	assert_null(thread(NULL));
	assert_int_equal(CALL(get_current_uid_gid, 0, 0, 0), (uint64_t)getgid() << 32 | getuid());
	prctl(PR_SET_NAME, "fifteen letters");
	assert_int_equal(CALL(get_current_comm, mem, 16, 0), 0);
	prctl(PR_GET_NAME, name);
	assert_string_equal((char *)mem, name);
	CALL(get_current_comm, mem, 8, 0);
	assert_string_equal((char *)mem, "fifteen");
	memset(mem, 1, 32);
	CALL(get_current_comm, mem, 32, 0);
	assert_string_equal((char *)mem, name);
	assert_int_equal(mem[31], 0);
}

static void test_strings(void **state)
{
	static const char *const words[] = {"", "a", "ab", "abc", "abd", "b", "\xff"};
	char *a = (char *)mem, *b = (char *)mem + 64;

	for (size_t i = 0; i < 7; i++)
		for (size_t k = 0; k < 7; k++)
			for (uint64_t n = 0; n < 6; n++) {
				int64_t ours, theirs;

				strcpy(a, words[i]);
				strcpy(b, words[k]);
				ours = (int64_t)CALL(strncmp, a, n, b);
				theirs = strncmp(a, b, n);
				assert_int_equal((ours > 0) - (ours < 0),
						 (theirs > 0) - (theirs < 0));
			}
}

/* As libc has it, for what Linux allows. */
static void check_format(const char *format, uint64_t value, uint64_t size)
{
	char *out = (char *)mem, *fmt = (char *)mem + 256, expect[256];
	uint64_t *args = (uint64_t *)(mem + 512);
	int n;

	/* For the sanitizers' own branch, about which gcc warns. */
	if (!format)
		abort();
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wformat-truncation"
#endif
	n = snprintf(expect, size, format, value);
#pragma GCC diagnostic pop
	memcpy(fmt, format, strlen(format) + 1);
	args[0] = value;
	memset(out, '#', 256);
	assert_int_equal((int64_t)CALL5(snprintf, out, size, fmt, args, 8), n + 1);
	if (size)
		assert_string_equal(out, expect);
	assert_int_equal(out[size], '#');
}

static void test_format(void **state)
{
	static const char *const formats[] = {
		"%d",	    "%i|",  "%u",    "a%xb", "%X",   "%ld",    "%lu",
		"%llx",	    "%5d|", "%-5d|", "%05d", "%20u", "%020lx", "%-20lx|",
		"100%% %d", "%%%d", "%c%%",  "%+d",  "% d|", "%+08ld", "%+ 9d|",
		"% -9ld|",  "%3c|", "%-3c|", "%08x",
	};
	static const uint64_t values[] = {65,	      66,	  7,	 1000,
					  0x7fffffff, 0xffffffff, -1ull, 1ull << 63};
	uint64_t *args = (uint64_t *)(mem + 512);
	char *fmt = (char *)mem + 256;

	for (size_t f = 0; f < sizeof(formats) / sizeof(formats[0]); f++)
		for (size_t v = 0; v < sizeof(values) / sizeof(values[0]); v++)
			for (uint64_t size = 0; size < 40; size += 3)
				check_format(formats[f], values[v], size);
	check_format("<%s>", (uintptr_t) "some text", 100);
	check_format("<%12s>", (uintptr_t) "some text", 100);
	check_format("<%-12s>", (uintptr_t) "some text", 8);
	args[0] = 8;
	strcpy(fmt, "<%s>");
	assert_int_equal(CALL5(snprintf, mem, 100, fmt, args, 8), 3);
	assert_string_equal((char *)mem, "<>");
	assert_int_equal((int64_t)CALL5(snprintf, mem, 100, fmt, args, 16), -EINVAL);
	assert_int_equal((int64_t)CALL5(snprintf, mem, 100, fmt, args, 0), -EINVAL);
	strcpy(fmt, "%f");
	assert_int_equal((int64_t)CALL5(snprintf, mem, 100, fmt, args, 8), -EINVAL);
	strcpy(fmt, "%#x");
	assert_int_equal((int64_t)CALL5(snprintf, mem, 100, fmt, args, 8), -EINVAL);
	strcpy(fmt, "abc%");
	assert_int_equal((int64_t)CALL5(snprintf, mem, 100, fmt, args, 8), -EINVAL);
}

static void test_others(void **state)
{
	uint64_t a = CALL(get_prandom_u32, 0, 0, 0), b = CALL(get_prandom_u32, 0, 0, 0);

	assert_int_not_equal(a, b);
	assert_true(a <= UINT32_MAX && b <= UINT32_MAX);
	env.func_ip = 77;
	env.cookie = 78;
	assert_int_equal(CALL(get_func_ip, mem, 0, 0), 77);
	assert_int_equal(CALL(get_attach_cookie, mem, 0, 0), 78);
	assert_null(helpers[BPF_FUNC_unspec]);
	CALL(spin_lock, mem, 0, 0);
	assert_int_equal(*(uint32_t *)mem, 1);
	CALL(spin_unlock, mem, 0, 0);
	assert_int_equal(*(uint32_t *)mem, 0);
	/* The lock of a slot that nobody has any more. */
	*(uint32_t *)mem = 900;
	CALL(spin_lock, mem, 0, 0);
	assert_int_equal(run.stop, MACHINE_DONE);
	assert_int_equal(*(uint32_t *)mem, 1);
	/* One that is never given back ends the program. */
	CALL(spin_lock, mem, 0, 0);
	assert_int_equal(run.stop, MACHINE_HELPER);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(test_##name, prepare)
	const struct CMUnitTest tests[] = {
		TEST(arguments), TEST(map_calls), TEST(tail_call), TEST(read),	 TEST(stack),
		TEST(clock),	 TEST(who),	  TEST(strings),   TEST(format), TEST(others),
	};

	return cmocka_run_group_tests(tests, open_session, close_session);
}
