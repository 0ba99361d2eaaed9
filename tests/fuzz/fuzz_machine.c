// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Fuzzes preparing, interpreting and compiling. The input is a program: as it is, or, when its
 * first byte is even, bent to instructions that exist. What is prepared is run by both engines,
 * which must leave the same state; what they touch outside of the window faults.
 */
#include "isa/opcodes.h"
#include "machine/interp/interp.h"
#include "machine/jit/jit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define INSN_MAX    512
#define WINDOW_SIZE 8192
#define CODE_SIZE   (INSN_MAX * 256)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static uint8_t *window, *code;

static void set_up(void)
{
	uint8_t *at = mmap(NULL, WINDOW_SIZE + 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	code = mmap(NULL, CODE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED || code == MAP_FAILED ||
	    mprotect(at + 4096, WINDOW_SIZE, PROT_READ | PROT_WRITE))
		abort();
	window = at + 4096;
}

static uint64_t add(struct machine_run *run, uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4,
		    uint64_t r5)
{
	return r1 + r2 + r3 + r4 + r5;
}

static uint64_t start(struct machine_run *run, const struct machine_insn *insns, bool jit)
{
	static const machine_helper helpers[] = {[1] = add, [3] = add};

	memset(window, 0x11, WINDOW_SIZE);
	if (machine_run_init(run, (uintptr_t)window, WINDOW_SIZE, (uintptr_t)window + WINDOW_SIZE))
		abort();
	run->budget = 2000;
	run->helpers = helpers;
	run->helper_cnt = 4;
	return jit ? ((machine_code)code)(run, (uintptr_t)window + 64, 64)
		   : machine_interp(insns, run, (uintptr_t)window + 64, 64);
}

static void run_both(const struct machine_insn *insns, size_t cnt)
{
	static uint8_t memory[WINDOW_SIZE];
	static uint32_t offsets[INSN_MAX + 1];
	struct machine_run a, b;
	uint64_t r0 = start(&a, insns, false);

	memcpy(memory, window, WINDOW_SIZE);
	mprotect(code, CODE_SIZE, PROT_READ | PROT_WRITE);
	if (machine_jit(insns, cnt, offsets, code, CODE_SIZE) > CODE_SIZE)
		abort();
	mprotect(code, CODE_SIZE, PROT_READ | PROT_EXEC);
	if (start(&b, insns, true) != r0 || a.stop != b.stop || a.budget != b.budget ||
	    memcmp(memory, window, WINDOW_SIZE))
		abort();
	if (a.stop && a.stop_insn != b.stop_insn)
		abort();
	if ((a.stop == MACHINE_MEMORY || a.stop == MACHINE_UNALIGNED) && a.stop_addr != b.stop_addr)
		abort();
}

static int32_t field(const struct isa_field *f, int32_t value, size_t idx, size_t cnt)
{
	if (f->use == ISA_EXACT)
		return f->value;
	return f->use == ISA_REL ? (int32_t)((uint32_t)value % cnt) - (int32_t)idx - 1 : value;
}

/* Numbers of registers, rows of the table and targets are taken modulo what there is. */
static void bend(struct bpf_insn *insns, size_t cnt)
{
	for (size_t i = 0; i < cnt; i++) {
		const struct isa_op *op = &isa_ops[1 + insns[i].code % (ISA_OP_CNT - 1)];
		struct bpf_insn in = insns[i];

		if (op->id == ISA_OP_LD64 && i + 2 < cnt)
			insns[i + 1] = (struct bpf_insn)ISA_LD_IMM64_HI(insns[i + 1].imm);
		else if (BPF_CLASS(op->code) == BPF_LD)
			op = &isa_ops[ISA_OP_MOV64_X];
		insns[i] = (struct bpf_insn)ISA_INSN(
			op->code, op->dst == ISA_REG_NONE ? 0 : in.dst_reg % 11,
			op->src == ISA_REG_NONE ? op->src_value : in.src_reg % 11,
			field(&op->off, in.off, i, cnt), field(&op->imm, in.imm, i, cnt));
		i += op->id == ISA_OP_LD64;
	}
	insns[cnt - 1] = (struct bpf_insn)ISA_EXIT();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct machine_insn prepared[INSN_MAX];
	static struct bpf_insn insns[INSN_MAX];
	size_t cnt = len ? (len - 1) / sizeof(*insns) : 0;
	struct machine_fault why = {0};

	if (!window)
		set_up();
	if (cnt > INSN_MAX)
		return 0;
	if (cnt)
		memcpy(insns, data + 1, cnt * sizeof(*insns));
	if (cnt && data[0] % 2 == 0)
		bend(insns, cnt);
	if (!machine_prepare(insns, cnt, prepared, &why))
		run_both(prepared, cnt);
	else if (!why.text || (cnt && why.idx >= cnt))
		abort();
	return 0;
}
