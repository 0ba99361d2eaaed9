// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Maps against the kernel's: the same random calls to a map of each, results and errno equal.
 * And sessions: what targets must not be able to do to them.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/futex.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "machine/session.h"

#define OPS	  20000
#define VALUE_MAX 256

static struct machine_session session;
static struct machine_who who;
static int cpus; /* of the kernel: values in a per-CPU value */

static long bpf_call(int cmd, union bpf_attr *attr)
{
	long ret = syscall(__NR_bpf, cmd, attr, sizeof(*attr));

	return ret < 0 ? -errno : ret;
}

static long kernel_create(uint32_t type, uint32_t key, uint32_t value, uint32_t max, uint32_t flags)
{
	union bpf_attr attr = {
		.map_type = type,
		.key_size = key,
		.value_size = value,
		.max_entries = max,
		.map_flags = flags,
	};

	return bpf_call(BPF_MAP_CREATE, &attr);
}

static long kernel_elem(int cmd, int fd, const void *key, void *value, uint64_t flags)
{
	union bpf_attr attr = {
		.map_fd = (uint32_t)fd,
		.key = (uintptr_t)key,
		.value = (uintptr_t)value,
		.flags = flags,
	};

	return bpf_call(cmd, &attr);
}

static int open_session(void **state)
{
	FILE *f = fopen("/sys/devices/system/cpu/possible", "r");
	int last = 0;

	if (!f || fscanf(f, "0-%d", &last) < 0)
		return -1;
	fclose(f);
	cpus = last + 1;
	if (machine_session_open(&session))
		return -1;
	who = (struct machine_who){.ctl = session.ctl, .flags = MACHINE_WHO_YIELD};
	return 0;
}

static int close_session(void **state)
{
	machine_session_close(&session);
	return 0;
}

static int create(uint32_t type, uint32_t key, uint32_t value, uint32_t max, uint32_t flags,
		  uint32_t *map)
{
	return machine_map_create(session.ctl_rw, session.alloc, type, key, value, max, flags, map);
}

/* What the kernel says to each set of attributes, the machine says. */
static void test_attributes(void **state)
{
	static const uint32_t types[] = {
		BPF_MAP_TYPE_ARRAY,
		BPF_MAP_TYPE_PERCPU_ARRAY,
		BPF_MAP_TYPE_PROG_ARRAY,
		BPF_MAP_TYPE_HASH,
		BPF_MAP_TYPE_PERCPU_HASH,
		BPF_MAP_TYPE_LRU_HASH,
		BPF_MAP_TYPE_LRU_PERCPU_HASH,
		BPF_MAP_TYPE_STACK_TRACE,
		BPF_MAP_TYPE_RINGBUF,
		BPF_MAP_TYPE_UNSPEC,
		999,
	};
	static const uint32_t keys[] = {0, 1, 4, 8, 100};
	static const uint32_t values[] = {0, 1, 4, 8, 12, 80, 2000, 40000, 5u << 20};
	static const uint32_t maxima[] = {0, 1, 3, 64, 4096, 12288};
	static const uint32_t flags[] = {
		0,
		BPF_F_NO_PREALLOC,
		BPF_F_NO_COMMON_LRU,
		BPF_F_MMAPABLE,
		BPF_F_RDONLY,
		BPF_F_RDONLY | BPF_F_WRONLY,
		BPF_F_RDONLY_PROG,
		BPF_F_WRONLY_PROG | BPF_F_RDONLY_PROG,
		BPF_F_ZERO_SEED,
		BPF_F_INNER_MAP,
		1u << 30,
	};
	long differences = 0, tried = 0;

	if (geteuid())
		skip();
	for (size_t t = 0; t < sizeof(types) / 4; t++)
		for (size_t k = 0; k < sizeof(keys) / 4; k++)
			for (size_t v = 0; v < sizeof(values) / 4; v++)
				for (size_t m = 0; m < sizeof(maxima) / 4; m++)
					for (size_t f = 0; f < sizeof(flags) / 4; f++) {
						uint32_t map;
						long theirs, ours;

						/* Real sizes that the kernel would spend memory on.
						 */
						if ((uint64_t)values[v] * maxima[m] > 4u << 20 &&
						    maxima[m] > 3)
							continue;
						theirs = kernel_create(types[t], keys[k], values[v],
								       maxima[m], flags[f]);
						ours = create(types[t], keys[k], values[v],
							      maxima[m], flags[f], &map);
						if (theirs >= 0)
							close((int)theirs);
						if (!ours)
							machine_map_free(session.ctl_rw,
									 session.alloc, map);
						tried++;
						if ((theirs < 0 ? theirs : 0) == ours)
							continue;
						differences++;
						print_message("# type %u key %u value %u max %u "
							      "flags %x: kernel %ld, machine %ld\n",
							      types[t], keys[k], values[v],
							      maxima[m], flags[f], theirs, ours);
					}
	print_message("# %ld sets of attributes\n", tried);
	assert_int_equal(differences, 0);
}

