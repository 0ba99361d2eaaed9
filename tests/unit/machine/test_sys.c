// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The machine's system calls against Linux's: the same wrong attributes to both, the same errno
 * from both; and what right ones do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <skep/machine.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ADDRESS(p) ((uint64_t)(uintptr_t)(p))
#define NOWHERE	   0xdead0000ull

/* Who answers, and objects of his. */
struct world {
	int (*bpf)(int cmd, union bpf_attr *attr, unsigned int size);
	int hash, array, percpu, ring, global, progs, prog, tp;
};

static int kernel_bpf(int cmd, union bpf_attr *attr, unsigned int size)
{
	int ret = (int)syscall(SYS_bpf, cmd, attr, size);

	return ret < 0 ? -errno : ret;
}

static const struct bpf_insn return_0[] = {
	{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
	{.code = BPF_JMP | BPF_EXIT},
};

static int create(struct world *w, uint32_t type, uint32_t key, uint32_t value, uint32_t max,
		  uint32_t flags)
{
	union bpf_attr a = {.map_type = type,
			    .key_size = key,
			    .value_size = value,
			    .max_entries = max,
			    .map_flags = flags};

	return w->bpf(BPF_MAP_CREATE, &a, sizeof(a));
}

static int load(struct world *w, uint32_t type, const struct bpf_insn *insns, uint32_t cnt)
{
	union bpf_attr a = {.prog_type = type,
			    .insns = ADDRESS(insns),
			    .insn_cnt = cnt,
			    .license = ADDRESS("GPL")};

	return w->bpf(BPF_PROG_LOAD, &a, sizeof(a));
}

static bool open_world(struct world *w)
{
	w->hash = create(w, BPF_MAP_TYPE_HASH, 4, 8, 4, 0);
	w->array = create(w, BPF_MAP_TYPE_ARRAY, 4, 8, 4, 0);
	w->percpu = create(w, BPF_MAP_TYPE_PERCPU_ARRAY, 4, 12, 2, 0);
	w->ring = create(w, BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0);
	w->global = create(w, BPF_MAP_TYPE_ARRAY, 4, 64, 1, BPF_F_MMAPABLE);
	w->progs = create(w, BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 4, 0);
	w->prog = load(w, BPF_PROG_TYPE_RAW_TRACEPOINT, return_0, 2);
	w->tp = load(w, BPF_PROG_TYPE_TRACEPOINT, return_0, 2);
	return w->hash >= 0 && w->array >= 0 && w->percpu >= 0 && w->ring >= 0 && w->global >= 0 &&
	       w->progs >= 0 && w->prog >= 0 && w->tp >= 0;
}

static int setup(void **state)
{
	return machine_open();
}

static int teardown(void **state)
{
	machine_close();
	return 0;
}

/* --- wrong attributes --------------------------------------------------------------------- */

#define CASE(text, cmd, ...)                   \
	if (i == n++) {                        \
		union bpf_attr a = {0};        \
		unsigned int size = sizeof(a); \
		__VA_ARGS__;                   \
		*name = text;                  \
		return w->bpf(cmd, &a, size);  \
	}

static uint32_t key, big_key = 4;
static uint64_t value;

static int bad_maps(struct world *w, int i, const char **name)
{
	int n = 0;

	CASE("no such command", 1000, )
	CASE("negative command", -1, )
	CASE("no attributes", BPF_MAP_CREATE, size = 0)
	CASE("too large", BPF_MAP_CREATE, size = 5000)
	CASE("type 0", BPF_MAP_CREATE, a.key_size = 4; a.value_size = 4; a.max_entries = 1)
	CASE("type 1000", BPF_MAP_CREATE, a.map_type = 1000)
	CASE("hash without key", BPF_MAP_CREATE, a.map_type = 1; a.value_size = 8;
	     a.max_entries = 1)
	CASE("hash without value", BPF_MAP_CREATE, a.map_type = 1; a.key_size = 8;
	     a.max_entries = 1)
	CASE("hash of 0", BPF_MAP_CREATE, a.map_type = 1; a.key_size = 8; a.value_size = 8)
	CASE("hash with large key", BPF_MAP_CREATE, a.map_type = 1; a.key_size = 1u << 30;
	     a.value_size = 8; a.max_entries = 1)
	CASE("array with key of 8", BPF_MAP_CREATE, a.map_type = 2; a.key_size = 8;
	     a.value_size = 8; a.max_entries = 1)
	CASE("array of 0", BPF_MAP_CREATE, a.map_type = 2; a.key_size = 4; a.value_size = 8)
	CASE("array, no preallocation", BPF_MAP_CREATE, a.map_type = 2; a.key_size = 4;
	     a.value_size = 8; a.max_entries = 1; a.map_flags = BPF_F_NO_PREALLOC)
	CASE("per-CPU array, mappable", BPF_MAP_CREATE, a.map_type = 6; a.key_size = 4;
	     a.value_size = 8; a.max_entries = 1; a.map_flags = BPF_F_MMAPABLE)
	CASE("unknown flag", BPF_MAP_CREATE, a.map_type = 2; a.key_size = 4; a.value_size = 8;
	     a.max_entries = 1; a.map_flags = 1u << 30)
	CASE("read-only and write-only", BPF_MAP_CREATE, a.map_type = 2; a.key_size = 4;
	     a.value_size = 8; a.max_entries = 1; a.map_flags = BPF_F_RDONLY | BPF_F_WRONLY)
	CASE("ring with key", BPF_MAP_CREATE, a.map_type = 27; a.key_size = 4; a.max_entries = 4096)
	CASE("ring of 4095", BPF_MAP_CREATE, a.map_type = 27; a.max_entries = 4095)
	CASE("ring of 3 pages", BPF_MAP_CREATE, a.map_type = 27; a.max_entries = 3 * 4096)
	CASE("bad name", BPF_MAP_CREATE, a.map_type = 2; a.key_size = 4; a.value_size = 8;
	     a.max_entries = 1; memcpy(a.map_name, "a b", 3))
	CASE("name without end", BPF_MAP_CREATE, a.map_type = 2; a.key_size = 4; a.value_size = 8;
	     a.max_entries = 1; memset(a.map_name, 'a', sizeof(a.map_name)))
	CASE("map_extra", BPF_MAP_CREATE, a.map_type = 2; a.key_size = 4; a.value_size = 8;
	     a.max_entries = 1; a.map_extra = 7)
	CASE("freeze of nothing", BPF_MAP_FREEZE, a.map_fd = 900)
	CASE("freeze of a program", BPF_MAP_FREEZE, a.map_fd = (uint32_t)w->prog)
	CASE("freeze with more", BPF_MAP_FREEZE, a.map_fd = (uint32_t)w->hash; a.flags = 1)
	*name = NULL;
	return 0;
}

static int bad_elements(struct world *w, int i, const char **name)
{
	int n = 0;

	CASE("lookup in nothing", BPF_MAP_LOOKUP_ELEM, a.map_fd = 900)
	CASE("lookup in -1", BPF_MAP_LOOKUP_ELEM, a.map_fd = (uint32_t)-1)
	CASE("lookup in a file", BPF_MAP_LOOKUP_ELEM, a.map_fd = 0)
	CASE("lookup in a program", BPF_MAP_LOOKUP_ELEM, a.map_fd = (uint32_t)w->prog)
	CASE("lookup, bad flags", BPF_MAP_LOOKUP_ELEM, a.map_fd = (uint32_t)w->hash; a.flags = 1)
	CASE("lookup, lock", BPF_MAP_LOOKUP_ELEM, a.map_fd = (uint32_t)w->hash;
	     a.flags = BPF_F_LOCK)
	CASE("lookup, key nowhere", BPF_MAP_LOOKUP_ELEM, a.map_fd = (uint32_t)w->hash;
	     a.key = NOWHERE; a.value = ADDRESS(&value))
	CASE("lookup, missing", BPF_MAP_LOOKUP_ELEM, a.map_fd = (uint32_t)w->hash;
	     a.key = ADDRESS(&key); a.value = ADDRESS(&value))
	CASE("lookup, behind the array", BPF_MAP_LOOKUP_ELEM, a.map_fd = (uint32_t)w->array;
	     a.key = ADDRESS(&big_key); a.value = ADDRESS(&value))
	CASE("lookup, value nowhere", BPF_MAP_LOOKUP_ELEM, a.map_fd = (uint32_t)w->array;
	     a.key = ADDRESS(&key); a.value = NOWHERE)
	CASE("lookup in a ring", BPF_MAP_LOOKUP_ELEM, a.map_fd = (uint32_t)w->ring)
	CASE("lookup in a ring by key", BPF_MAP_LOOKUP_ELEM, a.map_fd = (uint32_t)w->ring;
	     a.key = ADDRESS(&key))
	CASE("lookup with more", BPF_MAP_LOOKUP_ELEM, a.map_fd = (uint32_t)w->hash; a.map_extra = 1)
	CASE("update, value nowhere", BPF_MAP_UPDATE_ELEM, a.map_fd = (uint32_t)w->hash;
	     a.key = ADDRESS(&key); a.value = NOWHERE)
	CASE("update, bad flags", BPF_MAP_UPDATE_ELEM, a.map_fd = (uint32_t)w->hash;
	     a.key = ADDRESS(&key); a.value = ADDRESS(&value); a.flags = 3)
	CASE("update, not there", BPF_MAP_UPDATE_ELEM, a.map_fd = (uint32_t)w->hash;
	     a.key = ADDRESS(&key); a.value = ADDRESS(&value); a.flags = BPF_EXIST)
	CASE("update, array has it", BPF_MAP_UPDATE_ELEM, a.map_fd = (uint32_t)w->array;
	     a.key = ADDRESS(&key); a.value = ADDRESS(&value); a.flags = BPF_NOEXIST)
	CASE("update behind the array", BPF_MAP_UPDATE_ELEM, a.map_fd = (uint32_t)w->array;
	     a.key = ADDRESS(&big_key); a.value = ADDRESS(&value))
	CASE("update, lock", BPF_MAP_UPDATE_ELEM, a.map_fd = (uint32_t)w->hash;
	     a.key = ADDRESS(&key); a.value = ADDRESS(&value); a.flags = BPF_F_LOCK)
	CASE("delete, missing", BPF_MAP_DELETE_ELEM, a.map_fd = (uint32_t)w->hash;
	     a.key = ADDRESS(&key))
	CASE("delete of an array", BPF_MAP_DELETE_ELEM, a.map_fd = (uint32_t)w->array;
	     a.key = ADDRESS(&key))
	CASE("next key of nothing", BPF_MAP_GET_NEXT_KEY, a.map_fd = (uint32_t)w->hash;
	     a.next_key = ADDRESS(&value))
	CASE("next key, nowhere", BPF_MAP_GET_NEXT_KEY, a.map_fd = (uint32_t)w->array;
	     a.next_key = NOWHERE)
	CASE("take, missing", BPF_MAP_LOOKUP_AND_DELETE_ELEM, a.map_fd = (uint32_t)w->hash;
	     a.key = ADDRESS(&key); a.value = ADDRESS(&value))
	CASE("take from an array", BPF_MAP_LOOKUP_AND_DELETE_ELEM, a.map_fd = (uint32_t)w->array;
	     a.key = ADDRESS(&key); a.value = ADDRESS(&value))
	CASE("batch of nothing", BPF_MAP_LOOKUP_BATCH, a.batch.map_fd = 900)
	CASE("batch of 0", BPF_MAP_LOOKUP_BATCH, a.batch.map_fd = (uint32_t)w->hash)
	CASE("batch, bad flags", BPF_MAP_LOOKUP_BATCH, a.batch.map_fd = (uint32_t)w->hash;
	     a.batch.flags = 9)
	*name = NULL;
	return 0;
}

static int bad_prog_arrays(struct world *w, int i, const char **name)
{
	static int none = 900;
	int n = 0;

	CASE("lookup of no program", BPF_MAP_LOOKUP_ELEM, a.map_fd = (uint32_t)w->progs;
	     a.key = ADDRESS(&key); a.value = ADDRESS(&value))
	CASE("lookup behind the end", BPF_MAP_LOOKUP_ELEM, a.map_fd = (uint32_t)w->progs;
	     a.key = ADDRESS(&big_key); a.value = ADDRESS(&value))
	CASE("delete of no program", BPF_MAP_DELETE_ELEM, a.map_fd = (uint32_t)w->progs;
	     a.key = ADDRESS(&key))
	CASE("delete behind the end", BPF_MAP_DELETE_ELEM, a.map_fd = (uint32_t)w->progs;
	     a.key = ADDRESS(&big_key))
	CASE("no such program", BPF_MAP_UPDATE_ELEM, a.map_fd = (uint32_t)w->progs;
	     a.key = ADDRESS(&key); a.value = ADDRESS(&none))
	CASE("a map as a program", BPF_MAP_UPDATE_ELEM, a.map_fd = (uint32_t)w->progs;
	     a.key = ADDRESS(&key); a.value = ADDRESS(&w->hash))
	CASE("a program behind the end", BPF_MAP_UPDATE_ELEM, a.map_fd = (uint32_t)w->progs;
	     a.key = ADDRESS(&big_key); a.value = ADDRESS(&w->prog))
	CASE("a program, flags", BPF_MAP_UPDATE_ELEM, a.map_fd = (uint32_t)w->progs;
	     a.key = ADDRESS(&key); a.value = ADDRESS(&w->prog); a.flags = BPF_EXIST)
	CASE("a program", BPF_MAP_UPDATE_ELEM, a.map_fd = (uint32_t)w->progs; a.key = ADDRESS(&key);
	     a.value = ADDRESS(&w->prog))
	CASE("a program of another type", BPF_MAP_UPDATE_ELEM, a.map_fd = (uint32_t)w->progs;
	     a.key = ADDRESS(&key); a.value = ADDRESS(&w->tp))
	CASE("lookup of a program", BPF_MAP_LOOKUP_ELEM, a.map_fd = (uint32_t)w->progs;
	     a.key = ADDRESS(&key); a.value = ADDRESS(&value))
	CASE("delete of a program", BPF_MAP_DELETE_ELEM, a.map_fd = (uint32_t)w->progs;
	     a.key = ADDRESS(&key))
	CASE("delete again", BPF_MAP_DELETE_ELEM, a.map_fd = (uint32_t)w->progs;
	     a.key = ADDRESS(&key))
	*name = NULL;
	return 0;
}

static const struct bpf_insn no_exit[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K}};
static const struct bpf_insn bad_opcode[] = {{.code = 0xff}, {.code = BPF_JMP | BPF_EXIT}};
static const struct bpf_insn bad_helper[] = {
	{.code = BPF_JMP | BPF_CALL, .imm = 5000},
	{.code = BPF_JMP | BPF_EXIT},
};
static struct bpf_insn bad_map[] = {
	{.code = BPF_LD | BPF_DW | BPF_IMM, .src_reg = BPF_PSEUDO_MAP_FD, .imm = 900},
	{0},
	{.code = BPF_ALU64 | BPF_MOV | BPF_K},
	{.code = BPF_JMP | BPF_EXIT},
};
static char log_text[4096];

