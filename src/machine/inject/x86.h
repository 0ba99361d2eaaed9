/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * x86-64 code as far as hooking needs it: instruction lengths, branches, RIP-relative
 * operands; where system calls are and how each can be replaced by a jump; copies of
 * instructions that work at another address. Pure functions on bytes; hostile-safe.
 */
#ifndef MACHINE_X86_H
#define MACHINE_X86_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum x86_flow {
	X86_PLAIN,
	X86_JMP, /* direct, target known */
	X86_JCC,
	X86_CALL, /* direct */
	X86_LOOP, /* loop, jrcxz: 8-bit only */
	X86_RET,
	X86_INDIRECT, /* jmp or call through register or memory */
	X86_SYSCALL,
	X86_TRAP, /* int3, hlt, ud2, int n */
};

struct x86_insn {
	uint8_t length; /* 1…15; 0: not an instruction */
	enum x86_flow flow;
	int64_t target;	       /* JMP JCC CALL LOOP: address */
	uint8_t rip_offset;    /* where the disp32 of a RIP-relative operand is; 0: none */
	uint8_t branch_offset; /* where the branch displacement is */
	uint8_t branch_size;   /* 1 or 4 */
};

/* Decodes one instruction at @code (at most @size bytes), which is or will be at @address. */
struct x86_insn x86_decode(const uint8_t *code, size_t size, uint64_t address);

/*
 * Copies the instructions that cover at least @need bytes from @from (at @from_address) to
 * @to (at @to_address), with branches and RIP-relative operands adapted (short branches
 * become long ones; a call stays one, which returns to the copy). A branch to @from_address
 * goes to @to_address in the copy. Where the flow ends before @need, only padding is taken
 * after it. *@taken: bytes of whole instructions taken; returns bytes written, or
 * -EOPNOTSUPP (something that cannot be moved), -ERANGE (target out of reach); then *@why
 * (@why may be NULL) says what.
 */
int x86_relocate(const uint8_t *from, size_t size, uint64_t from_address, size_t need, uint8_t *to,
		 size_t room, uint64_t to_address, size_t *taken, const char **why);

/* How a `syscall` instruction is replaced; the order is that of preference. */
enum x86_form {
	X86_FORM_A, /* mov eax, imm32; syscall: jump over the mov, the syscall stays */
	X86_FORM_D, /* syscall and what follows, >= 5 bytes */
	X86_FORM_B, /* what comes before, >= 5 bytes */
	X86_FORM_C, /* what comes before, and the syscall */
	X86_FORM_NONE,
};

struct x86_site {
	uint64_t address; /* of the syscall instruction */
	enum x86_form form;
	uint64_t patch;	   /* where the jump goes */
	uint8_t patch_len; /* bytes covered, >= 5 */
};

/* Linear sweep over code: calls @found for every syscall instruction. No covered instruction
 * but the first is a direct branch's target. Returns 0 or what @found returned. */
int x86_find_sites(const uint8_t *code, size_t size, uint64_t address,
		   int (*found)(void *arg, const struct x86_site *site), void *arg);
/* The same with @starts: addresses in rising order where instructions begin that may be
 * jumped to, such as functions (elf_code.h finds them). No window has one inside. */
int x86_find_sites_from(const uint8_t *code, size_t size, uint64_t address, const uint64_t *starts,
			size_t starts_cnt, int (*found)(void *arg, const struct x86_site *site),
			void *arg);

/* Does a direct branch in @code go behind @start but before @end? x86_relocate() only looks
 * at what it moves; this at the rest of a function. */
bool x86_branches_into(const uint8_t *code, size_t size, uint64_t address, uint64_t start,
		       uint64_t end);

#endif
