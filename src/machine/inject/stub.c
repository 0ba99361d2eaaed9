// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Stubs as bytes. Their layout is known to agent.c: struct stub_info lies at fixed distances from
 * the calls of the agent. A stub keeps nothing in registers over a call of the agent but rcx.
 *
 *   system call                          function
 *     moved instructions before it         lea -128(%rsp), %rsp
 *     lea -136(%rsp), %rsp                 call *func_entry
 *     call *syscall_enter   (rcx, number)  lea 136(%rsp), %rsp   [128 without return hook]
 *     jrcxz special                        jmp over info
 *     syscall                              info
 *     call *syscall_exit                   call body
 *     lea 136(%rsp), %rsp                  lea -136(%rsp), %rsp
 *     jmp tail                             call *func_return     (writes the return address)
 *   special:  (nothing on the stack)       lea 128(%rsp), %rsp
 *     lea 136(%rsp), %rsp                  ret
 *     syscall                            plain: (no frame was free)
 *     lea -136(%rsp), %rsp                 lea 128(%rsp), %rsp
 *     call *special_exit                 body:
 *     lea 136(%rsp), %rsp                  moved instructions
 *     jmp tail                             jmp behind them
 *   info
 *   tail:
 *     moved instructions behind it
 *     jmp behind them
 */
#include "machine/inject/stub.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define JUMP_LEN 5

struct out {
	uint8_t *bytes;
	uint64_t address;
	uint64_t region;
	size_t len;
};

static void put(struct out *out, const void *bytes, size_t len)
{
	memcpy(out->bytes + out->len, bytes, len);
	out->len += len;
}

static void put_rel32(struct out *out, uint64_t target)
{
	int32_t distance = (int32_t)(target - (out->address + out->len + 4));

	put(out, &distance, 4);
}

/* lea distance(%rsp), %rsp: changes no flags. */
static void put_move_stack(struct out *out, int32_t distance)
{
	put(out, "\x48\x8d\xa4\x24", 4);
	put(out, &distance, 4);
}

static void put_call_agent(struct out *out, enum agent_entry entry)
{
	put(out, "\xff\x15", 2);
	put_rel32(out, out->region + offsetof(struct stub_region, entries) + entry * 8);
}

static void put_jump(struct out *out, uint64_t target)
{
	put(out, "\xe9", 1);
	put_rel32(out, target);
}

void stub_jump(uint8_t out[5], uint64_t from, uint64_t to)
{
	int32_t distance = (int32_t)(to - (from + JUMP_LEN));

	out[0] = 0xe9;
	memcpy(out + 1, &distance, 4);
}

static bool in_reach(uint64_t from, uint64_t to)
{
	int64_t distance = (int64_t)(to - from);

	return distance > INT32_MIN + 4096 && distance < INT32_MAX - 4096;
}

/* Copies exactly the instructions in [from, from + len) of @code. */
static int move(struct out *out, const struct stub_code *code, size_t from, size_t len,
		const char **why)
{
	size_t taken = 0;
	int n;

	if (!len)
		return 0;
	n = x86_relocate(code->code + from, len, code->address + from, len, out->bytes + out->len,
			 STUB_MAX - 128 - out->len, out->address + out->len, &taken, why);
	if (n < 0)
		return n;
	if (taken != len) {
		*why = "the bytes to be replaced end inside an instruction";
		return -EOPNOTSUPP;
	}
	out->len += (size_t)n;
	return 0;
}

static void put_syscall(struct out *out, const struct stub_info *info)
{
	put_move_stack(out, -136);
	put_call_agent(out, AGENT_SYSCALL_ENTER);
	put(out, "\xe3\x12", 2);
	put(out, "\x0f\x05", 2);
	put_call_agent(out, AGENT_SYSCALL_EXIT);
	put_move_stack(out, 136);
	put(out, "\xeb\x3a", 2);
	put_move_stack(out, 136);
	put(out, "\x0f\x05", 2);
	put_move_stack(out, -136);
	put_call_agent(out, AGENT_SPECIAL_EXIT);
	put_move_stack(out, 136);
	put(out, "\xeb\x18", 2);
	put(out, info, sizeof(*info));
}

