// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The record's text, line by line, over a back end whose answers are fixed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <bpf/bpf.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/syscall.h>
#include "fake.h"

static int setup(void **state)
{
	fake_reset();
	return 0;
}

static void answer(enum abi_call call, int64_t ret)
{
	fake_answers[call] = (struct fake_answer){.ret = ret};
}

static void expect(const char *want)
{
	char *lines = fake_end();

	assert_string_equal(lines, want);
	free(lines);
}

/* The line of one bpf(2) that answers @ret. */
static void expect_bpf(int cmd, const union bpf_attr *attr, unsigned int size, const char *want)
{
	char line[512];

	fake_begin(NULL);
	syscall(__NR_bpf, cmd, attr, size);
	snprintf(line, sizeof(line), "bpf(%s, %u) = -1 ENOSYS (Function not implemented)\n", want,
		 size);
	expect(line);
}

/* A session by libbpf; its feature probes are the two leading loads. */
static void session_of_libbpf(void **state)
{
	const struct bpf_insn insns[31] = {{.code = BPF_JMP | BPF_EXIT}};
	struct perf_event_attr event = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(event),
		.config = 320,
		.sample_period = 1,
	};
	char *lines, *map;

	answer(ABI_CALL_bpf, 5);
	answer(ABI_CALL_perf_event_open, 9);
	answer(ABI_CALL_ioctl, 0);
	answer(ABI_CALL_close, 0);
	fake_begin(NULL);
	bpf_map_create(BPF_MAP_TYPE_HASH, "x", 4, 8, 4096, NULL);
	bpf_map_update_elem(5, (void *)0x1000, (void *)0x2000, BPF_NOEXIST);
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_FENTRY);
	bpf_prog_load(BPF_PROG_TYPE_TRACEPOINT, "count", "Dual BSD/GPL", insns, 31, &opts);
	abi_perf_event_open(&event, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	ioctl(9, PERF_EVENT_IOC_SET_BPF, 5);
	ioctl(9, PERF_EVENT_IOC_ENABLE, 0);
	close(9);
	close(5);
	lines = fake_end();
	map = strstr(lines, "bpf(BPF_MAP_CREATE");
	assert_non_null(map);
	assert_string_equal(
		map, "bpf(BPF_MAP_CREATE, {map_type=BPF_MAP_TYPE_HASH, key_size=4, value_size=8, "
		     "max_entries=4096, map_name=\"x\"}, 72) = 5\n"
		     "bpf(BPF_MAP_UPDATE_ELEM, {map_fd=5, key=0x1000, value=0x2000, "
		     "flags=BPF_NOEXIST}, 32) = 5\n"
		     "bpf(BPF_PROG_LOAD, {prog_type=BPF_PROG_TYPE_TRACEPOINT, insn_cnt=31, "
		     "license=\"Dual BSD/GPL\", prog_name=\"count\", "
		     "expected_attach_type=BPF_TRACE_FENTRY}, 128) = 5\n"
		     "perf_event_open({type=PERF_TYPE_TRACEPOINT, size=128, config=320, "
		     "sample_period=1}, -1, 0, -1, PERF_FLAG_FD_CLOEXEC) = 9\n"
		     "ioctl(9, PERF_EVENT_IOC_SET_BPF, 5) = 0\n"
		     "ioctl(9, PERF_EVENT_IOC_ENABLE, 0) = 0\n"
		     "close(9) = 0\nclose(5) = 0\n");
	free(lines);
}

static void bpf_commands(void **state)
{
	union bpf_attr attr;

	attr = (union bpf_attr){.map_type = BPF_MAP_TYPE_RINGBUF,
				.max_entries = 4096,
				.map_flags = BPF_F_RDONLY | BPF_F_MMAPABLE | 1u << 31};
	expect_bpf(BPF_MAP_CREATE, &attr, sizeof(attr),
		   "BPF_MAP_CREATE, {map_type=BPF_MAP_TYPE_RINGBUF, max_entries=4096, "
		   "map_flags=BPF_F_RDONLY|BPF_F_MMAPABLE|0x80000000}");
	attr = (union bpf_attr){.map_type = 1000};
	expect_bpf(BPF_MAP_CREATE, &attr, sizeof(attr), "BPF_MAP_CREATE, {map_type=1000}");

	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = 7;
	attr.link_create.target_fd = -1;
	attr.link_create.attach_type = BPF_PERF_EVENT;
	attr.link_create.perf_event.bpf_cookie = 0xabc;
	expect_bpf(BPF_LINK_CREATE, &attr, sizeof(attr),
		   "BPF_LINK_CREATE, {prog_fd=7, target_fd=-1, attach_type=BPF_PERF_EVENT, "
		   "bpf_cookie=0xabc}");

	attr = (union bpf_attr){.raw_tracepoint = {(uintptr_t) "sys_enter", 4}};
	expect_bpf(BPF_RAW_TRACEPOINT_OPEN, &attr, sizeof(attr),
		   "BPF_RAW_TRACEPOINT_OPEN, {name=\"sys_enter\", prog_fd=4}");
	/* A command nobody knows: nothing says what it would point to. */
	expect_bpf(12345, NULL, 0, "12345, NULL");
}

