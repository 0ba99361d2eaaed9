// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Stack unwinding in targets with return hooks. Between a hooked call and its return the stack has
 * an address in a stub, where an unwinder ends. So the functions that unwind are hooked too: they
 * put the thread's own addresses back first (agent.c); and when an exception was caught, the calls
 * that are still there are hooked again. The functions are found by name: in the shared libgcc, or
 * in the symbols of static programs.
 */
#include <elf.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "machine/inject/inject.h"

#define RESUME_BEHIND 29 /* from a function's stub_info to where its body returns */

static const struct {
	const char *name;
	uint32_t flags;
} names[UNWIND_NAMES] = {
	{"_Unwind_RaiseException", STUB_UNWINDS}, {"_Unwind_Resume_or_Rethrow", STUB_UNWINDS},
	{"_Unwind_ForcedUnwind", STUB_UNWINDS},	  {"_Unwind_Backtrace", STUB_UNWINDS},
	{"__cxa_begin_catch", STUB_CATCHES},
};

uint32_t unwind_flags(int name)
{
	return names[name].flags;
}

/* @size bytes at @offset of the file, or NULL. */
static const void *at(const struct code_file *file, uint64_t offset, uint64_t size)
{
	if (offset > file->size || size > file->size - offset)
		return NULL;
	return file->image + offset;
}

static uint64_t offset_of(const struct code_file *file, const Elf64_Ehdr *eh, uint64_t address)
{
	for (int i = 0; i < eh->e_phnum; i++) {
		const Elf64_Phdr *ph =
			at(file, eh->e_phoff + (uint64_t)i * sizeof(*ph), sizeof(*ph));

		if (ph && ph->p_type == PT_LOAD && ph->p_flags & PF_X &&
		    address - ph->p_vaddr < ph->p_filesz)
			return address - ph->p_vaddr + ph->p_offset;
	}
	return 0;
}

static void look_at(struct code_file *file, const Elf64_Ehdr *eh, const Elf64_Sym *sym,
		    const char *text, uint64_t text_size)
{
	if (!sym->st_value || sym->st_name >= text_size || ELF64_ST_TYPE(sym->st_info) != STT_FUNC)
		return;
	for (int i = 0; i < UNWIND_NAMES; i++) {
		uint64_t len = strlen(names[i].name) + 1;

		if (!file->unwind[i] && text_size - sym->st_name >= len &&
		    !memcmp(text + sym->st_name, names[i].name, len))
			file->unwind[i] = offset_of(file, eh, sym->st_value);
	}
}

static void look_in(struct code_file *file, const Elf64_Ehdr *eh, const Elf64_Shdr *symbols)
{
	const Elf64_Shdr *strings =
		at(file, eh->e_shoff + (uint64_t)symbols->sh_link * sizeof(*strings),
		   sizeof(*strings));
	const Elf64_Sym *sym = at(file, symbols->sh_offset, symbols->sh_size);
	const char *text;

	if (!strings || !sym || symbols->sh_link >= eh->e_shnum || symbols->sh_offset % 8)
		return;
	text = at(file, strings->sh_offset, strings->sh_size);
	for (uint64_t i = 0; text && i < symbols->sh_size / sizeof(*sym); i++)
		look_at(file, eh, &sym[i], text, strings->sh_size);
}

void unwind_find(struct code_file *file)
{
	const Elf64_Ehdr *eh = at(file, 0, sizeof(*eh));

	if (!eh || eh->e_shentsize != sizeof(Elf64_Shdr) || eh->e_phentsize != sizeof(Elf64_Phdr) ||
	    eh->e_shoff % 8 || eh->e_phoff % 8)
		return;
	for (int i = 0; i < eh->e_shnum; i++) {
		const Elf64_Shdr *sh =
			at(file, eh->e_shoff + (uint64_t)i * sizeof(*sh), sizeof(*sh));

		if (sh && (sh->sh_type == SHT_DYNSYM || sh->sh_type == SHT_SYMTAB))
			look_in(file, eh, sh);
	}
}

void unwind_restore(const struct process *p, uint64_t block)
{
	size_t size = sizeof(((struct agent_block *)0)->frames);
	struct agent_frame *frames = malloc(size);

	if (frames &&
	    !process_read(p, block + offsetof(struct agent_block, frames), frames, size)) {
		for (size_t i = 0; i < AGENT_FRAMES; i++) {
			uint64_t sp = frames[i].sp, now;

			/* The frame stays: a thread may be on its way back through it. */
			if (sp && !process_read(p, sp, &now, sizeof(now)) &&
			    now == frames[i].info + RESUME_BEHIND)
				process_write(p, sp, &frames[i].ret, sizeof(frames[i].ret));
		}
	}
	free(frames);
}
