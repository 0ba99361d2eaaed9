// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Preparing a program: passes over the slots. The first decodes, the second marks where functions
 * begin and jumps land, the third holds jumps inside their functions and prices calls.
 */
#include "machine/prepare.h"
#include "machine/semantics.h"

#include "isa/opcodes.h"

#include <errno.h>

static const char *refusal(uint8_t id)
{
	switch (id) {
#define X(name, text) \
	case ISA_OP_##name: return text;
		MACHINE_REFUSED(X)
#undef X
	default: return NULL;
	}
}

static int fail(struct machine_fault *where, int err, size_t idx, const char *text)
{
	if (where)
		*where = (struct machine_fault){.idx = idx, .text = text};
	return err;
}

static struct machine_insn decode(const struct bpf_insn *insn)
{
	const struct isa_op *op = isa_decode(insn);
	struct machine_insn out = {
		.op = op->id,
		.dst = insn->dst_reg,
		.src = insn->src_reg,
		.off = insn->off,
		.imm = insn->imm,
	};

	if (op->id == ISA_OP_LD64)
		out.imm = (int64_t)((uint32_t)insn[0].imm | (uint64_t)(uint32_t)insn[1].imm << 32);
	if (op->imm.use == ISA_REL)
		out.off = insn->imm;
	return out;
}

static bool is_jump(uint8_t id)
{
	return isa_ops[id].off.use == ISA_REL || id == ISA_OP_JA32;
}

static int decode_all(const struct bpf_insn *insns, size_t cnt, struct machine_insn *out,
		      struct machine_fault *where)
{
	for (size_t i = 0; i < cnt; i++) {
		if (insns[i].code == 0) {
			out[i] = (struct machine_insn){.op = ISA_OP_NONE};
			continue;
		}
		out[i] = decode(&insns[i]);
		if (refusal(out[i].op))
			return fail(where, -EOPNOTSUPP, i, refusal(out[i].op));
	}
	return 0;
}

static int mark(struct machine_insn *out, size_t cnt, struct machine_fault *where)
{
	out[0].flags |= MACHINE_START;
	for (size_t i = 0; i < cnt; i++) {
		size_t to = i + 1 + (size_t)out[i].off;

		if (out[i].op == ISA_OP_CALL_REL && to == 0)
			return fail(where, -EOPNOTSUPP, i, "a call of the main function");
		if (out[i].op == ISA_OP_CALL_REL)
			out[to].flags |= MACHINE_START;
		else if (is_jump(out[i].op))
			out[to].flags |= MACHINE_TARGET;
	}
	return 0;
}

static size_t function_end(const struct machine_insn *out, size_t cnt, size_t start)
{
	do
		start++;
	while (start < cnt && !(out[start].flags & MACHINE_START));
	return start;
}

/*
 * A call is charged the length of what it calls. While that is handed out, each function's length
 * stands in the off of its first slot, so that the passes stay linear without other memory.
 */
static int bound_functions(const struct bpf_insn *insns, struct machine_insn *out, size_t cnt,
			   struct machine_fault *where)
{
	for (size_t start = 0, end; start < cnt; start = end) {
		end = function_end(out, cnt, start);
		for (size_t i = start; i < end; i++) {
			size_t to = i + 1 + (size_t)out[i].off;

			if (is_jump(out[i].op) && (to < start || to >= end))
				return fail(where, -EINVAL, i, "a jump into another function");
		}
		out[start].off = (int32_t)(end - start);
	}
	for (size_t i = 0; i < cnt; i++)
		if (out[i].op == ISA_OP_CALL_REL)
			out[i].imm = out[i + 1 + (size_t)(int64_t)insns[i].imm].off;
	for (size_t i = 0; i < cnt; i++)
		if (out[i].flags & MACHINE_START)
			out[i].off = decode(&insns[i]).off;
	return 0;
}

int machine_prepare(const struct bpf_insn *insns, size_t cnt, struct machine_insn *out,
		    struct machine_fault *where)
{
	struct isa_error e;
	int err;

	if (cnt > MACHINE_INSN_MAX)
		return fail(where, -E2BIG, MACHINE_INSN_MAX, "the program is too long");
	if (isa_check(insns, cnt, &e))
		return fail(where, -EINVAL, e.idx, e.text);
	err = decode_all(insns, cnt, out, where);
	if (!err)
		err = mark(out, cnt, where);
	if (!err)
		err = bound_functions(insns, out, cnt, where);
	return err;
}
