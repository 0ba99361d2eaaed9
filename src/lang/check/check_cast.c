// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Casts: to integers and to pointers, by C's names or BTF's. */
#include <string.h>

#include "lang/check/checker.h"

/* Is an address that has no type of its own one of user space? */
static bool is_user_probe(const struct probe *probe)
{
	return probe->provider == LANG_UPROBE || probe->provider == LANG_URETPROBE;
}

/* Whole numbers as the narrower type holds them. */
static int64_t truncate_to(int64_t value, struct type type)
{
	unsigned int drop = 64 - 8 * type.size;
	uint64_t bits = (uint64_t)value << drop;

	return type.is_signed ? (int64_t)bits >> drop : (int64_t)(bits >> drop);
}

static void unknown_type(struct checker *ck, struct expr *e, const struct btfr *btf)
{
	lang_error(ck->cx, e->name_loc.len ? e->name_loc : e->loc, LANG_E_UNKNOWN_TYPE, e->name);
	if (!btf)
		lang_hint(ck->cx, "this kernel has no BTF, so only integer types are known");
	else if (!strchr(e->name, ' ') && btfr_by_name((struct btfr *)btf, BTFR_K(STRUCT), e->name))
		lang_hint(ck->cx, "did you mean 'struct %s *'?", e->name);
}

void check_cast(struct checker *ck, struct expr *e)
{
	struct lang_world *world = ck->cx->world;
	struct expr *from = e->left;
	bool is_user = is_user_probe(check_probe(ck));
	const struct btfr *btf = world->btf(world->ctx);
	struct type type = {0};

	check_value(ck, from);
	if (from->type.kind == TYPE_PTR)
		is_user = from->type.is_user;
	if (!type_from_name(btf, e->name, is_user, &type)) {
		unknown_type(ck, e, btf);
		return;
	}
	if (from->type.kind == TYPE_UNKNOWN) {
		e->type = type;
		return;
	}
	if ((from->type.kind != TYPE_INT && from->type.kind != TYPE_PTR) ||
	    (type.kind != TYPE_INT && type.kind != TYPE_PTR)) {
		lang_error(ck->cx, e->loc, LANG_E_CAST, TYPE_TEXT(from->type), e->name);
		if (type.kind == TYPE_RECORD)
			lang_hint(ck->cx, "cast to a pointer: (%s *)", e->name);
		return;
	}
	e->type = type;
	if (type.kind == TYPE_INT && from->is_const)
		check_set_const(e, truncate_to(from->const_value, type));
}
