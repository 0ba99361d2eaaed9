// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * One type for all that is assigned to a variable or map, or used as one key part.
 *
 * Merging only ever grows a type (unknown to known, larger sizes, unsigned to signed, pointer to
 * what to pointer), so that repeated passes come to an end. The first assignment decides whether
 * integers are signed; constants that are not negative never change that later. Integer keys are
 * always signed: bpftrace prints them so.
 */
#include "lang/check/checker.h"

bool type_is_storable(enum type_kind kind)
{
	return type_is_scalar(kind) || kind == TYPE_STRING || kind == TYPE_BUF || kind == TYPE_INET;
}

static bool is_neutral(const struct expr *value)
{
	return value->type.kind == TYPE_INT && value->is_const && value->const_value >= 0 &&
	       value->type.is_signed;
}

/* How a value of that type is kept: integers widen to 64 bits, places are forgotten. */
static struct type stored_type(struct type type)
{
	if (type.kind == TYPE_INT || type.kind == TYPE_PROBE || type.kind == TYPE_FUNC)
		type.size = KEY_SIZE_INT;
	if (type.kind == TYPE_STRING)
		type.is_user = false;
	type.in_ctx = false;
	return type;
}

static void set_signed(struct type *type, bool is_signed, bool *changed)
{
	if (type->is_signed != is_signed) {
		type->is_signed = is_signed;
		*changed = true;
	}
}

static void grow(uint32_t *size, uint32_t least, bool *changed)
{
	if (*size < least) {
		*size = least;
		*changed = true;
	}
}

static void merge_int(struct type *type, const struct expr *value, bool *constant, bool *changed)
{
	if (is_neutral(value))
		return;
	*constant = false;
	if (value->type.is_signed)
		set_signed(type, true, changed);
}

/* Pointers to different things: a pointer to anything. */
static void merge_pointer(struct type *type, struct type other, bool *changed)
{
	if ((type->btf_id == other.btf_id && type->btf == other.btf &&
	     type->elem_size == other.elem_size) ||
	    (!type->btf_id && !type->elem_size))
		return;
	type->btf_id = 0;
	type->btf = NULL;
	type->elem_size = 0;
	*changed = true;
}

static bool merge_same_kind(struct type *type, const struct expr *value, bool *constant,
			    bool *changed)
{
	struct type from = value->type;

	switch (type->kind) {
	case TYPE_INT: merge_int(type, value, constant, changed); return true;
	case TYPE_PTR: merge_pointer(type, from, changed); return true;
	case TYPE_STRING:
	case TYPE_BUF: grow(&type->size, from.size, changed); return true;
	case TYPE_TIME: return type->format == from.format;
	case TYPE_SUM:
	case TYPE_MIN:
	case TYPE_MAX:
	case TYPE_AVG:
	case TYPE_STATS:
		if (from.is_signed)
			set_signed(type, true, changed);
		return true;
	case TYPE_HIST: return type->bits == from.bits;
	case TYPE_LHIST:
		return type->min == from.min && type->max == from.max && type->step == from.step;
	default: return true;
	}
}

bool type_merge(struct type *type, const struct expr *value, bool *constant, bool *changed)
{
	if (value->type.kind == TYPE_UNKNOWN)
		return true;
	if (type->kind == TYPE_UNKNOWN) {
		*type = stored_type(value->type);
		*constant = is_neutral(value);
		*changed = true;
		return true;
	}
	if (type->kind == value->type.kind)
		return merge_same_kind(type, value, constant, changed);
	/* 0 is a pointer too */
	if (type->kind == TYPE_PTR && is_neutral(value) && !value->const_value)
		return true;
	if (type->kind == TYPE_INT && *constant && value->type.kind == TYPE_PTR) {
		*type = stored_type(value->type);
		*constant = false;
		*changed = true;
		return true;
	}
	return false;
}

bool type_merge_key(struct type *type, const struct expr *value, bool *changed)
{
	bool constant = false;

	if ((type->kind == TYPE_INT && value->type.kind == TYPE_PTR) ||
	    (type->kind == TYPE_PTR && value->type.kind == TYPE_INT))
		return true;
	if (type->kind == TYPE_INT && value->type.kind == TYPE_INT)
		return true;
	if (!type_merge(type, value, &constant, changed))
		return false;
	if (type->kind == TYPE_INT)
		type->is_signed = true;
	return true;
}
