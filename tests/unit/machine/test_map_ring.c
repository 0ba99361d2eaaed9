// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Ring buffers, read by libbpf as it is. It is told that an eventfd is the map, and gets the ring's
 * memory for it: the shared ring itself, or the private one that records are forwarded to.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <bpf/libbpf.h>
#include <cmocka.h>

#include "machine/map/forward.h"
#include "machine/map/ring.h"
#include "machine/session.h"

#define SIZE 16384

long __real_syscall(long nr, long a, long b, long c, long d, long e, long f);
long __wrap_syscall(long nr, long a, long b, long c, long d, long e, long f);
void *__real_mmap64(void *addr, size_t len, int prot, int flags, int fd, off_t offset);
void *__wrap_mmap64(void *addr, size_t len, int prot, int flags, int fd, off_t offset);

static struct machine_session session;
static int event = -1; /* what libbpf takes for the map */
static int file;       /* where the ring is */
static uint64_t start; /* and at which offset in it */

long __wrap_syscall(long nr, long a, long b, long c, long d, long e, long f)
{
	union bpf_attr *attr = (union bpf_attr *)b;
	struct bpf_map_info *info;

	if (nr != __NR_bpf || a != BPF_OBJ_GET_INFO_BY_FD || (int)attr->info.bpf_fd != event)
		return __real_syscall(nr, a, b, c, d, e, f);
	info = (struct bpf_map_info *)(uintptr_t)attr->info.info;
	info->type = BPF_MAP_TYPE_RINGBUF;
	info->max_entries = SIZE;
	return 0;
}

