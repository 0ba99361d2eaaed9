// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The intermediate form as text, one line an instruction: `v3 = load u64 [v1 + 8]`. */
#include <inttypes.h>

#include "lang/ir/insn.h"

static const char *alu_sign(uint8_t alu)
{
	switch (alu) {
	case BPF_ADD: return "+";
	case BPF_SUB: return "-";
	case BPF_MUL: return "*";
	case BPF_DIV: return "/";
	case BPF_OR: return "|";
	case BPF_AND: return "&";
	case BPF_LSH: return "<<";
	case BPF_RSH: return ">>";
	case BPF_MOD: return "%";
	case BPF_XOR: return "^";
	case BPF_ARSH: return "s>>";
	default: return "?";
	}
}

static const char *cond_sign(uint8_t cond)
{
	switch (cond) {
	case BPF_JEQ: return "==";
	case BPF_JNE: return "!=";
	case BPF_JGT: return ">";
	case BPF_JGE: return ">=";
	case BPF_JLT: return "<";
	case BPF_JLE: return "<=";
	case BPF_JSGT: return "s>";
	case BPF_JSGE: return "s>=";
	case BPF_JSLT: return "s<";
	case BPF_JSLE: return "s<=";
	case BPF_JSET: return "&";
	default: return "?";
	}
}

static void print_arg(struct ir_arg a, FILE *out)
{
	if (ir_is_reg(a))
		fprintf(out, "v%u", a.reg);
	else if (a.imm > 0xffff || a.imm < -0xffff)
		fprintf(out, "%#" PRIx64, (uint64_t)a.imm);
	else
		fprintf(out, "%" PRId64, a.imm);
}

static void print_off(int32_t off, FILE *out)
{
	if (off)
		fprintf(out, " %c %u", off < 0 ? '-' : '+',
			off < 0 ? 0U - (uint32_t)off : (uint32_t)off);
}

/* "u64 [v1 + 8]" */
static void print_place(const struct ir_insn *insn, FILE *out)
{
	fprintf(out, "%c%u [", insn->sign ? 's' : 'u', insn->size * 8U);
	if (ir_is_reg(insn->a))
		fprintf(out, "v%u", insn->a.reg);
	else
		fprintf(out, "mem%u", insn->mem);
	print_off(insn->off, out);
	fputc(']', out);
}

static void print_binary(struct ir_arg a, const char *sign, struct ir_arg b, FILE *out)
{
	print_arg(a, out);
	fprintf(out, " %s ", sign);
	print_arg(b, out);
}

static void print_access(const struct ir_insn *insn, FILE *out)
{
	static const char *const names[] = {
		[IR_LOAD] = "load",
		[IR_STORE] = "store",
		[IR_ATOMIC] = "lock",
		[IR_FETCH] = "fetch",
		[IR_CMPXCHG] = "cmpxchg",
	};

	fprintf(out, "%s ", names[insn->op]);
	print_place(insn, out);
	if (insn->op == IR_LOAD)
		return;
	if (insn->op == IR_ATOMIC || insn->op == IR_FETCH)
		fprintf(out, " %s= ", alu_sign(insn->alu));
	else
		fputs(", ", out);
	print_arg(insn->b, out);
	if (insn->op == IR_CMPXCHG) {
		fputs(", ", out);
		print_arg(insn->c, out);
	}
}

static void print_call(const struct ir_insn *insn, FILE *out)
{
	fprintf(out, "call %" PRId64 "(", insn->imm);
	for (uint32_t i = 0; i < insn->nargs; i++) {
		if (i)
			fputs(", ", out);
		print_arg(insn->args[i], out);
	}
	fputc(')', out);
}

static void print_right(const struct ir_insn *insn, FILE *out)
{
	switch (insn->op) {
	case IR_NOP: fputs("nop", out); break;
	case IR_LABEL: break;
	case IR_MOV: print_arg(insn->a, out); break;
	case IR_ALU32: fputs("(u32) ", out); /* fall through */
	case IR_ALU: print_binary(insn->a, alu_sign(insn->alu), insn->b, out); break;
	case IR_NEG:
		fputc('-', out);
		print_arg(insn->a, out);
		break;
	case IR_SWAP:
		fprintf(out, "be%u ", insn->size * 8U);
		print_arg(insn->a, out);
		break;
	case IR_EXT:
		fprintf(out, "(%c%u) ", insn->sign ? 's' : 'u', insn->size * 8U);
		print_arg(insn->a, out);
		break;
	case IR_LOAD:
	case IR_STORE:
	case IR_ATOMIC:
	case IR_FETCH:
	case IR_CMPXCHG: print_access(insn, out); break;
	case IR_CTX: fputs("ctx", out); break;
	case IR_MEM:
		fprintf(out, "mem%u", insn->mem);
		print_off(insn->off, out);
		break;
	case IR_MAP: fprintf(out, "map%u", insn->map); break;
	case IR_MAP_VALUE:
		fprintf(out, "map%u.value", insn->map);
		print_off(insn->off, out);
		break;
	case IR_FUNC: fputs("callback", out); break;
	case IR_CALL: print_call(insn, out); break;
	case IR_JMP: fprintf(out, "goto L%u", insn->label); break;
	case IR_BR:
		fputs("if ", out);
		print_binary(insn->a, cond_sign(insn->alu), insn->b, out);
		fprintf(out, "%s goto L%u", insn->is32 ? " (u32)" : "", insn->label);
		break;
	case IR_EXIT:
		fputs("exit ", out);
		print_arg(insn->a, out);
		break;
	}
}

void ir_dump(const struct ir_function *fn, FILE *out)
{
	for (uint32_t i = 0; i < fn->nmems; i++) {
		fprintf(out, "mem%u: %u bytes", i, fn->mems[i].size);
		if (fn->mems[i].frame_off)
			fprintf(out, " at r10 %d", fn->mems[i].frame_off);
		fputc('\n', out);
	}
	for (const struct ir_insn *insn = fn->first; insn; insn = insn->next) {
		if (insn->op == IR_LABEL)
			fprintf(out, "L%u:", insn->label);
		else
			fputc('\t', out);
		if (insn->dst != IR_NOREG)
			fprintf(out, "v%u = ", insn->dst);
		print_right(insn, out);
		if (insn->note)
			fprintf(out, "\t; %s", insn->note);
		fputc('\n', out);
	}
}

void ir_dump_allocation(const struct ir_function *fn, const struct ir_allocation *alloc, FILE *out)
{
	ir_dump(fn, out);
	for (ir_reg reg = 0; reg < fn->nregs; reg++)
		if (alloc->phys[reg] != 0xff)
			fprintf(out, "v%u: r%u\n", reg, alloc->phys[reg]);
	fprintf(out, "stack: %u bytes; %u spilled\n", alloc->stack_size, alloc->nspills);
}
