/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The tables of builtins (pid, comm…) and functions (printf(), str()…).
 *
 * A builtin is a row of builtins.h and a function a row of functions.h, plus the two
 * functions that the row names: check_ID() in check/, which types it, and lower_ID()
 * in ir/, which generates code.
 */
#ifndef LANG_BUILTIN_H
#define LANG_BUILTIN_H

#include <stdint.h>

enum builtin_id {
#define BUILTIN(ID, name, summary) BUILTIN_##ID,
#include "lang/builtin/builtins.h"
	NBUILTINS
};

enum function_id {
#define FUNCTION(ID, name, min, max, flags, summary) FUNCTION_##ID,
#include "lang/builtin/functions.h"
	NFUNCTIONS
};

enum function_flags {
	FUNC_AGGREGATION = 1 << 0, /* only as `@m = f()` */
	FUNC_ASYNC = 1 << 1,       /* done in user space on an event; has no value */
	FUNC_UNSAFE = 1 << 2,      /* needs --unsafe */
	FUNC_STATEMENT = 1 << 3,   /* has no value */
};

struct builtin_row {
	const char *name, *summary;
};

struct function_row {
	const char *name;
	uint8_t min_args, max_args;
	uint32_t flags;
	const char *summary; /* usage and what it does, for listings */
};

extern const struct builtin_row builtin_rows[NBUILTINS];
extern const struct function_row function_rows[NFUNCTIONS];

/* Number of the row with that name (not NUL-terminated names allowed), or -1. argN is
 * BUILTIN_ARGN; the caller reads the number. */
int builtin_find(const char *name);
int function_find(const char *name);

#endif
