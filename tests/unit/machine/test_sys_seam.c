// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * libbpf, unchanged, on the machine: through the seam, in a process for which the kernel refuses
 * bpf(2) and perf_event_open(2) altogether. The last test proves that it does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/perf_event.h>
#include <linux/seccomp.h>
#include <skep/abi.h>
#include <skep/machine.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "machine/sys/sys.h"

#define REFUSED ENOTRECOVERABLE /* that neither Linux nor the machine would say */

static void forbid_bpf(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_bpf, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_perf_event_open, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | REFUSED),
	};
	struct sock_fprog prog = {sizeof(filter) / sizeof(filter[0]), filter};

	assert_int_equal(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	assert_int_equal(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog), 0);
}

static int setup(void **state)
{
	const struct abi_options options = {.engine = "machine"};
	char message[256];

	return abi_open(&options, message, sizeof(message));
}

static int teardown(void **state)
{
	abi_close();
	return 0;
}

static int load(enum bpf_prog_type type, const struct bpf_insn *insns, size_t cnt)
{
	return bpf_prog_load(type, "test", "GPL", insns, cnt, NULL);
}

static const struct bpf_insn return_0[] = {
	{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
	{.code = BPF_JMP | BPF_EXIT},
};

/* Sends 8 bytes, 1 … 8, of its stack to the ring buffer @fd. */
static int load_sender(int fd)
{
	const struct bpf_insn insns[] = {
		{.code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = 3, .imm = 0x04030201},
		{.imm = 0x08070605},
		{.code = BPF_STX | BPF_MEM | BPF_DW, .dst_reg = 10, .src_reg = 3, .off = -8},
		{.code = BPF_LD | BPF_DW | BPF_IMM,
		 .dst_reg = 1,
		 .src_reg = BPF_PSEUDO_MAP_FD,
		 .imm = fd},
		{0},
		{.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 2, .src_reg = 10},
		{.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 2, .imm = -8},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 3, .imm = 8},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 4},
		{.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_ringbuf_output},
		{.code = BPF_JMP | BPF_EXIT},
	};

	return load(BPF_PROG_TYPE_RAW_TRACEPOINT, insns, sizeof(insns) / sizeof(*insns));
}

static int on_record(void *ctx, void *data, size_t size)
{
	static const char want[] = {1, 2, 3, 4, 5, 6, 7, 8};

	assert_int_equal(size, sizeof(want));
	assert_memory_equal(data, want, sizeof(want));
	++*(int *)ctx;
	return 0;
}

static void run(int prog)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);

	assert_int_equal(bpf_prog_test_run_opts(prog, &opts), 0);
	assert_int_equal(opts.retval, 0);
}

static void ring_buffers_wake_their_readers(void **state)
{
	int map = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "ring", 0, 0, 4096, NULL), prog, seen = 0;
	struct ring_buffer *ring;

	assert_true(map >= 0);
	prog = load_sender(map);
	assert_true(prog >= 0);
	ring = ring_buffer__new(map, on_record, &seen, NULL);
	assert_non_null(ring);
	assert_int_equal(ring_buffer__poll(ring, 0), 0);
	run(prog);
	assert_int_equal(ring_buffer__poll(ring, 5000), 1);
	run(prog);
	run(prog);
	while (seen < 3)
		assert_true(ring_buffer__poll(ring, 5000) > 0);
	/* Nobody spins on what was read: nothing is ready after the last ones were told. */
	usleep(20000);
	ring_buffer__poll(ring, 0);
	assert_int_equal(ring_buffer__poll(ring, 50), 0);
	/* Round the end of the data, where records are not put together. */
	for (int i = 0; i < 1000; i++) {
		run(prog);
		assert_int_equal(ring_buffer__consume(ring), 1);
	}
	assert_int_equal(seen, 1003);
	ring_buffer__free(ring);
	close(prog);
	close(map);
}

