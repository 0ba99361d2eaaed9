// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Fuzzes the instruction set: the input as a program, which must come back through the
 * disassembler and assembler if isa_check takes it, and as a line of assembly.
 */
#include <skep/isa.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void back_again(const struct bpf_insn *insns, size_t cnt, size_t idx, bool checked)
{
	struct bpf_insn back[2] = {0};
	size_t slots = isa_insn_slots(&insns[idx]);
	char text[ISA_LOG_SIZE];
	int n = isa_disasm(insns, cnt, idx, NULL, text, sizeof(text));

	if (n >= (int)sizeof(text) || strlen(text) >= sizeof(text))
		abort();
	if (!checked)
		return;
	if (n <= 0 || isa_assemble(text, back) != (int)slots)
		abort();
	/* The module of a kernel function is not in the text. */
	if (insns[idx].src_reg == BPF_PSEUDO_KFUNC_CALL && insns[idx].code == (BPF_JMP | BPF_CALL))
		back[0].off = insns[idx].off;
	if (memcmp(back, &insns[idx], slots * sizeof(*back)))
		abort();
}

static void as_text(const uint8_t *data, size_t len)
{
	struct bpf_insn insns[2] = {0};
	char *text = malloc(len + 1);
	int slots;

	if (!text)
		return;
	memcpy(text, data, len);
	text[len] = '\0';
	slots = isa_assemble(text, insns);
	if (slots > 0)
		back_again(insns, (size_t)slots, 0, true);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	size_t cnt = len / sizeof(struct bpf_insn);
	struct bpf_insn *insns = malloc(cnt ? cnt * sizeof(*insns) : 1);
	struct isa_error e;
	bool ok;

	if (!insns)
		return 0;
	memcpy(insns, data, cnt * sizeof(*insns));
	ok = !isa_check(insns, cnt, &e);
	if (!ok && cnt && e.idx >= cnt)
		abort();
	for (size_t i = 0; i < cnt; i += isa_insn_slots(&insns[i]))
		back_again(insns, cnt, i, ok);
	free(insns);
	as_text(data, len);
	return 0;
}
