/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Functions in files and in the kernel: where in an ELF file a function begins (for uprobes),
 * which functions match a pattern, which file a bare library or program name means, and the names
 * of the kernel's functions.
 *
 * Input is hostile: only regular files are read, every offset is checked, and a broken file gives
 * an error, never a crash. Read with libelf; no DWARF.
 */
#ifndef SKEP_KIT_SYMBOLS_H
#define SKEP_KIT_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Why a lookup failed, finer than an errno. */
enum kit_symbols_reason {
	KIT_SYMBOLS_OK,
	KIT_SYMBOLS_NO_FILE,	/* -ENOENT, -ENOTDIR: no such file */
	KIT_SYMBOLS_NO_ACCESS,	/* any other errno of opening and reading it */
	KIT_SYMBOLS_NOT_FILE,	/* -ENOEXEC: a directory, device, pipe or socket */
	KIT_SYMBOLS_NOT_ELF,	/* -ENOEXEC: not an executable or shared library in ELF */
	KIT_SYMBOLS_BAD_ELF,	/* -EBADMSG: begins like ELF but is broken or cut short */
	KIT_SYMBOLS_STRIPPED,	/* -ENODATA: there is no function symbol in it at all */
	KIT_SYMBOLS_NO_SYMBOL,	/* -ESRCH: has symbols, but not this one */
	KIT_SYMBOLS_NOT_MAPPED, /* -ERANGE: the symbol's address is in no loaded segment */
	KIT_SYMBOLS_NO_MEMORY,	/* -ENOMEM */
};

/* "no such file", ...: a static string, a clause without full stop. */
const char *kit_symbols_reason_text(enum kit_symbols_reason reason);

struct kit_function {
	const char *name; /* as in the file; may end in a version such as @@GLIBC_2.14 */
	uint64_t address; /* virtual address in the file's own terms */
	uint64_t offset;  /* byte in the file: what perf_event_open(2) wants for a uprobe */
	uint64_t size;	  /* bytes, 0 if the symbol does not say */
	bool indirect;	  /* an ifunc: the code at offset only selects the implementation */
};

struct kit_elf;

/*
 * Opens path. Returns 0 and sets *elfp (end with kit_elf_close()), or -errno with the cause in
 * *reason (may be NULL). The file is read through a private copy of its tables, so that a later
 * change of the file cannot harm the reader.
 */
int kit_elf_open(struct kit_elf **elfp, const char *path, enum kit_symbols_reason *reason);

/* NULL is fine. Names from this file are invalid afterwards. */
void kit_elf_close(struct kit_elf *elf);

/* The path the file was opened by. Lives as long as elf. */
const char *kit_elf_path(const struct kit_elf *elf);

/*
 * Finds the function called name (with or without version), in .symtab and then in .dynsym; a
 * global one before a local one, the default version before older ones. Returns 0 and fills *fn,
 * whose name lives as long as elf; or -errno with the cause in *reason (may be NULL).
 */
int kit_elf_find(struct kit_elf *elf, const char *name, struct kit_function *fn,
		 enum kit_symbols_reason *reason);

/*
 * Converts an address in the file's own terms to a byte in the file by the loaded segments.
 * Returns 0, or -ERANGE when no loaded segment has that address in the file.
 */
int kit_elf_offset(const struct kit_elf *elf, uint64_t address, uint64_t *offset);

/* Called for each function found; returns 0 to go on, anything else to stop with that value. */
typedef int (*kit_function_fn)(const struct kit_function *fn, void *ctx);

/*
 * Calls each for every function whose name matches the glob (all if NULL), sorted by name, once
 * for each pair of name and offset. Returns 0, what each returned, or -errno with the cause in
 * *reason (may be NULL); that nothing matched is no error unless the file has no symbols.
 */
int kit_elf_each(struct kit_elf *elf, const char *glob, kit_function_fn each, void *ctx,
		 enum kit_symbols_reason *reason);

/* The function name nearest to name in this file, or NULL. Lives as long as elf. */
const char *kit_elf_suggest(struct kit_elf *elf, const char *name);

/*
 * The file that a probe's target means: a path with a slash is itself; a bare name is an
 * executable in PATH, else a library. Writes the path into buf (at most size bytes with the NUL)
 * and returns 0; or -errno: -ENOENT, -ENAMETOOLONG.
 */
int kit_resolve_binary(const char *name, char *buf, size_t size);

/* As above, only programs: an executable regular file in $PATH. */
int kit_resolve_program(const char *name, char *buf, size_t size);

/*
 * As above, only libraries: `c`, `libc` and `libc.so.6` all name libc.so.6, looked up in the
 * dynamic loader's cache (/etc/ld.so.cache) and then in the standard directories.
 */
int kit_resolve_library(const char *name, char *buf, size_t size);

/* The same by a given cache file of the loader's format only: for tests and for other roots. */
int kit_resolve_library_in(const char *cache, const char *name, char *buf, size_t size);

/* True if name matches glob: '*' any run of bytes, '?' one byte, all else itself. */
bool kit_glob_match(const char *glob, const char *name);

/* True if text has a '*' or '?', so that it is a pattern and not a name. */
bool kit_glob_is_pattern(const char *text);

struct kit_ksym {
	const char *name;   /* valid during the call only, as is module */
	const char *module; /* the module it lives in, or NULL for the kernel itself */
	uint64_t address;   /* 0 when the kernel hides addresses, and from traceable lists */
};

/* As kit_function_fn, for kernel functions. */
typedef int (*kit_ksym_fn)(const struct kit_ksym *sym, void *ctx);

/*
 * Calls each for the kernel's functions (text symbols) whose names match glob (NULL: all), in the
 * order of /proc/kallsyms. Returns 0, what each returned, or -errno of reading the file.
 */
int kit_ksyms_each(const char *glob, kit_ksym_fn each, void *ctx);

/*
 * The same for functions that may be traced, by tracefs's available_filter_functions. Returns
 * -errno when it cannot be read (-EPERM in some sandboxes, -ENOENT without the function tracer);
 * kit_ksyms_each() is then the best there is.
 */
int kit_ksyms_traceable_each(const char *glob, kit_ksym_fn each, void *ctx);

/* The same two over a given file of those formats: for tests and for other roots. */
int kit_ksyms_each_in(const char *path, const char *glob, kit_ksym_fn each, void *ctx);
int kit_ksyms_traceable_each_in(const char *path, const char *glob, kit_ksym_fn each, void *ctx);

#endif