static int on_any_record(void *ctx, void *data, size_t size)
{
	/* Its last byte can be read, however long it says that it is. */
	*(size_t *)ctx += size + ((const volatile char *)data)[size - 1];
	return 0;
}

/* What traced processes can write to: positions, lengths. */
static void falsified_rings_do_no_harm(void **state)
{
	int map = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "ring", 0, 0, 4096, NULL), prog;
	const uint64_t wrong[] = {1ull << 60, UINT64_MAX - 7, 12345, 8192};
	struct ring_buffer *ring;
	_Atomic uint64_t *consumer, *producer;
	size_t bytes = 0;

	assert_true(map >= 0);
	prog = load_sender(map);
	ring = ring_buffer__new(map, on_any_record, &bytes, NULL);
	assert_non_null(ring);
	consumer = (void *)((char *)machine.session.data +
			    sys_map_shape((struct sys_map *)machine.fds[map])->ring);
	producer = consumer + 4096 / sizeof(*producer);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		*producer = wrong[i];
		*consumer = wrong[i] / 2;
		assert_int_equal(ring_buffer__poll(ring, 10), 0);
	}
	*producer = 0;
	run(prog);
	assert_int_equal(ring_buffer__consume(ring), 1);
	assert_int_equal(bytes, 8 + 8);
	/* A record that ends far behind the ring buffer, and one behind it. */
	bytes = 0;
	*(uint32_t *)((char *)consumer + 2 * 4096 + 16) = (1u << 30) - 1;
	*producer += 16;
	machine_sync();
	run(prog);
	assert_int_equal(ring_buffer__consume(ring), 1);
	assert_int_equal(bytes, 8 + 8);
	/* What is shown can no longer be changed. */
	run(prog);
	*(uint32_t *)((char *)consumer + 2 * 4096 + 48) = (1u << 30) - 1;
	assert_int_equal(ring_buffer__consume(ring), 1);
	assert_int_equal(bytes, 2 * (8 + 8));
	ring_buffer__free(ring);
	close(prog);
	close(map);
}