static void newer_links(void **state)
{
	static const uint64_t offsets[] = {0x10, 0x20};
	struct abi_uprobe_multi uprobes = {
		.path = "/bin/true", .offsets = offsets, .cnt = 2, .pid = 12, .retprobe = true};
	struct abi_kprobe_multi kprobes = {.syms = (void *)0x1000, .cnt = 3, .session = true};
	char want[512];

	fake_begin(NULL);
	assert_int_equal(abi_link_create_uprobe_multi(3, &uprobes), -ENOSYS);
	answer(ABI_CALL_bpf, 8);
	assert_int_equal(abi_link_create_kprobe_multi(3, &kprobes), 8);
	snprintf(want, sizeof(want),
		 "bpf(BPF_LINK_CREATE, {prog_fd=3, attach_type=BPF_TRACE_UPROBE_MULTI, "
		 "path=\"/bin/true\", offsets=0x%lx, cnt=2, multi.flags=0x1, pid=12}, 64) = "
		 "-1 ENOSYS (Function not implemented)\n"
		 "bpf(BPF_LINK_CREATE, {prog_fd=3, attach_type=BPF_TRACE_KPROBE_SESSION, "
		 "cnt=3, syms=0x1000}, 48) = 8\n",
		 (unsigned long)offsets);
	expect(want);
}

/* Only as much is read as the caller has: behind it there is no memory. */
static void attributes_are_bounded(void **state)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *mem =
		mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint32_t two[] = {BPF_MAP_TYPE_ARRAY, 4};
	char want[256];

	assert_ptr_not_equal(mem, MAP_FAILED);
	assert_int_equal(mprotect(mem + page, page, PROT_NONE), 0);
	memcpy(mem + page - sizeof(two), two, sizeof(two));
	expect_bpf(BPF_MAP_CREATE, (void *)(mem + page - sizeof(two)), sizeof(two),
		   "BPF_MAP_CREATE, {map_type=BPF_MAP_TYPE_ARRAY, key_size=4}");
	snprintf(want, sizeof(want), "BPF_MAP_CREATE, 0x%lx", (unsigned long)(mem + page - 4));
	expect_bpf(BPF_MAP_CREATE, (void *)(mem + page - 4), 8, want);
	expect_bpf(BPF_MAP_CREATE, NULL, 8, "BPF_MAP_CREATE, NULL");

	fake_begin(NULL);
	abi_perf_event_open((void *)(mem + page), 0, -1, -1, 0);
	abi_perf_event_open(NULL, 0, -1, -1, 0);
	snprintf(want, sizeof(want),
		 "perf_event_open(0x%lx, 0, -1, -1, 0) = -1 ENOSYS (Function not implemented)\n"
		 "perf_event_open(NULL, 0, -1, -1, 0) = -1 ENOSYS (Function not implemented)\n",
		 (unsigned long)(mem + page));
	expect(want);
	munmap(mem, 2 * page);
}

static void strings_are_bounded_and_escaped(void **state)
{
	union bpf_attr attr = {.pathname = (uintptr_t) "a\"b\\c\n\x01\xff"};
	char longer[300], want[512];

	expect_bpf(BPF_OBJ_GET, &attr, sizeof(attr),
		   "BPF_OBJ_GET, {pathname=\"a\\\"b\\\\c\\n\\x01\\xff\"}");
	memset(longer, 'y', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	attr.pathname = (uintptr_t)longer;
	snprintf(want, sizeof(want), "BPF_OBJ_GET, {pathname=\"%.128s\"...}", longer);
	expect_bpf(BPF_OBJ_GET, &attr, sizeof(attr), want);
	attr.pathname = 16;
	expect_bpf(BPF_OBJ_GET, &attr, sizeof(attr), "BPF_OBJ_GET, {pathname=0x10}");

	/* A name fills its field to the last byte, without an end. */
	memset(&attr, 0, sizeof(attr));
	memset(attr.map_name, 'z', sizeof(attr.map_name));
	expect_bpf(BPF_MAP_CREATE, &attr, sizeof(attr),
		   "BPF_MAP_CREATE, {map_type=BPF_MAP_TYPE_UNSPEC, map_name=\"zzzzzzzzzzzzzzzz\"}");
}

static void perf_events(void **state)
{
	struct perf_event_attr attr = {.type = PERF_TYPE_SOFTWARE,
				       .size = sizeof(attr),
				       .config = PERF_COUNT_SW_CPU_CLOCK,
				       .sample_freq = 99,
				       .freq = 1,
				       .sample_type = PERF_SAMPLE_RAW | PERF_SAMPLE_TID};

	fake_begin(NULL);
	abi_perf_event_open(&attr, -1, 2, -1, 0);
	attr = (struct perf_event_attr){.type = 8,
					.size = sizeof(attr),
					.config1 = (uintptr_t) "/bin/sh",
					.config2 = 0x1230};
	abi_perf_event_open(&attr, 7, -1, -1, 0);
	expect("perf_event_open({type=PERF_TYPE_SOFTWARE, size=128, "
	       "config=PERF_COUNT_SW_CPU_CLOCK, sample_freq=99, "
	       "sample_type=PERF_SAMPLE_TID|PERF_SAMPLE_RAW, freq=1}, -1, 2, -1, 0) = "
	       "-1 ENOSYS (Function not implemented)\n"
	       "perf_event_open({type=8, size=128, config=0x0, config1=\"/bin/sh\", "
	       "config2=0x1230}, 7, -1, -1, 0) = -1 ENOSYS (Function not implemented)\n");
}

static void descriptors(void **state)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.u64 = 2};

	answer(ABI_CALL_epoll_create1, 700);
	answer(ABI_CALL_epoll_ctl, 0);
	answer(ABI_CALL_epoll_wait, 1);
	answer(ABI_CALL_fcntl, 1);
	answer(ABI_CALL_mmap, 0x70000000);
	answer(ABI_CALL_munmap, 0);
	answer(ABI_CALL_close, 0);
	fake_begin(NULL);
	epoll_create1(EPOLL_CLOEXEC);
	epoll_ctl(700, EPOLL_CTL_ADD, 5, &event);
	epoll_wait(700, &event, 1, -1);
	fcntl(700, F_GETFD);
	ioctl(700, 0x1234, 1);
	mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, 700, 4096);
	munmap((void *)0x70000000, 4096);
	close(700);
	expect("epoll_create1(EPOLL_CLOEXEC) = 700\n"
	       "epoll_ctl(700, EPOLL_CTL_ADD, 5, {events=EPOLLIN|EPOLLET, data=0x2}) = 0\n"
	       "epoll_wait(700, [{events=EPOLLIN|EPOLLET, data=0x2}], 1, -1) = 1\n"
	       "fcntl(700, F_GETFD) = 1\n"
	       "ioctl(700, 0x1234, 0x1) = -1 ENOSYS (Function not implemented)\n"
	       "mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_SHARED, 700, 4096) = 0x70000000\n"
	       "munmap(0x70000000, 4096) = 0\n"
	       "close(700) = 0\n");
}

