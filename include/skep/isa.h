/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The eBPF instruction set (RFC 9669 and what Linux added since): constructors, decoder,
 * disassembler, assembler and structural checks. All of them but the constructors are read from
 * the one table in src/isa/opcodes.h. Nothing here allocates, keeps state or needs a kernel; all
 * functions may be called from any thread.
 */
#ifndef SKEP_ISA_H
#define SKEP_ISA_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Values that the oldest supported <linux/bpf.h> lacks, under names of our own so that a newer
 * header does not clash.
 */
#define ISA_MEMSX     0x80  /* mode: load with sign extension (v4) */
#define ISA_JCOND     0xe0  /* operation: may_goto */
#define ISA_LOAD_ACQ  0x100 /* atomic immediate: load with acquire order */
#define ISA_STORE_REL 0x110 /* atomic immediate: store with release order */

#define ISA_REG_FP   10 /* the read-only frame pointer, the highest register */
#define ISA_REG_CNT  11
#define ISA_LOG_SIZE 96 /* no disassembled instruction without a long map name is longer */

/*
 * Constructors. Each ISA_X(...) is an expression of type struct bpf_insn, usable as an initialiser
 * (also of static arrays) and as a value. Registers are numbers 0..10; off is a signed 16-bit and
 * imm a signed 32-bit number: values out of range are truncated, the caller checks. `op` is
 * BPF_ADD..BPF_ARSH or BPF_JEQ..BPF_JSLE, `size` is BPF_B, BPF_H, BPF_W or BPF_DW.
 */
#define ISA_INSN(c, d, s, o, i)                \
	((struct bpf_insn){.code = (__u8)(c),  \
			   .dst_reg = (d)&0xf, \
			   .src_reg = (s)&0xf, \
			   .off = (__s16)(o),  \
			   .imm = (__s32)(i)})

/* dst = dst op src, dst = dst op imm; the 32-bit forms clear the upper half of dst. */
#define ISA_ALU64_REG(op, dst, src) ISA_INSN(BPF_ALU64 | (op) | BPF_X, dst, src, 0, 0)
#define ISA_ALU64_IMM(op, dst, imm) ISA_INSN(BPF_ALU64 | (op) | BPF_K, dst, 0, 0, imm)
#define ISA_ALU32_REG(op, dst, src) ISA_INSN(BPF_ALU | (op) | BPF_X, dst, src, 0, 0)
#define ISA_ALU32_IMM(op, dst, imm) ISA_INSN(BPF_ALU | (op) | BPF_K, dst, 0, 0, imm)

/* Signed division and remainder (v4): op is BPF_DIV or BPF_MOD. */
#define ISA_SALU64_REG(op, dst, src) ISA_INSN(BPF_ALU64 | (op) | BPF_X, dst, src, 1, 0)
#define ISA_SALU64_IMM(op, dst, imm) ISA_INSN(BPF_ALU64 | (op) | BPF_K, dst, 0, 1, imm)
#define ISA_SALU32_REG(op, dst, src) ISA_INSN(BPF_ALU | (op) | BPF_X, dst, src, 1, 0)
#define ISA_SALU32_IMM(op, dst, imm) ISA_INSN(BPF_ALU | (op) | BPF_K, dst, 0, 1, imm)

/* Moves. MOV64_IMM sign-extends imm to 64 bits. MOVSX (v4): bits is 8, 16 or (64-bit form) 32. */
#define ISA_MOV64_REG(dst, src)		ISA_ALU64_REG(BPF_MOV, dst, src)
#define ISA_MOV64_IMM(dst, imm)		ISA_ALU64_IMM(BPF_MOV, dst, imm)
#define ISA_MOV32_REG(dst, src)		ISA_ALU32_REG(BPF_MOV, dst, src)
#define ISA_MOV32_IMM(dst, imm)		ISA_ALU32_IMM(BPF_MOV, dst, imm)
#define ISA_MOVSX64_REG(dst, src, bits) ISA_INSN(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, bits, 0)
#define ISA_MOVSX32_REG(dst, src, bits) ISA_INSN(BPF_ALU | BPF_MOV | BPF_X, dst, src, bits, 0)