static int open_tracepoint(const char *event)
{
	struct perf_event_attr attr = {.type = PERF_TYPE_TRACEPOINT, .size = sizeof(attr)};
	char path[128], text[16] = "";
	int fd;

	snprintf(path, sizeof(path), "/sys/kernel/tracing/events/%s/id", event);
	fd = open(path, O_RDONLY);
	assert_true(fd >= 0);
	assert_true(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	attr.config = strtoul(text, NULL, 10);
	return abi_perf_event_open(&attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
}

static void tracepoints_take_programs(void **state)
{
	int prog = load(BPF_PROG_TYPE_TRACEPOINT, return_0, 2);
	int other = load(BPF_PROG_TYPE_KPROBE, return_0, 2);
	int event = open_tracepoint("syscalls/sys_enter_openat"), link;

	assert_true(prog >= 0 && other >= 0 && event >= 0);
	assert_int_equal(bpf_link_create(other, event, BPF_PERF_EVENT, NULL), -EINVAL);
	link = bpf_link_create(prog, event, BPF_PERF_EVENT, NULL);
	assert_true(link >= 0);
	assert_int_equal(bpf_link_create(prog, event, BPF_PERF_EVENT, NULL), -EEXIST);
	assert_int_equal(ioctl(event, PERF_EVENT_IOC_SET_BPF, prog), -1);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(ioctl(event, PERF_EVENT_IOC_ENABLE, 0), 0);
	/* Something is attached now, and nobody is named to see it in. */
	assert_int_equal(abi_target_attach(-1), -EOPNOTSUPP);
	assert_non_null(strstr(abi_target_reason(), "-p PID"));
	close(link);
	assert_int_equal(abi_target_attach(-1), 0);
	assert_int_equal(ioctl(event, PERF_EVENT_IOC_SET_BPF, prog), 0);
	close(event);
	close(prog);
	close(other);
	assert_int_equal(open_tracepoint("raw_syscalls/sys_exit") >= 0, true);
}

static void raw_tracepoints_and_functions_take_programs(void **state)
{
	struct perf_event_attr attr = {.type = 8, .size = sizeof(attr)};
	int raw = load(BPF_PROG_TYPE_RAW_TRACEPOINT, return_0, 2);
	int kprobe = load(BPF_PROG_TYPE_KPROBE, return_0, 2);
	int link = bpf_raw_tracepoint_open("sys_exit", raw), event;

	assert_true(link >= 0);
	assert_int_equal(bpf_raw_tracepoint_open("sched_switch", raw), -ENOENT);
	close(link);
	attr.config1 = (uintptr_t) "/proc/self/exe";
	attr.config2 = 1ull << 40;
	assert_int_equal(abi_perf_event_open(&attr, -1, 0, -1, 0), -EINVAL);
	attr.config1 = (uintptr_t) "/no/such/file";
	assert_int_equal(abi_perf_event_open(&attr, -1, 0, -1, 0), -ENOENT);
	attr.config1 = (uintptr_t) "/proc/self/exe";
	attr.config2 = 4096;
	event = abi_perf_event_open(&attr, -1, 0, -1, 0);
	assert_true(event >= 0);
	assert_int_equal(ioctl(event, PERF_EVENT_IOC_SET_BPF, raw), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(ioctl(event, PERF_EVENT_IOC_SET_BPF, kprobe), 0);
	close(event);
	/* Other kinds of events are the kernel's. */
	attr = (struct perf_event_attr){.type = PERF_TYPE_SOFTWARE, .size = sizeof(attr)};
	assert_int_equal(abi_perf_event_open(&attr, -1, 0, -1, 0), -ENOENT);
	assert_non_null(abi_target_reason());
	close(kprobe);
	close(raw);
}

static void descriptors_are_kept_in_step(void **state)
{
	int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "a", 4, 8, 1, NULL), copy, high, key = 0;
	uint64_t value;

	assert_true(map >= 0);
	copy = dup(map);
	high = fcntl(map, F_DUPFD_CLOEXEC, 500);
	assert_true(high >= 500);
	close(map);
	assert_int_equal(bpf_map_lookup_elem(copy, &key, &value), 0);
	assert_int_equal(bpf_map_lookup_elem(map, &key, &value), -EBADF);
	assert_int_equal(dup2(high, copy), copy);
	close(high);
	assert_int_equal(bpf_map_lookup_elem(copy, &key, &value), 0);
	close(copy);
	assert_false(machine_owns(copy));
}

/* A child that closes what it inherited, as the reaper does, leaves ours alone. */
static void children_close_without_effect(void **state)
{
	int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "a", 4, 8, 1, NULL), key = 0, status;
	uint64_t value = 7;
	pid_t pid = fork();

	if (!pid) {
		close(map);
		_exit(bpf_map_lookup_elem(map, &key, &value) ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(bpf_map_update_elem(map, &key, &value, BPF_ANY), 0);
	close(map);
}

/* Last: after this the kernel would answer, if it were let. */
static void the_kernel_was_not_asked(void **state)
{
	abi_close();
	assert_string_equal(abi_engine_name(), "kernel");
	assert_int_equal(bpf_map_create(BPF_MAP_TYPE_ARRAY, NULL, 4, 8, 1, NULL), -REFUSED);
	assert_int_equal(abi_perf_event_open(&(struct perf_event_attr){.size = PERF_ATTR_SIZE_VER0},
					     0, -1, -1, 0),
			 -REFUSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ring_buffers_wake_their_readers),
		cmocka_unit_test(falsified_rings_do_no_harm),
		cmocka_unit_test(tracepoints_take_programs),
		cmocka_unit_test(raw_tracepoints_and_functions_take_programs),
		cmocka_unit_test(descriptors_are_kept_in_step),
		cmocka_unit_test(children_close_without_effect),
		cmocka_unit_test(the_kernel_was_not_asked),
	};

	forbid_bpf();
	return cmocka_run_group_tests_name("machine/sys_seam", tests, setup, teardown);
}
