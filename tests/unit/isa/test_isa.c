// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The instruction set without a kernel: every row of the table there and back, the constructors
 * against the bytes of RFC 9669 written by hand, and what isa_check must refuse.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <skep/isa.h>
#include "isa/opcodes.h"

#define CNT(a) (sizeof(a) / sizeof((a)[0]))

/* An instruction of this row, with a value in every field that takes one. */
static void sample(const struct isa_op *op, struct bpf_insn insn[2])
{
	insn[0] = ISA_INSN(op->code, op->dst == ISA_REG_NONE ? 0 : 10,
			   op->src == ISA_REG_NONE ? op->src_value : 9,
			   op->off.use == ISA_EXACT ? op->off.value : -32768,
			   op->imm.use == ISA_EXACT ? op->imm.value : -2147483647 - 1);
	insn[1] = ISA_LD_IMM64_HI(0xfedcba98);
}

static void every_row_goes_there_and_back(void **state)
{
	for (int id = 1; id < ISA_OP_CNT; id++) {
		const struct isa_op *op = &isa_ops[id];
		struct bpf_insn a[2], b[2] = {0};
		char text[ISA_LOG_SIZE];
		int slots = op->code == 0x18 ? 2 : 1;

		sample(op, a);
		assert_string_equal(isa_decode(a) ? isa_decode(a)->name : "-", op->name);
		if (op->text[strlen(op->text) - 1] == 'm' ||
		    op->text[strlen(op->text) - 1] == 'M' || op->id == ISA_OP_LD64_FUNC)
			a[1].imm = 0;
		if (op->id == ISA_OP_CALL)
			a[0].imm = 0x7fffffff;
		if (op->id == ISA_OP_CALL_KFUNC)
			a[0].off = 0; /* a module's kernel functions have no text of their own */
		assert_in_range(isa_disasm(a, 2, 0, NULL, text, sizeof(text)), 1, sizeof(text) - 1);
		if (isa_assemble(text, b) != slots || memcmp(a, b, (size_t)slots * sizeof(*a)))
			fail_msg("%s: \"%s\" does not come back", op->name, text);
	}
}

static void every_field_is_checked(void **state)
{
	for (int id = 1; id < ISA_OP_CNT; id++) {
		const struct isa_op *op = &isa_ops[id];
		struct bpf_insn ok[2], bad;

		sample(op, ok);
		bad = *ok;
		bad.dst_reg = op->dst == ISA_REG_NONE ? 1 : 11;
		assert_null(isa_decode(&bad));
		bad = *ok;
		bad.src_reg = 15;
		assert_null(isa_decode(&bad));
		bad = *ok;
		bad.off = 77;
		if (op->off.use == ISA_EXACT && op->id != ISA_OP_CALL)
			assert_null(isa_decode(&bad));
		bad = *ok;
		bad.imm = 77;
		if (op->imm.use == ISA_EXACT)
			assert_null(isa_decode(&bad));
	}
}

/* The opcode bytes of RFC 9669's appendix, and Linux's may_goto (e5). */
static void exactly_the_known_opcodes(void **state)
{
	static const char known[] =
		"04050607 0c0f 14151617 18 1c1d1e1f 20 24252627 28 2c2d2e2f 30 34353637 3c3d3e3f "
		"40 "
		"44454647 48 4c4d4e4f 50 54555657 5c5d5e5f 6162 63 64656667 696a6b 6c6d6e6f 717273 "
		"74757677 797a7b 7c7d7e7f 818487 85 89 91 949597 9c9f a4a5a6a7 acadaeaf b4b5b6b7 "
		"bcbdbebf c3 c4c5c6c7 cbcccdcecf d3 d4d5d6d7 db dcddde e5";
	bool want[256] = {false};

	for (const char *p = known; *p; p += *p == ' ' ? 1 : 2) {
		unsigned int byte;

		if (*p != ' ' && sscanf(p, "%2x", &byte) == 1)
			want[byte] = true;
	}
	for (int i = 0; i < 256; i++)
		if ((isa_first[i] != ISA_OP_NONE) != want[i])
			fail_msg("opcode %02x is %s", i, want[i] ? "missing" : "not known");
}