#define ISA_NEG64(dst) ISA_INSN(BPF_ALU64 | BPF_NEG, dst, 0, 0, 0)
#define ISA_NEG32(dst) ISA_INSN(BPF_ALU | BPF_NEG, dst, 0, 0, 0)

/* Byte order; bits is 16, 32 or 64. TO_LE and TO_BE convert from the host's, BSWAP (v4) always. */
#define ISA_TO_LE(dst, bits) ISA_INSN(BPF_ALU | BPF_END | BPF_TO_LE, dst, 0, 0, bits)
#define ISA_TO_BE(dst, bits) ISA_INSN(BPF_ALU | BPF_END | BPF_TO_BE, dst, 0, 0, bits)
#define ISA_BSWAP(dst, bits) ISA_INSN(BPF_ALU64 | BPF_END, dst, 0, 0, bits)

/*
 * The 64-bit immediate: TWO slots. LO and HI are the halves; the forms without a suffix expand to
 * both, separated by a comma, for initialisers. src is 0 for a number or BPF_PSEUDO_*.
 */
#define ISA_LD_IMM64_LO(dst, src, imm) ISA_INSN(BPF_LD | BPF_DW | BPF_IMM, dst, src, 0, imm)
#define ISA_LD_IMM64_HI(imm)	       ISA_INSN(0, 0, 0, 0, imm)
#define ISA_LD_IMM64(dst, imm64)                              \
	ISA_LD_IMM64_LO(dst, 0, (uint32_t)(uint64_t)(imm64)), \
		ISA_LD_IMM64_HI((uint32_t)((uint64_t)(imm64) >> 32))
#define ISA_LD_MAP_FD(dst, fd) ISA_LD_IMM64_LO(dst, BPF_PSEUDO_MAP_FD, fd), ISA_LD_IMM64_HI(0)
#define ISA_LD_MAP_VALUE(dst, fd, byte_off) \
	ISA_LD_IMM64_LO(dst, BPF_PSEUDO_MAP_VALUE, fd), ISA_LD_IMM64_HI(byte_off)
/* Address of the function that begins `rel` slots after the SECOND slot, as the kernel counts. */
#define ISA_LD_FUNC(dst, rel) ISA_LD_IMM64_LO(dst, BPF_PSEUDO_FUNC, rel), ISA_LD_IMM64_HI(0)

/* dst = *(size *)(src + off), zero-extended; LDXSX (v4) sign-extends BPF_B, BPF_H, BPF_W. */
#define ISA_LDX(size, dst, src, off)   ISA_INSN(BPF_LDX | (size) | BPF_MEM, dst, src, off, 0)
#define ISA_LDXSX(size, dst, src, off) ISA_INSN(BPF_LDX | (size) | ISA_MEMSX, dst, src, off, 0)
/* *(size *)(dst + off) = src, or = imm (sign-extended to BPF_DW). */
#define ISA_STX(size, dst, src, off) ISA_INSN(BPF_STX | (size) | BPF_MEM, dst, src, off, 0)
#define ISA_ST(size, dst, off, imm)  ISA_INSN(BPF_ST | (size) | BPF_MEM, dst, 0, off, imm)
/*
 * On *(size *)(dst + off) with src; size is BPF_W or BPF_DW. op: BPF_ADD, BPF_AND, BPF_OR, BPF_XOR,
 * each also with BPF_FETCH (the old value to src); BPF_XCHG; BPF_CMPXCHG (compares with and
 * returns in r0).
 */
#define ISA_ATOMIC(size, op, dst, src, off) \
	ISA_INSN(BPF_STX | (size) | BPF_ATOMIC, dst, src, off, op)

