/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Types of the language. Small values, copied; nothing is owned but by the world. */
#ifndef LANG_TYPE_H
#define LANG_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct btfr;
struct lang_field;

enum type_kind {
	TYPE_UNKNOWN, /* not inferred yet: a later pass may */
	TYPE_VOID,    /* call without a value: printf(), clear()… */
	TYPE_INT,     /* in a register, always extended to 64 bits; size is that of its source */
	TYPE_STRING,  /* char[size] in memory, with or without a NUL at its end */
	TYPE_BUF,     /* u32 length, then size - 4 bytes */
	TYPE_INET,    /* u32 family, 16 bytes: ntop() */
	TYPE_TIME,    /* u64 nanoseconds: strftime(); format is an index of the plan's strings */
	TYPE_PROBE,   /* integer that prints as the probe's name */
	TYPE_FUNC,    /* integer that prints as the function's name */
	TYPE_PTR,     /* pointer in a register; what it points to is btf_id, or an integer of
	               * elem_size bytes, or nothing known (elem_size 0) */
	TYPE_RECORD,  /* struct or union in memory, btf_id: only its members can be read */
	TYPE_ARRAY,   /* count elements in memory: integers of elem_size bytes, or btf_id */
	TYPE_ARGS,    /* `args` itself */
	TYPE_COUNT,   /* aggregations: what count() … lhist() give, and their maps hold */
	TYPE_SUM,
	TYPE_MIN,
	TYPE_MAX,
	TYPE_AVG,
	TYPE_STATS,
	TYPE_HIST,
	TYPE_LHIST,
};

struct type {
	enum type_kind kind;
	uint32_t size;      /* bytes in a key, value or record: INT 1…8, STRING with its NUL … */
	bool is_signed;     /* INT, elements of ARRAY and PTR, SUM…STATS */
	bool is_user;       /* PTR, ARRAY, RECORD: in user memory */
	bool in_ctx;        /* RECORD, ARRAY, STRING: bytes of the context itself, read directly */
	uint32_t elem_size; /* PTR, ARRAY of integers */
	uint32_t count;     /* ARRAY */
	uint32_t btf_id;    /* PTR (pointee), RECORD, ARRAY (element): 0 when none */
	const struct btfr *btf;
	uint32_t format;    /* TIME */
	uint32_t bits;      /* HIST: 0…5 */
	int64_t min, max, step; /* LHIST */
};

static inline bool type_is_aggregation(enum type_kind kind)
{
	return kind >= TYPE_COUNT;
}

/* Is the value held in one 64-bit register (as opposed to memory)? */
static inline bool type_is_scalar(enum type_kind kind)
{
	return kind == TYPE_INT || kind == TYPE_PTR || kind == TYPE_PROBE || kind == TYPE_FUNC ||
	       kind == TYPE_TIME;
}

/* "int64", "string[16]", "struct task_struct *", "count": for messages and dumps. */
const char *type_name(struct type type, char *buf, size_t len);

#endif
