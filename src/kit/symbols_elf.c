// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Functions of ELF files, by libelf. The file is read and not mapped, so that one that shrinks
 * meanwhile gives a read error and no SIGBUS; what libelf does not check (segments and sections
 * beyond the end of the file) is checked here, once, at open.
 *
 * A lookup scans the symbol tables, since one lookup in an unsorted table is cheaper than sorting
 * it; only the matches of a glob are sorted.
 */
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skep/kit_symbols.h>
#include <skep/lang_suggest.h>

/* Segments that are looked at; real files have a few dozen. */
#define MAX_SEGMENTS 1024

struct segment {
	uint64_t address, offset, size;
};

struct table {
	Elf_Data *symbols;
	Elf_Data *versions; /* of .dynsym, or NULL */
	size_t nsymbols;
	size_t strings; /* section index of the names */
};

struct kit_elf {
	char *path;
	int fd;
	Elf *elf;
	uint64_t file_size;
	struct segment *segments;
	size_t nsegments;
	struct table tables[2]; /* .symtab, .dynsym; nsymbols is 0 for one that is not there */
};

const char *kit_symbols_reason_text(enum kit_symbols_reason reason)
{
	switch (reason) {
	case KIT_SYMBOLS_OK: return "no error";
	case KIT_SYMBOLS_NO_FILE: return "no such file";
	case KIT_SYMBOLS_NO_ACCESS: return "the file cannot be read";
	case KIT_SYMBOLS_NOT_FILE: return "not a regular file";
	case KIT_SYMBOLS_NOT_ELF: return "not an ELF executable or shared library";
	case KIT_SYMBOLS_BAD_ELF: return "the ELF file is broken or cut short";
	case KIT_SYMBOLS_STRIPPED: return "it has no function symbols (stripped)";
	case KIT_SYMBOLS_NO_SYMBOL: return "it has no function of that name";
	case KIT_SYMBOLS_NOT_MAPPED: return "the function is in no loaded part of the file";
	case KIT_SYMBOLS_NO_MEMORY: return "out of memory";
	}
	return "unknown reason";
}

static int because(enum kit_symbols_reason *to, enum kit_symbols_reason reason, int err)
{
	if (to)
		*to = reason;
	return err;
}

static int open_file(struct kit_elf *elf, enum kit_symbols_reason *reason)
{
	struct stat st;
	int err;

	/* O_NONBLOCK: a pipe must not stop us before it is seen to be one. */
	elf->fd = open(elf->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (elf->fd < 0 || fstat(elf->fd, &st)) {
		err = -errno;
		if (err == -ENOENT || err == -ENOTDIR)
			return because(reason, KIT_SYMBOLS_NO_FILE, err);
		if (err == -ENXIO)
			return because(reason, KIT_SYMBOLS_NOT_FILE, -ENOEXEC);
		return because(reason, KIT_SYMBOLS_NO_ACCESS, err);
	}
	if (!S_ISREG(st.st_mode))
		return because(reason, KIT_SYMBOLS_NOT_FILE, -ENOEXEC);
	elf->file_size = (uint64_t)st.st_size;
	return 0;
}

static bool within(const struct kit_elf *elf, uint64_t offset, uint64_t size)
{
	return offset <= elf->file_size && size <= elf->file_size - offset;
}

static int read_segments(struct kit_elf *elf)
{
	struct segment *s;
	GElf_Phdr phdr;
	size_t n, i;

	if (elf_getphdrnum(elf->elf, &n))
		return -EBADMSG;
	if (n > MAX_SEGMENTS)
		return -EBADMSG;
	elf->segments = calloc(n ? n : 1, sizeof(*elf->segments));
	if (!elf->segments)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		if (!gelf_getphdr(elf->elf, (int)i, &phdr))
			return -EBADMSG;
		if (phdr.p_type != PT_LOAD)
			continue;
		if (!within(elf, phdr.p_offset, phdr.p_filesz) ||
		    phdr.p_vaddr > UINT64_MAX - phdr.p_filesz)
			return -EBADMSG;
		s = &elf->segments[elf->nsegments++];
		*s = (struct segment){phdr.p_vaddr, phdr.p_offset, phdr.p_filesz};
	}
	return 0;
}

