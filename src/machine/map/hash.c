// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Hash maps: plain, per-CPU, LRU. Freestanding.
 *
 * Elements are numbered; a bucket heads a chain of them. They are put in at the head of their
 * chain and taken out under the bucket's lock, each by one store; values never move. An element's
 * state goes
 *
 *	free -> (filled by its owner) -> USED -> LEAVING -> free
 *
 * and counts versions. Lookups take no lock. They read an element's state before and after its
 * key and link: unchanged, both were of one life of the element. What they read of a link is a step
 * along the chain, as it was while the element was USED or LEAVING; an element that has been used
 * again meanwhile is in another chain (then the walk starts again) or at the head of this one.
 *
 * Whoever changes an element first writes his slot into `owner`, so that the tracer can finish or
 * undo it if he dies at any instruction (sweep.c). Order of locks: bucket, then free list; eviction
 * only tries the locks of other buckets.
 */
#include "machine/map/table.h"

#define MIX1 0x9e3779b97f4a7c15ull
#define MIX2 0xd6e8feb86659fd93ull

static inline uint64_t mix(uint64_t h)
{
	h = (h ^ h >> 32) * MIX2;
	return h ^ h >> 32;
}

static uint32_t hash_key(const struct machine_map *m, const uint8_t *key)
{
	uint64_t h = ((uint64_t)m->key_size << 32 | m->seed) * MIX1;
	uint32_t size = m->key_size;
	uint64_t word;

	for (; size >= 8; size -= 8, key += 8) {
		__builtin_memcpy(&word, key, 8);
		h = mix(h ^ word) * MIX1;
	}
	if (size & 4) {
		uint32_t half;

		__builtin_memcpy(&half, key, 4);
		h = mix(h ^ half) * MIX1;
		key += 4;
	}
	for (word = 0, size &= 3; size; size--)
		word = word << 8 | *key++;
	return (uint32_t)mix(h ^ word);
}

static inline bool same_key(const void *a, const void *b, uint32_t size)
{
	uint64_t x, y;

	if (size == 8) {
		__builtin_memcpy(&x, a, 8);
		__builtin_memcpy(&y, b, 8);
		return x == y;
	}
	return !memcmp(a, b, size);
}

static inline bool same_life(uint32_t before, uint32_t after)
{
	return !((before ^ after) & ~ELEM_REF);
}

/* One walk along a chain. -EAGAIN: something moved; -EBUSY: a circle, another walk is in vain. */
static int64_t walk(const struct machine_who *who, const struct machine_map *m, const void *key,
		    uint32_t hash)
{
	uint32_t next =
		atomic_load_explicit(&map_bucket(who, m, hash)->first, memory_order_acquire);
	uint32_t mask = m->nbuckets - 1;

	for (uint32_t steps = 0; next; steps++) {
		struct machine_elem *e;
		uint32_t state, its, i = next - 1;
		bool found;

		if (steps == WALK_MAX)
			return -EBUSY;
		if (i >= m->max_entries)
			return -EAGAIN;
		e = map_elem(who, m, i);
		state = atomic_load_explicit(&e->state, memory_order_acquire);
		its = atomic_load_explicit(&e->hash, memory_order_relaxed);
		if (!(state & (ELEM_USED | ELEM_LEAVING)) || (its ^ hash) & mask)
			return -EAGAIN;
		found = its == hash && state & ELEM_USED && same_key(e->key, key, m->key_size);
		next = atomic_load_explicit(&e->next, memory_order_relaxed);
		atomic_thread_fence(memory_order_acquire);
		if (!same_life(state, atomic_load_explicit(&e->state, memory_order_relaxed)))
			return -EAGAIN;
		if (found)
			return i;
	}
	return -ENOENT;
}

static int64_t find(const struct machine_who *who, const struct machine_map *m, const void *key,
		    uint32_t hash)
{
	for (int tries = 0; tries < WALK_RETRIES; tries++) {
		int64_t i = walk(who, m, key, hash);

		if (i != -EAGAIN)
			return i;
		machine_pause();
	}
	return -EBUSY;
}

