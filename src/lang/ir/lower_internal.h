/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the files of the lowering share.
 *
 * lower.c        the script: plan, programs, attachments
 * lower_memory.c memory of a program: stack, scratch, copies
 * lower_error.c  cold paths that count what went wrong
 * lower_probe.c  context: arguments, return value, filters of system calls
 * lower_expr.c   expressions       lower_string.c  strings
 * lower_stmt.c   statements        lower_map.c     maps and aggregations
 * lower_event.c  functions that send an event      lower_call.c  the other functions
 */
#ifndef LANG_LOWER_INTERNAL_H
#define LANG_LOWER_INTERNAL_H

#include "lang/check/check.h"
#include "lang/ir/ir.h"
#include "lang/ir/lower.h"

/* Memory that a program can address: base register plus constant offset. */
struct mem {
	ir_reg base;
	int32_t off;
};

/* The value of an expression: in a register or constant, or bytes in memory. */
struct value {
	bool in_memory;
	struct ir_arg arg; /* !in_memory */
	struct mem mem;	   /* in_memory */
	uint32_t size;	   /* in_memory: bytes */
};

/* A temporary on the stack that later statements may use again. */
struct stack_slot {
	ir_mem mem;
	uint32_t size;
	bool busy;
};

/* A path taken when something failed, written behind the program's end. */
struct cold {
	ir_label label, back;
	struct ir_arg error; /* what is stored as the last error */
	uint32_t site;	     /* index in plan->errors */
	ir_reg result;	     /* set to result_value, or IR_NOREG */
	int64_t result_value;
	uint32_t full_site; /* counts -E2BIG instead; LANG_NONE: no such case */
	struct cold *next;
};

#define STACK_SLOTS 64

struct lower {
	struct lang_context *cx;
	struct checked *checked;
	struct lang_arena *arena;
	struct lang_plan *plan;
	size_t maps_cap, programs_cap, attaches_cap, events_cap, errors_cap, names_cap;
	uint32_t globals_size;
	uint32_t scratch_map;  /* index in plan->maps, or LANG_NONE */
	uint32_t scratch_size; /* of the largest program */
	uint32_t lost_site;    /* LANG_RT_LOST_EVENT, or LANG_NONE */
	bool needs_ring, big_ring;
	bool clock_known;    /* plan->boot_clock was asked for */
	uint8_t *map_shared; /* by map index: updated by code that may interrupt itself */

	/* of the unit */
	struct unit *unit;
	struct probe *probe;
	struct ir_function *fn;
	ir_reg ctx;
	ir_label out;	     /* leave; nothing to release */
	ir_label release;    /* leave from the body */
	ir_reg syscall_nr;   /* raw system calls: the number; else IR_NOREG */
	ir_reg regs;	     /* raw system calls: struct pt_regs * */
	uint32_t probe_base; /* several raw system calls: id of number 0; else LANG_NONE */
	ir_reg scratch;
	uint32_t scratch_used, scratch_peak;
	struct stack_slot slots[STACK_SLOTS];
	uint32_t nslots;
	struct cold *cold, **cold_end;
	uint32_t conditional;	  /* depth of code that may be skipped: nothing is cached there */
	ir_reg pid_tgid, uid_gid; /* cached helper results, or IR_NOREG */
	bool too_big;
};

/* lower_memory.c: alignment is 8. Temporaries live until the statement ends. */
struct mem mem_alloc(struct lower *lw, uint32_t size);
struct mem mem_alloc_kept(struct lower *lw, uint32_t size); /* until the program ends */
void mem_end_statement(struct lower *lw, uint32_t scratch_mark);
struct mem mem_at(struct mem mem, int32_t off);
struct ir_arg mem_addr(struct lower *lw, struct mem mem);
void mem_zero(struct lower *lw, struct mem mem, uint32_t size);
void mem_copy(struct lower *lw, struct mem to, struct mem from, uint32_t size);
void mem_store_bytes(struct lower *lw, struct mem to, const char *bytes, uint32_t length,
		     uint32_t size);
/* Claims and releases scratch memory; the code is spliced in behind @after. */
void mem_claim_scratch(struct lower *lw, struct ir_insn *after);
void mem_release_scratch(struct lower *lw);

/* lower_error.c */
uint32_t error_site(struct lower *lw, enum lang_runtime_error kind, struct lang_loc loc,
		    uint32_t map, const char *what);
