// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Reads code ranges and function starts out of an ELF file.
 *
 * Sections are asked first, as segments may hold data between functions' code; a file
 * without sections has its segments taken. Functions without symbols are found by the
 * sorted table of .eh_frame_hdr, which stripped programs keep. Nothing is read before its
 * place has been compared with the file's size.
 */
#include "machine/inject/elf_code.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Encodings of .eh_frame_hdr that linkers write; others are not read. */
#define EH_VERSION	  1
#define EH_UDATA4	  0x03 /* DW_EH_PE_udata4 */
#define EH_DATAREL_SDATA4 0x3b /* DW_EH_PE_datarel | DW_EH_PE_sdata4 */

/* More than any linker writes; keeps hostile files from costing time. */
#define MAX_SEGMENTS 64
#define MAX_RANGES   64

#define MAX_SYSCALL 1024 /* numbers in use are below */

struct eh_frame_hdr {
	uint8_t version, eh_frame_encoding, count_encoding, table_encoding;
	int32_t eh_frame;
	uint32_t count;
};

struct eh_entry {
	int32_t function, fde; /* relative to the header */
};

/* @cnt elements of @size bytes at @offset, or NULL. They may be unaligned. */
static const void *at(const struct elf_code *code, uint64_t offset, uint64_t cnt, size_t size)
{
	if (offset > code->size || cnt > (code->size - offset) / size)
		return NULL;
	return code->image + offset;
}

static Elf64_Phdr segment(const struct elf_code *code, const Elf64_Ehdr *ehdr, size_t i)
{
	Elf64_Phdr phdr;

	memcpy(&phdr, code->image + ehdr->e_phoff + i * sizeof(phdr), sizeof(phdr));
	return phdr;
}

static Elf64_Shdr section(const struct elf_code *code, const Elf64_Ehdr *ehdr, size_t i)
{
	Elf64_Shdr shdr;

	memcpy(&shdr, code->image + ehdr->e_shoff + i * sizeof(shdr), sizeof(shdr));
	return shdr;
}

static size_t sections(const struct elf_code *code, const Elf64_Ehdr *ehdr)
{
	if (!ehdr->e_shoff || ehdr->e_shentsize != sizeof(Elf64_Shdr) ||
	    !at(code, ehdr->e_shoff, ehdr->e_shnum, sizeof(Elf64_Shdr)))
		return 0;
	return ehdr->e_shnum;
}

static int read_header(const struct elf_code *code, Elf64_Ehdr *ehdr)
{
	if (!at(code, 0, 1, sizeof(*ehdr)))
		return -ENOEXEC;
	memcpy(ehdr, code->image, sizeof(*ehdr));
	if (memcmp(ehdr->e_ident, ELFMAG, SELFMAG) || ehdr->e_ident[EI_CLASS] != ELFCLASS64 ||
	    ehdr->e_ident[EI_DATA] != ELFDATA2LSB || ehdr->e_machine != EM_X86_64 ||
	    ehdr->e_phentsize != sizeof(Elf64_Phdr) || ehdr->e_phnum > MAX_SEGMENTS ||
	    !at(code, ehdr->e_phoff, ehdr->e_phnum, sizeof(Elf64_Phdr)))
		return -ENOEXEC;
	return 0;
}

static void add_range(struct elf_code *code, uint64_t address, uint64_t offset, uint64_t size)
{
	if (!size || !at(code, offset, size, 1) || address + size < address ||
	    code->ranges_cnt == MAX_RANGES)
		return;
	code->ranges[code->ranges_cnt++] =
		(struct elf_code_range){.address = address, .offset = offset, .size = size};
}

/* Is @shdr in an executable segment, at the same place of the file? */
static bool is_executable(const struct elf_code *code, const Elf64_Ehdr *ehdr,
			  const Elf64_Shdr *shdr)
{
	for (size_t i = 0; i < ehdr->e_phnum; i++) {
		Elf64_Phdr phdr = segment(code, ehdr, i);

		if (phdr.p_type == PT_LOAD && phdr.p_flags & PF_X &&
		    shdr->sh_addr >= phdr.p_vaddr && shdr->sh_size <= phdr.p_filesz &&
		    shdr->sh_addr - phdr.p_vaddr <= phdr.p_filesz - shdr->sh_size &&
		    shdr->sh_addr - phdr.p_vaddr == shdr->sh_offset - phdr.p_offset)
			return true;
	}
	return false;
}

