/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Locks in memory that hostile, stopped and dead processes share. Freestanding.
 *
 * A lock is held by a target slot. Waiting is bounded: a holder that was preempted gets the time
 * to go on; one that is stopped or dead costs the first waiter that time, who then marks the lock,
 * so that those behind wait briefly until the tracer's sweep or the holder frees it. Who may sleeps
 * meanwhile: hundreds of threads that only yield to one another keep the holder from its turn.
 */
#ifndef MACHINE_LOCK_H
#define MACHINE_LOCK_H

#include <stdatomic.h>
#include <stdbool.h>

#include "machine/map/map.h"
#include "machine/map/rawcall.h"

#define LOCK_STUCK  (1u << 31)
#define LOCK_SPINS  1000    /* pauses before anything else; of waiters at a stuck lock all */
#define LOCK_YIELDS 16	    /* turns given up before the first sleep */
#define LOCK_PAUSES 1000000 /* where one may not sleep: tens of ms, some turns of the processor */
#define LOCK_NS	    (250u * 1000000u) /* where one may */
#define LOCK_NAP    50000u	      /* ns of the first sleep; doubled up to: */
#define LOCK_NAPS   1000000u

static inline void machine_pause(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield" ::: "memory");
#endif
}

static inline bool machine_trylock(machine_owner *lock, uint32_t slot)
{
	uint32_t free = 0;

	return atomic_compare_exchange_strong_explicit(lock, &free, slot + 1, memory_order_acquire,
						       memory_order_relaxed);
}

/* A wait for what others have, from zero. */
struct machine_wait {
	uint32_t turn, nap;
	uint64_t until;
};

/* Lets some time pass; false: it was enough. */
bool machine_wait_more(const struct machine_who *who, struct machine_wait *wait);

/* The slow half of machine_lock. */
bool machine_lock_wait(const struct machine_who *who, machine_owner *lock);

/* false: it was not to be had in time. */
static inline bool machine_lock(const struct machine_who *who, machine_owner *lock)
{
	return machine_trylock(lock, who->slot) || machine_lock_wait(who, lock);
}

static inline void machine_unlock(machine_owner *lock)
{
	atomic_store_explicit(lock, 0, memory_order_release);
}

#endif
