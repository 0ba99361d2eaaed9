// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Structural checks. One pass in program order looks at each instruction alone; a second one at
 * where jumps and calls land, when it is known that opcode 0 is nothing but the second half of a
 * 64-bit immediate.
 */
#include "isa/opcodes.h"

#include <errno.h>

static const char *const texts[] = {
#define X(id, text) [ISA_E_##id] = text,
	ISA_ERRORS(X)
#undef X
};

/* Which field keeps insn, of a known opcode, from being an instruction. */
static enum isa_error_id why_not(const struct bpf_insn *insn)
{
	const struct isa_op *op = &isa_ops[isa_first[insn->code]];
	bool src = false, off = false;

	if (op->id == ISA_OP_NONE)
		return ISA_E_OPCODE;
	if (insn->dst_reg && op->dst == ISA_REG_NONE)
		return ISA_E_DST;
	if (insn->dst_reg >= ISA_REG_CNT)
		return ISA_E_REG;
	if (op->src != ISA_REG_NONE && insn->src_reg >= ISA_REG_CNT)
		return ISA_E_REG;
	for (; op->code == insn->code; op++) {
		if (op->src == ISA_REG_NONE && op->src_value != insn->src_reg)
			continue;
		src = true;
		if (op->off.use == ISA_EXACT && op->off.value != insn->off)
			continue;
		off = true;
	}
	return !src ? ISA_E_SRC : !off ? ISA_E_OFF : ISA_E_IMM;
}

static bool writes(uint8_t use)
{
	return use == ISA_REG_WRITE || use == ISA_REG_RDWR;
}

/* Descriptors, indexes of maps and distances are 32 bits wide: the upper half is unused. */
static bool upper_is_zero(uint8_t id)
{
	return id == ISA_OP_LD64_MAP || id == ISA_OP_LD64_IDX || id == ISA_OP_LD64_FUNC;
}

static enum isa_error_id check_insn(const struct bpf_insn *insn, size_t left)
{
	const struct isa_op *op = isa_decode(insn);

	if (!op)
		return why_not(insn);
	if ((writes(op->dst) && insn->dst_reg == ISA_REG_FP) ||
	    (writes(op->src) && insn->src_reg == ISA_REG_FP))
		return ISA_E_FP;
	if (isa_insn_slots(insn) == 1)
		return ISA_E_OK;
	if (left < 2)
		return ISA_E_LD64_CUT;
	if (insn[1].code || insn[1].dst_reg || insn[1].src_reg || insn[1].off ||
	    (insn[1].imm && upper_is_zero(op->id)))
		return ISA_E_LD64_HALF;
	return ISA_E_OK;
}

/* Whether control never goes on to the next slot. */
static bool ends_flow(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_EXIT) || insn->code == (BPF_JMP | BPF_JA) ||
	       insn->code == (BPF_JMP32 | BPF_JA);
}

/* A function begins at insns[to]: what is before it must not run into it. */
static enum isa_error_id check_call(const struct bpf_insn *insns, size_t cnt, int64_t to)
{
	if (to < 0 || (uint64_t)to >= cnt || insns[to].code == 0)
		return ISA_E_CALL;
	if (to > 0 && !ends_flow(&insns[to - 1]))
		return ISA_E_FALL;
	return ISA_E_OK;
}

static enum isa_error_id check_target(const struct bpf_insn *insns, size_t cnt, size_t idx)
{
	const struct isa_op *op = isa_decode(&insns[idx]);
	int64_t to = (int64_t)idx + 1;

	if (op->id == ISA_OP_CALL_REL || op->id == ISA_OP_LD64_FUNC)
		return check_call(insns, cnt, to + insns[idx].imm);
	if (op->imm.use == ISA_REL)
		to += insns[idx].imm;
	else if (op->off.use == ISA_REL)
		to += insns[idx].off;
	else
		return ISA_E_OK;
	if (to < 0 || (uint64_t)to >= cnt)
		return ISA_E_JUMP;
	return insns[to].code == 0 ? ISA_E_JUMP_MIDDLE : ISA_E_OK;
}

static int fail(struct isa_error *where, enum isa_error_id id, size_t idx)
{
	if (where)
		*where = (struct isa_error){.id = id, .idx = idx, .text = texts[id]};
	return id == ISA_E_OK ? 0 : -EINVAL;
}

int isa_check(const struct bpf_insn *insns, size_t cnt, struct isa_error *where)
{
	enum isa_error_id id;

	if (!cnt)
		return fail(where, ISA_E_EMPTY, 0);
	for (size_t i = 0; i < cnt; i += isa_insn_slots(&insns[i])) {
		id = check_insn(&insns[i], cnt - i);
		if (id != ISA_E_OK)
			return fail(where, id, i);
	}
	for (size_t i = 0; i < cnt; i += isa_insn_slots(&insns[i])) {
		id = check_target(insns, cnt, i);
		if (id != ISA_E_OK)
			return fail(where, id, i);
	}
	if (!ends_flow(&insns[cnt - 1]))
		return fail(where, ISA_E_FALL, cnt - 1);
	return fail(where, ISA_E_OK, 0);
}