static void constructors_make_the_rfcs_bytes(void **state)
{
	static const struct bpf_insn made[] = {
		ISA_ALU64_REG(BPF_ADD, 1, 2),
		ISA_ALU64_IMM(BPF_LSH, 3, 32),
		ISA_ALU32_REG(BPF_XOR, 4, 5),
		ISA_ALU32_IMM(BPF_MOD, 6, -1),
		ISA_SALU64_REG(BPF_DIV, 1, 2),
		ISA_SALU32_IMM(BPF_MOD, 1, 3),
		ISA_MOV64_REG(1, 10),
		ISA_MOV64_IMM(0, -2),
		ISA_MOV32_IMM(0, 7),
		ISA_MOVSX64_REG(1, 2, 32),
		ISA_MOVSX32_REG(1, 2, 8),
		ISA_NEG64(9),
		ISA_TO_LE(1, 16),
		ISA_TO_BE(1, 64),
		ISA_BSWAP(1, 32),
		ISA_LD_IMM64(1, 0x1122334455667788),
		ISA_LD_MAP_VALUE(2, 5, 24),
		ISA_LDX(BPF_W, 1, 2, -4),
		ISA_LDXSX(BPF_H, 1, 2, 6),
		ISA_STX(BPF_DW, 10, 3, -8),
		ISA_ST(BPF_B, 10, -1, 255),
		ISA_ATOMIC(BPF_DW, BPF_ADD | BPF_FETCH, 10, 3, -8),
		ISA_ATOMIC(BPF_W, BPF_CMPXCHG, 10, 3, -8),
		ISA_LD_ABS(BPF_H, 12),
		ISA_LD_IND(BPF_B, 7, 14),
		ISA_JMP_REG(BPF_JSGT, 1, 2, -3),
		ISA_JMP_IMM(BPF_JEQ, 1, 0, 3),
		ISA_JMP32_REG(BPF_JLE, 1, 2, 3),
		ISA_JMP32_IMM(BPF_JSET, 1, 6, 3),
		ISA_JA(-1),
		ISA_JA32(100000),
		ISA_CALL(1),
		ISA_CALL_REL(4),
		ISA_EXIT(),
	};
	static const char want[] = "0f21000000000000 6703000020000000 ac54000000000000 "
				   "94060000ffffffff 3f21010000000000 9401010003000000 "
				   "bfa1000000000000 b7000000feffffff b400000007000000 "
				   "bf21200000000000 bc21080000000000 8709000000000000 "
				   "d401000010000000 dc01000040000000 d701000020000000 "
				   "1801000088776655 0000000044332211 1822000005000000 "
				   "0000000018000000 6121fcff00000000 8921060000000000 "
				   "7b3af8ff00000000 720affffff000000 db3af8ff01000000 "
				   "c33af8fff1000000 280000000c000000 507000000e000000 "
				   "6d21fdff00000000 1501030000000000 be21030000000000 "
				   "4601030006000000 0500ffff00000000 06000000a0860100 "
				   "8500000001000000 8510000004000000 9500000000000000 ";
	char got[sizeof(want)], *p = got;

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
	return; /* the bytes below are in the other order */
#endif
	assert_int_equal(sizeof(want), CNT(made) * 17 + 1);
	for (size_t i = 0; i < CNT(made); i++) {
		for (size_t k = 0; k < sizeof(made[i]); k++)
			p += snprintf(p, 3, "%02x", ((const unsigned char *)&made[i])[k]);
		*p++ = ' ';
	}
	*p = '\0';
	assert_string_equal(got, want);
}

static const char *name_map(void *ctx, int32_t fd, bool is_index)
{
	return fd == 3 && !is_index ? "counts" : NULL;
}

static const char *name_helper(void *ctx, int32_t id)
{
	return id == 999 ? "bpf_future" : NULL;
}

static const char *name_kfunc(void *ctx, int32_t id, int16_t module)
{
	return id == 42 && module == 1 ? "bpf_dynptr_size" : NULL;
}