static int read_table(struct kit_elf *elf, Elf_Scn *section, const GElf_Shdr *shdr,
		      struct table *table)
{
	size_t entry = gelf_fsize(elf->elf, ELF_T_SYM, 1, EV_CURRENT);

	if (table->nsymbols || !shdr->sh_size)
		return 0;
	if (shdr->sh_entsize != entry || !within(elf, shdr->sh_offset, shdr->sh_size))
		return -EBADMSG;
	table->symbols = elf_getdata(section, NULL);
	if (!table->symbols || table->symbols->d_size != shdr->sh_size)
		return -EBADMSG;
	table->nsymbols = shdr->sh_size / entry;
	table->strings = shdr->sh_link;
	return 0;
}

static int read_sections(struct kit_elf *elf)
{
	Elf_Scn *section = NULL;
	GElf_Shdr shdr;
	int err;

	while ((section = elf_nextscn(elf->elf, section))) {
		if (!gelf_getshdr(section, &shdr))
			return -EBADMSG;
		err = 0;
		if (shdr.sh_type == SHT_SYMTAB)
			err = read_table(elf, section, &shdr, &elf->tables[0]);
		else if (shdr.sh_type == SHT_DYNSYM)
			err = read_table(elf, section, &shdr, &elf->tables[1]);
		else if (shdr.sh_type == SHT_GNU_versym &&
			 within(elf, shdr.sh_offset, shdr.sh_size))
			elf->tables[1].versions = elf_getdata(section, NULL);
		if (err)
			return err;
	}
	return 0;
}

/*
 * elf_nextscn() ends silently where the table of sections is beyond the end of the file; a file
 * that says it has one must have it all.
 */
static int check_header(struct kit_elf *elf, const GElf_Ehdr *ehdr)
{
	size_t nsections, nsegments;

	if (elf_getshdrnum(elf->elf, &nsections) || elf_getphdrnum(elf->elf, &nsegments))
		return -EBADMSG;
	if (ehdr->e_shoff && !within(elf, ehdr->e_shoff, (uint64_t)nsections * ehdr->e_shentsize))
		return -EBADMSG;
	if (ehdr->e_shoff && !nsections)
		return -EBADMSG;
	if (!within(elf, ehdr->e_phoff, (uint64_t)nsegments * ehdr->e_phentsize))
		return -EBADMSG;
	return 0;
}

static int read_elf(struct kit_elf *elf, enum kit_symbols_reason *reason)
{
	char magic[SELFMAG];
	GElf_Ehdr ehdr;
	int err;

	if (pread(elf->fd, magic, sizeof(magic), 0) != sizeof(magic) ||
	    memcmp(magic, ELFMAG, SELFMAG))
		return because(reason, KIT_SYMBOLS_NOT_ELF, -ENOEXEC);
	if (elf_version(EV_CURRENT) == EV_NONE)
		return because(reason, KIT_SYMBOLS_BAD_ELF, -EBADMSG);
	elf->elf = elf_begin(elf->fd, ELF_C_READ, NULL);
	if (!elf->elf || elf_kind(elf->elf) != ELF_K_ELF || !gelf_getehdr(elf->elf, &ehdr))
		return because(reason, KIT_SYMBOLS_BAD_ELF, -EBADMSG);
	if (ehdr.e_type != ET_EXEC && ehdr.e_type != ET_DYN)
		return because(reason, KIT_SYMBOLS_NOT_ELF, -ENOEXEC);
	err = check_header(elf, &ehdr);
	if (!err)
		err = read_segments(elf);
	if (!err)
		err = read_sections(elf);
	if (err == -ENOMEM)
		return because(reason, KIT_SYMBOLS_NO_MEMORY, err);
	return err ? because(reason, KIT_SYMBOLS_BAD_ELF, err) : 0;
}

