// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * maps: what map operations cost, on skep's machine (compiled) and on the kernel, and prints a line
 * of JSON for each. One program, in a loop, is given to both, with the loop alone to be taken off:
 * helpers' checks and calls are in the figure. The fastest of some rounds counts.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "machine/helper/helper.h"
#include "machine/jit/jit.h"
#include "machine/map/ring.h"
#include "machine/session.h"

#define LOOPS	  1000 /* operations in a run of the program */
#define ROUNDS	  15
#define REPEAT	  100 /* runs in a round */
#define INSNS_MAX 64
#define CODE_SIZE 4096
#define RING_SIZE (64u << 20)
#define KEYS_MASK 1023

#define INSN(c, d, s, o, i) \
	((struct bpf_insn){.code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i)})
#define MOV(d, s)     INSN(BPF_ALU64 | BPF_MOV | BPF_X, d, s, 0, 0)
#define MOV_IMM(d, i) INSN(BPF_ALU64 | BPF_MOV | BPF_K, d, 0, 0, i)
#define ADD_IMM(d, i) INSN(BPF_ALU64 | BPF_ADD | BPF_K, d, 0, 0, i)
#define STORE(s, o)   INSN(BPF_STX | BPF_MEM | BPF_DW, 10, s, o, 0)
#define CALL(id)      INSN(BPF_JMP | BPF_CALL, 0, 0, 0, id)

/* Operations: the key (number of the turn, masked) is at r10 - 8, a value at r10 - 16. */
enum operation { NOTHING, LOOKUP, UPDATE, INSERT_DELETE, RING };

struct subject {
	const char *name;
	uint32_t type, key, value, max;
	enum operation op;
	int producers;
};

static struct machine_session session;
static struct helper_env env;
static struct machine_run run;
static machine_helper helpers[HELPER_MAX];

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static _Noreturn void die(const char *what)
{
	perror(what);
	exit(1);
}

/* r1 = the map: a descriptor for the kernel, a handle for the machine. */
static size_t put_map(struct bpf_insn *out, int fd, uint64_t handle)
{
	uint64_t imm = fd >= 0 ? (uint64_t)fd : handle;

	out[0] = INSN(BPF_LD | BPF_IMM | BPF_DW, 1, fd >= 0 ? BPF_PSEUDO_MAP_FD : 0, 0,
		      (int32_t)imm);
	out[1] = INSN(0, 0, 0, 0, (int32_t)(imm >> 32));
	return 2;
}

static size_t put_call(struct bpf_insn *out, int fd, uint64_t handle, int id)
{
	size_t n = put_map(out, fd, handle);

	out[n++] = MOV(2, 10);
	out[n++] = ADD_IMM(2, -8);
	out[n++] = MOV(3, 10);
	out[n++] = ADD_IMM(3, -16);
	out[n++] = MOV_IMM(4, 0);
	out[n++] = CALL(id);
	return n;
}

static size_t put_ring(struct bpf_insn *out, int fd, uint64_t handle)
{
	size_t n = put_map(out, fd, handle);

	out[n++] = MOV_IMM(2, 16);
	out[n++] = MOV_IMM(3, 0);
	out[n++] = CALL(BPF_FUNC_ringbuf_reserve);
	out[n++] = INSN(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 3, 0);
	out[n++] = MOV(1, 0);
	out[n++] = MOV_IMM(2, BPF_RB_NO_WAKEUP);
	out[n++] = CALL(BPF_FUNC_ringbuf_submit);
	return n;
}

static size_t build(struct bpf_insn *out, enum operation op, int fd, uint64_t handle)
{
	size_t n = 0, top;

	out[n++] = MOV_IMM(6, 0);
	out[n++] = MOV_IMM(7, 1);
	out[n++] = STORE(7, -16);
	top = n;
	out[n++] = MOV(7, 6);
	out[n++] = INSN(BPF_ALU64 | BPF_AND | BPF_K, 7, 0, 0, KEYS_MASK);
	out[n++] = STORE(7, -8);
	if (op == LOOKUP)
		n += put_call(out + n, fd, handle, BPF_FUNC_map_lookup_elem);
	if (op == UPDATE || op == INSERT_DELETE)
		n += put_call(out + n, fd, handle, BPF_FUNC_map_update_elem);
	if (op == INSERT_DELETE)
		n += put_call(out + n, fd, handle, BPF_FUNC_map_delete_elem);
	if (op == RING)
		n += put_ring(out + n, fd, handle);
	out[n++] = ADD_IMM(6, 1);
	out[n] = INSN(BPF_JMP | BPF_JLT | BPF_K, 6, 0, (int16_t)(top - n - 1), LOOPS);
	n++;
	out[n++] = MOV_IMM(0, 2);
	out[n++] = INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	return n;
}