static void names_are_asked_for(void **state)
{
	static const struct isa_names names = {
		.helper = name_helper, .map = name_map, .kfunc = name_kfunc};
	static const struct bpf_insn insns[] = {
		ISA_LD_MAP_FD(1, 3),   ISA_LD_MAP_FD(1, 4),   ISA_LD_MAP_VALUE(1, 3, 8),
		ISA_CALL(999),	       ISA_CALL(1),	      ISA_CALL(998),
		ISA_CALL_KFUNC(42, 1), ISA_CALL_KFUNC(43, 0), ISA_LD_FUNC(2, 7),
	};
	static const char *const want[] = {
		"r1 = map[counts]",	   "",
		"r1 = map[fd:4]",	   "",
		"r1 = map[counts][0]+8",   "",
		"call bpf_future#999",	   "call bpf_map_lookup_elem#1",
		"call unknown#998",	   "call bpf_dynptr_size#42",
		"call kernel-function#43", "r2 = subprog[+7]",
	};
	char text[ISA_LOG_SIZE];

	for (size_t i = 0; i < CNT(want); i++) {
		if (!*want[i])
			continue;
		assert_true(isa_disasm(insns, CNT(insns), i, &names, text, sizeof(text)) > 0);
		assert_string_equal(text, want[i]);
	}
}

static void text_is_cut_to_its_buffer(void **state)
{
	static const struct bpf_insn insns[] = {ISA_LDX(BPF_DW, 0, 1, 8), ISA_LD_IMM64(1, 2)};
	char text[ISA_LOG_SIZE];

	memset(text, 'x', sizeof(text));
	assert_int_equal(isa_disasm(insns, 1, 0, NULL, text, 6), 20);
	assert_memory_equal(text, "r0 = \0xxx", 9);
	assert_int_equal(isa_disasm(insns, 1, 0, NULL, NULL, 0), 20);
	assert_int_equal(isa_disasm(insns, 2, 1, NULL, text, sizeof(text)), -EINVAL);
	assert_int_equal(isa_disasm(insns, 2, 2, NULL, text, sizeof(text)), -ERANGE);
	assert_int_equal(isa_disasm(insns, 3, 2, NULL, text, sizeof(text)), -EINVAL);
	assert_string_equal(text, "00 00 0000 00000000");
}

static void assembler_refuses(void **state)
{
	static const char *const bad[] = {
		"",
		"exi",
		"exit now",
		"r11 = 0",
		"r1 = w2",
		"r1 = 99999999999",
		"r1 += 0x10",
		"r1 = *(u64 *)(r2 +40000)",
		"if r1 == 0x100000000 goto pc+1",
		"call bpf_no_such_helper",
		"call bpf_map_lookup_elem#2",
		"r1 = -r2",
		"r1 = be16 r2",
		"r3 = atomic64_xchg((u64 *)(r1 +0), r2)",
		"r1 = 0x10000000000000000",
		"goto pc+",
		"r1 = (s32)",
	};
	struct bpf_insn insns[2];

	for (size_t i = 0; i < CNT(bad); i++)
		if (isa_assemble(bad[i], insns) != -EINVAL)
			fail_msg("\"%s\" is taken", bad[i]);
	assert_int_equal(isa_assemble("  r1=*(u64 *)(r2+8) \n", insns), 1);
	assert_int_equal(isa_assemble("call map_lookup_elem", insns), 1);
	assert_int_equal(insns[0].imm, BPF_FUNC_map_lookup_elem);
}

static void helpers_have_names(void **state)
{
	assert_string_equal(isa_helper_name(BPF_FUNC_probe_read_kernel), "bpf_probe_read_kernel");
	assert_string_equal(isa_helper_name(211), "bpf_cgrp_storage_delete");
	assert_null(isa_helper_name(0));
	assert_null(isa_helper_name(-1));
	assert_null(isa_helper_name(100000));
	assert_int_equal(isa_helper_id("ringbuf_output"), BPF_FUNC_ringbuf_output);
	assert_int_equal(isa_helper_id("bpf_cgrp_storage_get"), 210);
	assert_int_equal(isa_helper_id("cgrp_storage_get"), 210);
	assert_int_equal(isa_helper_id("bpf_nothing"), -ENOENT);
}