/* Packet access of classic BPF: r0 = packet[imm], packet[src + imm] in network order; r6 = skb. */
#define ISA_LD_ABS(size, imm)	   ISA_INSN(BPF_LD | (size) | BPF_ABS, 0, 0, 0, imm)
#define ISA_LD_IND(size, src, imm) ISA_INSN(BPF_LD | (size) | BPF_IND, 0, src, 0, imm)

/* Jumps: off counts slots from the following instruction. JMP32 compares the lower halves. */
#define ISA_JMP_REG(op, dst, src, off)	 ISA_INSN(BPF_JMP | (op) | BPF_X, dst, src, off, 0)
#define ISA_JMP_IMM(op, dst, imm, off)	 ISA_INSN(BPF_JMP | (op) | BPF_K, dst, 0, off, imm)
#define ISA_JMP32_REG(op, dst, src, off) ISA_INSN(BPF_JMP32 | (op) | BPF_X, dst, src, off, 0)
#define ISA_JMP32_IMM(op, dst, imm, off) ISA_INSN(BPF_JMP32 | (op) | BPF_K, dst, 0, off, imm)
#define ISA_JA(off)			 ISA_INSN(BPF_JMP | BPF_JA, 0, 0, off, 0)
#define ISA_JA32(rel)			 ISA_INSN(BPF_JMP32 | BPF_JA, 0, 0, 0, rel) /* v4 */

#define ISA_CALL(helper)	ISA_INSN(BPF_JMP | BPF_CALL, 0, 0, 0, helper) /* BPF_FUNC_x */
#define ISA_CALL_REL(rel)	ISA_INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, rel)
#define ISA_CALL_KFUNC(id, off) ISA_INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, off, id)
#define ISA_EXIT()		ISA_INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

/* What an instruction does with a register field. */
enum isa_reg_use {
	ISA_REG_NONE,  /* the field is not a register */
	ISA_REG_READ,  /* also the base of a memory operand */
	ISA_REG_WRITE, /* written only */
	ISA_REG_RDWR,  /* read, then written */
};

/* What an instruction's src (when it is not a register), off or imm field may hold. */
enum isa_field_use {
	ISA_EXACT, /* only the value in the table; it is 0 where the field is unused */
	ISA_ANY,   /* any value: displacement, number, helper id, descriptor, offset */
	ISA_REL,   /* slots from the next instruction, inside the program */
};

/* The instruction set version that introduced an instruction (clang's -mcpu=vN). */
enum isa_version {
	ISA_V1 = 1,
	ISA_V2,
	ISA_V3,
	ISA_V4,
	ISA_LINUX, /* in Linux since RFC 9669 */
};

/* A field's rule. */
struct isa_field {
	uint8_t use;   /* enum isa_field_use */
	int32_t value; /* with ISA_EXACT: the only value */
};

/* One row of the opcode table. */
struct isa_op {
	uint8_t id;	      /* enum isa_id of src/isa/opcodes.h */
	uint8_t code;	      /* the opcode byte */
	uint8_t version;      /* enum isa_version */
	uint8_t dst;	      /* enum isa_reg_use */
	uint8_t src;	      /* enum isa_reg_use; ISA_REG_NONE: see src_value */
	uint8_t src_value;    /* the src field's only value when it is not a register */
	struct isa_field off; /* 16 bits, signed */
	struct isa_field imm; /* 32 bits, signed */
	const char *name;     /* of the enum without its prefix, as "ADD64_K" */
	const char *text;     /* the text form; see src/isa/opcodes.h for its % marks */
};

/*
 * The row that describes `insn`, or NULL if the opcode is unknown or a field holds what the row
 * does not allow. Register numbers above 10 are not an instruction; writes to r10 are not looked
 * at. The second half of a 64-bit immediate is not an instruction.
 */
const struct isa_op *isa_decode(const struct bpf_insn *insn);

/* Slots the instruction takes, from its opcode alone: 2 for the 64-bit immediate, else 1. */
static inline unsigned int isa_insn_slots(const struct bpf_insn *insn)
{
	return insn->code == (BPF_LD | BPF_DW | BPF_IMM) ? 2 : 1;
}