/* One map of each kind, and calls for both. */
struct pair {
	int fd;
	uint32_t map, key_size, value_size, stride;
	int percpu;
};

static int make_pair(struct pair *p, uint32_t type, uint32_t key, uint32_t value, uint32_t max,
		     uint32_t flags)
{
	long fd = kernel_create(type, key, value, max, flags);

	if (fd < 0)
		return (int)fd;
	*p = (struct pair){.fd = (int)fd, .key_size = key, .value_size = value};
	p->stride = (value + 7) & ~7u;
	p->percpu = type == BPF_MAP_TYPE_PERCPU_ARRAY || type == BPF_MAP_TYPE_PERCPU_HASH ||
		    type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
	return create(type, key, value, max, flags, &p->map);
}

static void drop_pair(struct pair *p)
{
	close(p->fd);
	machine_map_free(session.ctl_rw, session.alloc, p->map);
}

static void check_lookup(struct pair *p, const uint8_t *key)
{
	uint8_t theirs[VALUE_MAX * 8];
	long ret = kernel_elem(BPF_MAP_LOOKUP_ELEM, p->fd, key, theirs, 0);
	uint8_t *ours = machine_map_lookup(&who, p->map, key);

	assert_int_equal(ret, ours ? 0 : -ENOENT);
	if (ours && !p->percpu)
		assert_memory_equal(ours, theirs, p->value_size);
	for (int c = 0; ours && p->percpu && c < cpus; c++)
		assert_memory_equal(machine_map_lookup_percpu(&who, p->map, key, (uint32_t)c),
				    theirs + c * p->stride, p->value_size);
}

static void check_update(struct pair *p, const uint8_t *key, uint64_t flags)
{
	static uint8_t values[VALUE_MAX * MACHINE_VCPUS];
	long theirs;
	int ours;

	for (uint32_t i = 0; i < p->stride * (p->percpu ? MACHINE_VCPUS : 1); i++)
		values[i] = (uint8_t)random();
	theirs = kernel_elem(BPF_MAP_UPDATE_ELEM, p->fd, key, values, flags);
	ours = machine_map_update_all(&who, p->map, key, values, flags);
	assert_int_equal(ours, theirs);
}

static void check_delete(struct pair *p, const uint8_t *key)
{
	long theirs = kernel_elem(BPF_MAP_DELETE_ELEM, p->fd, key, NULL, 0);

	assert_int_equal(machine_map_delete(&who, p->map, key), theirs);
}

/* All keys, whatever their order, of one; each must be in the other. */
static void check_keys(struct pair *p)
{
	uint8_t key[VALUE_MAX], next[VALUE_MAX], value[VALUE_MAX * 8];
	int ours = 0, theirs = 0, err;

	for (err = machine_map_next_key(&who, p->map, NULL, key); !err;
	     err = machine_map_next_key(&who, p->map, key, next), memcpy(key, next, p->key_size)) {
		assert_int_equal(kernel_elem(BPF_MAP_LOOKUP_ELEM, p->fd, key, value, 0), 0);
		ours++;
	}
	assert_int_equal(err, -ENOENT);
	for (err = (int)kernel_elem(BPF_MAP_GET_NEXT_KEY, p->fd, NULL, key, 0); !err;
	     err = (int)kernel_elem(BPF_MAP_GET_NEXT_KEY, p->fd, key, next, 0),
	    memcpy(key, next, p->key_size))
		theirs++;
	assert_int_equal(ours, theirs);
}

