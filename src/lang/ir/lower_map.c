// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Maps. Scalars live in the globals map and cost no call; the rest are BPF maps. What
 * can be changed in place is changed through the looked-up pointer, atomically where
 * several CPUs share the value.
 */
#include <errno.h>
#include <string.h>

#include "lang/ir/lower_internal.h"

#define HIST_BUCKETS(bits) (((64u - (bits)) << (bits)) + 1)

uint32_t type_stored_size(struct type type)
{
	if (type_is_scalar(type.kind))
		return 8;
	return (type.size + 7) & ~7u;
}

static bool is_global(const struct map_def *map)
{
	return !map->nkeys && !type_is_aggregation(map->value.kind);
}

static bool has_buckets(const struct map_def *map)
{
	return map->value.kind == TYPE_HIST || map->value.kind == TYPE_LHIST;
}

static uint32_t bucket_count(const struct map_def *map)
{
	struct type t = map->value;

	if (t.kind == TYPE_HIST)
		return HIST_BUCKETS(t.bits);
	return (uint32_t)((uint64_t)(t.max - t.min) / (uint64_t)t.step) + 2;
}

/* Bytes of the script's keys, without the bucket. */
static uint32_t keys_size(const struct map_def *map)
{
	uint32_t size = 0;

	for (uint32_t i = 0; i < map->nkeys; i++)
		size += type_stored_size(map->keys[i]);
	return size;
}

uint32_t map_key_size(const struct map_def *map)
{
	if (!map->nkeys)
		return 4;
	return keys_size(map) + (has_buckets(map) ? 8 : 0);
}

enum lang_map_kind map_kind(const struct map_def *map)
{
	switch (map->value.kind) {
	case TYPE_COUNT: return LANG_MAP_COUNT;
	case TYPE_SUM: return LANG_MAP_SUM;
	case TYPE_MIN: return LANG_MAP_MIN;
	case TYPE_MAX: return LANG_MAP_MAX;
	case TYPE_AVG: return LANG_MAP_AVG;
	case TYPE_STATS: return LANG_MAP_STATS;
	case TYPE_HIST: return LANG_MAP_HIST;
	case TYPE_LHIST: return LANG_MAP_LHIST;
	default: return LANG_MAP_VALUE;
	}
}

static uint32_t value_size(const struct map_def *map)
{
	switch (map->value.kind) {
	case TYPE_COUNT:
	case TYPE_SUM:
	case TYPE_HIST:
	case TYPE_LHIST: return 8;
	case TYPE_MIN:
	case TYPE_MAX:
	case TYPE_AVG:
	case TYPE_STATS: return 16;
	default: return type_stored_size(map->value);
	}
}

static enum lang_data data_kind(struct type type)
{
	switch (type.kind) {
	case TYPE_STRING: return LANG_DATA_STRING;
	case TYPE_BUF: return LANG_DATA_BUF;
	case TYPE_INET: return LANG_DATA_INET;
	case TYPE_TIME: return LANG_DATA_TIME;
	case TYPE_PROBE: return LANG_DATA_PROBE;
	case TYPE_FUNC: return LANG_DATA_FUNC;
	case TYPE_PTR: return LANG_DATA_POINTER;
	default: return type.is_signed ? LANG_DATA_INT : LANG_DATA_UINT;
	}
}

struct lang_data_field data_field(struct type type, uint32_t offset, uint32_t size)
{
	return (struct lang_data_field){
		.data = data_kind(type), .offset = offset, .size = size, .aux = type.format};
}

#define KEY_LIMIT 512 /* bytes of a hash map's key before Linux 5.11 */

/* Where keys are limited, cuts the longest strings until they fit. */
static void fit_keys(struct lower *lw, struct map_def *map)
{
	const struct lang_world *world = lw->cx->world;

	if (map_key_size(map) <= KEY_LIMIT || world->feature(world->ctx, LANG_FEAT_BIG_KEYS))
		return;
	while (map_key_size(map) > KEY_LIMIT) {
		struct type *longest = NULL;

		for (uint32_t i = 0; i < map->nkeys; i++)
			if (map->keys[i].kind == TYPE_STRING &&
			    (!longest || map->keys[i].size > longest->size))
				longest = &map->keys[i];
		if (!longest || longest->size <= 8)
			return;
		longest->size = (longest->size - 1) & ~7u;
		map->keys_cut = true;
	}
}

