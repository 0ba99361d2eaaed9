// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Maps used by several processes at once: counts are exact; processes are killed in the middle of
 * whatever they do, and the others go on; one that writes anything anywhere makes nobody crash.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "machine/map/ring.h"
#include "map_check.h"

#define KEYS 64

/* Instrumented code has many more instructions, each of which costs a process and its steps. */
#if defined(__SANITIZE_ADDRESS__)
#define STRIDE 29
#else
#define STRIDE 1
#endif

static struct machine_session session;

/* What processes tell each other beside the session. */
static struct {
	_Atomic uint32_t stop;
	_Atomic uint64_t added[KEYS]; /* what was added to the counter of a key */
	_Atomic uint64_t failures, misses, rounds;
} * notes;

static struct machine_who as(uint32_t slot)
{
	return (struct machine_who){.ctl = session.ctl,
				    .slot = slot,
				    .vcpu = slot % MACHINE_VCPUS,
				    .flags = MACHINE_WHO_YIELD};
}

static uint32_t create(uint32_t type, uint32_t key, uint32_t value, uint32_t max)
{
	uint32_t map = 0;

	assert_int_equal(
		machine_map_create(session.ctl_rw, session.alloc, type, key, value, max, 0, &map),
		0);
	return map;
}

static int open_session(void **state)
{
	notes = mmap(NULL, sizeof(*notes), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	if (notes == MAP_FAILED || machine_session_open(&session))
		return -1;
	memset(notes, 0, sizeof(*notes));
	for (int i = 1; i < 16; i++)
		session.data->targets[i].pid = 1;
	return 0;
}

static int close_session(void **state)
{
	machine_session_close(&session);
	munmap(notes, sizeof(*notes));
	return 0;
}

/* @map[key]++ as programs do it. false: it was not to be had. */
static bool count(const struct machine_who *who, uint32_t map, uint64_t key)
{
	uint64_t zero = 0;
	_Atomic uint64_t *value = machine_map_lookup(who, map, &key);

	if (!value) {
		machine_map_update(who, map, &key, &zero, BPF_NOEXIST);
		value = machine_map_lookup(who, map, &key);
	}
	if (!value)
		return false;
	atomic_fetch_add(value, 1);
	atomic_fetch_add(&notes->added[key], 1);
	return true;
}

/* An element of one's own comes, is there, and goes. */
static bool come_and_go(const struct machine_who *who, uint32_t map, uint64_t key)
{
	uint64_t value = key * 7, *there;
	int err = machine_map_update(who, map, &key, &value, BPF_NOEXIST);

	if (err)
		return err == -EBUSY;
	there = machine_map_lookup(who, map, &key);
	if (there && *there != key * 7)
		return false;
	do
		err = machine_map_delete(who, map, &key);
	while (err == -EBUSY);
	return !err;
}

struct work {
	struct machine_who who;
	uint32_t map, own, seed, rounds;
};

static void *work(void *arg)
{
	struct work *w = arg;

	for (uint32_t i = 0; w->rounds ? i < w->rounds : !atomic_load(&notes->stop); i++) {
		uint32_t r = (uint32_t)rand_r(&w->seed);

		if (!count(&w->who, w->map, r % KEYS))
			atomic_fetch_add(&notes->misses, 1);
		if (!come_and_go(&w->who, w->map, w->own + (r >> 8) % 8))
			atomic_fetch_add(&notes->failures, 1);
		atomic_fetch_add(&notes->rounds, 1);
	}
	return NULL;
}

static pid_t start(uint32_t slot, uint32_t map, int threads, uint32_t rounds)
{
	pid_t pid = fork();
	struct work w[8];
	pthread_t t[8];

	if (pid)
		return pid;
	alarm(100);
	for (int i = 0; i < threads; i++) {
		w[i] = (struct work){as(slot), map, 1000 * slot + 10 * (uint32_t)i,
				     slot * 100 + (uint32_t)i, rounds};
		if (pthread_create(&t[i], NULL, work, &w[i]))
			_exit(2);
	}
	for (int i = 0; i < threads; i++)
		pthread_join(t[i], NULL);
	_exit(0);
}

static void assert_exit(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void assert_whole(uint32_t map, uint32_t elements)
{
	uint32_t used;
	const char *wrong = map_check(&session, map, &used);

	if (wrong)
		fail_msg("%s", wrong);
	assert_int_equal(used, elements);
}

/* @lost: additions that were made by processes killed before they noted them. */
static void assert_counts(uint32_t map, uint64_t lost)
{
	struct machine_who who = as(0);
	uint64_t noted = 0, there = 0;

	for (uint64_t key = 0; key < KEYS; key++) {
		uint64_t *value = machine_map_lookup(&who, map, &key);

		assert_non_null(value);
		assert_true(*value >= notes->added[key]);
		there += *value;
		noted += notes->added[key];
	}
	assert_in_range(there - noted, 0, lost);
}

static void test_exact(void **state)
{
	uint32_t map = create(BPF_MAP_TYPE_HASH, 8, 8, 200);
	uint32_t full = create(BPF_MAP_TYPE_HASH, 8, 8, 200);
	pid_t pid[4];

	for (uint32_t i = 0; i < 4; i++)
		pid[i] = start(i + 1, map, 8, 10000);
	for (int i = 0; i < 4; i++)
		assert_exit(pid[i]);
	assert_int_equal(notes->failures, 0);
	assert_int_equal(notes->misses, 0);
	assert_counts(map, 0);
	assert_whole(map, KEYS);
	assert_whole(full, 0);
}

/* Per-CPU counters need no atomics as long as nobody shares a virtual CPU. */
static void test_percpu(void **state)
{
	enum { ROUNDS = 200000 };
	uint32_t map = create(BPF_MAP_TYPE_PERCPU_HASH, 8, 8, 10);
	struct machine_who who = as(0);
	uint64_t key = 1, zero = 0, sum = 0;
	pid_t pid[4];

	machine_map_update(&who, map, &key, &zero, 0);
	for (uint32_t i = 0; i < 4; i++) {
		pid[i] = fork();
		if (pid[i])
			continue;
		who = as(i + 1);
		for (int n = 0; n < ROUNDS; n++) {
			int vcpu = machine_lease(session.data, i + 1, i);

			who.vcpu = (uint32_t)vcpu;
			++*(volatile uint64_t *)machine_map_lookup(&who, map, &key);
			machine_release(session.data, i + 1, vcpu);
		}
		_exit(0);
	}
	for (int i = 0; i < 4; i++)
		assert_exit(pid[i]);
	for (uint32_t c = 0; c < MACHINE_VCPUS; c++)
		sum += *(uint64_t *)machine_map_lookup_percpu(&who, map, &key, c);
	assert_int_equal(sum, 4 * ROUNDS);
}

/* A victim does all there is, so that it can die in the middle of anything. */
static void victim(uint32_t slot, uint32_t map, uint32_t lru, uint32_t ring)
{
	struct machine_who who = as(slot);
	uint64_t key = slot * 1000, value = 1;
	uint32_t seed = (uint32_t)getpid();

	for (;;) {
		int vcpu = machine_lease(session.data, slot, slot);
		void *record = machine_ring_reserve(&who, ring, 8 + (uint32_t)rand_r(&seed) % 64);

		key = slot * 1000 + (uint32_t)rand_r(&seed) % 20;
		count(&who, map, (uint32_t)rand_r(&seed) % KEYS);
		machine_map_update(&who, map, &key, &value, BPF_ANY);
		key = (uint64_t)rand_r(&seed);
		machine_map_update(&who, lru, &key, &value, BPF_ANY);
		if (rand_r(&seed) % 2)
			machine_ring_submit(&who, record, 0);
		else if (record)
			machine_ring_discard(&who, record, 0);
		key = slot * 1000 + (uint32_t)rand_r(&seed) % 20;
		machine_map_delete(&who, map, &key);
		machine_release(session.data, slot, vcpu);
	}
}

/* Goes past what is committed; false: a record stays busy. */
static bool drain(uint32_t ring)
{
	const struct machine_map *m = &session.ctl->maps[ring];
	uint8_t *r = (uint8_t *)session.data + m->ring;
	uint64_t pos = *ring_consumer(r), end = *ring_producer(r);

	while (pos < end) {
		uint32_t len = *(_Atomic uint32_t *)(r + RING_DATA + (pos & (m->max_entries - 1)));

		if (len & RING_BUSY)
			break;
		pos += ((len & RING_LEN) + RING_HEADER + 7) & ~7u;
	}
	*ring_consumer(r) = pos;
	return pos == end;
}

static void kill_one(uint32_t slot, uint32_t map, uint32_t lru, uint32_t ring)
{
	struct timespec moment = {0, 100000 + random() % 2000000};
	int status;
	pid_t pid = fork();

	if (!pid) {
		victim(slot, map, lru, ring);
		_exit(0);
	}
	nanosleep(&moment, NULL);
	drain(ring);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	machine_sweep(session.ctl_rw, slot);
	assert_true(drain(ring));
	for (int c = 0; c < MACHINE_VCPUS; c++)
		assert_int_not_equal(session.data->vcpus[c].owner, slot + 1);
}

static void test_killed(void **state)
{
	uint32_t map = create(BPF_MAP_TYPE_HASH, 8, 8, 400), used;
	uint32_t lru = create(BPF_MAP_TYPE_LRU_HASH, 8, 8, 50);
	uint32_t ring = create(BPF_MAP_TYPE_RINGBUF, 0, 0, 4096);
	const char *wrong;
	pid_t sibling[2];

	memset(notes, 0, sizeof(*notes));
	for (uint32_t i = 0; i < 2; i++)
		sibling[i] = start(i + 1, map, 1, 0);
	for (int i = 0; i < 200; i++)
		kill_one(3 + (uint32_t)i % 2, map, lru, ring);
	atomic_store(&notes->stop, 1);
	for (int i = 0; i < 2; i++)
		assert_exit(sibling[i]);
	print_message("# %lu rounds, %lu waited in vain for a dead process\n",
		      (unsigned long)notes->rounds, (unsigned long)notes->misses);
	assert_int_equal(notes->failures, 0);
	assert_counts(map, 200);
	wrong = map_check(&session, map, &used);
	if (wrong)
		fail_msg("%s", wrong);
	wrong = map_check(&session, lru, &used);
	if (wrong)
		fail_msg("LRU: %s", wrong);
	assert_in_range(used, 40, 50);
}

/* Operations to be killed in, on a map that has elements. */
enum operation { INSERT, OVERWRITE, DELETE, EVICT, RESERVE, OPERATIONS };

static void operate(enum operation op, uint32_t map, uint32_t ring)
{
	struct machine_who who = as(5);
	uint64_t key = op == INSERT || op == EVICT ? 1000 : 7, value = 9;
	void *record;

	switch (op) {
	case DELETE: machine_map_delete(&who, map, &key); break;
	case RESERVE:
		/* Twice, so that one begins behind the end of what is left. */
		record = machine_ring_reserve(&who, ring, 2500);
		machine_ring_submit(&who, record, 0);
		machine_ring_reserve(&who, ring, 1500);
		break;
	default: machine_map_update(&who, map, &key, &value, BPF_ANY);
	}
}

/* Kills a process after @steps instructions of the operation. true: it was done before. */
static bool kill_after(enum operation op, uint32_t steps, uint32_t map, uint32_t ring)
{
	pid_t pid;
	int status;
	bool done;

	atomic_store(&notes->stop, 0);
	pid = fork();
	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGTRAP);
		operate(op, map, ring);
		atomic_store(&notes->stop, 1);
		for (;;)
			pause();
	}
	waitpid(pid, &status, 0);
	for (uint32_t i = 0; i < steps && !atomic_load(&notes->stop); i++) {
		ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL);
		waitpid(pid, &status, 0);
		assert_true(WIFSTOPPED(status));
	}
	done = atomic_load(&notes->stop);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return done;
}