/* How many entries machine_map_entry finds. */
static void check_entries(struct pair *p)
{
	uint8_t key[VALUE_MAX], next[VALUE_MAX];
	uint32_t by_entry = 0, by_key = 0;
	const void *k;
	void *v;
	int err;

	for (uint32_t i = 0; (err = machine_map_entry(&who, p->map, i, &k, &v, 0)) >= 0; i++) {
		by_entry += (uint32_t)err;
		if (err && k)
			assert_ptr_equal(p->percpu ? machine_map_lookup_percpu(&who, p->map, k, 0)
						   : machine_map_lookup(&who, p->map, k),
					 v);
	}
	for (err = machine_map_next_key(&who, p->map, NULL, key); !err;
	     err = machine_map_next_key(&who, p->map, key, next), memcpy(key, next, p->key_size))
		by_key++;
	assert_int_equal(by_entry, by_key);
}

static void random_calls(struct pair *p, uint32_t range)
{
	uint8_t key[VALUE_MAX];

	for (int i = 0; i < OPS; i++) {
		uint32_t n = (uint32_t)random() % range;

		memset(key, (int)n, sizeof(key));
		memcpy(key, &n, p->key_size < 4 ? p->key_size : 4);
		switch (random() % 8) {
		case 0:
		case 1: check_lookup(p, key); break;
		case 2:
		case 3: check_update(p, key, BPF_ANY); break;
		case 4: check_update(p, key, (uint64_t)random() % 4); break;
		case 5:
		case 6: check_delete(p, key); break;
		default:
			if (random() % 50 == 0) {
				check_keys(p);
				check_entries(p);
			}
		}
	}
	check_keys(p);
}

static void compare(uint32_t type, uint32_t key, uint32_t value, uint32_t max, uint32_t flags,
		    uint32_t range)
{
	struct pair p;

	if (geteuid())
		skip();
	assert_int_equal(make_pair(&p, type, key, value, max, flags), 0);
	random_calls(&p, range);
	drop_pair(&p);
}

/* Where Linux has it otherwise on purpose. */
static void test_programs_write_what_they_should_only_read(void **state)
{
	uint32_t map, zero = 0;
	uint64_t value = 5;

	assert_int_equal(create(BPF_MAP_TYPE_ARRAY, 4, 8, 1, BPF_F_RDONLY_PROG, &map), 0);
	assert_int_equal(machine_map_update(&who, map, &zero, &value, BPF_ANY), 0);
	machine_map_free(session.ctl_rw, session.alloc, map);
}

static void test_values_are_overwritten_in_place(void **state)
{
	uint64_t values[2] = {5, 6}, *seen;
	uint32_t map, key = 3;

	assert_int_equal(create(BPF_MAP_TYPE_HASH, 4, 8, 10, 0, &map), 0);
	assert_int_equal(machine_map_update(&who, map, &key, &values[0], BPF_ANY), 0);
	seen = machine_map_lookup(&who, map, &key);
	assert_non_null(seen);
	assert_int_equal(machine_map_update(&who, map, &key, &values[1], BPF_ANY), 0);
	assert_int_equal(*seen, 6);
	machine_map_free(session.ctl_rw, session.alloc, map);
}

static void test_array(void **state)
{
	compare(BPF_MAP_TYPE_ARRAY, 4, 8, 50, 0, 60);
	compare(BPF_MAP_TYPE_ARRAY, 4, 13, 50, BPF_F_MMAPABLE, 60);
}

static void test_percpu_array(void **state)
{
	compare(BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 50, 0, 60);
	compare(BPF_MAP_TYPE_PERCPU_ARRAY, 4, 21, 50, 0, 60);
}