static void describe_keys(struct lower *lw, const struct map_def *map, struct lang_map *out)
{
	uint32_t offset = 0;

	out->keys = ARENA_ARRAY(lw->arena, struct lang_data_field, map->nkeys);
	if (!out->keys)
		return;
	for (uint32_t i = 0; i < map->nkeys; i++) {
		struct type t = map->keys[i];

		out->keys[i] = data_field(t, offset, type_is_scalar(t.kind) ? 8 : t.size);
		offset += type_stored_size(t);
	}
	out->nkeys = map->nkeys;
}

/* Fills plan->maps[map->index]. */
void map_describe(struct lower *lw, struct map_def *map)
{
	struct lang_map *out = &lw->plan->maps[map->index];
	struct type t = map->value;
	bool aggregation = type_is_aggregation(t.kind);

	out->name = map->name;
	out->kind = map_kind(map);
	out->is_signed = t.is_signed;
	out->hist_bits = t.bits;
	out->lhist_min = t.min;
	out->lhist_max = t.max;
	out->lhist_step = t.step;
	out->value_size = value_size(map);
	if (!aggregation)
		out->value = data_field(t, 0, type_is_scalar(t.kind) ? 8 : t.size);
	if (is_global(map)) {
		out->storage = LANG_STORE_GLOBAL;
		out->global_offset = lw->globals_size;
		lw->globals_size += out->value_size + 8;
		return;
	}
	fit_keys(lw, map);
	out->key_size = map_key_size(map);
	out->max_entries = lw->cx->options.max_map_keys;
	out->type = aggregation ? BPF_MAP_TYPE_PERCPU_HASH : BPF_MAP_TYPE_HASH;
	if (map->nkeys) {
		describe_keys(lw, map, out);
		return;
	}
	out->type = BPF_MAP_TYPE_PERCPU_ARRAY;
	out->max_entries = has_buckets(map) ? bucket_count(map) : 1;
}

static struct mem lower_key(struct lower *lw, const struct map_def *map, struct expr *const *keys)
{
	struct mem key = mem_alloc(lw, map_key_size(map));
	uint32_t offset = 0;

	/* Of buckets without keys the key is the bucket, which the caller writes. */
	if (!map->nkeys && !has_buckets(map))
		ir_store(lw->fn, key.base, key.off, 4, ir_i(0));
	for (uint32_t i = 0; i < map->nkeys; i++) {
		lower_into(lw, keys[i], map->keys[i], mem_at(key, (int32_t)offset), true);
		offset += type_stored_size(map->keys[i]);
	}
	return key;
}

static ir_reg lookup(struct lower *lw, const struct map_def *map, struct mem key)
{
	ir_reg m = ir_map(lw->fn, map->index);

	return ir_call(lw->fn, BPF_FUNC_map_lookup_elem, 2,
		       (struct ir_arg[]){ir_r(m), mem_addr(lw, key)});
}

static ir_reg update(struct lower *lw, const struct map_def *map, struct mem key, struct mem value,
		     uint64_t flags)
{
	ir_reg m = ir_map(lw->fn, map->index);

	return ir_call(lw->fn, BPF_FUNC_map_update_elem, 4,
		       (struct ir_arg[]){ir_r(m), mem_addr(lw, key), mem_addr(lw, value),
					 ir_i((int64_t)flags)});
}

/*
 * update() of a key that must not be there: 0 or -errno. Before Linux 6.4 the kernel returns an
 * int, and the upper half of the register is not its sign.
 */
static ir_reg insert(struct lower *lw, const struct map_def *map, struct mem key, struct mem value)
{
	return ir_ext(lw->fn, ir_r(update(lw, map, key, value, BPF_NOEXIST)), 4, true);
}

static ir_reg global_base(struct lower *lw, const struct map_def *map)
{
	return ir_map_value(lw->fn, lw->plan->globals,
			    (int32_t)lw->plan->maps[map->index].global_offset);
}

static struct value read_global(struct lower *lw, const struct map_def *map)
{
	ir_reg base = global_base(lw, map);

	if (type_is_scalar(map->value.kind))
		return value_scalar(ir_r(ir_load(lw->fn, base, 0, 8, false)));
	return value_memory((struct mem){.base = base}, map->value.size);
}

struct value map_read(struct lower *lw, const struct expr *e)
{
	const struct map_def *map = e->map;
	struct ir_function *fn = lw->fn;
	ir_label none, end;
	struct mem copy;
	ir_reg p, r;

