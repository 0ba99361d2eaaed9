// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * What follows a record: members, enumerators, parameters, variables of a section.
 */
#include "btf/btfr.h"

#include <errno.h>
#include <string.h>

/* Members that one search may look at; hostile unions of unions have more than there is time for.
 */
#define SEARCH_MAX (1u << 18)

/* The record of `kinds` below the modifiers, which has an item i. 0, -EINVAL or -ERANGE. */
static int item(const struct btfr *b, uint32_t id, uint32_t kinds, unsigned int i,
		const struct btf_type **t)
{
	*t = btfr_rec(b, btfr_skip_mods(b, id));
	if (!btfr_is(*t, kinds))
		return -EINVAL;
	return i < BTF_INFO_VLEN((*t)->info) ? 0 : -ERANGE;
}

int btfr_member_at(const struct btfr *b, uint32_t id, unsigned int i, struct btfr_member *out)
{
	const struct btf_type *t;
	const struct btf_member *m;
	struct btfr_int n;
	int err = item(b, id, BTFR_K(STRUCT) | BTFR_K(UNION), i, &t);

	if (err)
		return err;
	m = (const struct btf_member *)(t + 1) + i;
	*out = (struct btfr_member){
		.name = btfr_str(b, m->name_off), .type = m->type, .bit_off = m->offset};
	if (BTF_INFO_KFLAG(t->info)) {
		out->bit_off = BTF_MEMBER_BIT_OFFSET(m->offset);
		out->bit_size = BTF_MEMBER_BITFIELD_SIZE(m->offset);
	} else if (!btfr_int(b, m->type, &n) && (n.bits != n.size * 8 || n.bit_off)) {
		/* Before that flag a bit field was an integer type of odd width. */
		if (__builtin_add_overflow(out->bit_off, n.bit_off, &out->bit_off))
			return -EINVAL;
		out->bit_size = n.bits;
	}
	return 0;
}

struct member_search {
	const struct btfr *b;
	const char *name;
	unsigned int seen;
};

static int find_member(struct member_search *s, uint32_t id, int depth, struct btfr_member *out)
{
	struct btfr_member inner;
	int err;

	if (depth == BTFR_MAX_DEPTH)
		return -ELOOP;
	for (unsigned int i = 0;; i++) {
		err = btfr_member_at(s->b, id, i, out);
		if (err)
			return err == -ERANGE ? -ENOENT : err;
		if (++s->seen > SEARCH_MAX)
			return -ELOOP;
		if (!strcmp(out->name, s->name))
			return 0;
		if (*out->name)
			continue;
		err = find_member(s, out->type, depth + 1, &inner);
		/* An anonymous member that is no structure is padding. */
		if (err == -ENOENT || err == -EINVAL)
			continue;
		if (err)
			return err;
		inner.bit_off += out->bit_off;
		*out = inner;
		return 0;
	}
}

int btfr_member(const struct btfr *b, uint32_t id, const char *name, struct btfr_member *out)
{
	struct member_search s = {.b = b, .name = name};

	return *name ? find_member(&s, id, 0, out) : -ENOENT;
}

int btfr_enum_at(const struct btfr *b, uint32_t id, unsigned int i, struct btfr_enum *out)
{
	const struct btf_type *t;
	int err = item(b, id, BTFR_K(ENUM) | BTFR_K(ENUM64), i, &t);

	if (err)
		return err;
	out->is_signed = BTF_INFO_KFLAG(t->info);
	if (btfr_rec_kind(t) == BTF_KIND_ENUM) {
		const struct btf_enum *e = (const struct btf_enum *)(t + 1) + i;

		out->name = btfr_str(b, e->name_off);
		out->value = out->is_signed ? e->val : (int64_t)(uint32_t)e->val;
	} else {
		const struct btf_enum64 *e = (const struct btf_enum64 *)(t + 1) + i;

		out->name = btfr_str(b, e->name_off);
		out->value = (int64_t)((uint64_t)e->val_hi32 << 32 | e->val_lo32);
	}
	return 0;
}

int btfr_enum_by_name(const struct btfr *b, uint32_t id, const char *name, struct btfr_enum *out)
{
	int err;

	for (unsigned int i = 0; !(err = btfr_enum_at(b, id, i, out)); i++)
		if (!strcmp(out->name, name))
			return 0;
	return err == -ERANGE ? -ENOENT : err;
}

const char *btfr_enum_name(const struct btfr *b, uint32_t id, int64_t value)
{
	struct btfr_enum e;

	for (unsigned int i = 0; !btfr_enum_at(b, id, i, &e); i++)
		if (e.value == value)
			return e.name;
	return NULL;
}

int btfr_enumerator(const struct btfr *b, const char *name, struct btfr_enum *out, uint32_t *id)
{
	for (uint32_t e = 0; (e = btfr_next(b, BTFR_K(ENUM) | BTFR_K(ENUM64), e));) {
		if (btfr_enum_by_name(b, e, name, out))
			continue;
		if (id)
			*id = e;
		return 0;
	}
	return -ENOENT;
}

int btfr_param_cnt(const struct btfr *b, uint32_t id)
{
	uint32_t proto = btfr_proto(b, id);

	return proto == BTFR_NO_TYPE ? -EINVAL : (int)btfr_vlen(b, proto);
}

int btfr_param_at(const struct btfr *b, uint32_t id, unsigned int i, struct btfr_param *out)
{
	const struct btf_type *t;
	const struct btf_param *p;
	int err = item(b, btfr_proto(b, id), BTFR_K(FUNC_PROTO), i, &t);

	if (err)
		return err;
	p = (const struct btf_param *)(t + 1) + i;
	*out = (struct btfr_param){.name = btfr_str(b, p->name_off), .type = p->type};
	return 0;
}

int btfr_secinfo_at(const struct btfr *b, uint32_t id, unsigned int i, struct btfr_secinfo *out)
{
	const struct btf_type *t;
	const struct btf_var_secinfo *v;
	int err = item(b, id, BTFR_K(DATASEC), i, &t);

	if (err)
		return err;
	v = (const struct btf_var_secinfo *)(t + 1) + i;
	*out = (struct btfr_secinfo){.type = v->type, .off = v->offset, .size = v->size};
	return 0;
}