static void test_hash(void **state)
{
	compare(BPF_MAP_TYPE_HASH, 4, 8, 50, 0, 80);
	compare(BPF_MAP_TYPE_HASH, 8, 8, 500, 0, 600);
	compare(BPF_MAP_TYPE_HASH, 1, 1, 100, 0, 256);
	compare(BPF_MAP_TYPE_HASH, 7, 100, 3, BPF_F_NO_PREALLOC, 5);
	compare(BPF_MAP_TYPE_HASH, 72, 33, 1, 0, 3);
}

static void test_percpu_hash(void **state)
{
	compare(BPF_MAP_TYPE_PERCPU_HASH, 8, 8, 50, 0, 80);
	compare(BPF_MAP_TYPE_PERCPU_HASH, 13, 24, 50, 0, 80);
}

/* What an LRU map evicts is its own affair: as many keys as it surely holds. */
static void test_lru_hash(void **state)
{
	compare(BPF_MAP_TYPE_LRU_HASH, 8, 8, 4096, 0, 100);
	compare(BPF_MAP_TYPE_LRU_PERCPU_HASH, 8, 8, 4096, 0, 100);
}

/* Never full, holds as many as it should, and keeps what is used. */
static void test_lru_evicts(void **state)
{
	enum { MAX = 100 };
	uint64_t key, value = 1;
	uint32_t map;
	int count = 0;

	assert_int_equal(create(BPF_MAP_TYPE_LRU_HASH, 8, 8, MAX, 0, &map), 0);
	for (key = 0; key < 10000; key++) {
		uint64_t hot = key % 20;

		assert_int_equal(machine_map_update(&who, map, &key, &value, BPF_NOEXIST), 0);
		if (key >= 20)
			assert_non_null(machine_map_lookup(&who, map, &hot));
		else
			machine_map_lookup(&who, map, &key);
	}
	for (key = 0; key < 10000; key++)
		count += machine_map_lookup(&who, map, &key) != NULL;
	assert_int_equal(count, MAX);
	machine_map_free(session.ctl_rw, session.alloc, map);
}

/* The values of other CPUs of a new element are zero, also where an old one was. */
static void test_percpu_zero(void **state)
{
	uint64_t key = 1, ones[MACHINE_VCPUS], one = 1;
	struct machine_who other = who;
	uint32_t map;

	memset(ones, 0xff, sizeof(ones));
	other.vcpu = 5;
	assert_int_equal(create(BPF_MAP_TYPE_PERCPU_HASH, 8, 8, 1, 0, &map), 0);
	assert_int_equal(machine_map_update_all(&who, map, &key, ones, 0), 0);
	assert_int_equal(machine_map_delete(&who, map, &key), 0);
	assert_int_equal(machine_map_update(&other, map, &key, &one, 0), 0);
	for (uint32_t c = 0; c < MACHINE_VCPUS; c++)
		assert_int_equal(*(uint64_t *)machine_map_lookup_percpu(&who, map, &key, c),
				 c == 5);
	assert_null(machine_map_lookup_percpu(&who, map, &key, MACHINE_VCPUS));
	machine_map_free(session.ctl_rw, session.alloc, map);
}

static void test_prog_array(void **state)
{
	uint32_t key = 3, prog = 8, map;

	assert_int_equal(create(BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 4, 0, &map), 0);
	assert_null(machine_map_lookup(&who, map, &key));
	assert_int_equal(machine_map_delete(&who, map, &key), -ENOENT);
	assert_int_equal(machine_map_update(&who, map, &key, &prog, BPF_ANY), 0);
	assert_int_equal(*(uint32_t *)machine_map_lookup(&who, map, &key), 8);
	assert_int_equal(machine_map_delete(&who, map, &key), 0);
	key = 4;
	assert_int_equal(machine_map_update(&who, map, &key, &prog, BPF_ANY), -E2BIG);
	assert_int_equal(machine_map_delete(&who, map, &key), -E2BIG);
	machine_map_free(session.ctl_rw, session.alloc, map);
}

