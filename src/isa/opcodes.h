/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The opcode table: one row per instruction, read by everything that knows instructions.
 *
 * ISA_OPCODES(X, Y) expands X for the first row of an opcode byte and Y for the further rows of
 * the same byte, which follow it at once and differ in src, off or imm. Columns:
 *
 *   name, opcode byte, dst, src, off, imm, version, text
 *
 * dst and src say how the register is used: RD read, WR written, RW both, NO not a register. A
 * src that is not a register is NUM(n), the only value it may hold. off and imm are ANY value, EQ(n)
 * that value only, or REL, slots from the next instruction. A reader of the table defines these
 * words as it needs them before it expands the table.
 *
 * text is the form of the kernel's verifier log. Marks:
 *   %d %s  dst, src as rN, or wN in the classes ALU and JMP32      %D %S  always as rN
 *   %o     off, with its sign                                      %r     imm, with its sign
 *   %i     imm, decimal                                            %x     imm, unsigned, hex
 *   %q     64-bit immediate, hex                                   %v     its upper half, decimal
 *   %m %M  map by descriptor, by index                             %h %k  helper, kernel function
 */
#ifndef ISA_OPCODES_H
#define ISA_OPCODES_H

#include <linux/bpf.h>
#include <skep/isa.h>

/* clang-format off */

