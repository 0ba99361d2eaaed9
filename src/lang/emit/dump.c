// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* A program's instructions in the kernel's syntax, before it has descriptors: maps by name. */
#include <skep/isa.h>

#include "lang/emit/emit.h"

/* What the disassembler asks for: map "descriptors" are indexes in the plan. */
static const char *map_name(void *ctx, int32_t fd, bool is_index)
{
	const struct lang_plan *plan = ctx;
	const struct lang_map *map;

	if (!plan || fd < 0 || (uint32_t)fd >= plan->nmaps)
		return NULL;
	map = &plan->maps[fd];
	switch (map->kind) {
	case LANG_MAP_SCRATCH: return "scratch";
	case LANG_MAP_GLOBALS: return "globals";
	case LANG_MAP_RING: return "ring";
	default: return map->name && map->name[0] ? map->name : NULL;
	}
}

void emit_dump(const struct lang_program *prog, const struct lang_plan *plan, FILE *out)
{
	const struct isa_names names = {.ctx = (void *)plan, .map = map_name};
	uint32_t reloc = 0;

	for (uint32_t i = 0; i < prog->ninsns;) {
		struct bpf_insn insns[2] = {prog->insns[i]};
		unsigned int slots = isa_insn_slots(&insns[0]);
		char text[256];

		if (slots == 2 && i + 1 < prog->ninsns)
			insns[1] = prog->insns[i + 1];
		while (reloc < prog->nrelocs && prog->relocs[reloc].insn < i)
			reloc++;
		if (reloc < prog->nrelocs && prog->relocs[reloc].insn == i)
			insns[0].imm = (int32_t)prog->relocs[reloc].map;
		isa_disasm(insns, slots, 0, &names, text, sizeof(text));
		fprintf(out, "%4u: %s\n", i, text);
		i += slots;
	}
}
