// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * libbpf's calls arrive at the back end and nowhere else. The kernel itself is
 * the witness: a seccomp filter kills the child that makes one of the two calls.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "fake.h"

/* A number that no descriptor of the test has, so a call past the seam would fail. */
#define FAKE_FD 777

static int setup(void **state)
{
	fake_reset();
	return 0;
}

/* Ends the calling process by SIGSYS at bpf(2) and perf_event_open(2). */
static int forbid_bpf(void)
{
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_bpf, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_perf_event_open, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	struct sock_fprog prog = {.len = sizeof(insns) / sizeof(insns[0]), .filter = insns};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
}

/* Returns 0 when everything came back as the fake answered. */
static int session_on_fake(void)
{
	const struct bpf_insn insns[] = {{.code = BPF_JMP | BPF_EXIT}};
	struct perf_event_attr attr = {.size = sizeof(attr)};
	__u32 key = 0, value = 0;
	char msg[64];

	fake_reset();
	fake_answers[ABI_CALL_bpf] = (struct fake_answer){.ret = FAKE_FD};
	fake_answers[ABI_CALL_perf_event_open] = (struct fake_answer){.ret = FAKE_FD + 1};
	fake_answers[ABI_CALL_close] = (struct fake_answer){.ret = 0};
	if (abi_stack(&fake_ops, &(struct abi_options){0}, msg, sizeof(msg)))
		return 1;
	if (bpf_map_create(BPF_MAP_TYPE_HASH, "m", 4, 4, 1, NULL) != FAKE_FD)
		return 2;
	bpf_map_update_elem(FAKE_FD, &key, &value, 0);
	if (bpf_prog_load(BPF_PROG_TYPE_KPROBE, "p", "GPL", insns, 1, NULL) != FAKE_FD)
		return 3;
	if (abi_perf_event_open(&attr, 0, -1, -1, 0) != FAKE_FD + 1)
		return 4;
	/* The fake's descriptor is not open: libc's close would fail. */
	if (close(FAKE_FD) || close(FAKE_FD + 1))
		return 5;
	if (fake_counts[ABI_CALL_bpf] < 3 || fake_counts[ABI_CALL_perf_event_open] != 1)
		return 6;
	return abi_calls() ? 0 : 7;
}

static int in_child(int (*run)(void))
{
	int status = -1;
	pid_t pid = fork();

	assert_int_not_equal(pid, -1);
	if (!pid)
		_exit(forbid_bpf() ? 99 : run());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static int session_on_kernel(void)
{
	return bpf_map_create(BPF_MAP_TYPE_HASH, "m", 4, 4, 1, NULL) < 0;
}

static void no_call_reaches_the_kernel(void **state)
{
	int status = in_child(session_on_fake);

	if (WIFEXITED(status) && WEXITSTATUS(status) == 99) {
		print_message("no seccomp filters here\n");
		skip();
	}
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);

	/* The witness is awake: through the kernel back end it sees the call. */
	status = in_child(session_on_kernel);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
}

static void other_system_calls_pass(void **state)
{
	char *lines;

	fake_begin(NULL);
	assert_int_equal(syscall(__NR_getpid), getpid());
	lines = fake_end();
	assert_string_equal(lines, "");
	free(lines);
}

static void other_descriptors_and_files_pass(void **state)
{
	char byte = 'x', *lines;
	int fd;

	fake_begin(NULL);
	fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(read(fd, &byte, 1), 1);
	assert_int_equal(byte, 0);
	assert_int_equal(access("/dev/null", F_OK), 0);
	assert_int_equal(close(fd), 0);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	close(fd);
	lines = fake_end();
	assert_string_equal(lines, "");
	free(lines);
}

static void kernel_descriptions_are_caught(void **state)
{
	char *lines;

	fake_begin(NULL);
	assert_int_equal(open("/sys/kernel/btf/vmlinux", O_RDONLY), -1);
	assert_int_equal(errno, ENOSYS);
	assert_null(fopen("/proc/self/fdinfo/1", "re"));
	assert_int_equal(access("/sys/kernel/tracing", R_OK), -1);
	assert_int_equal(unlink("/sys/fs/bpf/x"), -1);
	lines = fake_end();
	assert_string_equal(lines,
			    "openat(AT_FDCWD, \"/sys/kernel/btf/vmlinux\", O_RDONLY) = "
			    "-1 ENOSYS (Function not implemented)\n"
			    "fopen(\"/proc/self/fdinfo/1\", \"re\") = "
			    "-1 ENOSYS (Function not implemented)\n"
			    "faccessat(AT_FDCWD, \"/sys/kernel/tracing\", R_OK, 0) = "
			    "-1 ENOSYS (Function not implemented)\n"
			    "unlink(\"/sys/fs/bpf/x\") = -1 ENOSYS (Function not implemented)\n");
	free(lines);
}

