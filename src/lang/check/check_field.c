// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Members: of args, of structures; elements of arrays; what pointers point to. */
#include <string.h>

#include <skep/lang_suggest.h>

#include "lang/check/checker.h"

#define MAX_LISTED 12 /* fields that a message names */

static struct type args_field_type(struct checker *ck, const struct lang_field *field)
{
	struct lang_world *world = ck->cx->world;
	struct type type = {.size = field->size, .is_user = field->is_user};

	switch (field->kind) {
	case LANG_FIELD_INT: return type_int(field->size, field->is_signed);
	case LANG_FIELD_PTR:
		if (field->type_name &&
		    type_from_name(world->btf(world->ctx), field->type_name, field->is_user,
				   &type) &&
		    type.kind == TYPE_PTR)
			return type;
		return (struct type){.kind = TYPE_PTR, .size = 8, .is_user = field->is_user};
	case LANG_FIELD_CHARS:
		type.kind = TYPE_STRING;
		type.in_ctx = true;
		return type;
	case LANG_FIELD_ARRAY:
		type.kind = TYPE_ARRAY;
		type.in_ctx = true;
		type.elem_size = field->size;
		type.count = field->count;
		type.size = field->size * field->count;
		type.is_signed = field->is_signed;
		return type;
	case LANG_FIELD_DATA_LOC:
	case LANG_FIELD_REL_LOC: return type_of_kind(TYPE_STRING, ck->cx->options.max_strlen);
	case LANG_FIELD_BTF: return type_from_btf(field->btf, field->btf_id, field->is_user);
	}
	return type_of_kind(TYPE_UNKNOWN, 0);
}

/* The kernel keeps the first 8 bytes of a tracepoint's record, the common fields, to itself. */
static bool is_readable(const struct lang_field *field)
{
	return strncmp(field->name, "common_", 7) != 0;
}

static void unknown_field(struct checker *ck, struct expr *e)
{
	const struct probe *probe = check_probe(ck);
	const struct lang_field *fields = probe->info.fields;
	struct lang_suggest s = {.name = e->name};
	char *all = arena_strdup(ck->cx->arena, "");
	uint32_t listed = 0;

	if (ck->cx->quiet)
		return;
	if (!probe->info.nfields && probe->provider == LANG_RAWTRACEPOINT && !probe->info.btf_id) {
		lang_error(ck->cx, e->loc, LANG_E_ARGS_BTF, probe->full);
		return;
	}
	lang_error(ck->cx, e->name_loc, LANG_E_UNKNOWN_FIELD, probe->full, e->name);
	for (uint32_t i = 0; i < probe->info.nfields; i++) {
		if (!is_readable(&fields[i]))
			continue;
		lang_suggest_offer(&s, fields[i].name);
		if (all && listed++ < MAX_LISTED)
			all = arena_printf(ck->cx->arena, "%s%s%s", all, *all ? ", " : "",
					   fields[i].name);
	}
	if (s.best)
		lang_hint(ck->cx, "did you mean '%s'?", s.best);
	else if (listed)
		lang_hint(ck->cx, "it has %s%s", all ? all : "", listed > MAX_LISTED ? ", …" : "");
	else
		lang_hint(ck->cx, "it has none");
}

static void check_args_field(struct checker *ck, struct expr *e)
{
	const struct probe *probe = check_probe(ck);

	e->field = NULL;
	for (uint32_t i = 0; i < probe->info.nfields; i++)
		if (!strcmp(probe->info.fields[i].name, e->name) &&
		    is_readable(&probe->info.fields[i]))
			e->field = &probe->info.fields[i];
	if (!e->field) {
		unknown_field(ck, e);
		return;
	}
	e->type = args_field_type(ck, e->field);
	if (e->type.kind == TYPE_UNKNOWN)
		lang_error(ck->cx, e->loc, LANG_E_FIELD_TYPE, e->name);
}

static void unknown_member(struct checker *ck, struct expr *e, struct type of)
{
	struct lang_suggest s = {.name = e->name};
	struct btfr_member member;

	lang_error(ck->cx, e->name_loc, LANG_E_UNKNOWN_MEMBER, TYPE_TEXT(of), e->name);
	for (unsigned int i = 0; !btfr_member_at(of.btf, of.btf_id, i, &member); i++)
		if (*member.name)
			lang_suggest_offer(&s, member.name);
	if (s.best)
		lang_hint(ck->cx, "did you mean '%s'?", s.best);
}

/*
 * A bitfield is read as the integer of its declared size that it lies in (type.size bytes at
 * offset, an aligned place); where it crosses such a place, as one large enough.
 */
