// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Fuzzes what reads machine code: the input is decoded, moved and searched for system calls.
 * It ends where its memory ends, so that a sanitizer sees a read beyond it.
 */
#include "machine/inject/elf_code.h"

#include <stdlib.h>
#include <string.h>

#define ADDRESS 0x7f0000000000
#define ROOM	256

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static int found(void *arg, const struct x86_site *site)
{
	size_t len = *(size_t *)arg;

	if (site->address - ADDRESS >= len)
		abort();
	if (site->form != X86_FORM_NONE && (site->patch < ADDRESS || site->patch_len < 5 ||
					    site->patch - ADDRESS + site->patch_len > len))
		abort();
	return 0;
}

static int elf_found(void *arg, const struct x86_site *site)
{
	const struct elf_code *elf = arg;
	size_t size;

	if (!elf_code_function(elf, site->patch, &size))
		abort();
	return 0;
}

static void decode(const uint8_t *code, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		struct x86_insn insn = x86_decode(code + i, len - i, ADDRESS + i);

		if (insn.length > 15 || insn.length > len - i)
			abort();
		if (insn.rip_offset && insn.rip_offset + 4 > insn.length)
			abort();
		if (insn.branch_size && insn.branch_offset + insn.branch_size != insn.length)
			abort();
		/* Fewer bytes are no instruction. */
		if (insn.length && x86_decode(code + i, insn.length - 1, ADDRESS + i).length)
			abort();
	}
}

/* What was moved is as many instructions as it takes, and can be moved back. */
static void relocate(const uint8_t *code, size_t len, size_t need, int64_t distance)
{
	uint8_t *copy = malloc(ROOM);
	const char *why = NULL;
	size_t taken;
	int n;

	if (!copy)
		return;
	n = x86_relocate(code, len, ADDRESS, need, copy, ROOM, ADDRESS + distance, &taken, &why);
	if (n < 0 ? !why : n > ROOM || taken < need || taken > len)
		abort();
	for (int pos = 0; pos < n;) {
		struct x86_insn insn = x86_decode(copy + pos, n - pos, ADDRESS + distance + pos);

		if (!insn.length)
			abort();
		pos += insn.length;
	}
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct elf_code elf;
	uint8_t *code;
	int32_t distance;

	if (len < 5)
		return 0;
	if (!elf_code_open(&elf, data, len))
		elf_code_sites(&elf, elf_found, &elf);
	elf_code_close(&elf);
	memcpy(&distance, data + 1, sizeof(distance));
	code = malloc(len);
	if (!code)
		return 0;
	memcpy(code, data, len);
	decode(code, len);
	relocate(code, len, data[0] % 64, distance);
	relocate(code + 5, len - 5, data[0] % 64, distance);
	x86_find_sites(code, len, ADDRESS, found, &len);
	x86_branches_into(code, len, ADDRESS, ADDRESS + data[0], ADDRESS + len);
	free(code);
	return 0;
}