/* ---- the machine */

static machine_code machine_load(enum operation op, uint32_t map)
{
	static struct machine_insn prepared[INSNS_MAX];
	static uint32_t offsets[INSNS_MAX + 1];
	struct bpf_insn insns[INSNS_MAX];
	uint8_t code[CODE_SIZE];
	size_t cnt = build(insns, op, -1, MACHINE_MAP_HANDLE | map);
	struct machine_fault why;
	uint64_t offset;
	int64_t len;

	if (machine_prepare(insns, cnt, prepared, &why)) {
		fprintf(stderr, "%s at %zu\n", why.text, why.idx);
		exit(1);
	}
	len = machine_jit(prepared, cnt, offsets, code, sizeof(code));
	if (len < 0 || len > CODE_SIZE ||
	    machine_session_code(&session, code, (size_t)len, &offset))
		die("compiling");
	return (machine_code)(uintptr_t)(session.ctl->base + offset);
}

static void drain(uint32_t map)
{
	uint8_t *ring = (uint8_t *)session.data + session.ctl->maps[map].ring;

	if (session.ctl->maps[map].type == BPF_MAP_TYPE_RINGBUF)
		*ring_consumer(ring) = *ring_producer(ring);
}

static void machine_runs(machine_code code)
{
	for (int i = 0; i < REPEAT; i++) {
		run.budget = 1u << 30;
		if (code(&run, 0, 0) != 2 || run.stop) {
			fprintf(stderr, "stopped: %u\n", run.stop);
			exit(1);
		}
	}
}

/* ---- the kernel */

static int kernel_map(const struct subject *s)
{
	union bpf_attr attr = {
		.map_type = s->type,
		.key_size = s->key,
		.value_size = s->value,
		.max_entries = s->max,
	};

	return (int)syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
}

static int kernel_load(enum operation op, int map)
{
	struct bpf_insn insns[INSNS_MAX];
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SCHED_CLS,
		.insns = (uintptr_t)insns,
		.insn_cnt = (uint32_t)build(insns, op, map, 0),
		.license = (uintptr_t) "GPL",
	};

	return (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
}

static void kernel_runs(int fd)
{
	static char packet[64];
	union bpf_attr attr = {
		.test.prog_fd = (uint32_t)fd,
		.test.data_in = (uintptr_t)packet,
		.test.data_size_in = sizeof(packet),
		.test.repeat = REPEAT,
	};

	if (syscall(SYS_bpf, BPF_PROG_TEST_RUN, &attr, sizeof(attr)))
		die("BPF_PROG_TEST_RUN");
}

/* ---- both */

struct engine {
	machine_code code; /* or NULL: the kernel's */
	int fd;
	uint32_t map;
	uint64_t *consumer, *producer; /* of the kernel's ring buffer */
};

static void empty(const struct engine *e)
{
	if (e->code)
		drain(e->map);
	else if (e->consumer)
		*e->consumer = *e->producer;
}

static void runs(const struct engine *e, uint32_t slot)
{
	env.who.slot = env.who.vcpu = slot;
	if (e->code)
		machine_runs(e->code);
	else
		kernel_runs(e->fd);
}

/* Nanoseconds an operation, of all producers together. */
static double time_round(const struct engine *e, int producers)
{
	double start;

	empty(e);
	start = now();
	if (producers == 1)
		runs(e, 1);
	for (int i = 0; producers > 1 && i < producers; i++) {
		if (fork())
			continue;
		runs(e, (uint32_t)i + 1);
		_exit(0);
	}
	while (producers > 1 && wait(NULL) > 0)
		;
	return (now() - start) / REPEAT / LOOPS / producers;
}