static void fill_patch(struct stub_patch *patch, const struct stub_code *code, size_t len)
{
	*patch = (struct stub_patch){
		.address = code->address,
		.len = (uint8_t)len,
		.hook = STUB_NO_HOOK,
	};
	memcpy(patch->original, code->code, len < 16 ? len : 16);
}

int stub_syscall(uint8_t *bytes, uint64_t address, uint64_t region, const struct x86_site *site,
		 const struct stub_code *code, struct stub_patch *patch, const char **why)
{
	struct out out = {.bytes = bytes, .address = address, .region = region};
	struct stub_info info = {.address = site->address, .magic = AGENT_MAGIC};
	uint64_t end = site->patch + site->patch_len;
	size_t before = site->address - site->patch;
	size_t behind = before + 2;
	int err;

	*why = "no way to put a jump there";
	if (site->form == X86_FORM_NONE || site->patch_len < JUMP_LEN || site->patch_len > 16 ||
	    before > 16 || code->address != site->patch || code->size < behind ||
	    code->size < site->patch_len)
		return -EOPNOTSUPP;
	*why = "out of reach";
	if (!in_reach(address, site->patch) || !in_reach(address, region))
		return -ERANGE;
	fill_patch(patch, code, site->patch_len);
	err = move(&out, code, 0, before, why);
	if (err)
		return err;
	put_syscall(&out, &info);
	patch->tail = (uint16_t)out.len;
	patch->call = (uint8_t)behind;
	if (end > site->address + 2) {
		err = move(&out, code, behind, site->patch_len - behind, why);
		if (err)
			return err;
	} else {
		end = site->address + 2;
	}
	put_jump(&out, end);
	patch->stub_len = (uint32_t)out.len;
	return (int)out.len;
}

/* How many bytes of whole instructions a jump replaces; 0 when it cannot be done. */
static size_t covered(const struct stub_code *code, const char **why)
{
	size_t len = 0;

	while (len < JUMP_LEN) {
		struct x86_insn insn =
			x86_decode(code->code + len, code->size - len, code->address + len);
		bool ends = insn.flow == X86_RET || insn.flow == X86_JMP ||
			    insn.flow == X86_INDIRECT || insn.flow == X86_TRAP;

		if (!insn.length) {
			*why = "its first bytes are no instructions";
			return 0;
		}
		len += insn.length;
		if (ends && len < JUMP_LEN) {
			*why = "the function is shorter than a jump";
			return 0;
		}
	}
	if (len > 16 || len > code->size ||
	    x86_branches_into(code->whole, code->whole_size, code->address, code->address,
			      code->address + len)) {
		*why = "something jumps to the place that the hook needs";
		return 0;
	}
	return len;
}

static void put_function(struct out *out, const struct stub_info *info)
{
	put(out, "\x48\x8d\x64\x24\x80", 5);
	put_call_agent(out, AGENT_FUNC_ENTRY);
	put_move_stack(out, info->flags & STUB_RETURNS ? 136 : 128);
	put(out, info->flags & STUB_RETURNS ? "\xeb\x18" : "\xeb\x3c", 2);
	put(out, info, sizeof(*info));
	put(out, "\xe8\x1f\0\0\0", 5);
	put_move_stack(out, -136);
	put_call_agent(out, AGENT_FUNC_RETURN);
	put_move_stack(out, 128);
	put(out, "\xc3", 1);
	put_move_stack(out, 128);
}

int stub_function(uint8_t *bytes, uint64_t address, uint64_t region, const struct stub_code *code,
		  uint32_t hook, uint32_t flags, struct stub_patch *patch, const char **why)
{
	struct out out = {.bytes = bytes, .address = address, .region = region};
	struct stub_info info = {
		.address = code->address,
		.hook = hook,
		.flags = flags,
		.magic = AGENT_MAGIC,
	};
	size_t len;
	int err;

	*why = "out of reach";
	if (!in_reach(address, code->address) || !in_reach(address, region))
		return -ERANGE;
	len = covered(code, why);
	if (!len)
		return -EOPNOTSUPP;
	fill_patch(patch, code, len);
	patch->hook = hook;
	put_function(&out, &info);
	patch->tail = (uint16_t)out.len;
	err = move(&out, code, 0, len, why);
	if (err)
		return err;
	put_jump(&out, code->address + len);
	patch->stub_len = (uint32_t)out.len;
	return (int)out.len;
}
