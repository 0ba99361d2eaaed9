// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The kernel's types, and C's names of types, as types of the language. */
#include <ctype.h>
#include <string.h>

#include "lang/check/checker.h"

#define MAX_TYPEDEFS 32 /* of a chain of modifiers */

/* Below modifiers, where a type tag may say that it is user memory. */
static uint32_t skip_tags(const struct btfr *btf, uint32_t id, bool *is_user)
{
	for (int i = 0; i < MAX_TYPEDEFS; i++) {
		unsigned int kind = btfr_kind(btf, id);

		if (kind == BTF_KIND_UNKN || !((1u << kind) & BTFR_MODS))
			return id;
		if (kind == BTF_KIND_TYPE_TAG && !strcmp(btfr_name(btf, id), "user"))
			*is_user = true;
		id = btfr_target(btf, id);
	}
	return BTFR_NO_TYPE;
}

static bool is_char(const struct btfr *btf, uint32_t id)
{
	struct btfr_int info;

	id = btfr_skip_mods(btf, id);
	return !btfr_int(btf, id, &info) && info.size == 1 &&
	       (info.is_char || !strcmp(btfr_name(btf, id), "char"));
}

/* A declared structure that this BTF defines elsewhere. */
static uint32_t resolve_forward(const struct btfr *btf, uint32_t id)
{
	uint32_t kinds = btfr_kflag(btf, id) ? BTFR_K(UNION) : BTFR_K(STRUCT), found;

	if (btfr_kind(btf, id) != BTF_KIND_FWD)
		return id;
	found = btfr_by_name((struct btfr *)btf, kinds, btfr_name(btf, id));
	return found ? found : id;
}

struct type type_pointer_to(const struct btfr *btf, uint32_t id, bool is_user)
{
	struct type type = {.kind = TYPE_PTR, .size = 8, .is_user = is_user};
	struct btfr_int info;
	int64_t size;

	id = skip_tags(btf, id, &type.is_user);
	size = btfr_size(btf, id);
	if (size > 0 && size <= UINT32_MAX)
		type.elem_size = (uint32_t)size;
	switch (btfr_kind(btf, id)) {
	case BTF_KIND_INT:
		btfr_int(btf, id, &info);
		type.is_signed = info.is_signed;
		break;
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64: type.is_signed = btfr_kflag(btf, id); break;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_FWD:
	case BTF_KIND_PTR:
	case BTF_KIND_ARRAY:
		type.btf_id = resolve_forward(btf, id);
		type.btf = btf;
		break;
	default: type.elem_size = 0; break;
	}
	return type;
}

static struct type type_from_array(const struct btfr *btf, uint32_t id, bool is_user)
{
	struct type type = {.kind = TYPE_ARRAY, .is_user = is_user}, elem;
	struct btfr_array array;
	int64_t size = btfr_size(btf, id);

	if (btfr_array(btf, id, &array) || size < 0 || size > UINT32_MAX)
		return type_of_kind(TYPE_UNKNOWN, 0);
	if (is_char(btf, array.elem) && array.cnt)
		return (struct type){.kind = TYPE_STRING, .size = array.cnt, .is_user = is_user};
	elem = type_from_btf(btf, array.elem, is_user);
	size = btfr_size(btf, array.elem);
	if (elem.kind == TYPE_UNKNOWN || size <= 0)
		return type_of_kind(TYPE_UNKNOWN, 0);
	type.count = array.cnt;
	type.elem_size = (uint32_t)size;
	type.size = type.elem_size * array.cnt;
	if (elem.kind == TYPE_INT) {
		type.is_signed = elem.is_signed;
	} else {
		type.btf_id = array.elem;
		type.btf = btf;
	}
	return type;
}

struct type type_from_btf(const struct btfr *btf, uint32_t id, bool is_user)
{
	struct type type = {.kind = TYPE_UNKNOWN};
	struct btfr_int info;
	int64_t size;

	id = skip_tags(btf, id, &is_user);
	size = btfr_size(btf, id);
	switch (btfr_kind(btf, id)) {
	case BTF_KIND_INT:
		if (!btfr_int(btf, id, &info) && info.size <= 8)
			type = type_int(info.size, info.is_signed);
		break;
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		if (size > 0 && size <= 8)
			type = type_int((uint32_t)size, btfr_kflag(btf, id));
		break;
	case BTF_KIND_PTR:
		/* a pointer's own memory may be user memory; what it points to says so itself */
		type = type_pointer_to(btf, btfr_target(btf, id), is_user);
		break;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		if (size >= 0 && size <= UINT32_MAX)
			type = (struct type){.kind = TYPE_RECORD,
					     .size = (uint32_t)size,
					     .is_user = is_user,
					     .btf_id = id,
					     .btf = btf};
		break;
	case BTF_KIND_ARRAY: type = type_from_array(btf, id, is_user); break;
	default: break;
	}
	return type;
}