static void test_stack_map(void **state)
{
	uint64_t ips[20], out[10];
	uint32_t map, key, next, n = 0;
	int id, again;

	for (int i = 0; i < 20; i++)
		ips[i] = 0x1000u + (uint64_t)i;
	assert_int_equal(create(BPF_MAP_TYPE_STACK_TRACE, 4, 80, 60, 0, &map), 0);
	id = machine_stack_put(&who, map, ips, 7, 0);
	assert_in_range(id, 0, 63);
	assert_int_equal(machine_stack_put(&who, map, ips, 7, 0), id);
	assert_int_equal(machine_stack_get(&who, map, (uint32_t)id, out), 0);
	assert_memory_equal(out, ips, 56);
	assert_int_equal(out[7] | out[8] | out[9], 0);
	assert_int_equal(machine_stack_put(&who, map, ips, 11, 0), -EINVAL);
	assert_int_equal(machine_stack_get(&who, map, 64, out), -ENOENT);
	/* Another trace that has the same place. */
	do {
		ips[0]++;
		again = machine_stack_put(&who, map, ips, 7, 0);
	} while (again != -EEXIST);
	assert_int_equal(machine_stack_put(&who, map, ips, 7, BPF_F_REUSE_STACKID) >= 0, 1);
	key = (uint32_t)id;
	assert_int_equal(machine_map_delete(&who, map, &key), 0);
	assert_int_equal(machine_map_delete(&who, map, &key), -ENOENT);
	for (int err = machine_map_next_key(&who, map, NULL, &key); !err && n < 100;
	     n++, key = next)
		err = machine_map_next_key(&who, map, &key, &next);
	assert_in_range(n, 0, 64);
	machine_map_free(session.ctl_rw, session.alloc, map);
}

/* Regions are used again, zeroed, and never overlap; numbers are used again late. */
static void test_allocation(void **state)
{
	uint32_t maps[200], first = 0, index = 0;
	uint8_t *value;

	for (int round = 0; round < 20; round++) {
		for (uint32_t i = 0; i < 200; i++) {
			assert_int_equal(
				create(BPF_MAP_TYPE_ARRAY, 4, 100000, 1 + i % 7, 0, &maps[i]), 0);
			value = machine_map_lookup(&who, maps[i], &index);
			assert_int_equal(value[0] | value[50000] | value[99999], 0);
			memset(value, (int)i + 1, 100000);
		}
		if (!round)
			first = maps[0];
		else if (round == 1)
			assert_int_not_equal(first, maps[0]);
		for (uint32_t i = 0; i < 200; i++) {
			value = machine_map_lookup(&who, maps[i], &index);
			assert_int_equal(value[0], (uint8_t)(i + 1));
			assert_int_equal(value[99999], (uint8_t)(i + 1));
			machine_map_free(session.ctl_rw, session.alloc, maps[i]);
			assert_null(machine_map_lookup(&who, maps[i], &index));
		}
	}
	assert_int_equal(create(BPF_MAP_TYPE_ARRAY, 4, 1u << 20, 2000, 0, &maps[0]), -ENOMEM);
}

/* ctl cannot be written to, nor either file cut off, whoever has the descriptor. */
static void test_seals(void **state)
{
	char byte = 1;

	assert_ptr_equal(mmap(NULL, 4096, PROT_WRITE, MAP_SHARED, session.ctl_fd, 0), MAP_FAILED);
	assert_int_equal(pwrite(session.ctl_fd, &byte, 1, 0), -1);
	assert_int_equal(mprotect((void *)(uintptr_t)session.ctl, 4096, PROT_READ | PROT_WRITE),
			 -1);
	assert_int_equal(ftruncate(session.ctl_fd, 0), -1);
	assert_int_equal(ftruncate(session.data_fd, 0), -1);
	assert_int_equal(
		fallocate(session.ctl_fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096), -1);
}

