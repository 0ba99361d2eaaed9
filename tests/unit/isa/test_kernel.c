// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The disassembler against the kernel's: each instruction is put into a small program, and the
 * line that the verifier logs for it must be what isa_disasm says. Whether the verifier then takes
 * the program does not matter.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>

#include <skep/isa.h>
#include "isa/opcodes.h"

#define CNT(a) (sizeof(a) / sizeof((a)[0]))

static char kernel_log[1 << 16];

/* Load as a socket filter, with the log of each instruction. Returns an fd or -errno. */
static int load(const struct bpf_insn *insns, size_t cnt)
{
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
		.insns = (uintptr_t)insns,
		.insn_cnt = (uint32_t)cnt,
		.license = (uintptr_t) "GPL",
		.log_level = 2,
		.log_buf = (uintptr_t)kernel_log,
		.log_size = sizeof(kernel_log),
	};
	long fd;

	kernel_log[0] = '\0';
	fd = syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	return fd < 0 ? -errno : (int)fd;
}

/*
 * What the log says of slot idx, without number, opcode and the state of registers after ';'.
 * Newer kernels put the state on the instruction's line. NULL if the verifier did not get there.
 */
static char *logged(size_t idx)
{
	char start[32], *line = kernel_log, *text, *end;

	snprintf(start, sizeof(start), "%zu: (", idx);
	while (strncmp(line, start, strlen(start))) {
		line = strchr(line, '\n');
		if (!line)
			return NULL;
		line++;
	}
	text = strchr(line, ')') + 2;
	end = text + strcspn(text, "\n");
	*end = '\0';
	end = strstr(text, " ;") ? strstr(text, " ;") : end;
	while (end > text && end[-1] == ' ')
		end--;
	*end = '\0';
	return text;
}

#define PROG_MAX 16

/*
 * Every register, and eight bytes of stack, hold something; r6 is the packet; then the instruction,
 * in slot *idx. No more than what can be reached may follow it. Returns the number of slots.
 */
static size_t program(const struct bpf_insn *insn, struct bpf_insn *out, size_t *idx)
{
	const struct bpf_insn before[] = {
		ISA_MOV64_REG(6, 1), ISA_MOV64_IMM(0, 1),	   ISA_MOV64_IMM(2, 2),
		ISA_MOV64_IMM(3, 3), ISA_ST(BPF_DW, 10, -8, 0x55),
	};
	const struct bpf_insn after[] = {
		ISA_MOV64_IMM(0, 0),
		ISA_MOV64_IMM(0, 0),
		ISA_EXIT(),
		/* A function to call. */
		ISA_MOV64_IMM(0, 0),
		ISA_EXIT(),
	};
	const struct isa_op *op = isa_decode(insn);
	size_t slots = isa_insn_slots(insn);
	size_t follow = op->id == ISA_OP_EXIT ? 0 : op->id == ISA_OP_CALL_REL ? 5 : 3;

	*idx = CNT(before);
	memcpy(out, before, sizeof(before));
	memcpy(out + CNT(before), insn, slots * sizeof(*insn));
	memcpy(out + CNT(before) + slots, after, follow * sizeof(*after));
	return CNT(before) + slots + follow;
}

/* Whether the load failed, with ret, because the kernel is older than the instruction. */
static bool too_new(const struct bpf_insn *insn, int ret)
{
	return ret < 0 && isa_decode(insn)->version > ISA_V2 &&
	       (strstr(kernel_log, "reserved field") || strstr(kernel_log, "unknown opcode") ||
		strstr(kernel_log, "invalid BPF_"));
}

/*
 * 1 if the kernel has been asked about this instruction and agrees. 0 if it does not say: it is
 * older than the instruction, or refuses it before its log begins.
 */
static int agrees(const struct bpf_insn insn[2])
{
	struct bpf_insn prog[PROG_MAX];
	size_t idx, cnt = program(insn, prog, &idx);
	char ours[ISA_LOG_SIZE], *theirs;
	struct isa_error e;
	bool old;
	int fd;

	if (isa_check(prog, cnt, &e))
		fail_msg("a test program is bad at %zu: %s", e.idx, e.text);
	fd = load(prog, cnt);
	if (fd >= 0)
		close(fd);
	old = too_new(insn, fd);
	theirs = logged(idx);
	if (!theirs || old)
		return 0;
	assert_true(isa_disasm(prog, cnt, idx, NULL, ours, sizeof(ours)) > 0);
	/* It may lack a helper's name too. */
	if (!strncmp(theirs, "call unknown#", 13) && isa_helper_name(insn->imm))
		return 0;
	assert_string_equal(ours, theirs);
	return 1;
}