/* Dies after each instruction of each operation: the map is whole, and as before or as after. */
static void test_any_instruction(void **state)
{
	struct machine_who who = as(0);

	for (enum operation op = 0; op < OPERATIONS; op++) {
		uint32_t type = op == EVICT ? BPF_MAP_TYPE_LRU_HASH : BPF_MAP_TYPE_HASH, steps = 0;
		uint32_t ring = create(BPF_MAP_TYPE_RINGBUF, 0, 0, 4096), max = 20, used;
		bool done;

		do {
			uint32_t map = create(type, 8, 8, max);
			uint64_t key, value = 1;
			const char *wrong;

			for (key = 0; key < max - (op == INSERT); key++)
				machine_map_update(&who, map, &key, &value, 0);
			key = 3;
			if (op == INSERT) /* an element of the free list is used, not a fresh one */
				machine_map_delete(&who, map, &key);
			done = kill_after(op, steps, map, ring);
			steps += STRIDE;
			machine_sweep(session.ctl_rw, 5);
			wrong = map_check(&session, map, &used);
			if (wrong)
				fail_msg("operation %d, step %u: %s", op, steps, wrong);
			assert_in_range(used, 18, 20);
			assert_true(drain(ring));
			key = op == INSERT || op == EVICT ? 1000 : 7;
			if (done)
				assert_int_equal(!machine_map_lookup(&who, map, &key),
						 op == DELETE);
			value = 2;
			assert_int_equal(machine_map_update(&who, map, &key, &value, 0), 0);
			assert_null(map_check(&session, map, &used));
			machine_map_free(session.ctl_rw, session.alloc, map);
		} while (!done);
		print_message("# operation %d: killed at %u instructions\n", op, steps);
		assert_true(steps > 20);
	}
}