/* A path that only begins like one of the seam's is another file. */
static void similar_paths_pass(void **state)
{
	char *lines;

	fake_begin(NULL);
	assert_int_equal(access("/system", F_OK), -1);
	assert_int_equal(errno, ENOENT);
	lines = fake_end();
	assert_string_equal(lines, "");
	free(lines);
}

/* The seam follows a descriptor through duplicates, and forgets it when closed. */
static void duplicates_are_known(void **state)
{
	char *lines;

	fake_begin(NULL);
	fake_answers[ABI_CALL_epoll_create1] = (struct fake_answer){.ret = FAKE_FD};
	fake_answers[ABI_CALL_fcntl] = (struct fake_answer){.ret = FAKE_FD + 1};
	fake_answers[ABI_CALL_dup] = (struct fake_answer){.ret = FAKE_FD + 2};
	fake_answers[ABI_CALL_close] = (struct fake_answer){.ret = 0};
	assert_int_equal(epoll_create1(0), FAKE_FD);
	assert_int_equal(fcntl(FAKE_FD, F_DUPFD_CLOEXEC, 3), FAKE_FD + 1);
	assert_int_equal(dup(FAKE_FD + 1), FAKE_FD + 2);
	assert_int_equal(close(FAKE_FD + 2), 0);
	assert_int_equal(close(FAKE_FD + 2), -1);
	assert_int_equal(errno, EBADF);
	assert_int_equal(close(FAKE_FD + 1), 0);
	assert_int_equal(close(FAKE_FD), 0);
	lines = fake_end();
	assert_string_equal(lines, "epoll_create1(0) = 777\n"
				   "fcntl(777, F_DUPFD_CLOEXEC, 3) = 778\n"
				   "dup(778) = 779\n"
				   "close(779) = 0\nclose(778) = 0\nclose(777) = 0\n");
	free(lines);
}

/* stdio may close a known descriptor unseen; the number's next owner is its own. */
static void a_number_used_again_is_forgotten(void **state)
{
	int fd, again;
	FILE *stream;
	char *lines;

	fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	stream = fdopen(fd, "r");
	assert_non_null(stream);
	fclose(stream);
	again = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_int_equal(again, fd);
	fake_begin(NULL);
	assert_int_equal(close(again), 0);
	lines = fake_end();
	assert_string_equal(lines, "");
	free(lines);
}

static void mappings_are_known(void **state)
{
	char memory[8], *lines;

	fake_begin(NULL);
	fake_answers[ABI_CALL_epoll_create1] = (struct fake_answer){.ret = FAKE_FD};
	fake_answers[ABI_CALL_mmap] = (struct fake_answer){.ret = (intptr_t)memory};
	fake_answers[ABI_CALL_munmap] = (struct fake_answer){.ret = 0};
	fake_answers[ABI_CALL_close] = (struct fake_answer){.ret = 0};
	epoll_create1(0);
	assert_ptr_equal(mmap(NULL, 8, PROT_READ, MAP_SHARED, FAKE_FD, 0), memory);
	assert_int_equal(munmap(memory, 8), 0);
	assert_int_equal(fake_counts[ABI_CALL_munmap], 1);
	/* Unmapped once: what is there now is not the seam's. */
	munmap((void *)((uintptr_t)memory | 1), 8);
	assert_int_equal(fake_counts[ABI_CALL_munmap], 1);
	close(FAKE_FD);
	lines = fake_end();
	free(lines);
}

static int print_to(int fd, const char *format, ...)
{
	va_list ap;
	int len;

	va_start(ap, format);
	len = vdprintf(fd, format, ap);
	va_end(ap);
	return len;
}

/* libbpf's dprintf into tracefs becomes a write that a back end sees. */
static void dprintf_is_a_write(void **state)
{
	char *lines;
	int fd;

	fake_begin(NULL);
	fake_answers[ABI_CALL_openat] = (struct fake_answer){.ret = FAKE_FD};
	fake_answers[ABI_CALL_write] = (struct fake_answer){.ret = 5};
	fake_answers[ABI_CALL_close] = (struct fake_answer){.ret = 0};
	fd = open("/sys/kernel/tracing/kprobe_events", O_WRONLY | O_APPEND);
	assert_int_equal(print_to(fd, "p:%s y\n", "x"), 5);
	close(fd);
	lines = fake_end();
	assert_non_null(strstr(lines, "write(777, \"p:x y\\n\", 6) = 5\n"));
	free(lines);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(no_call_reaches_the_kernel, setup),
		cmocka_unit_test_setup(other_system_calls_pass, setup),
		cmocka_unit_test_setup(other_descriptors_and_files_pass, setup),
		cmocka_unit_test_setup(kernel_descriptions_are_caught, setup),
		cmocka_unit_test_setup(similar_paths_pass, setup),
		cmocka_unit_test_setup(duplicates_are_known, setup),
		cmocka_unit_test_setup(a_number_used_again_is_forgotten, setup),
		cmocka_unit_test_setup(mappings_are_known, setup),
		cmocka_unit_test_setup(dprintf_is_a_write, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