int kit_elf_open(struct kit_elf **elfp, const char *path, enum kit_symbols_reason *reason)
{
	struct kit_elf *elf = calloc(1, sizeof(*elf));
	int err = 0;

	*elfp = NULL;
	because(reason, KIT_SYMBOLS_OK, 0);
	if (!elf)
		return because(reason, KIT_SYMBOLS_NO_MEMORY, -ENOMEM);
	elf->fd = -1;
	elf->path = strdup(path);
	if (!elf->path)
		err = because(reason, KIT_SYMBOLS_NO_MEMORY, -ENOMEM);
	if (!err)
		err = open_file(elf, reason);
	if (!err)
		err = read_elf(elf, reason);
	if (err) {
		kit_elf_close(elf);
		return err;
	}
	*elfp = elf;
	return 0;
}

void kit_elf_close(struct kit_elf *elf)
{
	if (!elf)
		return;
	elf_end(elf->elf);
	if (elf->fd >= 0)
		close(elf->fd);
	free(elf->segments);
	free(elf->path);
	free(elf);
}

const char *kit_elf_path(const struct kit_elf *elf)
{
	return elf->path;
}

int kit_elf_offset(const struct kit_elf *elf, uint64_t address, uint64_t *offset)
{
	const struct segment *s;
	size_t i;

	for (i = 0; i < elf->nsegments; i++) {
		s = &elf->segments[i];
		if (address >= s->address && address - s->address < s->size) {
			*offset = s->offset + (address - s->address);
			return 0;
		}
	}
	return -ERANGE;
}

struct symbol {
	const char *name;
	uint64_t address, size;
	bool indirect;
	bool global;
	bool old; /* not the default version of its name */
};

/* The i-th symbol of a table if it is a defined function with a name. */
static bool function_at(const struct kit_elf *elf, const struct table *table, size_t i,
			struct symbol *to)
{
	GElf_Versym version;
	unsigned int type;
	GElf_Sym sym;

	if (!gelf_getsym(table->symbols, (int)i, &sym))
		return false;
	type = GELF_ST_TYPE(sym.st_info);
	if ((type != STT_FUNC && type != STT_GNU_IFUNC) || sym.st_shndx == SHN_UNDEF)
		return false;
	to->name = elf_strptr(elf->elf, table->strings, sym.st_name);
	if (!to->name || !*to->name)
		return false;
	to->address = sym.st_value;
	to->size = sym.st_size;
	to->indirect = type == STT_GNU_IFUNC;
	to->global = GELF_ST_BIND(sym.st_info) != STB_LOCAL;
	/* The highest bit of a version says that it is not for new links. */
	to->old = table->versions && gelf_getversym(table->versions, (int)i, &version) &&
		  version & 0x8000;
	return true;
}

/* name is symbol, or symbol without its version. */
static bool is_called(const char *symbol, const char *name, size_t len)
{
	return !strncmp(symbol, name, len) && (!symbol[len] || symbol[len] == '@');
}

static unsigned int rank(const struct symbol *s)
{
	return (s->global ? 2u : 0) + !s->old;
}

/* The best symbol of one table, if any; counts the functions it has. */
static bool find_in(const struct kit_elf *elf, const struct table *table, const char *name,
		    struct symbol *best, size_t *nfunctions)
{
	size_t len = strlen(name), i;
	bool found = false;
	struct symbol s;

	for (i = 0; i < table->nsymbols; i++) {
		if (!function_at(elf, table, i, &s))
			continue;
		(*nfunctions)++;
		if (!is_called(s.name, name, len) || (found && rank(&s) <= rank(best)))
			continue;
		*best = s;
		found = true;
	}
	return found;
}

static int to_function(const struct kit_elf *elf, const struct symbol *s, struct kit_function *fn)
{
	*fn = (struct kit_function){
		.name = s->name, .address = s->address, .size = s->size, .indirect = s->indirect};
	return kit_elf_offset(elf, s->address, &fn->offset);
}

