// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The interpreter: threaded code. Each instruction ends by jumping to the code of the next, whose
 * place comes from a table of distances, so that nothing needs relocation: this file is part of
 * what is put into a target. It calls nothing but helpers.
 *
 * What instructions compute is in machine/semantics.h; here is how operands are fetched, and how
 * accesses are checked. An id of the opcode table without code below does not compile.
 */
#include "machine/interp/interp.h"
#include "machine/semantics.h"

#include "isa/opcodes.h"

/* What a debug or test build does before each instruction. */
#ifndef MACHINE_STEP
#define MACHINE_STEP(insn, reg)
#endif

/* Memory that the target may write to meanwhile: read or written once, at any alignment. */
#define MEMORY(type) typedef volatile type memory_##type __attribute__((aligned(1), may_alias))
MEMORY(uint8_t);
MEMORY(uint16_t);
MEMORY(uint32_t);
MEMORY(uint64_t);
MEMORY(int8_t);
MEMORY(int16_t);
MEMORY(int32_t);

#define AT(type, addr)	   (*(memory_##type *)(uintptr_t)(addr))
#define ATOMIC(type, addr) ((type *)(uintptr_t)(addr))

struct frame {
	const struct machine_insn *next;
	uint64_t saved[4]; /* r6..r9 */
};

#define DST reg[i->dst]
#define SRC reg[i->src]

#define DISPATCH()                                           \
	do {                                                 \
		MACHINE_STEP(i, reg);                        \
		goto *((char *)&&op_NONE + distance[i->op]); \
	} while (0)

#define NEXT()              \
	do {                \
		i++;        \
		DISPATCH(); \
	} while (0)

#define CHARGE(cost)                                               \
	do {                                                       \
		if (__builtin_sub_overflow(budget, cost, &budget)) \
			goto stop_budget;                          \
	} while (0)

#define JUMP()                                                       \
	do {                                                         \
		if (i->off < 0)                                      \
			CHARGE((uint64_t)machine_jump_cost(i->off)); \
		i += 1 + (ptrdiff_t)i->off;                          \
		DISPATCH();                                          \
	} while (0)

/* addr becomes the address, if it is in the window; the last valid offset is limit8 for 8 bytes. */
#define CHECK(base, type)                                          \
	do {                                                       \
		addr = (base) + (uint64_t)(int64_t)i->off;         \
		if (addr + neg_base > limit8 + (8 - sizeof(type))) \
			goto stop_memory;                          \
	} while (0)

#define CHECK_ATOMIC(base, type)             \
	do {                                 \
		CHECK(base, type);           \
		if (addr % sizeof(type))     \
			goto stop_unaligned; \
	} while (0)

__attribute__((noinline)) uint64_t machine_interp(const struct machine_insn *insns,
						  struct machine_run *run, uint64_t r1, uint64_t r2)
{
#define X(name, ...) [ISA_OP_##name] = (int32_t)((char *)&&op_##name - (char *)&&op_NONE),
	static const int32_t distance[ISA_OP_CNT] = {ISA_OPCODES(X, X)};
#undef X
	const uint64_t neg_base = run->neg_base, limit8 = run->limit[3];
	uint64_t reg[ISA_REG_CNT] = {[1] = r1, [2] = r2, [ISA_REG_FP] = run->stack};
	struct frame frames[MACHINE_FRAMES - 1], *frame = frames;
	const struct machine_insn *i = insns;
	uint64_t budget = run->budget, addr;
	machine_helper helper;
	enum machine_stop stop;

