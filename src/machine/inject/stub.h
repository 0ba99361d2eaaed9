/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The stubs that hooked code jumps to, generated for one place each. Pure: bytes out.
 */
#ifndef MACHINE_STUB_H
#define MACHINE_STUB_H

#include "machine/agent/agent.h"
#include "machine/inject/x86.h"

#define STUB_MAX 512 /* bytes of the largest stub */

/*
 * Memory with stubs begins with this. It is the target's own (and copied by fork), so that
 * whoever takes the agent out finds there all that has to be restored; and it is only written
 * by ptrace. Nothing in it can be trusted by others than the target.
 */
#define STUB_REGION_MAGIC   0x6e6f69676572ull
#define STUB_REGION_PATCHES 1536

/* One jump. */
struct stub_patch {
	uint64_t address; /* of the bytes replaced */
	uint32_t stub;	  /* offset of the stub in the region */
	uint32_t stub_len;
	uint32_t hook; /* of a function; STUB_NO_HOOK for system calls */
	uint16_t tail; /* offset in the stub of what follows a system call */
	uint8_t len;   /* bytes replaced; 0: none any more */
	uint8_t call;  /* system calls: offset behind the instruction from address */
	uint8_t original[16];
};

#define STUB_NO_HOOK (~0u)

struct stub_region {
	uint64_t magic;
	uint64_t entries[AGENT_ENTRIES]; /* addresses of the agent's entries, for the stubs */
	uint32_t used;			 /* bytes of the region: where the next stub goes */
	uint32_t npatches;
	struct stub_patch patches[STUB_REGION_PATCHES];
};

/* The code to hook, as it is now: what other hooks wrote there stays in force, behind this one. */
struct stub_code {
	uint64_t address; /* of code[0] */
	const uint8_t *code;
	size_t size;
	/* Functions: the same before anything was patched, up to its end; jumps into the bytes
	 * to be replaced are looked for here. */
	const uint8_t *whole;
	size_t whole_size;
};

/* Distances in stubs; agent.c asserts its own. */
#define STUB_FUNCTION_INFO 21 /* from a function's stub to its struct stub_info */
#define STUB_FUNCTION_BODY 81 /* ... to the moved instructions */

/*
 * Both: @out has STUB_MAX bytes and will be at @address, within +-2 GiB of the hooked code and
 * of @region, the address of the region's head. Fill @patch but for patch->stub, and return
 * the bytes written or -errno as x86_relocate() does.
 */

/* Runs enter hooks, the system call, exit hooks, the covered instructions, and jumps back.
 * @code: the bytes from site->patch on. */
int stub_syscall(uint8_t *out, uint64_t address, uint64_t region, const struct x86_site *site,
		 const struct stub_code *code, struct stub_patch *patch, const char **why);
/* Runs the entry hook, the moved instructions, and jumps behind them; with STUB_RETURNS, calls
 * them and runs the return hook. @code: the function, from its first byte on. */
int stub_function(uint8_t *out, uint64_t address, uint64_t region, const struct stub_code *code,
		  uint32_t hook, uint32_t flags, struct stub_patch *patch, const char **why);

/* The five bytes of a jump from @from to @to. */
void stub_jump(uint8_t out[5], uint64_t from, uint64_t to);

#endif
