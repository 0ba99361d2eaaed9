/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The checker: names and types.
 *
 * A script is checked as a whole until the types of its maps no longer change, each
 * clause once for every probe it may run for. What the tree's nodes then say is for
 * one (clause, probe) pair, a unit: check_unit() sets them again just before that
 * unit is lowered.
 */
#ifndef LANG_CHECK_H
#define LANG_CHECK_H

#include "lang/syntax/ast.h"

/* A map of the script. */
struct map_def {
	const char *name;    /* with @ */
	struct lang_loc loc; /* where it was first used */
	uint32_t index;	     /* number in order of first use; also in plan->maps */
	struct type *keys;   /* key parts; strings widened to the largest ever used */
	uint32_t nkeys;
	bool keys_known;
	bool keys_cut;	   /* lowering made them shorter: they widen no more */
	struct type value; /* TYPE_UNKNOWN until assigned; aggregations as such */
	bool assigned;
	bool counter_only; /* INT changed by ++ -- += -= only, never by plain = */
	struct map_def *next;
};

/* A $variable; scope is its clause. */
struct var_def {
	const char *name; /* with $ */
	struct lang_loc loc;
	struct type type; /* strings widened to the largest assigned */
	uint32_t index;	  /* number within the clause */
	uint32_t reg;	  /* lowering: its register (scalars) */
	uint32_t memory;  /* lowering: its memory (strings…) */
	struct var_def *next;
};

/* One attach point, after wildcards were resolved. */
struct probe {
	enum lang_provider provider;
	const char *full;     /* "tracepoint:sched:sched_switch", short names expanded */
	const char *target;   /* category, module, binary; or NULL */
	const char *name;     /* event, function, symbol, unit ("hz", "s"…); or "" */
	uint64_t offset;      /* +off of kprobe and uprobe */
	uint64_t period;      /* interval, profile: ns (0 when freq); software: events */
	uint64_t freq;	      /* profile:hz: Hz */
	uint64_t perf_config; /* software: PERF_COUNT_SW_… */
	struct lang_probe_info info;
	bool use_raw; /* a tracepoint served by a raw one: syscalls through sys_enter and
		       * sys_exit, others where the clause needs nothing of the record */
	uint32_t id;  /* index in the plan's probe_names and func_names */
	struct lang_loc loc;
};

/* One program: a clause and the attach points that can share its code. */
struct unit {
	struct clause *clause;
	struct probe **probes; /* all alike in provider, layout of used args, use_raw; a clause
				* that uses `probe` or `func` has one probe a unit, except raw
				* syscall units, which know the number at run time */
	uint32_t nprobes;
	struct unit *next;
};

struct checked {
	struct script *script;
	struct unit *units; /* in the order of the script */
	uint32_t nunits;
	struct map_def *maps; /* in order of index */
	uint32_t nmaps;
	struct probe **probes; /* all, by id */
	uint32_t nprobes;
	const char **strings; /* plan->strings */
	uint32_t nstrings;
	/* of the unit that check_unit() saw last: */
	struct var_def *vars;
	uint32_t nvars;
};

/*
 * Resolves probes, infers all types, reports every error. Returns NULL when there
 * were errors (cx->messages->nerrors) or no memory.
 */
struct checked *check_script(struct lang_context *cx, struct script *script);

/* Annotates the unit's clause for its first probe. Returns 0 or -ENOMEM. */
int check_unit(struct lang_context *cx, struct checked *checked, struct unit *unit);

/* Are + - * / % >> < … of these operands computed unsigned (as 64 bits)? For shifts pass the left
 * type twice. */
bool check_is_unsigned(struct type a, struct type b);

#endif