int64_t hash_find(const struct machine_who *who, const struct machine_map *m, const void *key)
{
	return find(who, m, key, hash_key(m, key));
}

void hash_touch(const struct machine_who *who, const struct machine_map *m, uint32_t i)
{
	struct machine_elem *e = map_elem(who, m, i);

	if (!(atomic_load_explicit(&e->state, memory_order_relaxed) & ELEM_REF))
		atomic_fetch_or_explicit(&e->state, ELEM_REF, memory_order_relaxed);
}

static inline void set_owner(struct machine_elem *e, uint32_t owner)
{
	atomic_store_explicit(&e->owner, owner, memory_order_release);
}

/*
 * Takes a free element, which then has its owner and no flags; -ENOENT when there is none.
 * *@fresh: its values are zero.
 */
static int64_t take_free(const struct machine_who *who, const struct machine_map *m, bool *fresh)
{
	struct machine_map_head *head = map_head(who, m);
	int64_t i = -ENOENT;
	uint32_t first;

	if (!machine_lock(who, &head->free_lock))
		return -EBUSY;
	first = head->free_first;
	*fresh = false;
	if (first) {
		struct machine_elem *e =
			map_elem(who, m, first - 1 < m->max_entries ? first - 1 : 0);

		/* A list that leads to what is not free was falsified: it is dropped. */
		if (first - 1 >= m->max_entries || atomic_load(&e->owner) ||
		    atomic_load(&e->state) & (ELEM_USED | ELEM_LEAVING)) {
			head->free_first = 0;
		} else {
			set_owner(e, who->slot + 1);
			head->free_first = atomic_load_explicit(&e->next, memory_order_relaxed);
			i = first - 1;
		}
	}
	if (i < 0) {
		uint32_t n = atomic_load_explicit(&head->fresh, memory_order_relaxed);

		if (n < m->max_entries) {
			/* Counted first: a sweep only looks at what was used. */
			atomic_store_explicit(&head->fresh, n + 1, memory_order_release);
			set_owner(map_elem(who, m, n), who->slot + 1);
			*fresh = true;
			i = n;
		}
	}
	machine_unlock(&head->free_lock);
	return i;
}

/* With the free list locked: gives back an element that is in no chain. */
static void put_free(struct machine_map_head *head, struct machine_elem *e, uint32_t i)
{
	uint32_t state = atomic_load_explicit(&e->state, memory_order_relaxed);

	/* Not free before its link is overwritten: walks must see that it is no step of a chain. */
	atomic_store_explicit(&e->state, state & ~ELEM_FLAGS, memory_order_release);
	atomic_thread_fence(memory_order_release);
	atomic_store_explicit(&e->next, head->free_first, memory_order_relaxed);
	head->free_first = i + 1;
	set_owner(e, 0);
}

/* The link that leads to element i in the chain of @hash, or NULL. The bucket is locked. */
static _Atomic uint32_t *link_to(const struct machine_who *who, const struct machine_map *m,
				 uint32_t hash, uint32_t i)
{
	_Atomic uint32_t *link = &map_bucket(who, m, hash)->first;

	for (uint32_t steps = 0; steps < WALK_MAX; steps++) {
		uint32_t next = atomic_load_explicit(link, memory_order_relaxed);

		if (next == i + 1)
			return link;
		if (!next || next - 1 >= m->max_entries)
			return NULL;
		link = &map_elem(who, m, next - 1)->next;
	}
	return NULL;
}

bool hash_linked(const struct machine_who *who, const struct machine_map *m, uint32_t i)
{
	return link_to(who, m, atomic_load(&map_elem(who, m, i)->hash), i);
}

int hash_unlink(const struct machine_who *who, const struct machine_map *m, uint32_t i)
{
	struct machine_elem *e = map_elem(who, m, i);
	uint32_t state = atomic_load_explicit(&e->state, memory_order_relaxed);
	_Atomic uint32_t *link = link_to(who, m, atomic_load(&e->hash), i);

	if (!link)
		return 0;
	set_owner(e, who->slot + 1);
	atomic_store_explicit(&e->state, (state & ~ELEM_FLAGS) | ELEM_LEAVING,
			      memory_order_release);
	atomic_store_explicit(link, atomic_load_explicit(&e->next, memory_order_relaxed),
			      memory_order_release);
	return 1;
}

