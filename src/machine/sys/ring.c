// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Tells those who wait for a ring buffer that something came, by writing to its descriptor.
 *
 * A thread sleeps on data's bell, which submitting rings while `sleeping` is set. When there is
 * news, the readers are told, and `sleeping` stays clear until they have caught up: while events
 * come fast nobody pays for ringing, and the thread looks again every millisecond.
 */
#include "machine/map/rawcall.h"
#include "machine/sys/sys.h"

#include <limits.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#define BUSY_NS 1000000l
#define IDLE_NS 1000000000l

struct sys_notifier {
	pthread_t thread;
	_Atomic bool end;
};

/* The positions of a ring buffer: at the starts of its first two pages. */
static uint64_t position(const struct machine_map *shape, unsigned int page)
{
	const char *data = (const char *)machine.session.data;
	const _Atomic uint64_t *at = (const _Atomic uint64_t *)(data + shape->ring + page * 4096);

	return atomic_load(at);
}

/* True if some ring buffer has what its reader has not seen; its descriptor is written then. */
static bool tell(void)
{
	const struct machine_map *shape;
	struct sys_object *o;
	uint64_t one = 1;
	bool any = false;

	pthread_mutex_lock(&machine.lock);
	for (o = machine.objects[SYS_MAP]; o; o = o->next) {
		struct sys_map *map = (struct sys_map *)o;

		shape = sys_map_shape(map);
		if (map->notify < 0 || position(shape, 0) == position(shape, 1))
			continue;
		any = true;
		/* It counts; full it is ready all the same. */
		if (write(map->notify, &one, sizeof(one)) < 0)
			continue;
	}
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
