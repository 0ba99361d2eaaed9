/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What instructions compute, once. Each list expands X for the rows of src/isa/opcodes.h of the
 * same name; the last column is a C expression. In it `a` is dst and `b` is src or imm, both of the
 * unsigned type U; S is the signed type of that width.
 *
 * RFC 9669: shifts use the low bits of their count; division by zero gives 0 and the remainder by
 * zero is the dividend; the smallest number divided by -1 is itself, remainder 0. 32-bit results
 * are zero-extended, which comes from U.
 */
#ifndef MACHINE_SEMANTICS_H
#define MACHINE_SEMANTICS_H

/* clang-format off */

/* Rows NAMEbits_K and NAMEbits_X. */
#define MACHINE_ALU(X, bits, U, S)                                                                 \
	X(ADD,  bits, U, a + b)                                                                    \
	X(SUB,  bits, U, a - b)                                                                    \
	X(MUL,  bits, U, a * b)                                                                    \
	X(OR,   bits, U, a | b)                                                                    \
	X(AND,  bits, U, a & b)                                                                    \
	X(XOR,  bits, U, a ^ b)                                                                    \
	X(LSH,  bits, U, a << (b & (bits - 1)))                                                    \
	X(RSH,  bits, U, a >> (b & (bits - 1)))                                                    \
	X(ARSH, bits, U, (U)((S)a >> (b & (bits - 1))))                                            \
	X(DIV,  bits, U, b ? a / b : 0)                                                            \
	X(MOD,  bits, U, b ? a % b : a)                                                            \
	X(SDIV, bits, U, b == (U)-1 ? -a : b ? (U)((S)a / (S)b) : 0)                               \
	X(SMOD, bits, U, b == (U)-1 ? 0 : b ? (U)((S)a % (S)b) : a)                                \
	X(MOV,  bits, U, ((void)a, b))

/* Of dst alone. */
#define MACHINE_UNARY(X)                                                                           \
	X(NEG64,   -a)                                                                             \
	X(NEG32,   (uint32_t)-a)                                                                   \
	X(LE16,    MACHINE_LE(16, a))                                                              \
	X(LE32,    MACHINE_LE(32, a))                                                              \
	X(LE64,    MACHINE_LE(64, a))                                                              \
	X(BE16,    MACHINE_BE(16, a))                                                              \
	X(BE32,    MACHINE_BE(32, a))                                                              \
	X(BE64,    MACHINE_BE(64, a))                                                              \
	X(BSWAP16, __builtin_bswap16((uint16_t)a))                                                 \
	X(BSWAP32, __builtin_bswap32((uint32_t)a))                                                 \
	X(BSWAP64, __builtin_bswap64(a))

/* Of src alone: row, signed type moved, unsigned type that it is extended to. */
#define MACHINE_MOVSX(X)                                                                           \
	X(MOVSX64_8,  int8_t,  uint64_t)                                                           \
	X(MOVSX64_16, int16_t, uint64_t)                                                           \
	X(MOVSX64_32, int32_t, uint64_t)                                                           \
	X(MOVSX32_8,  int8_t,  uint32_t)                                                           \
	X(MOVSX32_16, int16_t, uint32_t)

/* Rows NAME_K and NAME_X, of the suffix "32" with 32 bits. */
#define MACHINE_JMP(X, suffix, U, S)                                                               \
	X(JEQ##suffix,  U, a == b)                                                                 \
	X(JNE##suffix,  U, a != b)                                                                 \
	X(JGT##suffix,  U, a > b)                                                                  \
	X(JGE##suffix,  U, a >= b)                                                                 \
	X(JLT##suffix,  U, a < b)                                                                  \
	X(JLE##suffix,  U, a <= b)                                                                 \
	X(JSET##suffix, U, a & b)                                                                  \
	X(JSGT##suffix, U, (S)a > (S)b)                                                            \
	X(JSGE##suffix, U, (S)a >= (S)b)                                                           \
	X(JSLT##suffix, U, (S)a < (S)b)                                                            \
	X(JSLE##suffix, U, (S)a <= (S)b)

/* Rows LDX_n, STX_n, ST_n, LOAD_ACQ_n, STORE_REL_n. */
#define MACHINE_MEM(X)                                                                             \
	X(B,  uint8_t)                                                                             \
	X(H,  uint16_t)                                                                            \
	X(W,  uint32_t)                                                                            \
	X(DW, uint64_t)

/* Rows LDXSX_n. */
#define MACHINE_MEMSX(X)                                                                           \
	X(B, int8_t)                                                                               \
	X(H, int16_t)                                                                              \
	X(W, int32_t)

/* Rows ATOMIC_name_n and FETCH_ATOMIC_name_n, and the compiler's word for it. */
#define MACHINE_ATOMIC(X, n, U)                                                                    \
	X(ADD, n, U, add)                                                                          \
	X(OR,  n, U, or)                                                                           \
	X(AND, n, U, and)                                                                          \
	X(XOR, n, U, xor)

/* Rows that the machine refuses, and why. */
#define MACHINE_REFUSED(X)                                                                         \
	X(CAST_USER,    "the machine has no arenas")                                               \
	X(CAST_KERNEL,  "the machine has no arenas")                                               \
	X(LD64_MAP,     "a map that the loader has not replaced by its address")                   \
	X(LD64_MAPVAL,  "a map value that the loader has not replaced by its address")             \
	X(LD64_BTF,     "a kernel variable; the machine has none")                                 \
	X(LD64_FUNC,    "the address of a function; the machine has no callbacks yet")             \
	X(LD64_IDX,     "a map that the loader has not replaced by its address")                   \
	X(LD64_IDXVAL,  "a map value that the loader has not replaced by its address")             \
	X(LD_ABS_B,     "packet access of classic BPF")                                            \
	X(LD_ABS_H,     "packet access of classic BPF")                                            \
	X(LD_ABS_W,     "packet access of classic BPF")                                            \
	X(LD_IND_B,     "packet access of classic BPF")                                            \
	X(LD_IND_H,     "packet access of classic BPF")                                            \
	X(LD_IND_W,     "packet access of classic BPF")                                            \
	X(MAY_GOTO,     "may_goto: loops are bounded by the budget")                               \
	X(CALL_KFUNC,   "a kernel function; the machine has none")

/* clang-format on */

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define MACHINE_LE(bits, a) ((uint##bits##_t)(a))
#define MACHINE_BE(bits, a) __builtin_bswap##bits((uint##bits##_t)(a))
#else
#define MACHINE_LE(bits, a) __builtin_bswap##bits((uint##bits##_t)(a))
#define MACHINE_BE(bits, a) ((uint##bits##_t)(a))
#endif

#endif
