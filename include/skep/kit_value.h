/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The model of everything that a tracing program can print: plain values, and the aggregates
 * that the language keeps in maps. The tracer decodes bytes from maps and events into this model
 * once; text and JSON are two writers of the same values (kit_output.h).
 *
 * Ownership: a value borrows. Bytes, tuple items and bucket counts that it points to belong to
 * the caller and must outlive the call that the value is handed to; nothing here allocates.
 */
#ifndef SKEP_KIT_VALUE_H
#define SKEP_KIT_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a value is; says which member of the union of struct kit_value holds it. */
enum kit_type {
	KIT_NONE,    /* nothing: empty text, null in JSON */
	KIT_INT,     /* .i: signed integer, already sign-extended */
	KIT_UINT,    /* .u: unsigned integer, already zero-extended */
	KIT_BOOL,    /* .u: prints true or false */
	KIT_POINTER, /* .u: an address; prints 0x... in text, a number in JSON */
	KIT_STRING,  /* .bytes: text; ends at len or at the first NUL byte */
	KIT_BUFFER,  /* .bytes: any bytes; unprintable ones appear as \xNN */
	KIT_INET,    /* .inet: an internet address (function ntop) */
	KIT_TEXT,    /* .bytes: text made for printing (strftime, a symbol, a stack) */
	KIT_TUPLE,   /* .tuple */
	/* Aggregates; is_signed says how their numbers are read. */
	KIT_COUNT, /* .i */
	KIT_SUM,   /* .i or .u */
	KIT_MIN,   /* .i or .u */
	KIT_MAX,   /* .i or .u */
	KIT_AVG,   /* .stats; prints total / count */
	KIT_STATS, /* .stats */
	KIT_HIST,  /* .hist */
	KIT_LHIST, /* .lhist */
};

struct kit_value {
	enum kit_type type;
	/*
	 * Bytes of the integer type, 1, 2, 4 or 8; 0 means 8. printf's %x and %u of a negative
	 * value show this many bytes. Only KIT_INT and KIT_UINT.
	 */
	uint8_t size;
	/* KIT_SUM, KIT_MIN, KIT_MAX, KIT_AVG, KIT_STATS: the number is an int64_t. */
	bool is_signed;
	union {
		int64_t i;
		uint64_t u;
		struct {
			const char *data; /* may be NULL when len is 0; need not end in NUL */
			size_t len;	  /* bytes */
		} bytes;
		struct {
			/* AF_INET or AF_INET6; addr holds 4 or 16 bytes in network order */
			int family;
			uint8_t addr[16];
		} inet;
		struct {
			const struct kit_value *items;
			size_t n;
		} tuple;
		struct {
			uint64_t count;
			uint64_t total; /* as int64_t when is_signed */
		} stats;
		struct {
			/* counts[i]: bucket i of kit_histogram.h; from ncounts on all are 0 */
			const uint64_t *counts;
			uint32_t ncounts;
			uint8_t bits; /* 0..5: each power of two has 2^bits buckets */
		} hist;
		struct {
			const uint64_t *counts; /* as above */
			uint32_t ncounts;
			int64_t min, max, step; /* step > 0, min < max */
		} lhist;
	};
};

/*
 * One entry of a map. keys are the parts of the map's key (@m[1, "a"] has two); a map without
 * keys has one row with nkeys 0. Borrows like the values do.
 */
struct kit_row {
	const struct kit_value *keys;
	size_t nkeys;
	struct kit_value value;
};

/* Makers of the common values; the result borrows what is passed in. size: see kit_value.size. */
static inline struct kit_value kit_int(int64_t i, uint8_t size)
{
	return (struct kit_value){.type = KIT_INT, .size = size, .is_signed = true, .i = i};
}

static inline struct kit_value kit_uint(uint64_t u, uint8_t size)
{
	return (struct kit_value){.type = KIT_UINT, .size = size, .u = u};
}

static inline struct kit_value kit_pointer(uint64_t address)
{
	return (struct kit_value){.type = KIT_POINTER, .size = 8, .u = address};
}

/* type: KIT_STRING, KIT_BUFFER or KIT_TEXT. */
static inline struct kit_value kit_bytes(enum kit_type type, const void *data, size_t len)
{
	return (struct kit_value){.type = type, .bytes = {(const char *)data, len}};
}

/*
 * The number that a value is printed and sorted by: integers and pointers themselves, count, sum,
 * min and max their result, avg and stats the average (0 when nothing was counted), hist and
 * lhist the total of their buckets (mod 2^64); 0 for everything else. *is_signed (may be NULL)
 * says whether to read it as int64_t.
 */
uint64_t kit_value_number(const struct kit_value *v, bool *is_signed);

/*
 * Total order: numbers by value, bytes as memcmp() and then by length, tuples item by item,
 * aggregates by kit_value_number(). Returns < 0, 0 or > 0. Values of different types are ordered
 * by type, except that signed and unsigned integers compare as numbers.
 */
int kit_value_compare(const struct kit_value *a, const struct kit_value *b);

/*
 * Puts rows in the order in which maps are printed: integers and aggregates ascending by
 * kit_value_number(), min and max as unsigned numbers (as bpftrace has it); rows of equal number
 * and all other types ascending by their keys. Sorts in place; cannot fail.
 */
void kit_rows_sort(struct kit_row *rows, size_t nrows);

#endif
