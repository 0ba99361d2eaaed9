// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A small session of libbpf's over the seam, for faults.py to break: maps, a
 * program, a perf event, a link, a ring buffer.
 *
 * usage: abi-session [FAULT]
 * Records the calls to stdout; then "calls N", "fds N" (how many descriptors
 * more are open than before), "failed STEP" for the first step that failed.
 * Exits 0 when every step succeeded, 1 when one failed, 2 when the fault text is
 * wrong.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <skep/abi.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	if (!dir)
		return -1;
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

static int quiet(enum libbpf_print_level level, const char *format, va_list ap)
{
	return 0;
}

/* Returns the name of the first step that failed, or NULL. */
static const char *use_map(void)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_HASH, "table", 4, 8, 16, NULL);
	const char *failed = NULL;
	__u64 value = 42;
	__u32 key = 1;

	if (fd < 0)
		return "map create";
	if (bpf_map_update_elem(fd, &key, &value, BPF_ANY))
		failed = "map update";
	value = 0;
	if (!failed && (bpf_map_lookup_elem(fd, &key, &value) || value != 42))
		failed = "map lookup";
	if (close(fd) && !failed)
		failed = "map close";
	return failed;
}

static int load_program(void)
{
	const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};

	return bpf_prog_load(BPF_PROG_TYPE_PERF_EVENT, "nothing", "Dual BSD/GPL", insns, 2, NULL);
}

static const char *use_program(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.sample_period = 1000000000,
	};
	const char *failed = NULL;
	int prog, event;

	prog = load_program();
	if (prog < 0)
		return "program load";
	event = abi_perf_event_open(&attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (event < 0)
		failed = "event open";
	if (!failed && ioctl(event, PERF_EVENT_IOC_SET_BPF, prog))
		failed = "event set program";
	if (!failed && ioctl(event, PERF_EVENT_IOC_ENABLE, 0))
		failed = "event enable";
	if (event >= 0 && close(event) && !failed)
		failed = "event close";
	if (close(prog) && !failed)
		failed = "program close";
	return failed;
}

static int no_sample(void *ctx, void *data, size_t size)
{
	return 0;
}

static const char *use_ring(void)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "ring", 0, 0, 4096, NULL);
	const char *failed = NULL;
	struct ring_buffer *ring;

	if (fd < 0)
		return "ring create";
	ring = ring_buffer__new(fd, no_sample, NULL, NULL);
	if (!ring)
		failed = "ring open";
	else if (ring_buffer__poll(ring, 1) < 0)
		failed = "ring poll";
	ring_buffer__free(ring);
	if (close(fd) && !failed)
		failed = "ring close";
	return failed;
}

static const char *use_description(void)
{
	if (libbpf_num_possible_cpus() < 1)
		return "possible CPUs";
	return NULL;
}

int main(int argc, char **argv)
{
	const struct abi_options opts = {.record = stdout, .fault = argc > 1 ? argv[1] : NULL};
	const char *(*const steps[])(void) = {use_map, use_program, use_ring, use_description};
	const char *failed = NULL;
	int before = open_fds();
	unsigned long calls;
	char msg[256];

	libbpf_set_print(quiet);
	if (abi_open(&opts, msg, sizeof(msg))) {
		fprintf(stderr, "%s\n", msg);
		return 2;
	}
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		const char *step = steps[i]();

		if (step && !failed)
			failed = step;
	}
	calls = abi_calls();
	abi_close();
	printf("calls %lu\nfds %d\n", calls, open_fds() - before);
	if (failed)
		printf("failed %s\n", failed);
	return failed ? 1 : 0;
}
