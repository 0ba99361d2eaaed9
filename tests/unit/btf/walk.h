/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Asks every question of the BTF reader about every type: for tests that feed it hostile data.
 * Returns a sum of the answers, so that no question is optimised away.
 */
#ifndef TEST_BTF_WALK_H
#define TEST_BTF_WALK_H

#include <skep/btf.h>
#include <string.h>

static inline uint64_t walk_items(struct btfr *b, uint32_t id)
{
	unsigned int vlen = btfr_vlen(b, id);
	struct btfr_secinfo v;
	struct btfr_member m;
	struct btfr_param p;
	struct btfr_enum e;
	uint64_t sum = 0;

	/* The first few, the last, and one that is not there. */
	for (unsigned int i = 0; i <= vlen; i = i == 8 && vlen > 9 ? vlen - 1 : i + 1) {
		if (!btfr_member_at(b, id, i, &m))
			sum += strlen(m.name) + m.type + m.bit_off + m.bit_size;
		if (!btfr_enum_at(b, id, i, &e))
			sum += strlen(e.name) + (uint64_t)e.value;
		if (!btfr_param_at(b, id, i, &p))
			sum += strlen(p.name) + p.type;
		if (!btfr_secinfo_at(b, id, i, &v))
			sum += v.type + v.off + v.size;
	}
	return sum;
}

static inline uint64_t walk_type(struct btfr *b, uint32_t id)
{
	const char *name = btfr_name(b, id), *value_name;
	struct btfr_member m;
	struct btfr_array a;
	struct btfr_enum e;
	struct btfr_int n;
	int32_t component;
	uint64_t sum;

	sum = btfr_kind(b, id) + strlen(name) + btfr_target(b, id) + btfr_skip_mods(b, id);
	sum += (uint64_t)btfr_size(b, id) + btfr_ptr_target(b, id) + btfr_proto(b, id);
	sum += btfr_ret_type(b, id) + (uint64_t)btfr_linkage(b, id) + btfr_kflag(b, id);
	sum += (uint64_t)btfr_param_cnt(b, id) + btfr_by_name(b, BTFR_ALL, name);
	if (!btfr_int(b, id, &n))
		sum += n.size + n.bits + n.bit_off + n.is_signed + n.is_char + n.is_bool;
	if (!btfr_array(b, id, &a))
		sum += a.elem + a.index + a.cnt;
	if (!btfr_decl_tag(b, id, &component))
		sum += (uint64_t)component;
	if (!btfr_member(b, id, "deep", &m))
		sum += m.bit_off;
	if (!btfr_enum_by_name(b, id, "deep", &e))
		sum += (uint64_t)e.value;
	value_name = btfr_enum_name(b, id, 1);
	if (value_name)
		sum += strlen(value_name);
	return sum + walk_items(b, id);
}

static inline uint64_t walk_all(struct btfr *b)
{
	uint32_t end = btfr_id_end(b);
	struct btfr_enum e;
	uint64_t sum = 0;

	for (uint32_t id = 0; id <= end; id++)
		sum += walk_type(b, id);
	sum += walk_type(b, BTFR_NO_TYPE) + walk_type(b, BTFR_NO_TYPE - 1);
	for (uint32_t id = 0; (id = btfr_next(b, BTFR_K(FUNC), id));)
		sum += id;
	if (!btfr_enumerator(b, "deep", &e, NULL))
		sum += (uint64_t)e.value;
	return sum;
}

#endif