void *__wrap_mmap64(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
	char *p;

	if (fd != event || fd < 0)
		return __real_mmap64(addr, len, prot, flags, fd, offset);
	if (!offset)
		return __real_mmap64(addr, len, prot, flags, file, (off_t)start);
	/* The producers' page and the data, then the data once more. */
	p = __real_mmap64(NULL, len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	__real_mmap64(p, 4096 + SIZE, prot, MAP_SHARED | MAP_FIXED, file, (off_t)start + 4096);
	return __real_mmap64(p + 4096 + SIZE, SIZE, prot, MAP_SHARED | MAP_FIXED, file,
			     (off_t)start + RING_DATA) == MAP_FAILED
		       ? MAP_FAILED
		       : p;
}

struct record {
	uint32_t producer, number;
	uint8_t fill[]; /* each byte is the number's */
};

/* What was read: how many of each producer, and in their order. */
struct reader {
	uint32_t next[16];
	uint64_t wrong, records;
};

static int on_record(void *ctx, void *data, size_t size)
{
	struct reader *reader = ctx;
	const struct record *r = data;

	reader->records++;
	if (size < sizeof(*r) || r->producer >= 16 || r->number != reader->next[r->producer]) {
		reader->wrong++;
		return 0;
	}
	reader->next[r->producer]++;
	for (size_t i = 0; i < size - sizeof(*r); i++)
		reader->wrong += r->fill[i] != (uint8_t)r->number;
	return 0;
}

static void produce(uint32_t slot, uint32_t map, uint32_t count)
{
	struct machine_who who = {.ctl = session.ctl, .slot = slot, .flags = MACHINE_WHO_YIELD};
	uint32_t seed = slot;

	alarm(60);
	for (uint32_t i = 0; i < count;) {
		size_t fill = (size_t)rand_r(&seed) % (rand_r(&seed) % 8 ? 50 : 3000);
		struct record *r = machine_ring_reserve(&who, map, sizeof(*r) + fill);

		if (!r) {
			usleep(50);
			continue;
		}
		if (rand_r(&seed) % 10 == 0) {
			machine_ring_discard(&who, r, 0);
			continue;
		}
		*r = (struct record){slot, i};
		memset(r->fill, (int)i, fill);
		i++;
		machine_ring_submit(&who, r, 0);
	}
	_exit(0);
}

static void forwarded(uint32_t map, uint8_t **to, struct machine_forward *f)
{
	int fd = memfd_create("ring", MFD_CLOEXEC);

	assert_int_equal(ftruncate(fd, RING_DATA + SIZE), 0);
	*to = __real_mmap64(NULL, RING_DATA + SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	*f = (struct machine_forward){map, *to};
	file = fd;
	start = 0;
}

static void read_all(uint32_t producers, uint32_t count, bool forward)
{
	struct machine_forward f = {0};
	struct reader reader = {0};
	struct ring_buffer *rb;
	pid_t pid[8];
	uint8_t *to;
	uint32_t map;
	int status;

	assert_int_equal(machine_map_create(session.ctl_rw, session.alloc, BPF_MAP_TYPE_RINGBUF, 0,
					    0, SIZE, 0, &map),
			 0);
	file = session.data_fd;
	start = session.ctl->maps[map].ring;
	if (forward)
		forwarded(map, &to, &f);
	rb = ring_buffer__new(event, on_record, &reader, NULL);
	assert_non_null(rb);
	for (uint32_t i = 0; i < producers; i++) {
		pid[i] = fork();
		if (!pid[i])
			produce(i + 1, map, count);
	}
	while (reader.records < (uint64_t)producers * count) {
		if (forward)
			machine_forward(session.ctl, &f);
		assert_true(ring_buffer__consume(rb) >= 0);
	}
	for (uint32_t i = 0; i < producers; i++) {
		waitpid(pid[i], &status, 0);
		assert_int_equal(status, 0);
		assert_int_equal(reader.next[i + 1], count);
	}
	assert_int_equal(reader.wrong, 0);
	ring_buffer__free(rb);
	machine_map_free(session.ctl_rw, session.alloc, map);
}

static void test_one_producer(void **state)
{
	read_all(1, 20000, false);
	read_all(1, 20000, true);
}

static void test_eight_producers(void **state)
{
	read_all(8, 5000, false);
	read_all(8, 5000, true);
}

/* A full ring says so, and is of use again when it was read; the largest record goes in. */
static void test_full(void **state)
{
	struct machine_who who = {.ctl = session.ctl, .slot = 1};
	_Atomic uint64_t *consumer;
	uint32_t map;
	void *r;
	int n = 0;

	assert_int_equal(machine_map_create(session.ctl_rw, session.alloc, BPF_MAP_TYPE_RINGBUF, 0,
					    0, 4096, 0, &map),
			 0);
	consumer = ring_consumer((uint8_t *)session.data + session.ctl->maps[map].ring);
	while (machine_ring_output(&who, map, "0123456", 7, 0) == 0)
		n++;
	assert_int_equal(n, 4096 / 16);
	assert_int_equal(machine_ring_query(&who, map, BPF_RB_AVAIL_DATA), 4096);
	assert_int_equal(machine_ring_query(&who, map, BPF_RB_RING_SIZE), 4096);
	assert_null(machine_ring_reserve(&who, map, 4089));
	/* One that needs the whole ring, from any position, once what is left at its end is gone.
	 */
	*consumer = machine_ring_query(&who, map, BPF_RB_PROD_POS);
	for (int i = 0; i < 3; i++) {
		r = machine_ring_reserve(&who, map, 4088);
		*consumer = machine_ring_query(&who, map, BPF_RB_PROD_POS);
		if (r)
			break;
	}
	assert_non_null(r);
	machine_ring_submit(&who, r, 0);
	who.slot = 2; /* somebody else's, and what is none */
	r = machine_ring_reserve(&who, map, 8);
	who.slot = 1;
	machine_ring_submit(&who, r, 0);
	assert_true(((uint32_t *)r)[-2] & RING_BUSY);
	machine_ring_submit(&who, session.data, 0);
	machine_map_free(session.ctl_rw, session.alloc, map);
}

/* The bell rings for who sleeps, as the flags say. */
static void test_bell(void **state)
{
	struct machine_who who = {.ctl = session.ctl, .slot = 1};
	uint32_t map;

	assert_int_equal(machine_map_create(session.ctl_rw, session.alloc, BPF_MAP_TYPE_RINGBUF, 0,
					    0, 4096, 0, &map),
			 0);
	session.data->bell = 0;
	machine_ring_output(&who, map, "x", 1, 0);
	assert_int_equal(session.data->bell, 0);
	machine_ring_output(&who, map, "x", 1, BPF_RB_FORCE_WAKEUP);
	assert_int_equal(session.data->bell, 1);
	session.data->sleeping = 1;
	machine_ring_output(&who, map, "x", 1, 0);
	assert_int_equal(session.data->bell, 2);
	machine_ring_output(&who, map, "x", 1, BPF_RB_NO_WAKEUP);
	assert_int_equal(session.data->bell, 2);
	assert_int_equal(machine_ring_output(&who, map, "x", 1, 4), -EINVAL);
	session.data->sleeping = 0;
	machine_map_free(session.ctl_rw, session.alloc, map);
}

/* One who writes what he likes into the ring: libbpf stays in its memory, and comes back. */
static void test_hostile(void **state)
{
	struct machine_forward f;
	struct reader reader = {0};
	struct ring_buffer *rb;
	struct timespec begin, end;
	uint8_t *to;
	uint32_t map;
	pid_t pid;

	assert_int_equal(machine_map_create(session.ctl_rw, session.alloc, BPF_MAP_TYPE_RINGBUF, 0,
					    0, SIZE, 0, &map),
			 0);
	forwarded(map, &to, &f);
	rb = ring_buffer__new(event, on_record, &reader, NULL);
	assert_non_null(rb);
	pid = fork();
	if (!pid) {
		uint64_t *ring = (uint64_t *)((char *)session.data + session.ctl->maps[map].ring);
		uint32_t seed = 3;

		for (;;) {
			ring[rand_r(&seed) % ((SIZE + RING_DATA) / 8)] = (uint64_t)rand_r(&seed)
									 << (rand_r(&seed) % 34);
			ring[4096 / 8] = ring[0] + (uint64_t)rand_r(&seed) % (2 * SIZE);
		}
	}
	clock_gettime(CLOCK_MONOTONIC, &begin);
	do {
		machine_forward(session.ctl, &f);
		assert_true(ring_buffer__consume(rb) >= 0);
		clock_gettime(CLOCK_MONOTONIC, &end);
	} while (end.tv_sec - begin.tv_sec < 3);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	print_message("# %lu records, %lu of them senseless\n", (unsigned long)reader.records,
		      (unsigned long)reader.wrong);
	assert_true(reader.records > 0);
	ring_buffer__free(rb);
}

static int open_session(void **state)
{
	event = eventfd(0, EFD_CLOEXEC);
	return machine_session_open(&session) || event < 0 ? -1 : 0;
}

static int close_session(void **state)
{
	machine_session_close(&session);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_producer), cmocka_unit_test(test_eight_producers),
		cmocka_unit_test(test_full),	     cmocka_unit_test(test_bell),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, open_session, close_session);
}
