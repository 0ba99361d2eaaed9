// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * machine DIR: times the programs of DIR on skep's interpreter, skep's JIT and the kernel, each as
 * an XDP program over the same packet, and prints a line of JSON for each. The results must be
 * equal. The engines take turns, and the fastest of several rounds counts, so that what else the
 * machine does meanwhile is left out.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "conformance/datafile.h"
#include "machine/jit/jit.h"

#include "machine/interp/interp.h"

/* A second interpreter, which counts. */
static uint64_t executed;
uint64_t count_interp(const struct machine_insn *insns, struct machine_run *run, uint64_t r1,
		      uint64_t r2);
#define MACHINE_STEP(insn, reg) executed++
#define machine_interp		count_interp
#include "machine/interp/interp.c"
#undef machine_interp

#define ROUNDS	    31
#define ROUND_NS    3000000.0
#define PACKET_SIZE 1500
#define WINDOW_SIZE 16384
#define CODE_SIZE   65536

static struct machine_insn insns[DATAFILE_INSN_MAX];
static uint8_t *window, *packet, *code;
static struct machine_run run;
static uint64_t ctx;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* The context of XDP has 32-bit pointers, which the kernel widens; here they are what they say. */
static void set_up(void)
{
	struct xdp_md *md;
	uint32_t lcg = 1;

	window = mmap(NULL, WINDOW_SIZE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	code = mmap(NULL, CODE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (window == MAP_FAILED || code == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	packet = window + 256;
	for (int i = 0; i < PACKET_SIZE; i++)
		packet[i] = (uint8_t)((lcg = lcg * 1103515245 + 12345) >> 16);
	memcpy(packet + 768, packet + 512, 256);
	md = (struct xdp_md *)window;
	md->data = (uint32_t)(uintptr_t)packet;
	md->data_end = md->data + PACKET_SIZE;
	ctx = (uintptr_t)window;
	if (machine_run_init(&run, (uintptr_t)window, WINDOW_SIZE, (uintptr_t)window + WINDOW_SIZE))
		exit(1);
}

static uint64_t interpret(void)
{
	run.budget = 1u << 30;
	return machine_interp(insns, &run, ctx, 0);
}

static uint64_t compiled(void)
{
	run.budget = 1u << 30;
	return ((machine_code)code)(&run, ctx, 0);
}

/* Nanoseconds a run in one round. */
static double time_round(uint64_t (*engine)(void), unsigned int repeat)
{
	double start = now();

	for (unsigned int i = 0; i < repeat; i++)
		engine();
	return (now() - start) / repeat;
}

static int load(const struct datafile *p)
{
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_XDP,
		.insns = (uintptr_t)p->insns,
		.insn_cnt = (uint32_t)p->cnt,
		.license = (uintptr_t) "GPL",
	};
	int fd = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));

	if (fd < 0)
		fprintf(stderr, "%s: the kernel does not take it: %s\n", p->name, strerror(errno));
	return fd;
}

/* The kernel measures itself, in whole nanoseconds. */
static double kernel_round(int fd, unsigned int repeat, uint32_t *r0)
{
	union bpf_attr attr = {
		.test.prog_fd = (uint32_t)fd,
		.test.data_in = (uintptr_t)packet,
		.test.data_size_in = PACKET_SIZE,
		.test.repeat = repeat,
	};

	if (syscall(SYS_bpf, BPF_PROG_TEST_RUN, &attr, sizeof(attr)))
		return 0;
	*r0 = attr.test.retval;
	return attr.test.duration;
}

static void keep_least(double *best, double value)
{
	if (!*best || value < *best)
		*best = value;
}

static int64_t compile(size_t cnt)
{
	static uint32_t offsets[DATAFILE_INSN_MAX + 1];
	int64_t len;

	mprotect(code, CODE_SIZE, PROT_READ | PROT_WRITE);
	len = machine_jit(insns, cnt, offsets, code, CODE_SIZE);
	mprotect(code, CODE_SIZE, PROT_READ | PROT_EXEC);
	return len;
}

static void bench(const struct datafile *p)
{
	double interp = 0, jit = 0, kernel = 0, once, start;
	struct machine_fault why;
	uint32_t r0[3] = {0};
	unsigned int repeat;
	int fd = load(p);

	if (machine_prepare(p->insns, p->cnt, insns, &why)) {
		fprintf(stderr, "%s: %s at %zu\n", p->name, why.text, why.idx);
		exit(1);
	}
	start = now();
	if (compile(p->cnt) < 0)
		exit(1);
	once = now() - start;
	executed = 0;
	run.budget = 1u << 30;
	r0[0] = r0[2] = (uint32_t)count_interp(insns, &run, ctx, 0);
	r0[1] = (uint32_t)compiled();
	repeat = 1 + (unsigned int)(ROUND_NS / (1 + time_round(compiled, 100)));
	for (int i = 0; i < ROUNDS; i++) {
		keep_least(&interp, time_round(interpret, 1 + repeat / 8));
		keep_least(&jit, time_round(compiled, repeat));
		if (fd >= 0)
			keep_least(&kernel, kernel_round(fd, repeat, &r0[2]));
	}
	if (run.stop || r0[0] != r0[1] || r0[0] != r0[2]) {
		fprintf(stderr, "%s: results differ: %#x %#x %#x, stop %u\n", p->name, r0[0], r0[1],
			r0[2], run.stop);
		exit(1);
	}
	printf("{\"name\": \"%.*s\", \"executed\": %llu, \"interpreter\": %.2f, \"jit\": %.2f, "
	       "\"kernel\": %.2f, \"compile\": %.0f}\n",
	       (int)strcspn(p->name, "."), p->name, (unsigned long long)executed, interp, jit,
	       kernel, once);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: machine DIR\n");
		return 2;
	}
	set_up();
	datafile_each(argv[1], bench);
	return 0;
}