static int by_address(const void *a, const void *b)
{
	const struct elf_code_range *x = a, *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

static void drop_overlaps(struct elf_code *code)
{
	uint64_t end = 0;
	size_t kept = 0;

	for (size_t i = 0; i < code->ranges_cnt; i++) {
		if (code->ranges[i].address < end)
			continue;
		end = code->ranges[i].address + code->ranges[i].size;
		code->ranges[kept++] = code->ranges[i];
	}
	code->ranges_cnt = kept;
}

static int read_ranges(struct elf_code *code, const Elf64_Ehdr *ehdr)
{
	size_t cnt = sections(code, ehdr);

	code->ranges = calloc(MAX_RANGES, sizeof(*code->ranges));
	if (!code->ranges)
		return -ENOMEM;
	for (size_t i = 0; i < cnt; i++) {
		Elf64_Shdr shdr = section(code, ehdr, i);

		if (shdr.sh_type == SHT_PROGBITS && shdr.sh_flags & SHF_EXECINSTR &&
		    is_executable(code, ehdr, &shdr))
			add_range(code, shdr.sh_addr, shdr.sh_offset, shdr.sh_size);
	}
	for (size_t i = 0; !cnt && i < ehdr->e_phnum; i++) {
		Elf64_Phdr phdr = segment(code, ehdr, i);

		if (phdr.p_type == PT_LOAD && phdr.p_flags & PF_X)
			add_range(code, phdr.p_vaddr, phdr.p_offset, phdr.p_filesz);
	}
	qsort(code->ranges, code->ranges_cnt, sizeof(*code->ranges), by_address);
	drop_overlaps(code);
	return 0;
}

static const struct elf_code_range *range_of(const struct elf_code *code, uint64_t address)
{
	for (size_t i = 0; i < code->ranges_cnt; i++) {
		if (address - code->ranges[i].address < code->ranges[i].size)
			return &code->ranges[i];
	}
	return NULL;
}

static int reserve(struct elf_code *code, uint64_t more)
{
	uint64_t *starts;

	if (more > SIZE_MAX / sizeof(*starts) - code->starts_cnt)
		return -ENOMEM;
	starts = realloc(code->starts, (code->starts_cnt + more) * sizeof(*starts));
	if (!starts)
		return -ENOMEM;
	code->starts = starts;
	return 0;
}

static void add_start(struct elf_code *code, uint64_t address)
{
	if (range_of(code, address))
		code->starts[code->starts_cnt++] = address;
}

static int read_symbols(struct elf_code *code, const Elf64_Shdr *shdr)
{
	size_t cnt = shdr->sh_size / sizeof(Elf64_Sym);
	const uint8_t *syms = at(code, shdr->sh_offset, cnt, sizeof(Elf64_Sym));
	int err = syms && cnt ? reserve(code, cnt) : 0;

	for (size_t i = 0; syms && !err && i < cnt; i++) {
		Elf64_Sym sym;

		memcpy(&sym, syms + i * sizeof(sym), sizeof(sym));
		switch (ELF64_ST_TYPE(sym.st_info)) {
		case STT_NOTYPE:
		case STT_FUNC:
		case STT_GNU_IFUNC:
			if (sym.st_shndx != SHN_UNDEF && sym.st_shndx < SHN_LORESERVE)
				add_start(code, sym.st_value);
			break;
		default: break;
		}
	}
	return err;
}

/* The place of @address in the file; an address that no segment has is at its end. */
static uint64_t offset_of(const struct elf_code *code, const Elf64_Ehdr *ehdr, uint64_t address)
{
	for (size_t i = 0; i < ehdr->e_phnum; i++) {
		Elf64_Phdr phdr = segment(code, ehdr, i);

		if (phdr.p_type == PT_LOAD && address - phdr.p_vaddr < phdr.p_filesz)
			return phdr.p_offset + (address - phdr.p_vaddr);
	}
	return code->size;
}

/* The encoding of an entry is in its CIE. The usual one (4 bytes, relative to themselves) is
 * recognised by its pointing to the function; others are left out. */
static void add_unwound(struct elf_code *code, const Elf64_Ehdr *ehdr, uint64_t function,
			uint64_t address)
{
	struct {
		uint32_t length, cie;
		int32_t begin;
		uint32_t size;
	} fde;
	const void *from = at(code, offset_of(code, ehdr, address), 1, sizeof(fde));

	if (!from)
		return;
	memcpy(&fde, from, sizeof(fde));
	if (address + 8 + fde.begin == function && range_of(code, function))
		code->unwound[code->unwound_cnt++] =
			(struct elf_code_range){.address = function, .size = fde.size};
}

static int read_unwind_table(struct elf_code *code, const Elf64_Ehdr *ehdr, const Elf64_Phdr *phdr)
{
	const uint8_t *from = at(code, phdr->p_offset, 1, sizeof(struct eh_frame_hdr));
	const uint8_t *table;
	struct eh_frame_hdr hdr;
	int err;

	if (!from || code->unwound)
		return 0;
	memcpy(&hdr, from, sizeof(hdr));
	table = at(code, phdr->p_offset + sizeof(hdr), hdr.count, sizeof(struct eh_entry));
	if (hdr.version != EH_VERSION || hdr.count_encoding != EH_UDATA4 ||
	    hdr.table_encoding != EH_DATAREL_SDATA4 || !table || !hdr.count)
		return 0;
	err = reserve(code, hdr.count);
	code->unwound = err ? NULL : calloc(hdr.count, sizeof(*code->unwound));
	if (!code->unwound)
		return -ENOMEM;
	for (size_t i = 0; i < hdr.count; i++) {
		struct eh_entry entry;

		memcpy(&entry, table + i * sizeof(entry), sizeof(entry));
		add_start(code, phdr->p_vaddr + entry.function);
		add_unwound(code, ehdr, phdr->p_vaddr + entry.function, phdr->p_vaddr + entry.fde);
	}
	qsort(code->unwound, code->unwound_cnt, sizeof(*code->unwound), by_address);
	return 0;
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static int read_starts(struct elf_code *code, const Elf64_Ehdr *ehdr)
{
	size_t cnt = sections(code, ehdr), kept = 0;
	bool seen[2] = {false};
	int err = 0;

	for (size_t i = 0; i < cnt && !err; i++) {
		Elf64_Shdr shdr = section(code, ehdr, i);

		if (shdr.sh_type != SHT_SYMTAB && shdr.sh_type != SHT_DYNSYM)
			continue;
		/* A file has one of each. */
		if (!seen[shdr.sh_type == SHT_DYNSYM])
			err = read_symbols(code, &shdr);
		seen[shdr.sh_type == SHT_DYNSYM] = true;
	}
	for (size_t i = 0; i < ehdr->e_phnum && !err; i++) {
		Elf64_Phdr phdr = segment(code, ehdr, i);

		if (phdr.p_type == PT_GNU_EH_FRAME)
			err = read_unwind_table(code, ehdr, &phdr);
	}
	if (err || !code->starts)
		return err;
	qsort(code->starts, code->starts_cnt, sizeof(*code->starts), by_value);
	for (size_t i = 0; i < code->starts_cnt; i++) {
		if (!kept || code->starts[kept - 1] != code->starts[i])
			code->starts[kept++] = code->starts[i];
	}
	code->starts_cnt = kept;
	return 0;
}

/* Go's linker calls it .gopclntab, or .data.rel.ro.gopclntab in a PIE. */
static bool has_gopclntab(const struct elf_code *code, const Elf64_Ehdr *ehdr)
{
	static const char wanted[] = ".gopclntab";
	size_t cnt = sections(code, ehdr);
	Elf64_Shdr names;

	if (ehdr->e_shstrndx >= cnt)
		return false;
	names = section(code, ehdr, ehdr->e_shstrndx);
	if (!at(code, names.sh_offset, names.sh_size, 1))
		return false;
	for (size_t i = 0; i < cnt; i++) {
		uint32_t offset = section(code, ehdr, i).sh_name;
		const char *name = (const char *)code->image + names.sh_offset + offset;
		size_t len;

		if (offset >= names.sh_size)
			continue;
		len = strnlen(name, names.sh_size - offset);
		if (len >= sizeof(wanted) - 1 &&
		    !memcmp(name + len - (sizeof(wanted) - 1), wanted, sizeof(wanted) - 1))
			return true;
	}
	return false;
}

int elf_code_open(struct elf_code *code, const void *image, size_t size)
{
	Elf64_Ehdr ehdr;
	int err;

	*code = (struct elf_code){.image = image, .size = size};
	err = read_header(code, &ehdr);
	if (!err)
		err = read_ranges(code, &ehdr);
	if (!err)
		err = read_starts(code, &ehdr);
	if (!err)
		code->is_go = has_gopclntab(code, &ehdr);
	return err;
}

void elf_code_close(struct elf_code *code)
{
	free(code->ranges);
	free(code->starts);
	free(code->unwound);
	*code = (struct elf_code){0};
}

/* Is most of the code in the unwinding table? musl's has a few functions of the compiler's. */
static bool is_known(const struct elf_code *code)
{
	uint64_t all = 0, unwound = 0;

	for (size_t i = 0; i < code->ranges_cnt; i++)
		all += code->ranges[i].size;
	for (size_t i = 0; i < code->unwound_cnt; i++)
		unwound += code->unwound[i].size;
	return unwound > all / 2;
}

struct filter {
	bool is_known;
	const struct elf_code *code;
	const struct elf_code_range *range;
	int (*found)(void *arg, const struct x86_site *site);
	void *arg;
};

static bool is_unwound(const struct elf_code *code, uint64_t address)
{
	size_t low = 0, high = code->unwound_cnt;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (code->unwound[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low && address - code->unwound[low - 1].address < code->unwound[low - 1].size;
}

/* Is what form A covers `mov eax, a system call's number`? */
static bool has_number(const struct filter *f, const struct x86_site *site)
{
	uint64_t offset = f->range->offset + (site->patch - f->range->address);
	uint32_t nr;

	if (site->form != X86_FORM_A)
		return false;
	memcpy(&nr, f->code->image + offset + 1, sizeof(nr));
	return nr < MAX_SYSCALL;
}

static int filter(void *arg, const struct x86_site *site)
{
	const struct filter *f = arg;

	if (f->is_known && !is_unwound(f->code, site->address) && !has_number(f, site))
		return 0;
	return f->found(f->arg, site);
}

int elf_code_sites(const struct elf_code *code,
		   int (*found)(void *arg, const struct x86_site *site), void *arg)
{
	struct filter f = {.is_known = is_known(code), .code = code, .found = found, .arg = arg};
	int err = 0;

	for (size_t i = 0; i < code->ranges_cnt && !err; i++) {
		f.range = &code->ranges[i];
		err = x86_find_sites_from(code->image + f.range->offset, f.range->size,
					  f.range->address, code->starts, code->starts_cnt, filter,
					  &f);
	}
	return err;
}

const uint8_t *elf_code_function(const struct elf_code *code, uint64_t address, size_t *size)
{
	const struct elf_code_range *range = range_of(code, address);
	size_t low = 0, high = code->starts_cnt;

	if (!range)
		return NULL;
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (code->starts[middle] <= address)
			low = middle + 1;
		else
			high = middle;
	}
	*size = range->address + range->size - address;
	if (low < code->starts_cnt && code->starts[low] - address < *size)
		*size = code->starts[low] - address;
	return code->image + range->offset + (address - range->address);
}

uint64_t elf_code_address(const struct elf_code *code, uint64_t offset)
{
	for (size_t i = 0; i < code->ranges_cnt; i++) {
		if (offset - code->ranges[i].offset < code->ranges[i].size)
			return code->ranges[i].address + (offset - code->ranges[i].offset);
	}
	return 0;
}