	run->stop = MACHINE_DONE;
	DISPATCH();

#define ALU(name, bits, U, expr)             \
	op_##name##bits##_K:                 \
	{                                    \
		U a = (U)DST, b = (U)i->imm; \
		DST = (U)(expr);             \
		NEXT();                      \
	}                                    \
	op_##name##bits##_X:                 \
	{                                    \
		U a = (U)DST, b = (U)SRC;    \
		DST = (U)(expr);             \
		NEXT();                      \
	}
	MACHINE_ALU(ALU, 64, uint64_t, int64_t)
	MACHINE_ALU(ALU, 32, uint32_t, int32_t)

#define UNARY(name, expr)         \
	op_##name:                \
	{                         \
		uint64_t a = DST; \
		DST = expr;       \
		NEXT();           \
	}
	MACHINE_UNARY(UNARY)

#define MOVSX(name, S, U)            \
	op_##name : DST = (U)(S)SRC; \
	NEXT();
	MACHINE_MOVSX(MOVSX)

#define JMP(name, U, expr)                   \
	op_##name##_K:                       \
	{                                    \
		U a = (U)DST, b = (U)i->imm; \
		if (expr)                    \
			JUMP();              \
		NEXT();                      \
	}                                    \
	op_##name##_X:                       \
	{                                    \
		U a = (U)DST, b = (U)SRC;    \
		if (expr)                    \
			JUMP();              \
		NEXT();                      \
	}
	MACHINE_JMP(JMP, , uint64_t, int64_t)
	MACHINE_JMP(JMP, 32, uint32_t, int32_t)

#define MEM(n, U)                                                    \
	op_LDX_##n : CHECK(SRC, U);                                  \
	DST = AT(U, addr);                                           \
	NEXT();                                                      \
	op_STX_##n : CHECK(DST, U);                                  \
	AT(U, addr) = (U)SRC;                                        \
	NEXT();                                                      \
	op_ST_##n : CHECK(DST, U);                                   \
	AT(U, addr) = (U)i->imm;                                     \
	NEXT();                                                      \
	op_LOAD_ACQ_##n : CHECK_ATOMIC(SRC, U);                      \
	DST = __atomic_load_n(ATOMIC(U, addr), __ATOMIC_ACQUIRE);    \
	NEXT();                                                      \
	op_STORE_REL_##n : CHECK_ATOMIC(DST, U);                     \
	__atomic_store_n(ATOMIC(U, addr), (U)SRC, __ATOMIC_RELEASE); \
	NEXT();
	MACHINE_MEM(MEM)

#define MEMSX(n, S)                           \
	op_LDXSX_##n : CHECK(SRC, S);         \
	DST = (uint64_t)(int64_t)AT(S, addr); \
	NEXT();
	MACHINE_MEMSX(MEMSX)

#define FETCH_OP(name, n, U, word)                                              \
	op_ATOMIC_##name##_##n : CHECK_ATOMIC(DST, U);                          \
	__atomic_fetch_##word(ATOMIC(U, addr), (U)SRC, __ATOMIC_SEQ_CST);       \
	NEXT();                                                                 \
	op_FETCH_ATOMIC_##name##_##n : CHECK_ATOMIC(DST, U);                    \
	SRC = __atomic_fetch_##word(ATOMIC(U, addr), (U)SRC, __ATOMIC_SEQ_CST); \
	NEXT();
	MACHINE_ATOMIC(FETCH_OP, W, uint32_t)
	MACHINE_ATOMIC(FETCH_OP, DW, uint64_t)

#define EXCHANGE(n, U)                                                                          \
	op_XCHG_##n : CHECK_ATOMIC(DST, U);                                                     \
	SRC = __atomic_exchange_n(ATOMIC(U, addr), (U)SRC, __ATOMIC_SEQ_CST);                   \
	NEXT();                                                                                 \
	op_CMPXCHG_##n:                                                                         \
	{                                                                                       \
		U old = (U)reg[0];                                                              \
                                                                                                \
		CHECK_ATOMIC(DST, U);                                                           \
		__atomic_compare_exchange_n(ATOMIC(U, addr), &old, (U)SRC, 0, __ATOMIC_SEQ_CST, \
					    __ATOMIC_SEQ_CST);                                  \
		reg[0] = old;                                                                   \
		NEXT();                                                                         \
	}
	EXCHANGE(W, uint32_t)
	EXCHANGE(DW, uint64_t)

op_LD64:
	DST = (uint64_t)i->imm;
	i += 2;
	DISPATCH();

op_JA:
op_JA32:
	JUMP();

op_CALL:
	if ((uint64_t)i->imm >= run->helper_cnt)
		goto stop_no_helper;
	helper = run->helpers[i->imm];
	if (!helper)
		goto stop_no_helper;
	run->budget = budget;
	reg[0] = helper(run, reg[1], reg[2], reg[3], reg[4], reg[5]);
	budget = run->budget;
	/* So that every program's result is the same in compiled code. */
	reg[1] = reg[2] = reg[3] = reg[4] = reg[5] = 0;
	if (run->stop)
		goto stopped_by_helper;
	NEXT();

op_CALL_REL:
	if (frame == frames + (MACHINE_FRAMES - 1))
		goto stop_depth;
	CHARGE((uint64_t)i->imm);
	frame->next = i + 1;
	for (int n = 0; n < 4; n++)
		frame->saved[n] = reg[6 + n];
	frame++;
	reg[ISA_REG_FP] -= MACHINE_FRAME_SIZE;
	i += 1 + (ptrdiff_t)i->off;
	DISPATCH();

op_EXIT:
	if (frame == frames) {
		run->budget = budget;
		return reg[0];
	}
	frame--;
	reg[ISA_REG_FP] += MACHINE_FRAME_SIZE;
	for (int n = 0; n < 4; n++)
		reg[6 + n] = frame->saved[n];
	i = frame->next;
	DISPATCH();

	/* machine_prepare lets none of these through. */
#define REFUSED(name, text) op_##name:
	MACHINE_REFUSED(REFUSED)
op_NONE:
	stop = MACHINE_HELPER;
	goto out;

stop_memory:
	stop = MACHINE_MEMORY;
	run->stop_addr = addr;
	goto out;
stop_unaligned:
	stop = MACHINE_UNALIGNED;
	run->stop_addr = addr;
	goto out;
stop_budget:
	stop = MACHINE_BUDGET;
	budget = 0;
	goto out;
stop_depth:
	stop = MACHINE_DEPTH;
	goto out;
stop_no_helper:
	stop = MACHINE_NO_HELPER;
	goto out;
stopped_by_helper:
	stop = run->stop;
out:
	run->stop = stop;
	run->stop_insn = (uint32_t)(i - insns);
	run->budget = budget;
	return 0;
}