/* Bytes that a load, store or atomic with this opcode byte accesses: 1, 2, 4 or 8. */
unsigned int isa_access_bytes(uint8_t code);

/*
 * Names for isa_disasm. Any callback may be NULL, and may return NULL for "no name"; the string
 * must live until isa_disasm returns.
 */
struct isa_names {
	void *ctx; /* passed to the callbacks */
	/* Helper by id; by default the name in <linux/bpf.h>. */
	const char *(*helper)(void *ctx, int32_t id);
	/* Map by descriptor, or by index into fd_array when is_index. */
	const char *(*map)(void *ctx, int32_t fd, bool is_index);
	/* Kernel function by BTF id and index of the module's descriptor (0: the kernel). */
	const char *(*kfunc)(void *ctx, int32_t btf_id, int16_t module);
};

/*
 * Write the text of insns[idx] as the kernel's verifier log prints it, without the opcode byte:
 * "r0 = *(u64 *)(r1 +8)". Maps print as map[NAME] or map[fd:3]. names may be NULL.
 * Always ends buf with a NUL when len > 0. Returns the text's length, which is >= len when it was
 * cut off, or -EINVAL if insns[idx] is not an instruction (buf then holds its bytes), or is a
 * 64-bit immediate cut off by cnt; -ERANGE if idx >= cnt.
 */
int isa_disasm(const struct bpf_insn *insns, size_t cnt, size_t idx, const struct isa_names *names,
	       char *buf, size_t len);

/*
 * The reverse of isa_disasm for one instruction without callbacks' names: read `text` into
 * insns[0] (and insns[1] for a 64-bit immediate). White space matters as little as in C.
 * Returns the slots written (1 or 2) or -EINVAL.
 */
int isa_assemble(const char *text, struct bpf_insn insns[2]);

/* "bpf_map_lookup_elem" for 1; NULL if this build does not know the id. */
const char *isa_helper_name(int32_t id);

/* The reverse, with or without "bpf_"; -ENOENT if there is no such helper. */
int isa_helper_id(const char *name);

/* What isa_check finds: identifier and text. */
#define ISA_ERRORS(X)                                                                \
	X(OK, "no error")                                                            \
	X(EMPTY, "the program has no instructions")                                  \
	X(OPCODE, "unknown opcode")                                                  \
	X(DST, "the dst field must be zero")                                         \
	X(SRC, "the src field has a value that this opcode does not know")           \
	X(OFF, "the off field has a value that this opcode does not know")           \
	X(IMM, "the imm field has a value that this opcode does not know")           \
	X(REG, "there is no such register")                                          \
	X(FP, "the frame pointer r10 is read-only")                                  \
	X(JUMP, "jump out of the program")                                           \
	X(JUMP_MIDDLE, "jump into the middle of a 64-bit immediate")                 \
	X(CALL, "call of a function out of the program")                             \
	X(LD64_CUT, "a 64-bit immediate without its second half")                    \
	X(LD64_HALF, "the second half of a 64-bit immediate has more than a number") \
	X(FALL, "control falls off the end of a function")

/* ISA_E_OK, ISA_E_EMPTY, ... */
enum isa_error_id {
#define X(id, text) ISA_E_##id,
	ISA_ERRORS(X)
#undef X
};

/* Where and why a program is malformed. */
struct isa_error {
	enum isa_error_id id;
	size_t idx;	  /* the slot at fault */
	const char *text; /* static, for people */
};

/*
 * Check everything about a program that needs no analysis of its values: known opcodes, unused
 * fields zero, registers that exist, no write to r10, whole 64-bit immediates, jumps and calls
 * that land on instructions, and functions that end in exit or a jump. Reachability, jumps between
 * functions, shift widths and divisions by zero are the verifier's. Time is linear in cnt.
 * Returns 0, or -EINVAL with the first fault in *where (may be NULL).
 */
int isa_check(const struct bpf_insn *insns, size_t cnt, struct isa_error *where);

#endif