/* Locks of @map's buckets, all held by @slot (falsely, if it is none). */
static void hold_buckets(uint32_t map, uint32_t owner)
{
	const struct machine_map *m = &session.ctl->maps[map];
	struct machine_bucket *b = (struct machine_bucket *)((uint8_t *)session.data + m->buckets);

	for (uint32_t i = 0; i < m->nbuckets; i++)
		atomic_store(&b[i].lock, owner);
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

struct late {
	uint32_t map, ms;
};

static void *free_late(void *arg)
{
	const struct late *late = arg;
	struct timespec nap = {.tv_nsec = (long)late->ms * 1000000};

	nanosleep(&nap, NULL);
	hold_buckets(late->map, 0);
	return NULL;
}

/* A holder that lives is waited for; a key that is there needs no lock; who is none costs little.
 */
static void test_held_locks(void **state)
{
	struct late late = {create(BPF_MAP_TYPE_HASH, 8, 8, 8), 120};
	struct machine_who who = as(2);
	uint64_t key = 1, value = 1, start;
	pthread_t thread;

	assert_int_equal(machine_map_update(&who, late.map, &key, &value, BPF_NOEXIST), 0);
	hold_buckets(late.map, 4);
	start = now_ms();
	assert_int_equal(machine_map_update(&who, late.map, &key, &value, BPF_NOEXIST), -EEXIST);
	assert_true(now_ms() - start < 200);
	assert_int_equal(pthread_create(&thread, NULL, free_late, &late), 0);
	key = 2;
	assert_int_equal(machine_map_update(&who, late.map, &key, &value, BPF_NOEXIST), 0);
	pthread_join(thread, NULL);
	key = 3;
	hold_buckets(late.map, MACHINE_TARGETS + 5);
	start = now_ms();
	assert_int_equal(machine_map_update(&who, late.map, &key, &value, 0), -EBUSY);
	assert_true(now_ms() - start < 200);
	hold_buckets(late.map, 4);
	start = now_ms();
	assert_int_equal(machine_map_update(&who, late.map, &key, &value, 0), -EBUSY);
	assert_true(now_ms() - start < 5000);
	hold_buckets(late.map, 0);
	machine_map_free(session.ctl_rw, session.alloc, late.map);
}

/* Tries every operation, whatever comes of it. */
static void use_all(const struct machine_who *who, const uint32_t *maps, uint32_t n, uint32_t *seed)
{
	uint64_t key[4] = {(uint64_t)rand_r(seed) % 100}, value[64] = {1}, out[64];
	uint32_t map = maps[(uint32_t)rand_r(seed) % n];
	const void *k;
	void *v;

	machine_map_lookup(who, map, key);
	machine_map_update(who, map, key, value, 0);
	machine_map_next_key(who, map, key, out);
	machine_map_delete(who, map, key);
	machine_map_entry(who, map, (uint32_t)key[0], &k, &v, 1);
	machine_stack_put(who, map, key, 1, BPF_F_REUSE_STACKID);
	machine_stack_get(who, map, (uint32_t)key[0], out);
	v = machine_ring_reserve(who, map, 16);
	if (v)
		machine_ring_submit(who, v, 0);
	machine_release(session.data, who->slot, machine_lease(session.data, who->slot, 0));
}

static pid_t start_user(uint32_t slot, const uint32_t *maps, uint32_t n)
{
	pid_t pid = fork();
	struct machine_who who = as(slot);
	uint32_t seed = slot;

	if (pid)
		return pid;
	alarm(60);
	while (!atomic_load(&notes->stop)) {
		use_all(&who, maps, n, &seed);
		atomic_fetch_add(&notes->rounds, 1);
	}
	_exit(0);
}

/* Everything behind the requests that the maps reach; sometimes only links and locks. */
static void scribble(uint64_t from, uint64_t to)
{
	uint32_t *words = (uint32_t *)session.data, seed = 5;

	for (;;) {
		uint64_t at = (from + ((uint64_t)rand_r(&seed) << 16 ^ (uint64_t)rand_r(&seed)) %
					      (to - from)) /
			      4;

		words[at] = rand_r(&seed) % 2 ? (uint32_t)rand_r(&seed) % 200
					      : (uint32_t)rand_r(&seed) * 3;
	}
}

static void test_hostile(void **state)
{
	uint32_t maps[] = {
		create(BPF_MAP_TYPE_HASH, 8, 8, 100),
		create(BPF_MAP_TYPE_PERCPU_HASH, 8, 8, 100),
		create(BPF_MAP_TYPE_LRU_HASH, 8, 8, 100),
		create(BPF_MAP_TYPE_STACK_TRACE, 4, 80, 100),
		create(BPF_MAP_TYPE_RINGBUF, 0, 0, 4096),
		create(BPF_MAP_TYPE_ARRAY, 4, 8, 100),
		create(BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 100),
	};
	struct timespec begin, end;
	pid_t users[2], hostile;
	struct machine_who who = as(0);
	uint32_t seed = 1, n = 7;
	int status;

	memset(notes, 0, sizeof(*notes));
	hostile = fork();
	if (!hostile)
		scribble(offsetof(struct machine_data, vcpus),
			 session.ctl->maps[maps[6]].values + 4096);
	for (uint32_t i = 0; i < 2; i++)
		users[i] = start_user(i + 1, maps, n);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	do {
		use_all(&who, maps, n, &seed);
		machine_sweep(session.ctl_rw, 1 + (uint32_t)rand_r(&seed) % 20);
		clock_gettime(CLOCK_MONOTONIC, &end);
	} while (end.tv_sec - begin.tv_sec < 4);
	kill(hostile, SIGKILL);
	waitpid(hostile, &status, 0);
	atomic_store(&notes->stop, 1);
	for (int i = 0; i < 2; i++)
		assert_exit(users[i]);
	print_message("# %lu rounds beside a hostile process\n", (unsigned long)notes->rounds);
	assert_true(notes->rounds > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_exact, open_session, close_session),
		cmocka_unit_test_setup_teardown(test_percpu, open_session, close_session),
		cmocka_unit_test_setup_teardown(test_killed, open_session, close_session),
		cmocka_unit_test_setup_teardown(test_any_instruction, open_session, close_session),
		cmocka_unit_test_setup_teardown(test_held_locks, open_session, close_session),
		cmocka_unit_test_setup_teardown(test_hostile, open_session, close_session),
	};

	srandom(1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