/* LRU: takes element i out of its chain if nobody is at work there. The bucket of @hash is ours. */
static bool evict(const struct machine_who *who, const struct machine_map *m, uint32_t i,
		  uint32_t hash)
{
	struct machine_elem *e = map_elem(who, m, i);
	uint32_t its = atomic_load_explicit(&e->hash, memory_order_relaxed);
	struct machine_bucket *b = map_bucket(who, m, its);
	bool ours = b == map_bucket(who, m, hash), done;

	if (!ours && !machine_trylock(&b->lock, who->slot))
		return false;
	done = atomic_load(&e->hash) == its && atomic_load(&e->state) & ELEM_USED &&
	       !atomic_load(&e->owner) && hash_unlink(who, m, i);
	if (!ours)
		machine_unlock(&b->lock);
	if (done) /* it stays ours and becomes the new one */
		atomic_fetch_and_explicit(&e->state, ~ELEM_FLAGS, memory_order_release);
	return done;
}

/* LRU: the clock's hand goes round; what was not looked up since it last came by is evicted. */
static int64_t take_oldest(const struct machine_who *who, const struct machine_map *m,
			   uint32_t hash)
{
	struct machine_map_head *head = map_head(who, m);
	uint32_t rounds = m->max_entries < WALK_MAX ? 2 * m->max_entries : 2 * WALK_MAX;

	for (uint32_t n = 0; n < rounds + 64; n++) {
		uint32_t i = atomic_fetch_add_explicit(&head->hand, 1, memory_order_relaxed) %
			     m->max_entries;
		struct machine_elem *e = map_elem(who, m, i);
		uint32_t state = atomic_load_explicit(&e->state, memory_order_relaxed);

		if (!(state & ELEM_USED))
			continue;
		if (state & ELEM_REF && n < rounds)
			atomic_fetch_and_explicit(&e->state, ~ELEM_REF, memory_order_relaxed);
		else if (evict(who, m, i, hash))
			return i;
	}
	return -EBUSY;
}

static void set_value(const struct machine_who *who, const struct machine_map *m, uint32_t i,
		      const void *value, bool all_copies)
{
	if (!all_copies || m->ncopies == 1) {
		map_copy_value(map_value(who, m, i, map_copy(who, m)), value, m->value_size);
		return;
	}
	for (uint32_t c = 0; c < m->ncopies; c++)
		map_copy_value(map_value(who, m, i, c),
			       (const uint8_t *)value + (uint64_t)c * m->value_stride,
			       m->value_size);
}

/* With the bucket locked and the key not in it. */
static int insert(const struct machine_who *who, const struct machine_map *m, const void *key,
		  uint32_t hash, const void *value, bool all_copies)
{
	struct machine_bucket *b = map_bucket(who, m, hash);
	bool fresh = false;
	int64_t i = take_free(who, m, &fresh);
	struct machine_elem *e;
	uint32_t state;

	if (i == -ENOENT)
		i = map_is_lru(m->type) ? take_oldest(who, m, hash) : -E2BIG;
	if (i < 0)
		return (int)i;
	e = map_elem(who, m, (uint32_t)i);
	/* The release orders what follows behind the state's loss of LEAVING. */
	atomic_thread_fence(memory_order_release);
	memcpy(e->key, key, m->key_size);
	if (m->ncopies > 1 && !fresh && !all_copies)
		for (uint32_t c = 0; c < m->ncopies; c++)
			memset(map_value(who, m, (uint32_t)i, c), 0, m->value_size);
	set_value(who, m, (uint32_t)i, value, all_copies);
	atomic_store_explicit(&e->hash, hash, memory_order_relaxed);
	atomic_store_explicit(&e->next, atomic_load_explicit(&b->first, memory_order_relaxed),
			      memory_order_relaxed);
	state = (atomic_load_explicit(&e->state, memory_order_relaxed) & ~ELEM_FLAGS) +
		ELEM_VERSION;
	atomic_store_explicit(&e->state, state | ELEM_USED, memory_order_release);
	atomic_store_explicit(&b->first, (uint32_t)i + 1, memory_order_release);
	set_owner(e, 0);
	return 0;
}

