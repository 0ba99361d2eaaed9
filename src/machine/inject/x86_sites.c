// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Finds system calls in code, and how each can be replaced.
 *
 * One sweep marks the targets of all direct branches and notes every syscall with the
 * lengths of what came before it; then the forms are tried. Code without the bytes 0f 05 is
 * not swept, and what is known to begin an instruction brings the sweep back into step.
 */
#include "machine/inject/x86_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define JUMP_LENGTH    5
#define SYSCALL_LENGTH 2
#define SCRATCH	       64

struct candidate {
	size_t offset;
	uint64_t before; /* lengths of the instructions before it, the nearest lowest */
	uint8_t length;
};

struct sweep {
	const uint8_t *code;
	size_t size;
	uint64_t address;
	uint8_t *targets; /* a bit for each byte of code */
	struct candidate *found;
	size_t cnt, room;
};

static void mark(struct sweep *s, uint64_t address)
{
	uint64_t offset = address - s->address;

	if (offset < s->size)
		s->targets[offset / 8] |= 1 << offset % 8;
}

static bool is_target(const struct sweep *s, size_t offset)
{
	return s->targets[offset / 8] >> offset % 8 & 1;
}

static int note(struct sweep *s, size_t offset, uint8_t length, uint64_t before)
{
	if (s->cnt == s->room) {
		size_t room = s->room ? s->room * 2 : 64;
		struct candidate *found = realloc(s->found, room * sizeof(*found));

		if (!found)
			return -ENOMEM;
		s->found = found;
		s->room = room;
	}
	s->found[s->cnt++] =
		(struct candidate){.offset = offset, .before = before, .length = length};
	return 0;
}

/* May it be covered along with a syscall behind it? Control must not come back into it. */
static bool is_covered(const struct x86_insn *insn)
{
	return insn->flow == X86_PLAIN || insn->flow == X86_JCC;
}

/* From @pos up to @end, which a last instruction may cross. */
static int sweep_to(struct sweep *s, size_t pos, size_t end)
{
	uint64_t before = 0;

	while (pos < end) {
		struct x86_insn insn = x86_decode(s->code + pos, s->size - pos, s->address + pos);
		int err = 0;

		if (insn.branch_size)
			mark(s, insn.target);
		if (insn.flow == X86_SYSCALL)
			err = note(s, pos, insn.length, before);
		if (err)
			return err;
		before = insn.length && is_covered(&insn) ? before << 8 | insn.length : 0;
		pos += insn.length ? insn.length : 1;
	}
	return 0;
}

static int sweep(struct sweep *s, const uint64_t *starts, size_t cnt)
{
	size_t pos = 0;
	int err = 0;

	for (size_t i = 0; i < cnt && !err; i++) {
		uint64_t offset = starts[i] - s->address;

		if (starts[i] < s->address || offset >= s->size || offset < pos)
			continue;
		mark(s, starts[i]);
		err = sweep_to(s, pos, offset);
		pos = offset;
	}
	return err ? err : sweep_to(s, pos, s->size);
}

/* Can @len bytes at @offset be replaced by a jump, as nobody jumps behind the first? */
static bool is_free(const struct sweep *s, size_t offset, size_t len)
{
	if (len < JUMP_LENGTH)
		return false;
	for (size_t i = 1; i < len; i++) {
		if (is_target(s, offset + i))
			return false;
	}
	return true;
}

/* Bytes of the instructions at @offset that cover @need, if they can be moved; else 0. */
static size_t movable(const struct sweep *s, size_t offset, size_t need)
{
	uint8_t scratch[SCRATCH];
	uint64_t at = s->address + offset;
	size_t taken;
	int n = x86_relocate(s->code + offset, s->size - offset, at, need, scratch, sizeof(scratch),
			     at, &taken, NULL);

	return n < 0 ? 0 : taken;
}

/* Whole instructions before @c of at least @need bytes; 0: none, or they cannot be moved. */
static size_t reach_back(const struct sweep *s, const struct candidate *c, size_t need)
{
	size_t len = 0;

	for (uint64_t before = c->before; len < need; before >>= 8) {
		if (!(before & 0xff))
			return 0;
		len += before & 0xff;
	}
	return movable(s, c->offset - len, len) == len ? len : 0;
}

static void site(const struct sweep *s, struct x86_site *out, enum x86_form form, size_t offset,
		 size_t len)
{
	out->form = form;
	out->patch = s->address + offset;
	out->patch_len = len;
}

static void choose(const struct sweep *s, const struct candidate *c, struct x86_site *out)
{
	size_t at = c->offset, back, ahead;
	/* The syscall stays in forms A and B: who jumps to it would not be seen. */
	bool stays = !is_target(s, at);

	*out = (struct x86_site){.address = s->address + at, .form = X86_FORM_NONE};
	out->patch = out->address;
	if (c->length != SYSCALL_LENGTH)
		return;
	if (stays && (c->before & 0xff) == JUMP_LENGTH && s->code[at - JUMP_LENGTH] == 0xb8 &&
	    is_free(s, at - JUMP_LENGTH, JUMP_LENGTH)) {
		site(s, out, X86_FORM_A, at - JUMP_LENGTH, JUMP_LENGTH);
		return;
	}
	ahead = movable(s, at + SYSCALL_LENGTH, JUMP_LENGTH - SYSCALL_LENGTH);
	if (ahead && is_free(s, at, SYSCALL_LENGTH + ahead)) {
		site(s, out, X86_FORM_D, at, SYSCALL_LENGTH + ahead);
		return;
	}
	back = reach_back(s, c, JUMP_LENGTH);
	if (stays && back && is_free(s, at - back, back)) {
		site(s, out, X86_FORM_B, at - back, back);
		return;
	}
	back = reach_back(s, c, JUMP_LENGTH - SYSCALL_LENGTH);
	if (back && is_free(s, at - back, back + SYSCALL_LENGTH))
		site(s, out, X86_FORM_C, at - back, back + SYSCALL_LENGTH);
}

int x86_find_sites_from(const uint8_t *code, size_t size, uint64_t address, const uint64_t *starts,
			size_t starts_cnt, int (*found)(void *arg, const struct x86_site *site),
			void *arg)
{
	struct sweep s = {.code = code, .size = size, .address = address};
	int err;

	if (!memmem(code, size, "\x0f\x05", SYSCALL_LENGTH))
		return 0;
	s.targets = calloc(size / 8 + 1, 1);
	err = s.targets ? sweep(&s, starts, starts_cnt) : -ENOMEM;
	for (size_t i = 0; !err && i < s.cnt; i++) {
		struct x86_site at;

		choose(&s, &s.found[i], &at);
		err = found(arg, &at);
	}
	free(s.targets);
	free(s.found);
	return err;
}

int x86_find_sites(const uint8_t *code, size_t size, uint64_t address,
		   int (*found)(void *arg, const struct x86_site *site), void *arg)
{
	return x86_find_sites_from(code, size, address, NULL, 0, found, arg);
}

bool x86_branches_into(const uint8_t *code, size_t size, uint64_t address, uint64_t start,
		       uint64_t end)
{
	for (size_t pos = 0; pos < size;) {
		struct x86_insn insn = x86_decode(code + pos, size - pos, address + pos);
		uint64_t target = insn.target;

		if (insn.branch_size && target > start && target < end)
			return true;
		pos += insn.length ? insn.length : 1;
	}
	return false;
}
