/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What must be true of a hash map at rest, looked at from outside of its code. */
#ifndef TEST_MAP_CHECK_H
#define TEST_MAP_CHECK_H

#include "machine/session.h"

/* NULL, or what is wrong with the map. *@used: how many elements it has. */
const char *map_check(const struct machine_session *s, uint32_t map, uint32_t *used);

#endif
