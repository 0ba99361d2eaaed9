// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Registers that found no place: constants and addresses are computed again at each
 * use; the rest lives in 8-byte stack slots (the verifier keeps the type of a pointer
 * that is spilled whole), written after each definition and read before each use.
 * Registers that are never live together share a slot.
 */
#include <errno.h>

#include "lang/ir/regalloc.h"

#define NO_SLOT UINT32_MAX

struct slot {
	ir_mem mem;
	struct slot_user {
		const struct live_range *ranges;
		struct slot_user *next;
	} * users;
	struct slot *next;
};

static bool is_free(const struct slot *slot, const struct live_range *ranges)
{
	for (const struct slot_user *user = slot->users; user; user = user->next)
		if (live_overlap(user->ranges, ranges))
			return false;
	return true;
}

static int choose_slots(struct ir_function *fn, const struct ra_spills *spills, ir_mem *slots)
{
	struct slot *all = NULL;

	for (ir_reg reg = 0; reg < spills->nregs; reg++) {
		const struct live_range *ranges = spills->live->ranges[reg];
		struct slot_user *user;
		struct slot *slot = all;

		slots[reg] = NO_SLOT;
		if (!spills->chosen[reg] || spills->def[reg])
			continue;
		while (slot && !is_free(slot, ranges))
			slot = slot->next;
		user = ARENA_NEW(spills->arena, struct slot_user);
		if (!slot) {
			slot = ARENA_NEW(spills->arena, struct slot);
			if (!slot)
				return -ENOMEM;
			slot->mem = ir_new_mem(fn, 8);
			slot->next = all;
			all = slot;
		}
		if (!user)
			return -ENOMEM;
		*user = (struct slot_user){.ranges = ranges, .next = slot->users};
		slot->users = user;
		slots[reg] = slot->mem;
	}
	return 0;
}

/* The value of spilled @reg into @dst: by memory, or by computing it again. */
static struct ir_insn reload(const struct ra_spills *spills, const ir_mem *slots, ir_reg reg,
			     ir_reg dst)
{
	struct ir_insn insn;

	if (spills->def[reg]) {
		insn = *spills->def[reg];
	} else {
		insn = ir_blank(IR_LOAD);
		insn.mem = slots[reg];
		insn.size = 8;
	}
	insn.dst = dst;
	return insn;
}

static struct ir_insn save(ir_mem slot, struct ir_arg value)
{
	struct ir_insn insn = ir_blank(IR_STORE);

	insn.mem = slot;
	insn.size = 8;
	insn.b = value;
	return insn;
}

static bool is_spilled(const struct ra_spills *spills, ir_reg reg)
{
	return reg < spills->nregs && spills->chosen[reg];
}

/* A move from or to memory is the reload or the save itself. Returns true when done. */
static bool spill_move(struct ir_function *fn, const struct ra_spills *spills, const ir_mem *slots,
		       struct ir_insn *insn)
{
	bool from = is_spilled(spills, insn->a.reg), to = is_spilled(spills, insn->dst);

	if (insn->op != IR_MOV || from == to ||
	    (to && !ir_is_reg(insn->a) && !ir_fits_s32(insn->a.imm)))
		return false;
	if (from)
		ir_insert_before(fn, insn, reload(spills, slots, insn->a.reg, insn->dst));
	else
		ir_insert_before(fn, insn, save(slots[insn->dst], insn->a));
	ir_remove(fn, insn);
	return true;
}

static void spill_insn(struct ir_function *fn, const struct ra_spills *spills, const ir_mem *slots,
		       struct ir_insn *insn)
{
	struct ir_arg *args[IR_MAX_OPERANDS];
	uint32_t n = ir_operands(insn, args);
	ir_reg temp;

	if (is_spilled(spills, insn->dst) && spills->def[insn->dst]) {
		ir_remove(fn, insn);
		return;
	}
	if (spill_move(fn, spills, slots, insn))
		return;
	for (uint32_t i = 0; i < n; i++) {
		ir_reg old = args[i]->reg;

		if (!is_spilled(spills, old))
			continue;
		temp = ir_new_reg(fn);
		ir_insert_before(fn, insn, reload(spills, slots, old, temp));
		for (uint32_t k = i; k < n; k++)
			if (args[k]->reg == old)
				args[k]->reg = temp;
		/* Two-address operations and CMPXCHG read and write one register. */
		if (insn->dst == old) {
			insn->dst = temp;
			ir_insert_before(fn, insn->next, save(slots[old], ir_r(temp)));
		}
	}
	if (is_spilled(spills, insn->dst)) {
		temp = ir_new_reg(fn);
		ir_insert_before(fn, insn->next, save(slots[insn->dst], ir_r(temp)));
		insn->dst = temp;
	}
}

int ra_spill(struct ir_function *fn, const struct ra_spills *spills)
{
	ir_mem *slots = ARENA_ARRAY(spills->arena, ir_mem, spills->nregs);
	struct ir_insn *next;
	int err = slots ? choose_slots(fn, spills, slots) : -ENOMEM;

	if (err)
		return err;
	for (struct ir_insn *insn = fn->first; insn; insn = next) {
		next = insn->next;
		spill_insn(fn, spills, slots, insn);
	}
	return fn->failed ? -ENOMEM : 0;
}
