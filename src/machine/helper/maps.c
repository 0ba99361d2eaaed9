// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Helpers that work on maps: elements, rings, tail calls, locks in values. Freestanding. */
#include <stdatomic.h>
#include <stddef.h>

#include "machine/helper/table.h"
#include "machine/map/lock.h"

static inline const struct machine_who *who_of(const struct machine_run *run)
{
	return &helper_env(run)->who;
}

uint64_t helper_do_map_lookup(struct machine_run *run, uint64_t map, uint64_t key, uint64_t r3,
			      uint64_t r4, uint64_t r5)
{
	return (uintptr_t)machine_map_lookup(who_of(run), (uint32_t)map, (void *)key);
}

uint64_t helper_do_map_update(struct machine_run *run, uint64_t map, uint64_t key, uint64_t value,
			      uint64_t flags, uint64_t r5)
{
	uint32_t type = who_of(run)->ctl->maps[map].type;

	/* Which program is where is not for programs to say. */
	if (type == BPF_MAP_TYPE_PROG_ARRAY)
		return (uint64_t)-EINVAL;
	return (uint64_t)(int64_t)machine_map_update(who_of(run), (uint32_t)map, (void *)key,
						     (void *)value, flags);
}

uint64_t helper_do_map_delete(struct machine_run *run, uint64_t map, uint64_t key, uint64_t r3,
			      uint64_t r4, uint64_t r5)
{
	if (who_of(run)->ctl->maps[map].type == BPF_MAP_TYPE_PROG_ARRAY)
		return (uint64_t)-EINVAL;
	return (uint64_t)(int64_t)machine_map_delete(who_of(run), (uint32_t)map, (void *)key);
}

uint64_t helper_do_map_lookup_percpu(struct machine_run *run, uint64_t map, uint64_t key,
				     uint64_t cpu, uint64_t r4, uint64_t r5)
{
	return (uintptr_t)machine_map_lookup_percpu(who_of(run), (uint32_t)map, (void *)key,
						    (uint32_t)cpu);
}

uint64_t helper_do_ring_output(struct machine_run *run, uint64_t map, uint64_t data, uint64_t size,
			       uint64_t flags, uint64_t r5)
{
	return (uint64_t)(int64_t)machine_ring_output(who_of(run), (uint32_t)map, (void *)data,
						      size, flags);
}

uint64_t helper_do_ring_reserve(struct machine_run *run, uint64_t map, uint64_t size,
				uint64_t flags, uint64_t r4, uint64_t r5)
{
	return flags ? 0 : (uintptr_t)machine_ring_reserve(who_of(run), (uint32_t)map, size);
}

uint64_t helper_do_ring_submit(struct machine_run *run, uint64_t record, uint64_t flags,
			       uint64_t r3, uint64_t r4, uint64_t r5)
{
	machine_ring_submit(who_of(run), (void *)record, flags);
	return 0;
}

uint64_t helper_do_ring_discard(struct machine_run *run, uint64_t record, uint64_t flags,
				uint64_t r3, uint64_t r4, uint64_t r5)
{
	machine_ring_discard(who_of(run), (void *)record, flags);
	return 0;
}

uint64_t helper_do_ring_query(struct machine_run *run, uint64_t map, uint64_t what, uint64_t r3,
			      uint64_t r4, uint64_t r5)
{
	return machine_ring_query(who_of(run), (uint32_t)map, what);
}

/* Into a ring buffer only; which CPU's buffer the flags name means nothing there. */
uint64_t helper_do_perf_output(struct machine_run *run, uint64_t ctx, uint64_t map, uint64_t flags,
			       uint64_t data, uint64_t size)
{
	if (who_of(run)->ctl->maps[map].type != BPF_MAP_TYPE_RINGBUF)
		return (uint64_t)-EINVAL;
	return (uint64_t)(int64_t)machine_ring_output(who_of(run), (uint32_t)map, (void *)data,
						      size, 0);
}

uint64_t helper_do_tail_call(struct machine_run *run, uint64_t ctx, uint64_t map, uint64_t index,
			     uint64_t r4, uint64_t r5)
{
	const struct helper_env *env = helper_env(run);
	const struct machine_ctl *ctl = env->who.ctl;
	uint32_t key = (uint32_t)index, prog = 0;
	_Atomic uint32_t *value;

	if (ctl->maps[map].type != BPF_MAP_TYPE_PROG_ARRAY)
		return (uint64_t)-EINVAL;
	value = machine_map_lookup(&env->who, (uint32_t)map, &key);
	if (value)
		prog = atomic_load(value);
	if (!prog || prog > MACHINE_PROGS || ctl->progs[prog - 1].type != env->prog_type)
		return (uint64_t)-ENOENT;
	run->tail_call = &ctl->progs[prog - 1];
	run->stop = MACHINE_TAIL_CALL;
	return 0;
}

/*
 * The sweep does not know where values have locks: who waits in vain takes a lock over if its
 * holder's slot is free. A lock that is not to be had ends the program.
 */
uint64_t helper_do_spin_lock(struct machine_run *run, uint64_t address, uint64_t r2, uint64_t r3,
			     uint64_t r4, uint64_t r5)
{
	const struct machine_who *who = who_of(run);
	machine_owner *lock = (machine_owner *)address;
	uint32_t held, slot;

	if (machine_lock(who, lock))
		return 0;
	held = atomic_load(lock);
	slot = (held & ~LOCK_STUCK) - 1;
	if ((slot >= MACHINE_TARGETS || !machine_data_of(who->ctl)->targets[slot].pid) &&
	    atomic_compare_exchange_strong(lock, &held, who->slot + 1))
		return 0;
	run->stop = MACHINE_HELPER;
	return 0;
}

uint64_t helper_do_spin_unlock(struct machine_run *run, uint64_t address, uint64_t r2, uint64_t r3,
			       uint64_t r4, uint64_t r5)
{
	machine_unlock((machine_owner *)address);
	return 0;
}