	if (is_global(map))
		return read_global(lw, map);
	p = lookup(lw, map, lower_key(lw, map, e->args));
	none = ir_new_label(fn);
	if (type_is_scalar(map->value.kind)) {
		r = ir_mov(fn, ir_i(0));
		ir_br(fn, BPF_JEQ, ir_r(p), ir_i(0), none);
		ir_mov_to(fn, r, ir_r(ir_load(fn, p, 0, 8, false)));
		ir_place_label(fn, none);
		return value_scalar(ir_r(r));
	}
	/* Copied, because the element may be deleted and used again while we look. */
	end = ir_new_label(fn);
	copy = mem_alloc(lw, type_stored_size(map->value));
	ir_br(fn, BPF_JEQ, ir_r(p), ir_i(0), none);
	mem_copy(lw, copy, (struct mem){.base = p}, type_stored_size(map->value));
	ir_jmp(fn, end);
	ir_place_label(fn, none);
	mem_zero(lw, copy, type_stored_size(map->value));
	ir_place_label(fn, end);
	return value_memory(copy, map->value.size);
}

static void assign_global(struct lower *lw, const struct map_def *map, const struct expr *value)
{
	struct ir_function *fn = lw->fn;
	uint32_t size = type_stored_size(map->value);
	struct ir_arg v;
	ir_reg base;

	if (type_is_scalar(map->value.kind)) {
		v = lower_scalar(lw, value);
		base = global_base(lw, map);
		ir_store(fn, base, 0, 8, v);
	} else {
		struct mem tmp = mem_alloc(lw, size);

		lower_into(lw, value, map->value, tmp, true);
		base = global_base(lw, map);
		mem_copy(lw, (struct mem){.base = base}, tmp, size);
	}
	ir_store(fn, base, (int32_t)size, 8, ir_i(1));
}

static void assign_plain(struct lower *lw, const struct expr *target, const struct expr *value)
{
	const struct map_def *map = target->map;
	struct mem key, data;
	ir_reg rc;

	if (is_global(map)) {
		assign_global(lw, map, value);
		return;
	}
	data = mem_alloc(lw, type_stored_size(map->value));
	lower_into(lw, value, map->value, data, true);
	key = lower_key(lw, map, target->args);
	rc = update(lw, map, key, data, BPF_ANY);
	error_check_update(lw, rc, map, target->loc, IR_NOLABEL);
}

/*
 * Pointer to the value of a key, made with a value of zero when it was not there. Goes
 * to @failed when the map is full. Two programs that both miss agree on one element,
 * because only one of the updates succeeds.
 */
static ir_reg lookup_or_add(struct lower *lw, const struct expr *target, ir_label failed)
{
	const struct map_def *map = target->map;
	struct ir_function *fn = lw->fn;
	struct mem key = lower_key(lw, map, target->args);
	struct mem zero = mem_alloc(lw, value_size(map));
	ir_label have = ir_new_label(fn), again = ir_new_label(fn);
	ir_reg p = lookup(lw, map, key), rc, second;

	ir_br(fn, BPF_JNE, ir_r(p), ir_i(0), have);
	mem_zero(lw, zero, value_size(map));
	rc = insert(lw, map, key, zero);
	ir_br(fn, BPF_JEQ, ir_r(rc), ir_i(-EEXIST), again);
	error_check_update(lw, rc, map, target->loc, failed);
	ir_place_label(fn, again);
	second = lookup(lw, map, key);
	ir_mov_to(fn, p, ir_r(second));
	ir_br(fn, BPF_JEQ, ir_r(p), ir_i(0), failed);
	ir_place_label(fn, have);
	return p;
}

static bool adds(enum expr_op op)
{
	return op == OP_ADD || op == OP_SUB;
}

/* target += v or -= v, in place and atomic. Returns the pointer to the value. */
static void add_in_place(struct lower *lw, const struct expr *target, enum expr_op op,
			 struct ir_arg v, ir_reg old)
{
	const struct lang_world *world = lw->cx->world;
	const struct map_def *map = target->map;
	struct ir_function *fn = lw->fn;
	ir_label failed = ir_new_label(fn);
	bool global = is_global(map);
	ir_reg p;

	if (op == OP_SUB)
		v = v.reg == IR_NOREG ? ir_i(-v.imm) : ir_r(ir_neg(fn, v));
	p = global ? global_base(lw, map) : lookup_or_add(lw, target, failed);
	if (old != IR_NOREG && world->feature(world->ctx, LANG_FEAT_ATOMIC_FETCH)) {
		ir_mov_to(fn, old, ir_r(ir_fetch(fn, BPF_ADD, p, 0, 8, v)));
	} else {
		/* The sum is exact; the value seen may be another's too. */
		if (old != IR_NOREG)
			ir_mov_to(fn, old, ir_r(ir_load(fn, p, 0, 8, false)));
		ir_atomic(fn, BPF_ADD, p, 0, 8, v);
	}
	if (global)
		ir_store(fn, p, 8, 8, ir_i(1));
	ir_place_label(fn, failed);
}