#define ISA_ALU_OPS(X, c, bits, n, op, sym)                                                        \
	X(n##bits##_K, c | op | BPF_K, RW, NO,  EQ(0), ANY,   V1, "%d " sym " %i")                 \
	X(n##bits##_X, c | op | BPF_X, RW, RD,  EQ(0), EQ(0), V1, "%d " sym " %s")

#define ISA_DIV_OPS(X, Y, c, bits, n, op, sym)                                                     \
	X(n##bits##_K,    c | op | BPF_K, RW, NO, EQ(0), ANY,   V1, "%d " sym "= %i")              \
	Y(S##n##bits##_K, c | op | BPF_K, RW, NO, EQ(1), ANY,   V4, "%d s" sym "= %i")             \
	X(n##bits##_X,    c | op | BPF_X, RW, RD, EQ(0), EQ(0), V1, "%d " sym "= %s")              \
	Y(S##n##bits##_X, c | op | BPF_X, RW, RD, EQ(1), EQ(0), V4, "%d s" sym "= %s")

#define ISA_ALU_CLASS(X, Y, c, bits)                                                               \
	ISA_ALU_OPS(X, c, bits, ADD,  BPF_ADD,  "+=")                                              \
	ISA_ALU_OPS(X, c, bits, SUB,  BPF_SUB,  "-=")                                              \
	ISA_ALU_OPS(X, c, bits, MUL,  BPF_MUL,  "*=")                                              \
	ISA_ALU_OPS(X, c, bits, OR,   BPF_OR,   "|=")                                              \
	ISA_ALU_OPS(X, c, bits, AND,  BPF_AND,  "&=")                                              \
	ISA_ALU_OPS(X, c, bits, LSH,  BPF_LSH,  "<<=")                                             \
	ISA_ALU_OPS(X, c, bits, RSH,  BPF_RSH,  ">>=")                                             \
	ISA_ALU_OPS(X, c, bits, XOR,  BPF_XOR,  "^=")                                              \
	ISA_ALU_OPS(X, c, bits, ARSH, BPF_ARSH, "s>>=")                                            \
	ISA_DIV_OPS(X, Y, c, bits, DIV, BPF_DIV, "/")                                              \
	ISA_DIV_OPS(X, Y, c, bits, MOD, BPF_MOD, "%%")                                             \
	X(NEG##bits,      c | BPF_NEG,         RW, NO, EQ(0),  EQ(0), V1, "%d = -%d")              \
	X(MOV##bits##_K,  c | BPF_MOV | BPF_K, WR, NO, EQ(0),  ANY,   V1, "%d = %i")               \
	X(MOV##bits##_X,  c | BPF_MOV | BPF_X, WR, RD, EQ(0),  EQ(0), V1, "%d = %s")               \
	Y(MOVSX##bits##_8,  c | BPF_MOV | BPF_X, WR, RD, EQ(8),  EQ(0), V4, "%d = (s8)%s")         \
	Y(MOVSX##bits##_16, c | BPF_MOV | BPF_X, WR, RD, EQ(16), EQ(0), V4, "%d = (s16)%s")

#define ISA_ALU_END(X, Y, c, n, v, text)                                                           \
	X(n##16, c, RW, NO, EQ(0), EQ(16), v, "%D = " text "16 %D")                                \
	Y(n##32, c, RW, NO, EQ(0), EQ(32), v, "%D = " text "32 %D")                                \
	Y(n##64, c, RW, NO, EQ(0), EQ(64), v, "%D = " text "64 %D")

#define ISA_MEM_SIZE(X, n, s, type)                                                                \
	X(LDX_##n, BPF_LDX | BPF_MEM | s, WR, RD, ANY, EQ(0), V1, "%D = *(" type " *)(%S %o)")     \
	X(STX_##n, BPF_STX | BPF_MEM | s, RD, RD, ANY, EQ(0), V1, "*(" type " *)(%D %o) = %S")     \
	X(ST_##n,  BPF_ST | BPF_MEM | s,  RD, NO, ANY, ANY,   V1, "*(" type " *)(%D %o) = %i")

#define ISA_LDXSX_SIZE(X, n, s, type)                                                              \
	X(LDXSX_##n, BPF_LDX | ISA_MEMSX | s, WR, RD, ANY, EQ(0), V4, "%D = *(" type " *)(%S %o)")

#define ISA_SKB_SIZE(X, n, s, type)                                                                \
	X(LD_ABS_##n, BPF_LD | BPF_ABS | s, NO, NO, EQ(0), ANY, V1, "r0 = *(" type " *)skb[%i]")   \
	X(LD_IND_##n, BPF_LD | BPF_IND | s, NO, RD, EQ(0), ANY, V1, "r0 = *(" type " *)skb[%S + %i]")

/* R is X where the opcode byte has no earlier row, else Y. */
#define ISA_ORDERED_SIZE(R, Y, n, s, type)                                                         \
	R(LOAD_ACQ_##n,  BPF_STX | BPF_ATOMIC | s, WR, RD, ANY, EQ(ISA_LOAD_ACQ), LINUX,           \
	  "%D = load_acquire((" type " *)(%S %o))")                                                \
	Y(STORE_REL_##n, BPF_STX | BPF_ATOMIC | s, RD, RD, ANY, EQ(ISA_STORE_REL), LINUX,          \
	  "store_release((" type " *)(%D %o), %S)")

#define ISA_ATOMIC_OP(R, Y, n, sz, s, type, pre, op, v, sym, word)                                 \
	R(n##_##sz, BPF_STX | BPF_ATOMIC | s, RD, RD, ANY, EQ(op), v,                              \
	  "lock *(" type " *)(%D %o) " sym " %S")                                                  \
	Y(FETCH_##n##_##sz, BPF_STX | BPF_ATOMIC | s, RD, RW, ANY, EQ((op) | BPF_FETCH), V3,       \
	  "%S = " pre "_fetch_" word "((" type " *)(%D %o), %S)")

#define ISA_ATOMIC_SIZE(X, Y, sz, s, type, pre)                                                    \
	ISA_ATOMIC_OP(X, Y, ATOMIC_ADD, sz, s, type, pre, BPF_ADD, V1, "+=", "add")                \
	ISA_ATOMIC_OP(Y, Y, ATOMIC_OR,  sz, s, type, pre, BPF_OR,  V3, "|=", "or")                 \
	ISA_ATOMIC_OP(Y, Y, ATOMIC_AND, sz, s, type, pre, BPF_AND, V3, "&=", "and")                \
	ISA_ATOMIC_OP(Y, Y, ATOMIC_XOR, sz, s, type, pre, BPF_XOR, V3, "^=", "xor")                \
	Y(XCHG_##sz,    BPF_STX | BPF_ATOMIC | s, RD, RW, ANY, EQ(BPF_XCHG),    V3,                \
	  "%S = " pre "_xchg((" type " *)(%D %o), %S)")                                            \
	Y(CMPXCHG_##sz, BPF_STX | BPF_ATOMIC | s, RD, RD, ANY, EQ(BPF_CMPXCHG), V3,                \
	  "r0 = " pre "_cmpxchg((" type " *)(%D %o), r0, %S)")                                     \
	ISA_ORDERED_SIZE(Y, Y, sz, s, type)

#define ISA_JMP_OP(X, n, op, v, sym)                                                               \
	X(n##_K,   BPF_JMP | op | BPF_K,   RD, NO, REL, ANY,   v,  "if %d " sym " %x goto pc%o")   \
	X(n##_X,   BPF_JMP | op | BPF_X,   RD, RD, REL, EQ(0), v,  "if %d " sym " %s goto pc%o")   \
	X(n##32_K, BPF_JMP32 | op | BPF_K, RD, NO, REL, ANY,   V3, "if %d " sym " %x goto pc%o")   \
	X(n##32_X, BPF_JMP32 | op | BPF_X, RD, RD, REL, EQ(0), V3, "if %d " sym " %s goto pc%o")

/* After the first row, alternatives by src; the upper half of each is another 32 bits of data. */
#define ISA_LD64_OPS(X, Y, c)                                                                      \
	X(LD64,         c, WR, NUM(0),                       EQ(0), ANY, V1, "%D = %q")            \
	Y(LD64_MAP,     c, WR, NUM(BPF_PSEUDO_MAP_FD),       EQ(0), ANY, V1, "%D = %m")            \
	Y(LD64_MAPVAL,  c, WR, NUM(BPF_PSEUDO_MAP_VALUE),    EQ(0), ANY, V1, "%D = %m[0]+%v")      \
	Y(LD64_BTF,     c, WR, NUM(BPF_PSEUDO_BTF_ID),       EQ(0), ANY, V1, "%D = btf[fd:%v][id:%i]") \
	Y(LD64_FUNC,    c, WR, NUM(BPF_PSEUDO_FUNC),         EQ(0), REL, V1, "%D = subprog[%r]")   \
	Y(LD64_IDX,     c, WR, NUM(BPF_PSEUDO_MAP_IDX),      EQ(0), ANY, V1, "%D = %M")            \
	Y(LD64_IDXVAL,  c, WR, NUM(BPF_PSEUDO_MAP_IDX_VALUE), EQ(0), ANY, V1, "%D = %M[0]+%v")

#define ISA_OPCODES(X, Y)                                                                          \
	ISA_ALU_CLASS(X, Y, BPF_ALU64, 64)                                                         \
	/* These three belong to the byte of the MOVSX64 rows that end the class above. */         \
	Y(MOVSX64_32, BPF_ALU64 | BPF_MOV | BPF_X, WR, RD, EQ(32), EQ(0), V4, "%d = (s32)%s")      \
	Y(CAST_USER,   BPF_ALU64 | BPF_MOV | BPF_X, WR, RD, EQ(1), EQ(0x10000), LINUX,             \
	  "%d = addr_space_cast(%s, 1, 0)")                                                        \
	Y(CAST_KERNEL, BPF_ALU64 | BPF_MOV | BPF_X, WR, RD, EQ(1), EQ(1), LINUX,                   \
	  "%d = addr_space_cast(%s, 0, 1)")                                                        \
	ISA_ALU_CLASS(X, Y, BPF_ALU, 32)                                                           \
	ISA_ALU_END(X, Y, BPF_ALU | BPF_END | BPF_TO_LE, LE, V1, "le")                             \
	ISA_ALU_END(X, Y, BPF_ALU | BPF_END | BPF_TO_BE, BE, V1, "be")                             \
	ISA_ALU_END(X, Y, BPF_ALU64 | BPF_END, BSWAP, V4, "bswap")                                 \
	ISA_LD64_OPS(X, Y, BPF_LD | BPF_DW | BPF_IMM)                                              \
	ISA_MEM_SIZE(X, B,  BPF_B,  "u8")                                                          \
	ISA_MEM_SIZE(X, H,  BPF_H,  "u16")                                                         \
	ISA_MEM_SIZE(X, W,  BPF_W,  "u32")                                                         \
	ISA_MEM_SIZE(X, DW, BPF_DW, "u64")                                                         \
	ISA_LDXSX_SIZE(X, B, BPF_B, "s8")                                                          \
	ISA_LDXSX_SIZE(X, H, BPF_H, "s16")                                                         \
	ISA_LDXSX_SIZE(X, W, BPF_W, "s32")                                                         \
	ISA_SKB_SIZE(X, B, BPF_B, "u8")                                                            \
	ISA_SKB_SIZE(X, H, BPF_H, "u16")                                                           \
	ISA_SKB_SIZE(X, W, BPF_W, "u32")                                                           \
	ISA_ATOMIC_SIZE(X, Y, W,  BPF_W,  "u32", "atomic")                                         \
	ISA_ATOMIC_SIZE(X, Y, DW, BPF_DW, "u64", "atomic64")                                       \
	ISA_ORDERED_SIZE(X, Y, B, BPF_B, "u8")                                                     \
	ISA_ORDERED_SIZE(X, Y, H, BPF_H, "u16")                                                    \
	ISA_JMP_OP(X, JEQ,  BPF_JEQ,  V1, "==")                                                    \
	ISA_JMP_OP(X, JNE,  BPF_JNE,  V1, "!=")                                                    \
	ISA_JMP_OP(X, JGT,  BPF_JGT,  V1, ">")                                                     \
	ISA_JMP_OP(X, JGE,  BPF_JGE,  V1, ">=")                                                    \
	ISA_JMP_OP(X, JLT,  BPF_JLT,  V2, "<")                                                     \
	ISA_JMP_OP(X, JLE,  BPF_JLE,  V2, "<=")                                                    \
	ISA_JMP_OP(X, JSET, BPF_JSET, V1, "&")                                                     \
	ISA_JMP_OP(X, JSGT, BPF_JSGT, V1, "s>")                                                    \
	ISA_JMP_OP(X, JSGE, BPF_JSGE, V1, "s>=")                                                   \
	ISA_JMP_OP(X, JSLT, BPF_JSLT, V2, "s<")                                                    \
	ISA_JMP_OP(X, JSLE, BPF_JSLE, V2, "s<=")                                                   \
	X(JA,   BPF_JMP | BPF_JA,   NO, NO, REL,   EQ(0), V1, "goto pc%o")                         \
	X(JA32, BPF_JMP32 | BPF_JA, NO, NO, EQ(0), REL,   V4, "gotol pc%r")                        \
	X(MAY_GOTO, BPF_JMP | ISA_JCOND, NO, NO, REL, EQ(0), LINUX, "may_goto pc%o")               \
	X(CALL,       BPF_JMP | BPF_CALL, NO, NO,                         EQ(0), ANY, V1, "call %h")    \
	Y(CALL_REL,   BPF_JMP | BPF_CALL, NO, NUM(BPF_PSEUDO_CALL),       EQ(0), REL, V1, "call pc%r")  \
	Y(CALL_KFUNC, BPF_JMP | BPF_CALL, NO, NUM(BPF_PSEUDO_KFUNC_CALL), ANY,   ANY, V1, "call %k")    \
	X(EXIT, BPF_JMP | BPF_EXIT, NO, NO, EQ(0), EQ(0), V1, "exit")

/* clang-format on */

/* ISA_OP_NONE is no instruction; ISA_OP_CNT one more than the last. */
enum isa_id {
	ISA_OP_NONE,
#define ISA_ID(name, ...) ISA_OP_##name,
	ISA_OPCODES(ISA_ID, ISA_ID)
#undef ISA_ID
	ISA_OP_CNT
};

/* The rows by id; row 0 is empty. Ends with a row of opcode 0, which is no instruction. */
extern const struct isa_op isa_ops[ISA_OP_CNT + 1];

/* The first row of an opcode byte, or ISA_OP_NONE. The other rows of the byte follow it. */
extern const uint8_t isa_first[256];

#endif
