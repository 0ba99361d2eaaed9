// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The reader's side of ring buffers. The ring that readers map is their own, not the one that is
 * shared with the traced processes: a hostile one could send readers round for ever, or change a
 * record while it is read. It is brought in step wherever a reader could notice: after a program
 * ran here, when something is detached, before and after waiting, and by a thread.
 *
 * The thread tells those who wait that something came, by writing to the ring buffer's descriptor.
 *
 * It sleeps on data's bell, which submitting rings while `sleeping` is set. When there is
 * news, the readers are told, and `sleeping` stays clear until they have caught up: while events
 * come fast nobody pays for ringing, and the thread looks again every millisecond.
 */
#include "machine/map/forward.h"
#include "machine/map/rawcall.h"
#include "machine/map/ring.h"
#include "machine/sys/sys.h"

#include <limits.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <signal.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define BUSY_NS 1000000l
#define IDLE_NS 1000000000l

struct sys_notifier {
	pthread_t thread;
	_Atomic bool end;
};

/* --- the readers' rings --------------------------------------------------------------------- */

static size_t ring_size(const struct sys_map *map)
{
	return RING_DATA + sys_map_shape(map)->max_entries;
}

int sys_ring_open(struct sys_map *map, int fd)
{
	size_t size = ring_size(map);
	void *p;

	map->ring_fd = memfd_create("skep-ring", MFD_CLOEXEC);
	if (map->ring_fd < 0)
		return -errno;
	if (ftruncate(map->ring_fd, (off_t)size))
		return -errno;
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, map->ring_fd, 0);
	if (p == MAP_FAILED)
		return -errno;
	map->ring = p;
	map->notify = dup(fd);
	return map->notify < 0 ? -errno : 0;
}

void sys_ring_close(struct sys_map *map)
{
	if (map->ring)
		munmap(map->ring, ring_size(map));
	if (map->ring_fd >= 0)
		close(map->ring_fd);
	if (map->notify >= 0)
		close(map->notify);
}

/* True if there is something that the reader has not seen. */
static bool sync_ring(const struct sys_map *map)
{
	const struct machine_forward forward = {.map = map->index, .to = map->ring};

	machine_forward(machine.ctl, &forward);
	return atomic_load(ring_producer(map->ring)) != atomic_load(ring_consumer(map->ring));
}

/* True if some ring buffer has what its reader has not seen; @wake: readers are told. */
static bool sync_all(bool wake)
{
	struct sys_object *o;
	uint64_t one = 1;
	bool any = false;

	for (o = machine.objects[SYS_MAP]; o; o = o->next) {
		struct sys_map *map = (struct sys_map *)o;

		if (map->notify < 0 || !sync_ring(map))
			continue;
		any = true;
		/* It counts; full it is ready all the same. */
		if (wake && write(map->notify, &one, sizeof(one)) < 0)
			continue;
	}
	return any;
}

void sys_rings_sync(void)
{
	sync_all(false);
}

void machine_sync(void)
{
	int saved = errno;

	if (!sys_enter()) {
		sys_rings_sync();
		sys_leave();
	}
	errno = saved;
}

/* --- the thread --------------------------------------------------------------------------- */

static bool tell(void)
{
	bool any;

	pthread_mutex_lock(&machine.lock);
	any = sync_all(true);
	pthread_mutex_unlock(&machine.lock);
	return any;
}

static void sleep_on(_Atomic uint32_t *bell, uint32_t seen, long ns)
{
	struct timespec t = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};

	machine_rawcall(__NR_futex, (uintptr_t)bell, FUTEX_WAIT, seen, (uintptr_t)&t, 0, 0);
}

static void *notify(void *arg)
{
	struct sys_notifier *n = arg;
	struct machine_data *data = machine.session.data;
	time_t corrected = 0;
	struct timespec now;
	uint32_t seen;
	bool busy;

	while (!atomic_load(&n->end)) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec != corrected) {
			pthread_mutex_lock(&machine.lock);
			machine_session_clock(&machine.session);
			pthread_mutex_unlock(&machine.lock);
			corrected = now.tv_sec;
		}
		seen = atomic_load(&data->bell);
		busy = tell();
		atomic_store(&data->sleeping, !busy);
		/* What came between the two found nobody sleeping. */
		if (!busy && tell())
			busy = true;
		if (busy)
			atomic_store(&data->sleeping, 0);
		sleep_on(&data->bell, seen, busy ? BUSY_NS : IDLE_NS);
	}
	return NULL;
}

/* Signals are the program's own threads'. */
static int start_thread(struct sys_notifier *n)
{
	sigset_t all, before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&n->thread, NULL, notify, n);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -err;
}

/* There is nothing to wait for until there is a ring buffer. */
void sys_notifier_wake(void)
{
	struct sys_notifier *n;

	if (machine.notifier) {
		atomic_fetch_add(&machine.session.data->bell, 1);
		machine_rawcall(__NR_futex, (uintptr_t)&machine.session.data->bell, FUTEX_WAKE,
				INT_MAX, 0, 0, 0);
		return;
	}
	n = calloc(1, sizeof(*n));
	if (!n)
		return;
	if (start_thread(n))
		free(n);
	else
		machine.notifier = n;
}

void sys_notifier_close(void)
{
	struct sys_notifier *n = machine.notifier;

	if (!n)
		return;
	atomic_store(&n->end, true);
	sys_notifier_wake();
	pthread_join(n->thread, NULL);
	machine.notifier = NULL;
	free(n);
}
