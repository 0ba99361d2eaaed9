// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Copies instructions so that they work elsewhere.
 *
 * The bytes they came from will be overwritten by a jump, so nothing may point between them:
 * neither their own branches nor addresses that they compute. A branch to the first is one
 * to the first of the copy: whoever is there has been seen already.
 */
#include "machine/inject/x86_parts.h"

#include <errno.h>
#include <string.h>

struct move {
	const uint8_t *from;
	size_t size;
	uint64_t from_address;
	size_t taken; /* bytes of @from that are moved */
	uint8_t *to;
	size_t room;
	uint64_t to_address;
	size_t written;
	const char **why;
};

static int refuse(const struct move *m, const char *why)
{
	*m->why = why;
	return -EOPNOTSUPP;
}

/* Finds m->taken. */
static int measure(struct move *m, size_t need)
{
	bool ended = false;

	while (m->taken < need) {
		struct x86_parts parts;
		struct x86_insn insn = x86_decode_parts(m->from + m->taken, m->size - m->taken,
							m->from_address + m->taken, &parts);

		if (!insn.length)
			return refuse(m, "there is something that is no instruction");
		if (ended && !x86_is_padding(&insn, &parts))
			return refuse(m, "the code is too short for a jump");
		if (!ended && parts.map == X86_MAP_ONE && parts.opcode == 0xcc)
			return refuse(m, "there is a breakpoint");
		ended = ended || x86_ends_flow(&insn, &parts);
		m->taken += insn.length;
	}
	return 0;
}

static int put(struct move *m, const void *bytes, size_t cnt)
{
	if (cnt > m->room - m->written)
		return refuse(m, "the copy would be too long");
	memcpy(m->to + m->written, bytes, cnt);
	m->written += cnt;
	return 0;
}

/* Writes a displacement to @target at @at; the instruction ends @rest bytes behind it. */
static int link_to(struct move *m, size_t at, size_t rest, uint64_t target)
{
	int64_t wide = target - (m->to_address + at + 4 + rest);
	int32_t disp = wide;

	if (disp != wide)
		return -ERANGE;
	memcpy(m->to + at, &disp, sizeof(disp));
	return 0;
}

static bool is_inside(const struct move *m, uint64_t address)
{
	return address - m->from_address < m->taken && address != m->from_address;
}

/* Copies @insn, whose 4 bytes at @offset are relative to its end, to point to @target. */
static int put_relative(struct move *m, const uint8_t *code, const struct x86_insn *insn,
			uint8_t offset, uint64_t target)
{
	size_t at = m->written + offset;
	int err = put(m, code, insn->length);

	return err ? err : link_to(m, at, insn->length - offset - 4, target);
}

/* @code with its last 4 bytes pointing to @target. */
static int put_branch(struct move *m, const uint8_t *code, size_t cnt, uint64_t target)
{
	int err = put(m, code, cnt);

	return err ? err : link_to(m, m->written - 4, 0, target);
}

/* Branches with a displacement of 8 bits become such with 32. Their prefixes are hints. */
static int put_short_branch(struct move *m, const uint8_t *code, const struct x86_insn *insn,
			    const struct x86_parts *parts, uint64_t target)
{
	const uint8_t jmp[] = {0xe9, 0, 0, 0, 0};
	const uint8_t jcc[] = {0x0f, 0x80 | (parts->opcode & 0x0f), 0, 0, 0, 0};
	/* There is no long form: loop +2; jmp short +5; jmp target */
	const uint8_t around[] = {2, 0xeb, 5, 0xe9, 0, 0, 0, 0};
	int err;

	if (insn->flow == X86_JMP)
		return put_branch(m, jmp, sizeof(jmp), target);
	if (insn->flow == X86_JCC)
		return put_branch(m, jcc, sizeof(jcc), target);
	err = put(m, code, insn->branch_offset);
	return err ? err : put_branch(m, around, sizeof(around), target);
}

static int move_branch(struct move *m, const uint8_t *code, const struct x86_insn *insn,
		       const struct x86_parts *parts)
{
	uint64_t target = insn->target;

	if (is_inside(m, target))
		return refuse(m, "it branches into the bytes that a jump would replace");
	if (insn->flow == X86_CALL && target == m->from_address + (code - m->from) + insn->length)
		return refuse(m, "it reads its own address");
	if (target == m->from_address && insn->flow != X86_CALL)
		target = m->to_address;
	if (insn->branch_size == 1)
		return put_short_branch(m, code, insn, parts, target);
	return put_relative(m, code, insn, insn->branch_offset, target);
}

static int move_rip_relative(struct move *m, const uint8_t *code, const struct x86_insn *insn,
			     const struct x86_parts *parts)
{
	uint64_t next = m->from_address + (code - m->from) + insn->length;
	int32_t disp;

	memcpy(&disp, code + insn->rip_offset, sizeof(disp));
	if (parts->prefixes & X86_ADDRESS_SIZE)
		return refuse(m, "an address relative to EIP cannot be moved");
	if (is_inside(m, next + disp))
		return refuse(m, "it uses the address of bytes that a jump would replace");
	return put_relative(m, code, insn, insn->rip_offset, next + disp);
}

int x86_relocate(const uint8_t *from, size_t size, uint64_t from_address, size_t need, uint8_t *to,
		 size_t room, uint64_t to_address, size_t *taken, const char **why)
{
	const char *unused;
	struct move m = {.from = from,
			 .size = size,
			 .from_address = from_address,
			 .to = to,
			 .room = room,
			 .to_address = to_address,
			 .why = why ? why : &unused};
	int err = measure(&m, need);

	for (size_t pos = 0; !err && pos < m.taken;) {
		const uint8_t *code = from + pos;
		struct x86_parts parts;
		struct x86_insn insn =
			x86_decode_parts(code, size - pos, from_address + pos, &parts);

		if (insn.branch_size)
			err = move_branch(&m, code, &insn, &parts);
		else if (insn.rip_offset)
			err = move_rip_relative(&m, code, &insn, &parts);
		else
			err = put(&m, code, insn.length);
		pos += insn.length;
	}
	if (err == -ERANGE)
		*m.why = "what it refers to is out of reach";
	*taken = m.taken;
	return err ? err : (int)m.written;
}