/* An instruction of this row that is valid among the others of program(). */
static bool sample(const struct isa_op *op, struct bpf_insn insn[2])
{
	bool is_jump = BPF_CLASS(op->code) == BPF_JMP || BPF_CLASS(op->code) == BPF_JMP32;
	uint8_t mem = 2;
	int off = op->off.use == ISA_ANY ? -8 : op->off.value;
	int imm = op->imm.use == ISA_EXACT ? op->imm.value : 7;

	/* What names maps, types and kernel functions prints as addresses and names of the kernel.
	 */
	if (op->code == 0x18 && op->id != ISA_OP_LD64)
		return false;
	if (op->id == ISA_OP_CALL_KFUNC)
		return false;
	if (BPF_CLASS(op->code) == BPF_ST || BPF_CLASS(op->code) == BPF_STX)
		mem = 10;
	if (is_jump && op->off.use == ISA_REL)
		off = op->id != ISA_OP_JA;
	if (is_jump && op->imm.use == ISA_REL)
		imm = op->id == ISA_OP_CALL_REL ? 3 : 0;
	insn[0] = ISA_INSN(op->code, op->dst == ISA_REG_NONE ? 0 : mem,
			   op->src == ISA_REG_NONE ? op->src_value : 3, off, imm);
	insn[1] = ISA_LD_IMM64_HI(0x12345678);
	if (BPF_CLASS(op->code) == BPF_LDX)
		insn[0].src_reg = 10;
	if (op->imm.use == ISA_EXACT && op->imm.value == ISA_LOAD_ACQ &&
	    BPF_CLASS(op->code) == BPF_STX) {
		insn[0].dst_reg = 2;
		insn[0].src_reg = 10;
	}
	return true;
}

static void every_row_is_as_the_kernel_says(void **state)
{
	unsigned int agreed = 0, asked = 0;

	for (int id = 1; id < ISA_OP_CNT; id++) {
		struct bpf_insn insn[2];

		if (!sample(&isa_ops[id], insn))
			continue;
		asked++;
		if (agrees(insn))
			agreed++;
		else
			fprintf(stderr, "# the kernel does not say: %s\n", isa_ops[id].name);
	}
	fprintf(stderr, "# %u of %u instructions compared\n", agreed, asked);
	/* What kernels since 5.10 do not know is 8 moves, 16 divisions, 5 others and Linux's. */
	assert_true(agreed >= 120);
}

static void numbers_are_as_the_kernel_says(void **state)
{
	static const struct bpf_insn insns[][2] = {
		{ISA_MOV64_IMM(2, -1)},
		{ISA_MOV32_IMM(2, 0x7fffffff)},
		{ISA_ALU64_IMM(BPF_ADD, 2, INT32_MIN)},
		{ISA_LD_IMM64(2, 0)},
		{ISA_LD_IMM64(2, 0xfedcba9876543210)},
		{ISA_LD_IMM64(2, 0xffffffff)},
		{ISA_ST(BPF_B, 10, -1, -1)},
		{ISA_ST(BPF_DW, 10, -512, 0x7fffffff)},
		{ISA_LDX(BPF_W, 2, 6, 0)},
		{ISA_LDX(BPF_W, 2, 6, 32767)},
		{ISA_LDX(BPF_W, 2, 6, -32768)},
		{ISA_JMP_IMM(BPF_JSGT, 2, -1, 1)},
		{ISA_JMP32_IMM(BPF_JEQ, 2, INT32_MIN, 0)},
		{ISA_JMP_IMM(BPF_JGT, 2, 255, -1)},
		{ISA_JA(0)},
		{ISA_LD_ABS(BPF_W, -4096)},
		{ISA_LD_IND(BPF_H, 2, -2)},
		{ISA_CALL(BPF_FUNC_get_prandom_u32)},
		{ISA_CALL(BPF_FUNC_probe_read_kernel_str)},
		{ISA_CALL(100000)},
		{ISA_CALL(-1)},
		{ISA_CALL_REL(3)},
	};
	unsigned int agreed = 0;

	for (size_t i = 0; i < CNT(insns); i++)
		agreed += (unsigned int)agrees(insns[i]);
	fprintf(stderr, "# %u of %zu compared\n", agreed, CNT(insns));
	assert_true(agreed >= CNT(insns) - 4);
}

/* Names of helpers: of every one that the header knows, whatever the verifier thinks of the call.
 */
static void helpers_are_as_the_kernel_says(void **state)
{
	unsigned int agreed = 0;

	for (int32_t id = 1; id < 220; id++) {
		struct bpf_insn insn[2] = {ISA_CALL(id)};

		if (isa_helper_name(id))
			agreed += (unsigned int)agrees(insn);
	}
	fprintf(stderr, "# %u helpers compared\n", agreed);
	assert_true(agreed > 150);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_as_the_kernel_says),
		cmocka_unit_test(numbers_are_as_the_kernel_says),
		cmocka_unit_test(helpers_are_as_the_kernel_says),
	};
	const struct bpf_insn least[] = {ISA_MOV64_IMM(0, 0), ISA_EXIT()};
	int fd = load(least, CNT(least));

	if (fd < 0) {
		printf("1..0 # SKIP the kernel loads no programs here: %s\n", strerror(-fd));
		return 0;
	}
	close(fd);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