static void test_code_and_lists(void **state)
{
	static const uint8_t code[] = {0xb8, 0x2a, 0, 0, 0, 0xc3}; /* mov $42,%eax; ret */
	uint32_t progs[] = {7, 9};
	const uint32_t *list;
	uint64_t offset;

	assert_int_equal(machine_session_code(&session, code, sizeof(code), &offset), 0);
	assert_int_equal(offset % 16, 0);
#if defined(__x86_64__)
	assert_int_equal(((int (*)(void))(session.ctl->base + offset))(), 42);
#endif
	assert_int_equal(machine_session_code(&session, code, 64u << 20, &offset), -ENOSPC);
	assert_int_equal(machine_session_list(&session, &session.ctl_rw->hooks[3].entry, progs, 2),
			 0);
	list = (const uint32_t *)(uintptr_t)(session.ctl->base + session.ctl->hooks[3].entry);
	assert_int_equal(list[0], 2);
	assert_int_equal(list[2], 9);
	machine_session_list(&session, &session.ctl_rw->hooks[3].entry, NULL, 0);
	assert_int_equal(session.ctl->hooks[3].entry, 0);
}

/* A tracer that is killed is seen to be dead; two sessions do not meet. */
static void test_alive(void **state)
{
	int pipes[2], data_fd, status;
	uint32_t *word;
	pid_t pid;

	assert_int_equal(session.data->alive, getpid());
	assert_int_equal(pipe(pipes), 0);
	pid = fork();
	if (!pid) {
		struct machine_session mine;
		int err = machine_session_open(&mine);

		if (!err && write(pipes[1], &mine.data_fd, sizeof(mine.data_fd)) > 0)
			pause();
		_exit(1);
	}
	assert_int_equal(read(pipes[0], &data_fd, sizeof(data_fd)), sizeof(data_fd));
	{
		char path[64];
		int fd;

		snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, data_fd);
		fd = open(path, O_RDWR);
		word = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
		close(fd);
	}
	assert_ptr_not_equal(word, MAP_FAILED);
	word += offsetof(struct machine_data, alive) / 4;
	assert_int_equal(*word, pid);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	assert_int_equal(*(volatile uint32_t *)word & FUTEX_OWNER_DIED, FUTEX_OWNER_DIED);
}

static void test_lease(void **state)
{
	assert_int_equal(machine_lease(session.data, 5, 70), 6);
	assert_int_equal(machine_lease(session.data, 6, 6), 7);
	machine_release(session.data, 6, 6); /* not his */
	assert_int_equal(session.data->vcpus[6].owner, 6);
	for (int i = 2; i < MACHINE_VCPUS; i++)
		assert_true(machine_lease(session.data, 7, 0) >= 0);
	assert_int_equal(machine_lease(session.data, 8, 0), -1);
	machine_sweep(session.ctl_rw, 7);
	assert_int_equal(machine_lease(session.data, 8, 0), 0);
	machine_release(session.data, 8, 0);
	machine_sweep(session.ctl_rw, 5);
	machine_sweep(session.ctl_rw, 6);
	for (int i = 0; i < MACHINE_VCPUS; i++)
		assert_int_equal(session.data->vcpus[i].owner, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_programs_write_what_they_should_only_read),
		cmocka_unit_test(test_values_are_overwritten_in_place),
		cmocka_unit_test(test_attributes),
		cmocka_unit_test(test_array),
		cmocka_unit_test(test_percpu_array),
		cmocka_unit_test(test_hash),
		cmocka_unit_test(test_percpu_hash),
		cmocka_unit_test(test_lru_hash),
		cmocka_unit_test(test_lru_evicts),
		cmocka_unit_test(test_percpu_zero),
		cmocka_unit_test(test_prog_array),
		cmocka_unit_test(test_stack_map),
		cmocka_unit_test(test_allocation),
		cmocka_unit_test(test_seals),
		cmocka_unit_test(test_code_and_lists),
		cmocka_unit_test(test_alive),
		cmocka_unit_test(test_lease),
	};

	srandom(1);
	return cmocka_run_group_tests(tests, open_session, close_session);
}