static void assign_compound(struct lower *lw, const struct expr *target, enum expr_op op,
			    const struct expr *value)
{
	const struct map_def *map = target->map;
	struct ir_function *fn = lw->fn;
	bool is_unsigned = !map->value.is_signed;
	struct ir_arg v = lower_scalar(lw, value), now;
	struct mem key, data;
	ir_reg rc;

	if (adds(op) && map->value.kind == TYPE_INT) {
		add_in_place(lw, target, op, v, IR_NOREG);
		return;
	}
	now = map_read(lw, target).arg;
	now = lower_arith(lw, op, now, v, is_unsigned, target->loc);
	if (is_global(map)) {
		ir_reg base = global_base(lw, map);

		ir_store(fn, base, 0, 8, now);
		ir_store(fn, base, 8, 8, ir_i(1));
		return;
	}
	data = mem_alloc(lw, 8);
	ir_store(fn, data.base, data.off, 8, now);
	key = lower_key(lw, map, target->args);
	rc = update(lw, map, key, data, BPF_ANY);
	error_check_update(lw, rc, map, target->loc, IR_NOLABEL);
}

void map_assign(struct lower *lw, const struct expr *target, enum expr_op op,
		const struct expr *value)
{
	if (type_is_aggregation(target->map->value.kind))
		map_aggregate(lw, target, value);
	else if (op == OP_NONE)
		assign_plain(lw, target, value);
	else
		assign_compound(lw, target, op, value);
}

void map_step(struct lower *lw, const struct expr *e)
{
	add_in_place(lw, e->left, e->op, ir_i(1), IR_NOREG);
}

struct value map_incdec(struct lower *lw, const struct expr *e)
{
	struct ir_function *fn = lw->fn;
	ir_reg old = ir_mov(fn, ir_i(0));

	add_in_place(lw, e->left, e->op, ir_i(1), old);
	if (!e->is_prefix)
		return value_scalar(ir_r(old));
	return value_scalar(
		ir_r(ir_alu(fn, e->op == OP_ADD ? BPF_ADD : BPF_SUB, ir_r(old), ir_i(1))));
}

/* *p += v on this CPU's value: a plain addition where nothing can come in between. */
static void add_percpu(struct lower *lw, const struct map_def *map, ir_reg p, int32_t off,
		       struct ir_arg v)
{
	struct ir_function *fn = lw->fn;
	ir_reg r;

	if (lw->map_shared[map->index]) {
		ir_atomic(fn, BPF_ADD, p, off, 8, v);
		return;
	}
	r = ir_load(fn, p, off, 8, false);
	r = ir_alu(fn, BPF_ADD, ir_r(r), v);
	ir_store(fn, p, off, 8, ir_r(r));
}

static void keep_extreme(struct lower *lw, const struct map_def *map, ir_reg p, struct ir_arg v)
{
	struct ir_function *fn = lw->fn;
	bool is_min = map->value.kind == TYPE_MIN;
	uint8_t worse = map->value.is_signed ? (is_min ? BPF_JSGE : BPF_JSLE)
					     : (is_min ? BPF_JGE : BPF_JLE);
	ir_label store = ir_new_label(fn), end = ir_new_label(fn);
	ir_reg set = ir_load(fn, p, 8, 8, false), old;

	ir_br(fn, BPF_JEQ, ir_r(set), ir_i(0), store);
	old = ir_load(fn, p, 0, 8, false);
	ir_br(fn, worse, v, ir_r(old), end);
	ir_place_label(fn, store);
	ir_store(fn, p, 0, 8, v);
	ir_store(fn, p, 8, 8, ir_i(1));
	ir_place_label(fn, end);
}

static void aggregate_at(struct lower *lw, const struct map_def *map, ir_reg p, struct ir_arg v)
{
	switch (map->value.kind) {
	case TYPE_MIN:
	case TYPE_MAX: keep_extreme(lw, map, p, v); break;
	case TYPE_AVG:
	case TYPE_STATS:
		add_percpu(lw, map, p, 0, v);
		add_percpu(lw, map, p, 8, ir_i(1));
		break;
	case TYPE_SUM: add_percpu(lw, map, p, 0, v); break;
	default: add_percpu(lw, map, p, 0, ir_i(1)); break;
	}
}

