/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the parts of the world share: its state, its memory, the table of providers, and C types.
 */
#ifndef TRACE_WORLD_PRIVATE_H
#define TRACE_WORLD_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <skep/btf.h>
#include <skep/lang_world.h>

#include <skep/trace_world.h>

#include "trace/world_features.h"
#include "trace/world_names.h"

struct kit_elf;

/* A file of BTF, opened when it is first needed. */
struct trace_btf {
	const char *name; /* "vmlinux" or the module's */
	struct btfr *btf; /* NULL when it is not open yet, or cannot be */
	int err;	  /* why it cannot be opened */
};

struct trace_world {
	struct lang_world world; /* what the compiler sees; its ctx is this struct */
	struct trace_world_options options;
	struct trace_features features;

	void *blocks;	   /* memory handed out until the world is closed */
	size_t block_left; /* bytes unused in the newest block */
	char *block_next;

	struct trace_btf vmlinux;
	struct trace_btf *modules; /* sorted by name */
	size_t nmodules;
	bool modules_listed;

	struct trace_names events; /* of tracefs: category, event */
	bool events_read;
	int events_err;

	struct trace_names ksyms; /* module or NULL, function: of kallsyms */
	bool ksyms_read, ksyms_sorted;
	int ksyms_err;
	struct trace_names traceable; /* the same, only those that ftrace can trace */
	bool traceable_read;
	int traceable_err;

	struct kit_elf *elf; /* the file that was asked for last */
	const char *elf_path;
};

/* How one provider answers; see struct lang_world. @info is zeroed, syscall_nr is -1. */
struct trace_provider {
	enum lang_reason (*open)(struct trace_world *w, const char *target, const char *name,
				 uint64_t offset, struct lang_probe_info *info);
	/* Collects what matches into @names, which are sorted for it afterwards. */
	enum lang_reason (*match)(struct trace_world *w, const char *target, const char *name,
				  struct trace_names *names);
};

extern const struct trace_provider trace_tracepoints, trace_rawtracepoints, trace_kprobes,
	trace_kretprobes, trace_fentries, trace_fexits, trace_uprobes;

/* world.c */

/* Zeroed memory that lives as long as the world; NULL when there is none. */
void *trace_world_alloc(struct trace_world *w, size_t size);
/* Copies that live as long as the world; NULL when there is no memory. */
const char *trace_world_strdup(struct trace_world *w, const char *s);
const char *trace_world_printf(struct trace_world *w, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* The reason that an errno stands for; @none for -ENOENT. */
enum lang_reason trace_world_reason(int err, enum lang_reason none);
/* tracefs's directory: that of the options, else the real one; NULL when it is not mounted. */
const char *trace_world_tracefs(struct trace_world *w);

/* world_btf.c */

/* The kernel's own BTF, NULL when there is none; then vmlinux.err is set. */
struct btfr *trace_world_vmlinux(struct trace_world *w);
/*
 * Calls @each for vmlinux's and the modules' BTF, or only for that of @module ("vmlinux" is one,
 * NULL for all), in this order, until it returns non-zero; returns that, or 0.
 */
int trace_world_each_btf(struct trace_world *w, const char *module,
			 int (*each)(void *arg, const char *module, struct btfr *btf), void *arg);
void trace_world_close_btf(struct trace_world *w);
/*
 * Makes fields (kind BTF) of the parameters of function or prototype @id, but for the first @skip.
 * @names: a function or prototype with the same parameters to take names from; 0: @id itself.
 * What has no name is arg0, arg1, … Returns LANG_OK or LANG_NO_MEMORY.
 */
enum lang_reason trace_world_params(struct trace_world *w, const struct btfr *btf, uint32_t id,
				    uint32_t names, unsigned int skip,
				    struct lang_probe_info *info);
/* The field of kind BTF for a value of type @id. False when memory ran out. */
bool trace_world_btf_field(struct trace_world *w, const struct btfr *btf, uint32_t id,
			   const char *name, int arg_index, struct lang_field *field);

/* world_ctype.c */

/* What a C type of a format file is. */
struct trace_ctype {
	uint32_t size; /* bytes; 0 unknown */
	bool is_signed;
	bool is_pointer;
	bool is_integer;
};

/*
 * Understands the spelling of a type: words of C and of the kernel whose size never differs from
 * a table, others by BTF. False when it is not known.
 */
bool trace_ctype_parse(struct trace_world *w, const char *spelling, struct trace_ctype *type);
/* The C spelling of a BTF type, "struct file *"; NULL when memory ran out. */
const char *trace_ctype_spell(struct trace_world *w, const struct btfr *btf, uint32_t id);

#endif