#define LOAD(program)                                           \
	a.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT;             \
	a.insns = ADDRESS(program);                             \
	a.insn_cnt = sizeof(program) / sizeof(struct bpf_insn); \
	a.license = ADDRESS("GPL")

static int bad_programs(struct world *w, int i, const char **name)
{
	int n = 0;

	CASE("no instructions", BPF_PROG_LOAD, LOAD(return_0); a.insn_cnt = 0)
	CASE("too many", BPF_PROG_LOAD, LOAD(return_0); a.insn_cnt = 1000001)
	CASE("type 1000", BPF_PROG_LOAD, LOAD(return_0); a.prog_type = 1000)
	CASE("unknown flag", BPF_PROG_LOAD, LOAD(return_0); a.prog_flags = 1u << 30)
	CASE("instructions nowhere", BPF_PROG_LOAD, LOAD(return_0); a.insns = NOWHERE)
	CASE("license nowhere", BPF_PROG_LOAD, LOAD(return_0); a.license = NOWHERE)
	CASE("bad name", BPF_PROG_LOAD, LOAD(return_0); memcpy(a.prog_name, "a-b", 3))
	CASE("log without size", BPF_PROG_LOAD, LOAD(return_0); a.log_buf = ADDRESS(log_text);
	     a.log_level = 1)
	CASE("log without level", BPF_PROG_LOAD, LOAD(return_0); a.log_buf = ADDRESS(log_text);
	     a.log_size = sizeof(log_text))
	CASE("log level 64", BPF_PROG_LOAD, LOAD(return_0); a.log_buf = ADDRESS(log_text);
	     a.log_size = sizeof(log_text); a.log_level = 64)
	CASE("log too small", BPF_PROG_LOAD, LOAD(bad_helper); a.log_buf = ADDRESS(log_text);
	     a.log_size = 4; a.log_level = 1)
	CASE("without exit", BPF_PROG_LOAD, LOAD(no_exit))
	CASE("bad opcode", BPF_PROG_LOAD, LOAD(bad_opcode))
	CASE("bad helper", BPF_PROG_LOAD, LOAD(bad_helper))
	CASE("no such map", BPF_PROG_LOAD, LOAD(bad_map); bad_map[0].imm = 900)
	CASE("a program for a map", BPF_PROG_LOAD, LOAD(bad_map); bad_map[0].imm = w->prog)
	CASE("run nothing", BPF_PROG_TEST_RUN, a.test.prog_fd = 900)
	CASE("run a map", BPF_PROG_TEST_RUN, a.test.prog_fd = (uint32_t)w->hash)
	CASE("run a tracepoint", BPF_PROG_TEST_RUN, a.test.prog_fd = (uint32_t)w->tp)
	CASE("run with data", BPF_PROG_TEST_RUN, a.test.prog_fd = (uint32_t)w->prog;
	     a.test.data_in = ADDRESS(&value); a.test.data_size_in = 8)
	CASE("run often", BPF_PROG_TEST_RUN, a.test.prog_fd = (uint32_t)w->prog; a.test.repeat = 3)
	CASE("run with context nowhere", BPF_PROG_TEST_RUN, a.test.prog_fd = (uint32_t)w->prog;
	     a.test.ctx_in = NOWHERE; a.test.ctx_size_in = 8)
	CASE("run with size alone", BPF_PROG_TEST_RUN, a.test.prog_fd = (uint32_t)w->prog;
	     a.test.ctx_size_in = 8)
	CASE("run with large context", BPF_PROG_TEST_RUN, a.test.prog_fd = (uint32_t)w->prog;
	     a.test.ctx_in = ADDRESS(log_text); a.test.ctx_size_in = 1024)
	CASE("run on a CPU", BPF_PROG_TEST_RUN, a.test.prog_fd = (uint32_t)w->prog; a.test.cpu = 1)
	CASE("run on no CPU", BPF_PROG_TEST_RUN, a.test.prog_fd = (uint32_t)w->prog;
	     a.test.cpu = 10000; a.test.flags = BPF_F_TEST_RUN_ON_CPU)
	*name = NULL;
	return 0;
}