/* Number of the highest set bit of @v, which is not 0, by halving. */
static ir_reg log2_of(struct lower *lw, ir_reg v)
{
	struct ir_function *fn = lw->fn;
	ir_reg rest = ir_mov(fn, ir_r(v)), log = ir_mov(fn, ir_i(0));

	for (uint32_t bits = 32; bits; bits /= 2) {
		ir_label less = ir_new_label(fn);

		if (bits == 32) {
			ir_reg high = ir_alu(fn, BPF_RSH, ir_r(rest), ir_i(32));

			ir_br(fn, BPF_JEQ, ir_r(high), ir_i(0), less);
		} else {
			ir_br(fn, BPF_JLT, ir_r(rest), ir_i(1ll << bits), less);
		}
		if (bits > 1)
			ir_alu_to(fn, rest, BPF_RSH, ir_r(rest), ir_i(bits));
		ir_alu_to(fn, log, BPF_ADD, ir_r(log), ir_i(bits));
		ir_place_label(fn, less);
	}
	return log;
}

/* The formulas are those of include/skep/kit_histogram.h. */
static ir_reg hist_bucket(struct lower *lw, struct ir_arg value, uint32_t bits)
{
	struct ir_function *fn = lw->fn;
	ir_reg v = ir_mov(fn, value), index = ir_mov(fn, ir_i(0)), log, sub;
	ir_label large = ir_new_label(fn), end = ir_new_label(fn);

	ir_br(fn, BPF_JSLT, ir_r(v), ir_i(0), end);
	ir_br(fn, BPF_JGE, ir_r(v), ir_i(1ll << bits), large);
	ir_alu_to(fn, index, BPF_ADD, ir_r(v), ir_i(1));
	ir_jmp(fn, end);
	ir_place_label(fn, large);
	log = log2_of(lw, v);
	if (!bits) {
		ir_alu_to(fn, index, BPF_ADD, ir_r(log), ir_i(2));
	} else {
		log = ir_alu(fn, BPF_SUB, ir_r(log), ir_i(bits));
		sub = ir_alu(fn, BPF_RSH, ir_r(v), ir_r(log));
		sub = ir_alu(fn, BPF_AND, ir_r(sub), ir_i((1 << bits) - 1));
		log = ir_alu(fn, BPF_ADD, ir_r(log), ir_i(1));
		log = ir_alu(fn, BPF_LSH, ir_r(log), ir_i(bits));
		sub = ir_alu(fn, BPF_ADD, ir_r(sub), ir_i(1));
		ir_alu_to(fn, index, BPF_ADD, ir_r(log), ir_r(sub));
	}
	ir_place_label(fn, end);
	return index;
}

static ir_reg lhist_bucket(struct lower *lw, struct ir_arg value, struct type t)
{
	struct ir_function *fn = lw->fn;
	ir_reg v = ir_mov(fn, value), index = ir_mov(fn, ir_i(0));
	ir_label below = ir_new_label(fn), end = ir_new_label(fn);

	ir_br(fn, BPF_JSLT, ir_r(v), ir_i(t.min), end);
	ir_br(fn, BPF_JSLT, ir_r(v), ir_i(t.max), below);
	ir_mov_to(fn, v, ir_i(t.max));
	ir_place_label(fn, below);
	v = ir_alu(fn, BPF_SUB, ir_r(v), ir_i(t.min));
	v = ir_alu(fn, BPF_DIV, ir_r(v), ir_i(t.step));
	ir_alu_to(fn, index, BPF_ADD, ir_r(v), ir_i(1));
	ir_place_label(fn, end);
	return index;
}

/* First value of a key on all CPUs: this CPU's is @v, the others' are empty. */
static void first_value(struct lower *lw, const struct map_def *map, struct mem to, struct ir_arg v)
{
	bool wide = value_size(map) == 16;
	bool counts = map->value.kind == TYPE_COUNT || map->value.kind == TYPE_HIST ||
		      map->value.kind == TYPE_LHIST;

	ir_store(lw->fn, to.base, to.off, 8, counts ? ir_i(1) : v);
	if (wide)
		ir_store(lw->fn, to.base, to.off + 8, 8, ir_i(1));
}

