// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * What a single type is. Opening has checked that records are whole; what is left to check is that
 * the type is of the kind that the question is about, and that chains of types end.
 */
#include "btf/btfr.h"

#include <errno.h>
#include <string.h>

#define REFS                                                                         \
	(BTFR_MODS | BTFR_K(PTR) | BTFR_K(FUNC) | BTFR_K(FUNC_PROTO) | BTFR_K(VAR) | \
	 BTFR_K(DECL_TAG))
#define ITEMS                                                                                  \
	(BTFR_K(STRUCT) | BTFR_K(UNION) | BTFR_K(ENUM) | BTFR_K(ENUM64) | BTFR_K(FUNC_PROTO) | \
	 BTFR_K(DATASEC))
#define SIZED                                                                          \
	(BTFR_K(INT) | BTFR_K(FLOAT) | BTFR_K(STRUCT) | BTFR_K(UNION) | BTFR_K(ENUM) | \
	 BTFR_K(ENUM64) | BTFR_K(DATASEC))
#define POINTER_SIZE 8

uint32_t btfr_id_end(const struct btfr *b)
{
	return b->id_end;
}

uint32_t btfr_id_begin(const struct btfr *b)
{
	return b->id_begin;
}

unsigned int btfr_kind(const struct btfr *b, uint32_t id)
{
	const struct btf_type *t = btfr_rec(b, id);

	return t ? btfr_rec_kind(t) : BTF_KIND_UNKN;
}

const char *btfr_name(const struct btfr *b, uint32_t id)
{
	const struct btf_type *t = btfr_rec(b, id);

	return t ? btfr_str(b, t->name_off) : "";
}

uint32_t btfr_next(const struct btfr *b, uint32_t kinds, uint32_t after)
{
	for (uint32_t id = after; ++id < b->id_end && id;)
		if (btfr_is(btfr_rec(b, id), kinds))
			return id;
	return 0;
}

uint32_t btfr_target(const struct btfr *b, uint32_t id)
{
	const struct btf_type *t = btfr_rec(b, id);

	return btfr_is(t, REFS) ? t->type : BTFR_NO_TYPE;
}

uint32_t btfr_skip_mods(const struct btfr *b, uint32_t id)
{
	for (int depth = 0; depth < BTFR_MAX_DEPTH; depth++) {
		const struct btf_type *t = btfr_rec(b, id);

		if (!btfr_is(t, BTFR_MODS))
			return id;
		id = t->type;
	}
	return BTFR_NO_TYPE;
}

int64_t btfr_size(const struct btfr *b, uint32_t id)
{
	uint64_t cnt = 1, size;

	for (int depth = 0; depth < BTFR_MAX_DEPTH; depth++) {
		const struct btf_type *t = btfr_rec(b, btfr_skip_mods(b, id));
		struct btfr_array array;

		if (btfr_is(t, SIZED | BTFR_K(PTR))) {
			size = btfr_is(t, BTFR_K(PTR)) ? POINTER_SIZE : t->size;
			if (__builtin_mul_overflow(cnt, size, &size) || size > INT64_MAX)
				return -EINVAL;
			return (int64_t)size;
		}
		if (btfr_is(t, BTFR_K(VAR))) {
			id = t->type;
		} else if (!btfr_array(b, id, &array)) {
			if (__builtin_mul_overflow(cnt, (uint64_t)array.cnt, &cnt))
				return -EINVAL;
			id = array.elem;
		} else {
			return -EINVAL;
		}
	}
	return -EINVAL;
}

unsigned int btfr_vlen(const struct btfr *b, uint32_t id)
{
	const struct btf_type *t = btfr_rec(b, id);

	return btfr_is(t, ITEMS) ? BTF_INFO_VLEN(t->info) : 0;
}

int btfr_int(const struct btfr *b, uint32_t id, struct btfr_int *out)
{
	const struct btf_type *t = btfr_rec(b, btfr_skip_mods(b, id));
	uint32_t desc;

	if (!btfr_is(t, BTFR_K(INT)))
		return -EINVAL;
	desc = *(const uint32_t *)(t + 1);
	*out = (struct btfr_int){
		.size = t->size,
		.bits = BTF_INT_BITS(desc),
		.bit_off = BTF_INT_OFFSET(desc),
		.is_signed = BTF_INT_ENCODING(desc) & BTF_INT_SIGNED,
		.is_char = BTF_INT_ENCODING(desc) & BTF_INT_CHAR,
		.is_bool = BTF_INT_ENCODING(desc) & BTF_INT_BOOL,
	};
	/* The widest integer is __int128. */
	if (!out->size || out->size > 16 || !out->bits || out->bits + out->bit_off > out->size * 8)
		return -EINVAL;
	return 0;
}

int btfr_array(const struct btfr *b, uint32_t id, struct btfr_array *out)
{
	const struct btf_type *t = btfr_rec(b, btfr_skip_mods(b, id));
	const struct btf_array *a;

	if (!btfr_is(t, BTFR_K(ARRAY)))
		return -EINVAL;
	a = (const struct btf_array *)(t + 1);
	*out = (struct btfr_array){.elem = a->type, .index = a->index_type, .cnt = a->nelems};
	return 0;
}

uint32_t btfr_ptr_target(const struct btfr *b, uint32_t id)
{
	const struct btf_type *t = btfr_rec(b, btfr_skip_mods(b, id));

	return btfr_is(t, BTFR_K(PTR)) ? t->type : BTFR_NO_TYPE;
}

int btfr_linkage(const struct btfr *b, uint32_t id)
{
	const struct btf_type *t = btfr_rec(b, id);

	if (btfr_is(t, BTFR_K(FUNC)))
		return (int)BTF_INFO_VLEN(t->info);
	if (btfr_is(t, BTFR_K(VAR)))
		return (int)(((const struct btf_var *)(t + 1))->linkage & INT32_MAX);
	return -EINVAL;
}

int btfr_decl_tag(const struct btfr *b, uint32_t id, int32_t *component)
{
	const struct btf_type *t = btfr_rec(b, id);

	if (!btfr_is(t, BTFR_K(DECL_TAG)))
		return -EINVAL;
	*component = ((const struct btf_decl_tag *)(t + 1))->component_idx;
	return 0;
}

bool btfr_kflag(const struct btfr *b, uint32_t id)
{
	const struct btf_type *t = btfr_rec(b, id);

	return t && BTF_INFO_KFLAG(t->info);
}

uint32_t btfr_proto(const struct btfr *b, uint32_t id)
{
	const struct btf_type *t = btfr_rec(b, id);

	if (btfr_is(t, BTFR_K(FUNC)))
		id = t->type;
	return btfr_is(btfr_rec(b, id), BTFR_K(FUNC_PROTO)) ? id : BTFR_NO_TYPE;
}

uint32_t btfr_ret_type(const struct btfr *b, uint32_t id)
{
	return btfr_target(b, btfr_proto(b, id));
}