int kit_elf_find(struct kit_elf *elf, const char *name, struct kit_function *fn,
		 enum kit_symbols_reason *reason)
{
	size_t nfunctions = 0, i;
	struct symbol best = {0};

	because(reason, KIT_SYMBOLS_OK, 0);
	for (i = 0; i < 2; i++) {
		if (!find_in(elf, &elf->tables[i], name, &best, &nfunctions))
			continue;
		if (to_function(elf, &best, fn))
			return because(reason, KIT_SYMBOLS_NOT_MAPPED, -ERANGE);
		return 0;
	}
	if (!nfunctions)
		return because(reason, KIT_SYMBOLS_STRIPPED, -ENODATA);
	return because(reason, KIT_SYMBOLS_NO_SYMBOL, -ESRCH);
}

struct matches {
	struct kit_function *items;
	size_t n, cap;
};

static int add_match(struct matches *m, const struct kit_function *fn)
{
	struct kit_function *items;
	size_t cap;

	if (m->n == m->cap) {
		cap = m->cap ? m->cap * 2 : 64;
		items = realloc(m->items, cap * sizeof(*items));
		if (!items)
			return -ENOMEM;
		m->items = items;
		m->cap = cap;
	}
	m->items[m->n++] = *fn;
	return 0;
}

/* Name without version, so that a function that both tables have is one. */
static int compare_names(const char *a, const char *b)
{
	size_t alen = strcspn(a, "@"), blen = strcspn(b, "@");
	int order = strncmp(a, b, alen < blen ? alen : blen);

	if (order)
		return order;
	return alen < blen ? -1 : alen > blen;
}

static int compare_functions(const void *pa, const void *pb)
{
	const struct kit_function *a = pa, *b = pb;
	int order = compare_names(a->name, b->name);

	if (order)
		return order;
	return a->offset < b->offset ? -1 : a->offset > b->offset;
}

static int collect(const struct kit_elf *elf, const char *glob, struct matches *m,
		   size_t *nfunctions)
{
	const struct table *table;
	struct kit_function fn;
	struct symbol s;
	size_t i;
	int err;

	for (table = elf->tables; table < elf->tables + 2; table++) {
		for (i = 0; i < table->nsymbols; i++) {
			if (!function_at(elf, table, i, &s))
				continue;
			(*nfunctions)++;
			if ((glob && !kit_glob_match(glob, s.name)) || to_function(elf, &s, &fn))
				continue;
			err = add_match(m, &fn);
			if (err)
				return err;
		}
	}
	return 0;
}

int kit_elf_each(struct kit_elf *elf, const char *glob, kit_function_fn each, void *ctx,
		 enum kit_symbols_reason *reason)
{
	struct matches m = {0};
	size_t nfunctions = 0, i;
	int err;

	because(reason, KIT_SYMBOLS_OK, 0);
	err = collect(elf, glob, &m, &nfunctions);
	if (err)
		because(reason, KIT_SYMBOLS_NO_MEMORY, err);
	else if (!nfunctions)
		err = because(reason, KIT_SYMBOLS_STRIPPED, -ENODATA);
	if (m.n)
		qsort(m.items, m.n, sizeof(*m.items), compare_functions);
	for (i = 0; !err && i < m.n; i++) {
		if (i && !compare_functions(&m.items[i - 1], &m.items[i]))
			continue;
		err = each(&m.items[i], ctx);
	}
	free(m.items);
	return err;
}

const char *kit_elf_suggest(struct kit_elf *elf, const char *name)
{
	struct lang_suggest best = {.name = name};
	struct symbol s;
	size_t i, t;

	for (t = 0; t < 2; t++)
		for (i = 0; i < elf->tables[t].nsymbols; i++)
			if (function_at(elf, &elf->tables[t], i, &s))
				lang_suggest_offer(&best, s.name);
	return best.best;
}