static void netlink(void **state)
{
	struct sockaddr_nl addr = {.nl_family = AF_NETLINK};
	struct nlmsghdr msg = {.nlmsg_len = sizeof(msg),
			       .nlmsg_type = RTM_GETLINK,
			       .nlmsg_flags = 5,
			       .nlmsg_seq = 9};
	int one = 1;

	answer(ABI_CALL_socket, 700);
	answer(ABI_CALL_bind, 0);
	answer(ABI_CALL_setsockopt, 0);
	answer(ABI_CALL_send, sizeof(msg));
	answer(ABI_CALL_close, 0);
	fake_begin(NULL);
	socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	setsockopt(700, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	bind(700, (struct sockaddr *)&addr, sizeof(addr));
	send(700, &msg, sizeof(msg), 0);
	close(700);
	char want[512];
	snprintf(want, sizeof(want),
		 "socket(AF_NETLINK, SOCK_RAW|SOCK_CLOEXEC, NETLINK_ROUTE) = 700\n"
		 "setsockopt(700, SOL_NETLINK, NETLINK_EXT_ACK, 0x%lx, 4) = 0\n"
		 "bind(700, {nl_family=AF_NETLINK, nl_pid=0, nl_groups=0x0}, 12) = 0\n"
		 "send(700, {nlmsg_len=16, nlmsg_type=RTM_GETLINK, nlmsg_flags=0x5, "
		 "nlmsg_seq=9}, 16, 0x0) = 16\n"
		 "close(700) = 0\n",
		 (unsigned long)&one);
	expect(want);
}

/* A line too long for its buffer is cut, and still ends with its result. */
static void long_lines_are_cut(void **state)
{
	struct abi_text text;

	text.len = 0;
	text.cut = false;
	for (int i = 0; i < 1000; i++)
		abi_text_add(&text, "0123456789");
	assert_true(text.cut);
	assert_int_equal(text.len, sizeof(text.buf) - 1);
	assert_string_equal(text.buf + text.len - 3, "...");
}

/* Recording changes neither the answer nor errno. */
static void errno_is_kept(void **state)
{
	union bpf_attr attr = {0};

	fake_answers[ABI_CALL_bpf].err = EXDEV;
	fake_begin(NULL);
	errno = 0;
	assert_int_equal(syscall(__NR_bpf, BPF_MAP_CREATE, &attr, sizeof(attr)), -1);
	assert_int_equal(errno, EXDEV);
	free(fake_end());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(session_of_libbpf, setup),
		cmocka_unit_test_setup(bpf_commands, setup),
		cmocka_unit_test_setup(newer_links, setup),
		cmocka_unit_test_setup(attributes_are_bounded, setup),
		cmocka_unit_test_setup(strings_are_bounded_and_escaped, setup),
		cmocka_unit_test_setup(perf_events, setup),
		cmocka_unit_test_setup(descriptors, setup),
		cmocka_unit_test_setup(netlink, setup),
		cmocka_unit_test_setup(long_lines_are_cut, setup),
		cmocka_unit_test_setup(errno_is_kept, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