static void aggregate_keyed(struct lower *lw, const struct expr *target, struct mem key,
			    struct ir_arg v)
{
	const struct map_def *map = target->map;
	struct ir_function *fn = lw->fn;
	struct mem first = mem_alloc(lw, value_size(map));
	ir_label add = ir_new_label(fn), end = ir_new_label(fn), again = ir_new_label(fn);
	ir_reg p = lookup(lw, map, key), rc, second;

	ir_br(fn, BPF_JNE, ir_r(p), ir_i(0), add);
	first_value(lw, map, first, v);
	rc = insert(lw, map, key, first);
	/* Another CPU may have been first: then its element is ours too. */
	ir_br(fn, BPF_JEQ, ir_r(rc), ir_i(-EEXIST), again);
	error_check_update(lw, rc, map, target->loc, end);
	ir_jmp(fn, end);
	ir_place_label(fn, again);
	second = lookup(lw, map, key);
	ir_mov_to(fn, p, ir_r(second));
	ir_br(fn, BPF_JEQ, ir_r(p), ir_i(0), end);
	ir_place_label(fn, add);
	aggregate_at(lw, map, p, v);
	ir_place_label(fn, end);
}

void map_aggregate(struct lower *lw, const struct expr *target, const struct expr *call)
{
	const struct map_def *map = target->map;
	struct ir_function *fn = lw->fn;
	struct ir_arg v = call->nargs ? lower_scalar(lw, call->args[0]) : ir_i(1);
	ir_reg bucket = IR_NOREG, p;
	ir_label none;
	struct mem key;

	if (map->value.kind == TYPE_HIST)
		bucket = hist_bucket(lw, v, map->value.bits);
	else if (map->value.kind == TYPE_LHIST)
		bucket = lhist_bucket(lw, v, map->value);
	key = lower_key(lw, map, target->args);
	if (map->nkeys) {
		if (bucket != IR_NOREG)
			ir_store(fn, key.base, key.off + (int32_t)keys_size(map), 8, ir_r(bucket));
		aggregate_keyed(lw, target, key, v);
		return;
	}
	if (bucket != IR_NOREG)
		ir_store(fn, key.base, key.off, 4, ir_r(bucket));
	p = lookup(lw, map, key);
	none = ir_new_label(fn);
	ir_br(fn, BPF_JEQ, ir_r(p), ir_i(0), none);
	aggregate_at(lw, map, p, v);
	ir_place_label(fn, none);
}

/* Removing from an aggregation without keys sets this CPU's part to nothing. */
static void delete_unkeyed(struct lower *lw, const struct map_def *map)
{
	struct ir_function *fn = lw->fn;
	ir_label none = ir_new_label(fn);
	ir_reg p;

	if (is_global(map)) {
		p = global_base(lw, map);
		mem_zero(lw, (struct mem){.base = p}, type_stored_size(map->value) + 8);
		return;
	}
	p = lookup(lw, map, lower_key(lw, map, NULL));
	ir_br(fn, BPF_JEQ, ir_r(p), ir_i(0), none);
	mem_zero(lw, (struct mem){.base = p}, value_size(map));
	ir_place_label(fn, none);
}

void map_delete(struct lower *lw, const struct map_def *map, struct expr *const *keys)
{
	struct mem key;
	ir_reg m;

	if (!map->nkeys) {
		delete_unkeyed(lw, map);
		return;
	}
	key = lower_key(lw, map, keys);
	m = ir_map(lw->fn, map->index);
	/* A key that is not there is not an error: it is what was asked for. */
	ir_call_void(lw->fn, BPF_FUNC_map_delete_elem, 2,
		     (struct ir_arg[]){ir_r(m), mem_addr(lw, key)});
}

ir_reg map_has_key(struct lower *lw, const struct map_def *map, struct expr *const *keys)
{
	struct ir_function *fn = lw->fn;
	ir_label none = ir_new_label(fn);
	ir_reg r = ir_mov(fn, ir_i(0)), p;

	p = lookup(lw, map, lower_key(lw, map, keys));
	ir_br(fn, BPF_JEQ, ir_r(p), ir_i(0), none);
	ir_mov_to(fn, r, ir_i(1));
	ir_place_label(fn, none);
	return r;
}

ir_reg map_count(struct lower *lw, const struct map_def *map)
{
	ir_reg m = ir_map(lw->fn, map->index), callback = ir_func(lw->fn);

	return ir_call(lw->fn, BPF_FUNC_for_each_map_elem, 4,
		       (struct ir_arg[]){ir_r(m), ir_r(callback), ir_i(0), ir_i(0)});
}