static const struct {
	const char *name;
	uint8_t size;
	bool is_signed;
} int_names[] = {
	{"int8", 1, true},
	{"int16", 2, true},
	{"int32", 4, true},
	{"int64", 8, true},
	{"uint8", 1, false},
	{"uint16", 2, false},
	{"uint32", 4, false},
	{"uint64", 8, false},
	{"int8_t", 1, true},
	{"int16_t", 2, true},
	{"int32_t", 4, true},
	{"int64_t", 8, true},
	{"uint8_t", 1, false},
	{"uint16_t", 2, false},
	{"uint32_t", 4, false},
	{"uint64_t", 8, false},
	{"s8", 1, true},
	{"s16", 2, true},
	{"s32", 4, true},
	{"s64", 8, true},
	{"u8", 1, false},
	{"u16", 2, false},
	{"u32", 4, false},
	{"u64", 8, false},
	{"__u8", 1, false},
	{"__u16", 2, false},
	{"__u32", 4, false},
	{"__u64", 8, false},
	{"bool", 1, false},
	{"char", 1, true},
	{"signed char", 1, true},
	{"unsigned char", 1, false},
	{"short", 2, true},
	{"unsigned short", 2, false},
	{"int", 4, true},
	{"unsigned int", 4, false},
	{"unsigned", 4, false},
	{"long", 8, true},
	{"unsigned long", 8, false},
	{"long long", 8, true},
	{"unsigned long long", 8, false},
	{"size_t", 8, false},
	{"ssize_t", 8, true},
	{"uintptr_t", 8, false},
	{"umode_t", 2, false},
};

static bool int_from_name(const char *name, struct type *type)
{
	for (size_t i = 0; i < sizeof(int_names) / sizeof(int_names[0]); i++) {
		if (!strcmp(int_names[i].name, name)) {
			*type = type_int(int_names[i].size, int_names[i].is_signed);
			return true;
		}
	}
	return false;
}

/* The name in one form: single spaces, no const or volatile; the stars at its end counted. */
static bool normalise(const char *name, char *out, size_t len, unsigned int *stars)
{
	size_t used = 0;

	*stars = 0;
	while (*name) {
		size_t n = 0;

		if (isspace((unsigned char)*name)) {
			name++;
			continue;
		}
		if (*name == '*') {
			++*stars;
			name++;
			continue;
		}
		while (name[n] && name[n] != '*' && !isspace((unsigned char)name[n]))
			n++;
		if ((n == 5 && !memcmp(name, "const", n)) ||
		    (n == 8 && !memcmp(name, "volatile", n)) ||
		    (n == 6 && !memcmp(name, "__user", n))) {
			name += n;
			continue;
		}
		if (*stars || used + n + 2 > len)
			return false;
		if (used)
			out[used++] = ' ';
		memcpy(out + used, name, n);
		used += n;
		name += n;
	}
	out[used] = '\0';
	return used;
}

static uint32_t record_by_name(const struct btfr *btf, const char *name)
{
	static const struct {
		const char *prefix;
		uint32_t kinds;
	} tags[] = {
		{"struct ", BTFR_K(STRUCT)},
		{"union ", BTFR_K(UNION)},
		{"enum ", BTFR_K(ENUM) | BTFR_K(ENUM64)},
		{"", BTFR_K(TYPEDEF)},
	};

	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		size_t n = strlen(tags[i].prefix);

		if (!strncmp(name, tags[i].prefix, n))
			return btfr_by_name((struct btfr *)btf, tags[i].kinds, name + n);
	}
	return 0;
}

bool type_from_name(const struct btfr *btf, const char *name, bool is_user, struct type *type)
{
	char base[128];
	unsigned int stars;
	uint32_t id;
	bool is_int;

	if (!normalise(name, base, sizeof(base), &stars))
		return false;
	if (stars > 1) {
		*type = (struct type){
			.kind = TYPE_PTR, .size = 8, .is_user = is_user, .elem_size = 8};
		return true;
	}
	if (!strcmp(base, "void") && stars) {
		*type = (struct type){.kind = TYPE_PTR, .size = 8, .is_user = is_user};
		return true;
	}
	is_int = int_from_name(base, type);
	if (is_int && stars)
		*type = (struct type){.kind = TYPE_PTR,
				      .size = 8,
				      .is_user = is_user,
				      .is_signed = type->is_signed,
				      .elem_size = type->size};
	if (is_int)
		return true;
	id = btf ? record_by_name(btf, base) : 0;
	if (!id)
		return false;
	*type = stars ? type_pointer_to(btf, id, is_user) : type_from_btf(btf, id, is_user);
	return type->kind != TYPE_UNKNOWN;
}