/* Programs of one fault each; all would pass without it. */
#define PROG(...) {__VA_ARGS__}, sizeof((struct bpf_insn[]){__VA_ARGS__}) / sizeof(struct bpf_insn)
#define RAW	  ISA_INSN

static void malformed_programs_are_refused(void **state)
{
	const struct {
		struct bpf_insn insns[5];
		size_t cnt;
		enum isa_error_id id;
		size_t idx;
	} checks[] = {
		{PROG(ISA_MOV64_IMM(0, 0), ISA_EXIT()), ISA_E_OK, 0},
		{PROG(ISA_JA(0), ISA_MOV64_IMM(0, 0), ISA_JA32(-3)), ISA_E_OK, 0},
		{PROG(ISA_CALL_REL(1), ISA_EXIT(), ISA_LD_IMM64(0, 1), ISA_EXIT()), ISA_E_OK, 0},
		{PROG(ISA_LD_FUNC(1, 2), ISA_EXIT(), ISA_EXIT()), ISA_E_OK, 0},
		{PROG(ISA_LD_FUNC(1, 3), ISA_EXIT(), ISA_EXIT()), ISA_E_CALL, 0},
		{PROG(RAW(0x00, 0, 0, 0, 0), ISA_EXIT()), ISA_E_OPCODE, 0},
		{PROG(RAW(0xff, 0, 0, 0, 0), ISA_EXIT()), ISA_E_OPCODE, 0},
		{PROG(RAW(0x8d, 0, 0, 0, 0), ISA_EXIT()), ISA_E_OPCODE, 0},
		{PROG(RAW(0x95, 1, 0, 0, 0)), ISA_E_DST, 0},
		{PROG(RAW(0x05, 3, 0, 0, 0), ISA_EXIT()), ISA_E_DST, 0},
		{PROG(RAW(0x07, 1, 2, 0, 0), ISA_EXIT()), ISA_E_SRC, 0},
		{PROG(RAW(0x18, 1, 7, 0, 0), ISA_LD_IMM64_HI(0), ISA_EXIT()), ISA_E_SRC, 0},
		{PROG(RAW(0x85, 0, 3, 0, 0), ISA_EXIT()), ISA_E_SRC, 0},
		{PROG(RAW(0x0f, 1, 2, 4, 0), ISA_EXIT()), ISA_E_OFF, 0},
		{PROG(RAW(0xbf, 1, 2, 24, 0), ISA_EXIT()), ISA_E_OFF, 0},
		{PROG(RAW(0xbc, 1, 2, 32, 0), ISA_EXIT()), ISA_E_OFF, 0},
		{PROG(RAW(0x37, 1, 0, 2, 1), ISA_EXIT()), ISA_E_OFF, 0},
		{PROG(RAW(0x0f, 1, 2, 0, 5), ISA_EXIT()), ISA_E_IMM, 0},
		{PROG(RAW(0x61, 1, 2, 0, 5), ISA_EXIT()), ISA_E_IMM, 0},
		{PROG(RAW(0xd4, 1, 0, 0, 24), ISA_EXIT()), ISA_E_IMM, 0},
		{PROG(RAW(0xdb, 1, 2, 0, 0x10), ISA_EXIT()), ISA_E_IMM, 0},
		{PROG(RAW(0x95, 0, 0, 0, 1)), ISA_E_IMM, 0},
		{PROG(RAW(0x1d, 1, 2, 0, 1), ISA_EXIT()), ISA_E_IMM, 0},
		{PROG(RAW(0x07, 11, 0, 0, 0), ISA_EXIT()), ISA_E_REG, 0},
		{PROG(RAW(0x7b, 10, 12, -8, 0), ISA_EXIT()), ISA_E_REG, 0},
		{PROG(ISA_MOV64_IMM(10, 0), ISA_EXIT()), ISA_E_FP, 0},
		{PROG(ISA_LDX(BPF_DW, 10, 1, 0), ISA_EXIT()), ISA_E_FP, 0},
		{PROG(ISA_ATOMIC(BPF_DW, BPF_XCHG, 1, 10, 0), ISA_EXIT()), ISA_E_FP, 0},
		{PROG(ISA_JA(0), ISA_JA(1), ISA_EXIT()), ISA_E_JUMP, 1},
		{PROG(ISA_JA(-2), ISA_EXIT()), ISA_E_JUMP, 0},
		{PROG(ISA_JA32(2147483647), ISA_EXIT()), ISA_E_JUMP, 0},
		{PROG(ISA_JMP_IMM(BPF_JEQ, 1, 0, 1), ISA_LD_IMM64(1, 1), ISA_EXIT()),
		 ISA_E_JUMP_MIDDLE, 0},
		{PROG(ISA_CALL_REL(1), ISA_EXIT()), ISA_E_CALL, 0},
		{PROG(ISA_CALL_REL(-2147483647), ISA_EXIT()), ISA_E_CALL, 0},
		{PROG(ISA_CALL_REL(2), ISA_EXIT(), ISA_LD_IMM64(0, 1), ISA_EXIT()), ISA_E_CALL, 0},
		{PROG(ISA_CALL_REL(1), ISA_MOV64_IMM(0, 0), ISA_EXIT()), ISA_E_FALL, 0},
		{PROG(ISA_EXIT(), ISA_LD_IMM64_LO(1, 0, 1)), ISA_E_LD64_CUT, 1},
		{PROG(ISA_LD_IMM64_LO(1, 0, 1), ISA_EXIT()), ISA_E_LD64_HALF, 0},
		{PROG(ISA_LD_IMM64_LO(1, 0, 1), RAW(0, 0, 0, 3, 0), ISA_EXIT()), ISA_E_LD64_HALF,
		 0},
		{PROG(ISA_LD_IMM64_LO(1, 4, 2), ISA_LD_IMM64_HI(1), ISA_EXIT(), ISA_EXIT()),
		 ISA_E_LD64_HALF, 0},
		{PROG(ISA_LD_IMM64_LO(1, 1, 1), ISA_LD_IMM64_HI(1), ISA_EXIT()), ISA_E_LD64_HALF,
		 0},
		{PROG(ISA_MOV64_IMM(0, 0)), ISA_E_FALL, 0},
		{PROG(ISA_EXIT(), ISA_LD_IMM64(0, 0)), ISA_E_FALL, 2},
		{PROG(ISA_JMP_IMM(BPF_JEQ, 1, 0, -1)), ISA_E_FALL, 0},
	};
	bool seen[ISA_E_FALL + 1] = {[ISA_E_EMPTY] = true};
	struct isa_error e;

	for (size_t i = 0; i < CNT(checks); i++) {
		int err = isa_check(checks[i].insns, checks[i].cnt, &e);

		if (err != (checks[i].id == ISA_E_OK ? 0 : -EINVAL) || e.id != checks[i].id ||
		    e.idx != checks[i].idx)
			fail_msg("program %zu: %d, \"%s\" at %zu", i, err, e.text, e.idx);
		seen[e.id] = true;
	}
	for (size_t i = 0; i < CNT(seen); i++)
		assert_true(seen[i]);
	assert_int_equal(isa_check(NULL, 0, &e), -EINVAL);
	assert_int_equal(e.id, ISA_E_EMPTY);
	assert_int_equal(isa_check(checks[5].insns, checks[5].cnt, NULL), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_goes_there_and_back),
		cmocka_unit_test(every_field_is_checked),
		cmocka_unit_test(exactly_the_known_opcodes),
		cmocka_unit_test(constructors_make_the_rfcs_bytes),
		cmocka_unit_test(names_are_asked_for),
		cmocka_unit_test(text_is_cut_to_its_buffer),
		cmocka_unit_test(assembler_refuses),
		cmocka_unit_test(helpers_have_names),
		cmocka_unit_test(malformed_programs_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
