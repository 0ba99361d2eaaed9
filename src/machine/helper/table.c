// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The table of helpers, and the check of their arguments. Freestanding.
 *
 * Each row becomes a function that checks the arguments as the row says and calls on. The kinds are
 * constants there, so that nothing is left of what a row does not need.
 */
#include <stdbool.h>
#include <stddef.h>

#include "machine/helper/table.h"

enum kind { NONE, ANY, MAP, KEY, VALUE, MEM, SIZE, STR, WORD };

#define SIZE_LIMIT (1u << 30)

static bool stop(struct machine_run *run, uint64_t address)
{
	run->stop = MACHINE_MEMORY;
	run->stop_addr = address;
	return false;
}

static inline bool check_memory(struct machine_run *run, uint64_t address, uint64_t size)
{
	return size <= helper_in_window(run, address) || stop(run, address);
}

/* *r: the handle of a map, which becomes its number. */
static inline bool check_map(struct machine_run *run, uint64_t *r, const struct machine_map **map)
{
	uint64_t number = *r ^ MACHINE_MAP_HANDLE;

	if (number >= MACHINE_MAPS || !helper_env(run)->who.ctl->maps[number].type)
		return stop(run, *r);
	*map = &helper_env(run)->who.ctl->maps[number];
	*r = number;
	return true;
}

static inline __attribute__((always_inline)) bool check(struct machine_run *run, enum kind kind,
							uint64_t *r, uint64_t next,
							const struct machine_map **map)
{
	switch (kind) {
	case MAP: return check_map(run, r, map);
	case KEY: return check_memory(run, *r, (*map)->key_size);
	case VALUE: return check_memory(run, *r, (*map)->value_size);
	case MEM: return !next || check_memory(run, *r, next);
	case SIZE: return *r < SIZE_LIMIT || stop(run, *r);
	case STR: return check_memory(run, *r, 1);
	case WORD: return !(*r & 3) ? check_memory(run, *r, 4) : stop(run, *r);
	default: return true;
	}
}

#define HELPER_WRAP(name, k1, k2, k3, k4, k5, fn)                                       \
	static uint64_t call_##name(struct machine_run *run, uint64_t r1, uint64_t r2,  \
				    uint64_t r3, uint64_t r4, uint64_t r5)              \
	{                                                                               \
		const struct machine_map *map = NULL;                                   \
                                                                                        \
		if (!check(run, k1, &r1, r2, &map) || !check(run, k2, &r2, r3, &map) || \
		    !check(run, k3, &r3, r4, &map) || !check(run, k4, &r4, r5, &map) || \
		    !check(run, k5, &r5, 0, &map))                                      \
			return 0;                                                       \
		return helper_do_##fn(run, r1, r2, r3, r4, r5);                         \
	}
HELPERS(HELPER_WRAP)

/* Written out: an array of addresses would need relocation. */
void helper_table(machine_helper *table)
{
	for (int i = 0; i < HELPER_MAX; i++)
		table[i] = NULL;
#define HELPER_ENTER(name, k1, k2, k3, k4, k5, fn) table[BPF_FUNC_##name] = call_##name;
	HELPERS(HELPER_ENTER)
}
