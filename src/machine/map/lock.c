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

bool machine_wait_more(const struct machine_who *who, struct machine_wait *wait)
{
	uint32_t turn = wait->turn++;
	struct timespec nap;

	if (turn < LOCK_SPINS || !(who->flags & MACHINE_WHO_YIELD)) {
		machine_pause();
		return turn < LOCK_PAUSES;
	}
	if (!wait->until)
		wait->until = now_ns() + LOCK_NS;
	if (turn < LOCK_SPINS + LOCK_YIELDS) {
		machine_rawcall(__NR_sched_yield, 0, 0, 0, 0, 0, 0);
	} else {
		wait->nap = !wait->nap			? LOCK_NAP
			    : wait->nap < LOCK_NAPS / 2 ? 2 * wait->nap
							: LOCK_NAPS;
		nap.tv_sec = 0;
		nap.tv_nsec = wait->nap;
		machine_rawcall(__NR_nanosleep, (uintptr_t)&nap, 0, 0, 0, 0, 0);
	}
	return now_ns() < wait->until;
}

/* The sweep frees a slot when nothing is held in its name: other words were falsified. */
static bool is_holder(const struct machine_who *who, uint32_t held)
{
	uint32_t slot = (held & ~LOCK_STUCK) - 1;

	if (slot >= MACHINE_TARGETS)
		return false;
	return !slot || atomic_load_explicit(&machine_data_of(who->ctl)->targets[slot].pid,
					     memory_order_relaxed);
}

bool machine_lock_wait(const struct machine_who *who, machine_owner *lock)
{
	struct machine_wait wait = {0};
	uint32_t seen = 0;

	while (machine_wait_more(who, &wait)) {
		seen = atomic_load_explicit(lock, memory_order_relaxed);
		if (!seen && machine_trylock(lock, who->slot))
			return true;
		if (wait.turn <= LOCK_SPINS || !seen)
			continue;
		if (seen & LOCK_STUCK)
			return false;
		if (!is_holder(who, seen))
			break;
	}
	/* Only if the same holder still has it: a lock nobody holds must not be marked. */
	if (seen)
		atomic_compare_exchange_strong_explicit(lock, &seen, seen | LOCK_STUCK,
							memory_order_relaxed, memory_order_relaxed);
	return false;
}

int machine_lease_wait(const struct machine_who *who, uint32_t hint)
{
	struct machine_wait wait = {0};
	int vcpu;

	do {
		vcpu = machine_lease(machine_data_of(who->ctl), who->slot, hint);
	} while (vcpu < 0 && machine_wait_more(who, &wait));
	return vcpu;
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