static int bad_links(struct world *w, int i, const char **name)
{
	int n = 0;

	CASE("raw tracepoint, no program", BPF_RAW_TRACEPOINT_OPEN,
	     a.raw_tracepoint.name = ADDRESS("sys_enter");
	     a.raw_tracepoint.prog_fd = 900)
	CASE("raw tracepoint, no name", BPF_RAW_TRACEPOINT_OPEN, a.raw_tracepoint.name = NOWHERE;
	     a.raw_tracepoint.prog_fd = (uint32_t)w->prog)
	CASE("raw tracepoint, unknown", BPF_RAW_TRACEPOINT_OPEN,
	     a.raw_tracepoint.name = ADDRESS("no_such");
	     a.raw_tracepoint.prog_fd = (uint32_t)w->prog)
	CASE("raw tracepoint, other program", BPF_RAW_TRACEPOINT_OPEN,
	     a.raw_tracepoint.name = ADDRESS("sys_enter");
	     a.raw_tracepoint.prog_fd = (uint32_t)w->tp)
	CASE("link of nothing", BPF_LINK_CREATE, a.link_create.prog_fd = 900;
	     a.link_create.target_fd = (uint32_t)-1; a.link_create.attach_type = BPF_PERF_EVENT)
	CASE("link to nothing", BPF_LINK_CREATE, a.link_create.prog_fd = (uint32_t)w->tp;
	     a.link_create.target_fd = (uint32_t)-1; a.link_create.attach_type = BPF_PERF_EVENT)
	CASE("link to a map", BPF_LINK_CREATE, a.link_create.prog_fd = (uint32_t)w->tp;
	     a.link_create.target_fd = (uint32_t)w->hash;
	     a.link_create.attach_type = BPF_PERF_EVENT)
	CASE("link with flags", BPF_LINK_CREATE, a.link_create.prog_fd = (uint32_t)w->tp;
	     a.link_create.target_fd = (uint32_t)w->hash;
	     a.link_create.attach_type = BPF_PERF_EVENT; a.link_create.flags = 1)
	CASE("info of nothing", BPF_OBJ_GET_INFO_BY_FD, a.info.bpf_fd = 900)
	CASE("info of a file", BPF_OBJ_GET_INFO_BY_FD, a.info.bpf_fd = 0)
	CASE("info nowhere", BPF_OBJ_GET_INFO_BY_FD, a.info.bpf_fd = (uint32_t)w->hash;
	     a.info.info = NOWHERE; a.info.info_len = 8)
	CASE("id of no map", BPF_MAP_GET_FD_BY_ID, a.map_id = 0x7ffffff0)
	CASE("id of no program", BPF_PROG_GET_FD_BY_ID, a.prog_id = 0x7ffffff0)
	CASE("id 0", BPF_LINK_GET_FD_BY_ID, a.link_id = 0)
	CASE("behind the last id", BPF_MAP_GET_NEXT_ID, a.start_id = 0x7ffffff0)
	CASE("no such id", BPF_MAP_GET_NEXT_ID, a.start_id = 0x7fffffff)
	CASE("statistics of another kind", BPF_ENABLE_STATS, a.enable_stats.type = 7)
	CASE("no BTF", BPF_BTF_LOAD, a.btf = ADDRESS(log_text); a.btf_size = 8)
	CASE("BTF nowhere", BPF_BTF_LOAD, a.btf = NOWHERE; a.btf_size = 64)
	CASE("bind to nothing", BPF_PROG_BIND_MAP, a.prog_bind_map.prog_fd = (uint32_t)w->prog;
	     a.prog_bind_map.map_fd = 900)
	CASE("bind with flags", BPF_PROG_BIND_MAP, a.prog_bind_map.prog_fd = (uint32_t)w->prog;
	     a.prog_bind_map.map_fd = (uint32_t)w->hash; a.prog_bind_map.flags = 1)
	*name = NULL;
	return 0;
}

