// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Waiting for locks (see lock.h), and the leases of virtual CPUs. Freestanding. */
#include <time.h>

#include "machine/map/lock.h"

static uint64_t now_ns(void)
{
	struct timespec ts = {0, 0};

	machine_rawcall(__NR_clock_gettime, CLOCK_MONOTONIC, (uintptr_t)&ts, 0, 0, 0, 0);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* Time that passes in the lock's slow half; false: enough of it. */
static bool wait_more(const struct machine_who *who, uint32_t turn, uint64_t *until)
{
	if (turn < LOCK_SPINS || !(who->flags & MACHINE_WHO_YIELD)) {
		machine_pause();
		return turn < LOCK_PAUSES;
	}
	if (!*until)
		*until = now_ns() + LOCK_NS;
	machine_rawcall(__NR_sched_yield, 0, 0, 0, 0, 0, 0);
	return now_ns() < *until;
}

bool machine_lock_wait(const struct machine_who *who, machine_owner *lock)
{
	uint32_t seen = 0;
	uint64_t until = 0;

	for (uint32_t turn = 0; wait_more(who, turn, &until); turn++) {
		seen = atomic_load_explicit(lock, memory_order_relaxed);
		if (!seen && machine_trylock(lock, who->slot))
			return true;
		if (seen & LOCK_STUCK && turn >= LOCK_SPINS)
			return false;
	}
	/* Only if the same holder still has it: a lock nobody holds must not be marked. */
	if (seen)
		atomic_compare_exchange_strong_explicit(lock, &seen, seen | LOCK_STUCK,
							memory_order_relaxed, memory_order_relaxed);
	return false;
}

int machine_lease(struct machine_data *data, uint32_t slot, uint32_t hint)
{
	for (uint32_t i = 0; i < MACHINE_VCPUS; i++) {
		uint32_t vcpu = (hint + i) % MACHINE_VCPUS;
		machine_owner *owner = &data->vcpus[vcpu].owner;

		if (!atomic_load_explicit(owner, memory_order_relaxed) &&
		    machine_trylock(owner, slot))
			return (int)vcpu;
	}
	return -1;
}

void machine_release(struct machine_data *data, uint32_t slot, int vcpu)
{
	uint32_t mine = slot + 1;

	if (vcpu >= 0 && vcpu < MACHINE_VCPUS)
		atomic_compare_exchange_strong_explicit(&data->vcpus[vcpu].owner, &mine, 0,
							memory_order_release, memory_order_relaxed);
}