static double least(const struct engine *e, int producers)
{
	double best = 0;

	for (int i = 0; i < ROUNDS; i++) {
		double t = time_round(e, producers);

		if (!i || t < best)
			best = t;
	}
	return best;
}

static struct engine machine_engine(const struct subject *s, enum operation op)
{
	struct engine e = {.fd = -1};
	uint64_t value = 1;

	if (machine_map_create(session.ctl_rw, session.alloc, s->type, s->key, s->value, s->max, 0,
			       &e.map))
		die("machine_map_create");
	/* What is looked up is there. */
	for (uint64_t key = 0; op == LOOKUP && key < s->max; key++)
		machine_map_update(&env.who, e.map, &key, &value, BPF_ANY);
	e.code = machine_load(op, e.map);
	return e;
}

static struct engine kernel_engine(const struct subject *s, enum operation op)
{
	int map = kernel_map(s);
	struct engine e = {.fd = map < 0 ? -1 : kernel_load(op, map)};
	uint64_t values[256] = {1}; /* of all CPUs */

	for (uint64_t key = 0; op == LOOKUP && key < s->max; key++) {
		union bpf_attr attr = {.map_fd = (uint32_t)map,
				       .key = (uintptr_t)&key,
				       .value = (uintptr_t)values};

		syscall(SYS_bpf, BPF_MAP_UPDATE_ELEM, &attr, sizeof(attr));
	}
	if (s->type != BPF_MAP_TYPE_RINGBUF || e.fd < 0)
		return e;
	e.consumer = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);
	e.producer = mmap(NULL, 4096, PROT_READ, MAP_SHARED, map, 4096);
	if (e.consumer == MAP_FAILED || e.producer == MAP_FAILED)
		die("mmap of the ring buffer");
	return e;
}

static void bench(const struct subject *s)
{
	struct engine ours = machine_engine(s, s->op), loop = machine_engine(s, NOTHING);
	struct engine theirs = kernel_engine(s, s->op), their_loop = kernel_engine(s, NOTHING);
	double machine, kernel = 0;

	machine = least(&ours, s->producers) - least(&loop, s->producers);
	if (theirs.fd >= 0 && their_loop.fd >= 0)
		kernel = least(&theirs, s->producers) - least(&their_loop, s->producers);
	printf("{\"name\": \"%s\", \"machine\": %.2f, \"kernel\": %.2f}\n", s->name, machine,
	       kernel);
	fflush(stdout);
}

int main(void)
{
	static const struct subject subjects[] = {
		{"array lookup", BPF_MAP_TYPE_ARRAY, 4, 8, 1024, LOOKUP, 1},
		{"per-CPU array lookup", BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 1024, LOOKUP, 1},
		{"hash lookup", BPF_MAP_TYPE_HASH, 8, 8, 1024, LOOKUP, 1},
		{"hash update", BPF_MAP_TYPE_HASH, 8, 8, 1024, UPDATE, 1},
		{"hash insert and delete", BPF_MAP_TYPE_HASH, 8, 8, 1024, INSERT_DELETE, 1},
		{"per-CPU hash lookup", BPF_MAP_TYPE_PERCPU_HASH, 8, 8, 1024, LOOKUP, 1},
		{"LRU hash update", BPF_MAP_TYPE_LRU_HASH, 8, 8, 1024, UPDATE, 1},
		{"ring buffer, 1 producer", BPF_MAP_TYPE_RINGBUF, 0, 0, RING_SIZE, RING, 1},
		{"ring buffer, 2 producers", BPF_MAP_TYPE_RINGBUF, 0, 0, RING_SIZE, RING, 2},
		{"ring buffer, 8 producers", BPF_MAP_TYPE_RINGBUF, 0, 0, RING_SIZE, RING, 8},
	};

	helper_table(helpers);
	if (machine_session_open(&session))
		die("session");
	env.who = (struct machine_who){.ctl = session.ctl, .slot = 1, .flags = MACHINE_WHO_YIELD};
	if (machine_run_init(&run, (uintptr_t)session.data, MACHINE_DATA_SIZE,
			     (uintptr_t)session.data->vcpus[1].stack + 4096))
		die("run");
	run.helpers = helpers;
	run.helper_cnt = HELPER_MAX;
	run.owner = &env;
	for (size_t i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++)
		bench(&subjects[i]);
	machine_session_close(&session);
	return 0;
}