typedef int table(struct world *w, int i, const char **name);

static void errors_are_linuxes(void **state)
{
	static table *const tables[] = {bad_maps, bad_elements, bad_prog_arrays, bad_programs,
					bad_links};
	struct world ours = {.bpf = machine_bpf}, theirs = {.bpf = kernel_bpf};
	struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY};
	const char *name = "";
	int i, want, got, wrong = 0;
	size_t t;

	setrlimit(RLIMIT_MEMLOCK, &none);
	assert_true(open_world(&ours));
	if (!open_world(&theirs)) {
		print_message("the kernel's eBPF may not be used here\n");
		skip();
	}
	for (t = 0; t < sizeof(tables) / sizeof(*tables); t++) {
		for (i = 0;; i++) {
			got = tables[t](&ours, i, &name);
			if (!name)
				break;
			want = tables[t](&theirs, i, &name);
			if (got == want || (got >= 0 && want >= 0))
				continue;
			print_error("%s: Linux %d (%s), the machine %d (%s)\n", name, want,
				    strerror(-want), got, strerror(-got));
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

/* --- right ones ------------------------------------------------------------------------------ */

static void maps_hold_what_is_put(void **state)
{
	struct world w = {.bpf = machine_bpf};
	uint64_t in = 77, out = 0, keys[8], values[8], token = 0;
	union bpf_attr a = {0};
	uint32_t k;

	assert_true(open_world(&w));
	for (k = 10; k < 13; k++) {
		a = (union bpf_attr){.map_fd = (uint32_t)w.hash};
		in = k * 2;
		a.key = ADDRESS(&k);
		a.value = ADDRESS(&in);
		assert_int_equal(machine_bpf(BPF_MAP_UPDATE_ELEM, &a, sizeof(a)), 0);
	}
	a.value = ADDRESS(&out);
	k = 11;
	assert_int_equal(machine_bpf(BPF_MAP_LOOKUP_ELEM, &a, sizeof(a)), 0);
	assert_int_equal(out, 22);
	a = (union bpf_attr){.batch = {.out_batch = ADDRESS(&token),
				       .keys = ADDRESS(keys),
				       .values = ADDRESS(values),
				       .count = 8,
				       .map_fd = (uint32_t)w.hash}};
	assert_int_equal(machine_bpf(BPF_MAP_LOOKUP_BATCH, &a, sizeof(a)), -ENOENT);
	assert_int_equal(a.batch.count, 3);
	a = (union bpf_attr){.map_fd = (uint32_t)w.hash, .key = ADDRESS(&k)};
	assert_int_equal(machine_bpf(BPF_MAP_DELETE_ELEM, &a, sizeof(a)), 0);
	assert_int_equal(machine_bpf(BPF_MAP_DELETE_ELEM, &a, sizeof(a)), -ENOENT);
}

static void values_of_all_cpus_come_at_once(void **state)
{
	struct world w = {.bpf = machine_bpf};
	unsigned char in[64 * 16], out[64 * 16];
	union bpf_attr a = {0};
	uint32_t k = 1, cpu;

	assert_true(open_world(&w));
	memset(in, 0, sizeof(in));
	memset(out, 1, sizeof(out));
	for (cpu = 0; cpu < 64; cpu++)
		memset(in + cpu * 16, (int)cpu + 1, 12);
	a.map_fd = (uint32_t)w.percpu;
	a.key = ADDRESS(&k);
	a.value = ADDRESS(in);
	assert_int_equal(machine_bpf(BPF_MAP_UPDATE_ELEM, &a, sizeof(a)), 0);
	a.value = ADDRESS(out);
	assert_int_equal(machine_bpf(BPF_MAP_LOOKUP_ELEM, &a, sizeof(a)), 0);
	assert_memory_equal(in, out, sizeof(in));
}

static void globals_are_mapped(void **state)
{
	struct world w = {.bpf = machine_bpf};
	union bpf_attr a = {0};
	uint64_t out[8];
	void *p = NULL;
	uint32_t k = 0;

	assert_true(open_world(&w));
	assert_int_equal(machine_mmap(&p, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, w.global, 0),
			 0);
	((uint64_t *)p)[3] = 1234;
	a.map_fd = (uint32_t)w.global;
	a.key = ADDRESS(&k);
	a.value = ADDRESS(out);
	assert_int_equal(machine_bpf(BPF_MAP_LOOKUP_ELEM, &a, sizeof(a)), 0);
	assert_int_equal(out[3], 1234);
	a = (union bpf_attr){.map_fd = (uint32_t)w.global};
	assert_int_equal(machine_bpf(BPF_MAP_FREEZE, &a, sizeof(a)), -EBUSY);
	assert_int_equal(machine_munmap(p, 4096), 0);
	assert_int_equal(machine_munmap(p, 4096), -ENOENT);
	assert_int_equal(machine_bpf(BPF_MAP_FREEZE, &a, sizeof(a)), 0);
	p = NULL;
	assert_int_equal(machine_mmap(&p, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, w.hash, 0),
			 -524);
}

/* A program that adds its context's first word to the value it is given. */
static void programs_run(void **state)
{
	struct world w = {.bpf = machine_bpf};
	uint64_t ctx[2] = {40, 2};
	const struct bpf_insn add[] = {
		{.code = BPF_LDX | BPF_MEM | BPF_DW, .dst_reg = 0, .src_reg = 1},
		{.code = BPF_LDX | BPF_MEM | BPF_DW, .dst_reg = 2, .src_reg = 1, .off = 8},
		{.code = BPF_ALU64 | BPF_ADD | BPF_X, .dst_reg = 0, .src_reg = 2},
		{.code = BPF_JMP | BPF_EXIT},
	};
	union bpf_attr a = {0};
	int prog = load(&w, BPF_PROG_TYPE_RAW_TRACEPOINT, add, 4);

	assert_true(prog >= 0);
	a.test.prog_fd = (uint32_t)prog;
	a.test.ctx_in = ADDRESS(ctx);
	a.test.ctx_size_in = sizeof(ctx);
	assert_int_equal(machine_bpf(BPF_PROG_TEST_RUN, &a, sizeof(a)), 0);
	assert_int_equal(a.test.retval, 42);
}

static void refusals_are_explained(void **state)
{
	union bpf_attr a = {0};

	LOAD(bad_helper);
	a.log_buf = ADDRESS(log_text);
	a.log_size = sizeof(log_text);
	a.log_level = 1;
	assert_int_equal(machine_bpf(BPF_PROG_LOAD, &a, sizeof(a)), -EINVAL);
	assert_non_null(strstr(log_text, "0: (85) call"));
	assert_non_null(strstr(log_text, "invalid func unknown#5000"));
}

static void objects_live_as_long_as_descriptors(void **state)
{
	struct world w = {.bpf = machine_bpf};
	struct bpf_map_info info = {0};
	union bpf_attr a = {0};
	int copy, again;

	assert_true(open_world(&w));
	a.info.bpf_fd = (uint32_t)w.hash;
	a.info.info = ADDRESS(&info);
	a.info.info_len = sizeof(info);
	assert_int_equal(machine_bpf(BPF_OBJ_GET_INFO_BY_FD, &a, sizeof(a)), 0);
	assert_int_equal(info.type, BPF_MAP_TYPE_HASH);
	copy = dup(w.hash);
	assert_int_equal(machine_copied(w.hash, copy), 0);
	machine_forget(w.hash);
	close(w.hash);
	assert_true(machine_owns(copy));
	a = (union bpf_attr){.map_id = info.id};
	again = machine_bpf(BPF_MAP_GET_FD_BY_ID, &a, sizeof(a));
	assert_true(again >= 0);
	machine_forget(again);
	close(again);
	machine_forget(copy);
	close(copy);
	assert_int_equal(machine_bpf(BPF_MAP_GET_FD_BY_ID, &a, sizeof(a)), -ENOENT);
}

static void files_describe_the_machine(void **state)
{
	char text[4096] = "";
	int fd = machine_file_open("/sys/kernel/tracing/events/syscalls/sys_enter_openat/format",
				   O_RDONLY);

	assert_true(fd >= 0);
	assert_true(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	assert_non_null(
		strstr(text, "field:const char * filename;\toffset:24;\tsize:8;\tsigned:0;"));
	assert_int_equal(machine_file_open("/sys/kernel/btf/vmlinux", O_RDONLY), -ENOENT);
	assert_int_equal(machine_file_open("/sys/bus/event_source/devices/kprobe/type", O_RDONLY),
			 -ENOENT);
	assert_int_equal(machine_file_stat("/sys/kernel/tracing/events", NULL), 0);
	assert_false(machine_describes("/sys/devices/system/cpu"));
	assert_false(machine_describes("/proc/self/status"));
	assert_false(machine_describes("/sys/kernel/tracingx"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(errors_are_linuxes, setup, teardown),
		cmocka_unit_test_setup_teardown(maps_hold_what_is_put, setup, teardown),
		cmocka_unit_test_setup_teardown(values_of_all_cpus_come_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(globals_are_mapped, setup, teardown),
		cmocka_unit_test_setup_teardown(programs_run, setup, teardown),
		cmocka_unit_test_setup_teardown(refusals_are_explained, setup, teardown),
		cmocka_unit_test_setup_teardown(objects_live_as_long_as_descriptors, setup,
						teardown),
		cmocka_unit_test_setup_teardown(files_describe_the_machine, setup, teardown),
	};

	return cmocka_run_group_tests_name("machine/sys", tests, NULL, NULL);
}