/* If `a cond b`: count site with @error, set @result (may be IR_NOREG) to @result_value,
 * and go to @back (IR_NOLABEL: on with the next instruction). */
void error_branch(struct lower *lw, uint8_t cond, struct ir_arg a, struct ir_arg b,
		  struct ir_arg error, uint32_t site, ir_reg result, int64_t result_value,
		  ir_label back);
/* After a map update: counts E2BIG as a full map and the rest as a failed update. */
void error_check_update(struct lower *lw, ir_reg rc, const struct map_def *map, struct lang_loc loc,
			ir_label back);
void error_emit_cold(struct lower *lw);

/* lower_probe.c */
void probe_begin(struct lower *lw);
ir_reg probe_argument(struct lower *lw, uint32_t n, struct lang_loc loc);
ir_reg probe_retval(struct lower *lw);
struct value probe_field(struct lower *lw, const struct expr *e);
struct mem probe_field_mem(struct lower *lw, const struct expr *e);
/* data_loc fields: address of the bytes */
ir_reg probe_data_loc(struct lower *lw, const struct lang_field *field);
bool probe_pointers_are_user(const struct lower *lw);

/* lower_expr.c */
struct value lower_expr(struct lower *lw, const struct expr *e);
struct ir_arg lower_scalar(struct lower *lw, const struct expr *e);
/* Jumps to @no when the condition does not hold, else goes on. */
void lower_condition(struct lower *lw, const struct expr *e, ir_label no);
/* Writes the value in the form of @type (a key, value or record field) to @to.
 * @padded: bytes behind a string's end must be zero (keys, map values). */
void lower_into(struct lower *lw, const struct expr *e, struct type type, struct mem to,
		bool padded);
/* Reads memory of the traced program or the kernel; counts unreadable pointers. */
void lower_probe_read(struct lower *lw, struct mem to, struct ir_arg size, struct ir_arg from,
		      const struct expr *e, bool is_user, bool is_known);
bool type_is_unsigned64(const struct expr *e);
struct ir_arg lower_arith(struct lower *lw, enum expr_op op, struct ir_arg a, struct ir_arg b,
			  bool is_unsigned, struct lang_loc loc);
bool expr_has_effect(const struct expr *e);

/* The address of a structure or array, to be read by a helper. */
struct ir_arg lower_place_address(struct lower *lw, const struct expr *e, bool *is_user,
				  bool *is_known);

/* lower_string.c */
void string_into(struct lower *lw, const struct expr *e, struct mem to, uint32_t size, bool padded);
/* Reads a string; returns the helper's result (its length with NUL, or negative). */
ir_reg string_read(struct lower *lw, struct mem to, struct ir_arg size, const struct expr *pointer);
/* @no: jumped to when they differ (or, with @negate, when they are equal). */
void string_compare(struct lower *lw, const struct expr *a, const struct expr *b, uint32_t limit,
		    bool negate, ir_label no);

/* lower_map.c */
struct value map_read(struct lower *lw, const struct expr *e);
void map_assign(struct lower *lw, const struct expr *target, enum expr_op op,
		const struct expr *value);
void map_aggregate(struct lower *lw, const struct expr *target, const struct expr *call);
struct value map_incdec(struct lower *lw, const struct expr *e);
void map_step(struct lower *lw, const struct expr *e); /* ++ or -- whose value nobody wants */
void map_delete(struct lower *lw, const struct map_def *map, struct expr *const *keys);
ir_reg map_has_key(struct lower *lw, const struct map_def *map, struct expr *const *keys);
ir_reg map_count(struct lower *lw, const struct map_def *map);
uint32_t map_key_size(const struct map_def *map);
uint32_t type_stored_size(struct type type);
enum lang_map_kind map_kind(const struct map_def *map);
void map_describe(struct lower *lw, struct map_def *map);
struct lang_data_field data_field(struct type type, uint32_t offset, uint32_t size);

/* lower_event.c */
uint32_t event_string(struct lower *lw, const char *text);
void lower_event(struct lower *lw, const struct expr *call);

/* lower_call.c */
struct value lower_call(struct lower *lw, const struct expr *call);
ir_reg call_pid_tgid(struct lower *lw);
struct value value_scalar(struct ir_arg arg);
struct value value_memory(struct mem mem, uint32_t size);

#endif
