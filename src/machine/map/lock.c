// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Waiting for locks (see lock.h), and the leases of virtual CPUs. Freestanding. */
#include "machine/map/lock.h"

bool machine_lock_wait(const struct machine_who *who, machine_owner *lock)
{
	bool yield = who->flags & MACHINE_WHO_YIELD;
	uint32_t rounds = LOCK_SPINS + (yield ? LOCK_YIELDS : LOCK_PAUSES);
	uint32_t seen = 0;

	for (uint32_t i = 0; i < rounds; i++) {
		if (i < LOCK_SPINS || !yield)
			machine_pause();
		else
			machine_rawcall(__NR_sched_yield, 0, 0, 0, 0, 0, 0);
		seen = atomic_load_explicit(lock, memory_order_relaxed);
		if (!seen && machine_trylock(lock, who->slot))
			return true;
		if (seen & LOCK_STUCK && i >= LOCK_SPINS)
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
