/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The compiler's only window on the system: types, probes, symbols, features.
 *
 * src/lang asks these questions and nothing else about the machine it runs on,
 * so that it stays pure: a test answers them from tables, src/trace answers
 * them from BTF, tracefs and ELF files.
 */
#ifndef SKEP_LANG_WORLD_H
#define SKEP_LANG_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct btfr;

/* Where a probe comes from. */
enum lang_provider {
	LANG_BEGIN,
	LANG_END,
	LANG_INTERVAL,
	LANG_PROFILE,
	LANG_SOFTWARE,
	LANG_TRACEPOINT,
	LANG_RAWTRACEPOINT,
	LANG_KPROBE,
	LANG_KRETPROBE,
	LANG_FENTRY,
	LANG_FEXIT,
	LANG_UPROBE,
	LANG_URETPROBE,
	LANG_PROVIDER_COUNT,
};

/* Shape of a member of `args`. */
enum lang_field_kind {
	LANG_FIELD_INT,      /* size 1, 2, 4 or 8; is_signed says how it is read */
	LANG_FIELD_PTR,      /* a pointer; is_user when it points to user memory */
	LANG_FIELD_CHARS,    /* char[size] inside the record */
	LANG_FIELD_ARRAY,    /* count integers of size bytes each inside the record */
	LANG_FIELD_DATA_LOC, /* __data_loc char[]: u32 (len << 16 | offset from the record) */
	LANG_FIELD_REL_LOC,  /* __rel_loc char[]: as above, counted from the field's end */
	LANG_FIELD_BTF,      /* typed by btf_id (fentry, fexit, raw tracepoint arguments) */
};

struct lang_field {
	const char *name;        /* owned by the world, valid as long as it is */
	const char *type_name;   /* C spelling for listings, e.g. "const char *"; may be NULL */
	enum lang_field_kind kind;
	uint32_t offset;         /* bytes from the record's start (tracepoints) */
	uint32_t size;           /* bytes of one element */
	uint32_t count;          /* elements; 1 unless kind is ARRAY */
	uint32_t btf_id;         /* kind BTF: type in `btf`; else 0 */
	const struct btfr *btf;  /* kind BTF: where btf_id lives; else NULL */
	bool is_signed;
	bool is_user;            /* PTR: points to user memory */
	int arg_index;           /* number of the system call's, function's or raw
	                          * tracepoint's argument; -1 when it is not one. Of a
	                          * tracepoint that is no system call's: that of the raw
	                          * tracepoint of its name, which then exists */
};

/* How one probe is reached; filled in by probe_open(). */
struct lang_probe_info {
	const struct lang_field *fields; /* members of `args`; owned by the world */
	uint32_t nfields;
	int syscall_nr;          /* syscalls:sys_enter_X, sys_exit_X: number of X; else -1 */
	bool syscall_exit;
	uint32_t btf_id;         /* fentry, fexit: the FUNC; rawtracepoint: the btf_trace_X
	                          * TYPEDEF (so that it can be loaded as tp_btf); else 0 */
	const struct btfr *btf;  /* vmlinux or module BTF that holds btf_id; else NULL */
	const char *module;      /* the module whose BTF that is; NULL for vmlinux; owned by
	                          * the world */
	uint32_t nargs;          /* arguments of the function or raw tracepoint; 0 unknown */
	const struct lang_field *retval; /* fexit: the returned value; NULL when void */
	uint64_t offset;         /* uprobe: offset in the file to attach at */
	const char *path;        /* uprobe: resolved path; owned by the world */
};

/* Why a question could not be answered. */
enum lang_reason {
	LANG_OK = 0,
	LANG_NO_SUCH_PROBE,  /* category, event or function does not exist */
	LANG_NO_SUCH_FILE,   /* uprobe: binary not found */
	LANG_NOT_ELF,
	LANG_NO_SYMBOLS,     /* uprobe: binary is stripped */
	LANG_NO_SUCH_SYMBOL,
	LANG_BAD_OFFSET,     /* offset outside the function or file */
	LANG_NO_TRACEFS,     /* tracefs is not mounted */
	LANG_NO_PRIVILEGE,
	LANG_NO_BTF,
	LANG_NOT_SUPPORTED,  /* this kernel lacks the probe type */
	LANG_NO_MEMORY,
};

/* What the running kernel can do; the world probes each once, from a table. */
enum lang_feature {
	LANG_FEAT_ATOMIC_FETCH,      /* BPF_FETCH, XCHG, CMPXCHG (5.12) */
	LANG_FEAT_FOR_EACH_MAP_ELEM, /* 5.13 */
	LANG_FEAT_KTIME_BOOT,        /* bpf_ktime_get_boot_ns (5.8) */
	LANG_FEAT_TP_BTF,            /* BTF-typed raw tracepoints (5.5 with BTF) */
	LANG_FEAT_TASK_BTF,          /* bpf_get_current_task_btf (5.11 with BTF) */
	LANG_FEAT_BIG_KEYS,          /* keys of hash maps beyond 512 bytes (5.11) */
	LANG_FEAT_COUNT,
};

/*
 * Called for each probe that a wildcard stands for, with the target and name that
 * probe_open() takes. Return non-zero to stop with that value.
 */
typedef int (*lang_probe_cb)(void *arg, const char *target, const char *name);

/*
 * The questions. Synchronous; strings and tables handed out stay valid until the
 * world is closed. Every function may be called with hostile names.
 */
struct lang_world {
	void *ctx; /* first argument of every question */

	/* The kernel's BTF, opened on the first call; NULL when there is none. */
	const struct btfr *(*btf)(void *ctx);

	/*
	 * Describes one probe without wildcards. @target: tracepoint category, module or
	 * binary (path or library name); NULL when the provider or script gives none.
	 * @name: event, function or symbol; "" for an absolute @offset of a uprobe.
	 * @offset: the `+off` of kprobe and uprobe.
	 * Returns LANG_OK and fills *@info, or the reason.
	 */
	enum lang_reason (*probe_open)(void *ctx, enum lang_provider provider, const char *target,
				       const char *name, uint64_t offset,
				       struct lang_probe_info *info);

	/*
	 * Calls @cb for every probe that the globs (`*`, `?`, `[a-z]`) match, in the order
	 * of their names. @target or @name may be free of wildcards, @target may be NULL.
	 * *@reason tells why nothing could be listed (LANG_OK when simply none matched).
	 * Returns 0 or what @cb returned.
	 */
	int (*probe_match)(void *ctx, enum lang_provider provider, const char *target,
			   const char *name, lang_probe_cb cb, void *arg,
			   enum lang_reason *reason);

	bool (*feature)(void *ctx, enum lang_feature feature);
};

#endif