/*
 * Locks the bucket to put @key in. Whoever holds it may be at the same key, so who only wants it
 * to be there (BPF_NOEXIST) looks for it instead of waiting, and again when he waited in vain.
 */
static int lock_to_update(const struct machine_who *who, const struct machine_map *m,
			  const void *key, uint32_t hash, uint64_t flags)
{
	machine_owner *lock = &map_bucket(who, m, hash)->lock;

	if (machine_trylock(lock, who->slot))
		return 0;
	if (flags == BPF_NOEXIST && find(who, m, key, hash) >= 0)
		return -EEXIST;
	if (machine_lock_wait(who, lock))
		return 0;
	return flags == BPF_NOEXIST && find(who, m, key, hash) >= 0 ? -EEXIST : -EBUSY;
}

int hash_update(const struct machine_who *who, const struct machine_map *m, const void *key,
		const void *value, uint64_t flags, bool all_copies)
{
	uint32_t hash = hash_key(m, key);
	struct machine_bucket *b = map_bucket(who, m, hash);
	int64_t i;
	int err;

	if (flags > BPF_EXIST)
		return -EINVAL;
	err = lock_to_update(who, m, key, hash, flags);
	if (err)
		return err;
	i = find(who, m, key, hash);
	if (i == -EBUSY)
		err = -EBUSY;
	else if (i < 0)
		err = flags == BPF_EXIST ? -ENOENT : insert(who, m, key, hash, value, all_copies);
	else if (flags == BPF_NOEXIST)
		err = -EEXIST;
	else
		set_value(who, m, (uint32_t)i, value, all_copies);
	if (i >= 0 && !err && map_is_lru(m->type))
		hash_touch(who, m, (uint32_t)i);
	machine_unlock(&b->lock);
	return err;
}

int hash_delete(const struct machine_who *who, const struct machine_map *m, const void *key)
{
	uint32_t hash = hash_key(m, key);
	struct machine_bucket *b = map_bucket(who, m, hash);
	struct machine_map_head *head = map_head(who, m);
	int64_t i;
	int err = 0;

	if (!machine_lock(who, &b->lock))
		return -EBUSY;
	i = find(who, m, key, hash);
	/* The free list's lock before anything changes, so that there is nothing to undo. */
	if (i < 0) {
		err = (int)i;
	} else if (!machine_lock(who, &head->free_lock)) {
		err = -EBUSY;
	} else {
		if (hash_unlink(who, m, (uint32_t)i))
			put_free(head, map_elem(who, m, (uint32_t)i), (uint32_t)i);
		machine_unlock(&head->free_lock);
	}
	machine_unlock(&b->lock);
	return err;
}

/* Keys come in the order of their elements, so that who deletes on his way misses none. */
int hash_next_key(const struct machine_who *who, const struct machine_map *m, const void *key,
		  void *next)
{
	uint32_t end = atomic_load_explicit(&map_head(who, m)->fresh, memory_order_acquire);
	int64_t at = key ? hash_find(who, m, key) : -1;

	if (end > m->max_entries)
		end = m->max_entries;
	for (uint32_t i = at < 0 ? 0 : (uint32_t)at + 1; i < end; i++) {
		struct machine_elem *e = map_elem(who, m, i);
		uint32_t state = atomic_load_explicit(&e->state, memory_order_acquire);

		if (!(state & ELEM_USED))
			continue;
		memcpy(next, e->key, m->key_size);
		atomic_thread_fence(memory_order_acquire);
		if (same_life(state, atomic_load_explicit(&e->state, memory_order_relaxed)))
			return 0;
	}
	return -ENOENT;
}