static void place_bitfield(struct expr *e, const struct btfr_member *member)
{
	uint32_t unit = 8 * e->type.size;

	e->bit_size = member->bit_size;
	e->offset = member->bit_off / unit * e->type.size;
	e->bit_offset = member->bit_off - 8 * e->offset;
	if (e->bit_offset + e->bit_size <= unit)
		return;
	e->offset = member->bit_off / 8;
	e->bit_offset = member->bit_off % 8;
	while (e->type.size < 8 && e->bit_offset + e->bit_size > 8 * e->type.size)
		e->type.size *= 2;
}

static void check_member(struct checker *ck, struct expr *e, struct type of)
{
	struct btfr_member member;

	e->offset = e->bit_offset = e->bit_size = 0;
	if (btfr_member(of.btf, of.btf_id, e->name, &member)) {
		unknown_member(ck, e, of);
		return;
	}
	e->type = type_from_btf(of.btf, member.type, of.is_user);
	if (e->type.kind == TYPE_UNKNOWN) {
		lang_error(ck->cx, e->loc, LANG_E_FIELD_TYPE, e->name);
		return;
	}
	e->offset = member.bit_off / 8;
	if (member.bit_size && e->type.kind == TYPE_INT)
		place_bitfield(e, &member);
	e->type.in_ctx = of.in_ctx && !type_is_scalar(e->type.kind);
}

void check_field(struct checker *ck, struct expr *e)
{
	struct type of;

	check_expr(ck, e->left);
	of = e->left->type;
	if (of.kind == TYPE_UNKNOWN)
		return;
	if (of.kind == TYPE_ARGS) {
		check_args_field(ck, e);
		return;
	}
	if (of.kind == TYPE_PTR && of.btf_id)
		of = type_from_btf(of.btf, of.btf_id, of.is_user);
	if (of.kind == TYPE_RECORD) {
		check_member(ck, e, of);
		return;
	}
	lang_error(ck->cx, e->loc, LANG_E_NOT_A_RECORD, TYPE_TEXT(e->left->type), e->name);
	if (e->left->type.kind == TYPE_INT || e->left->type.kind == TYPE_PTR)
		lang_hint(ck->cx, "cast the address first: ((struct name *)…)->%s", e->name);
}

/* One element of an array, or behind a pointer. */
static struct type element_type(struct type of)
{
	struct type type;

	if (of.btf_id) {
		type = type_from_btf(of.btf, of.btf_id, of.is_user);
		type.in_ctx = of.kind == TYPE_ARRAY && of.in_ctx && !type_is_scalar(type.kind);
		return type;
	}
	if (!of.elem_size || of.elem_size > 8 || (of.elem_size & (of.elem_size - 1)))
		return type_of_kind(TYPE_UNKNOWN, 0);
	return type_int(of.elem_size, of.is_signed);
}

static bool check_array_index(struct checker *ck, struct expr *e)
{
	const struct expr *index = e->right;

	if (!index->is_const) {
		lang_error(ck->cx, index->loc, LANG_E_INDEX_CONSTANT);
		return false;
	}
	if (index->const_value < 0 ||
	    (e->left->type.count && index->const_value >= e->left->type.count)) {
		lang_error(ck->cx, index->loc, LANG_E_INDEX_RANGE, (long long)index->const_value,
			   e->left->type.count);
		return false;
	}
	return true;
}

void check_index(struct checker *ck, struct expr *e)
{
	struct type of;

	check_value(ck, e->left);
	check_value(ck, e->right);
	of = e->left->type;
	if (of.kind == TYPE_UNKNOWN || e->right->type.kind == TYPE_UNKNOWN)
		return;
	if ((of.kind != TYPE_ARRAY && of.kind != TYPE_PTR) || e->right->type.kind != TYPE_INT) {
		lang_error(ck->cx, e->loc, LANG_E_INDEX_TYPE, TYPE_TEXT(of),
			   TYPE_TEXT(e->right->type));
		return;
	}
	if (of.kind == TYPE_ARRAY && !check_array_index(ck, e))
		return;
	e->type = element_type(of);
	if (e->type.kind == TYPE_UNKNOWN)
		lang_error(ck->cx, e->loc, LANG_E_DEREF, TYPE_TEXT(of));
}

void check_deref(struct checker *ck, struct expr *e)
{
	struct type of;

	check_value(ck, e->left);
	of = e->left->type;
	if (of.kind == TYPE_UNKNOWN)
		return;
	/* an address without a type: a word of memory */
	if (of.kind == TYPE_INT)
		e->type = type_int(8, false);
	else if (of.kind == TYPE_PTR)
		e->type = element_type(of);
	if (e->type.kind == TYPE_UNKNOWN)
		lang_error(ck->cx, e->loc, LANG_E_DEREF, TYPE_TEXT(of));
}
