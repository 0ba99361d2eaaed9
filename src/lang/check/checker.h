/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the files of the checker share.
 *
 * resolve.c looks at each clause once: names, arity, formats, parameters, and which facts decide
 * how its probes are grouped (units.c). The check_*.c files then type a unit's tree, again and
 * again: quietly until no map or variable changes (check.c), once aloud, and once more for each
 * unit when it is lowered. So they only ever set the nodes' "check:" fields, never the tree.
 * TYPE_UNKNOWN means "not yet" or "an error was reported": it causes no further message.
 */
#ifndef LANG_CHECK_CHECKER_H
#define LANG_CHECK_CHECKER_H

#include <skep/btf.h>

#include "lang/check/check.h"
#include "lang/probe/probe.h"

/* Bounds of one script, so that searches through lists stay short. */
#define CHECK_MAX_MAPS	  512
#define CHECK_MAX_VARS	  256
#define CHECK_MAX_KEYS	  32
#define CHECK_MAX_STRINGS 512
#define CHECK_MAX_FIELDS  128
#define CHECK_MAX_PASSES  32  /* until types are stable: one reversed chain of that many maps */
#define CHECK_MAX_ERRORS  100 /* then checking ends: the rest follows from these */

#define KEY_SIZE_INT 8

struct map_state {
	struct map_def def;	   /* first: map_def pointers are cast back */
	struct lang_loc keys_loc;  /* the use that decided the keys */
	struct lang_loc value_loc; /* the assignment that decided the value */
	bool plain;		   /* changed by other means than ++ -- += -= */
	bool constant;		   /* only constants >= 0 were assigned: may still be a pointer */
};

struct var_state {
	struct var_def def; /* first */
	uint32_t pass;	    /* the pass that has seen it assigned */
	bool constant;	    /* as in map_state */
};

struct unit_state {
	struct unit unit; /* first */
	struct var_def *vars, **vars_end;
	uint32_t nvars;
};

struct field_use {
	const char *name;
	struct field_use *next;
};

/* What a clause uses, found before anything is typed. */
struct clause_facts {
	struct field_use *fields; /* members of args */
	uint32_t nfields;
	bool uses_args, uses_probe, uses_func;
};

struct enumerator {
	const char *name;
	int64_t value;
	struct enumerator *next;
};

struct checker {
	struct checked pub; /* first */
	struct lang_context *cx;
	struct unit_state *unit;    /* being typed */
	struct clause_facts *facts; /* of the clause being resolved */
	struct map_def **maps_end;
	struct enumerator *enumerators;
	uint32_t nenumerators;
	size_t strings_cap;
	uint32_t pass;
	bool changed;	  /* a type grew in this pass */
	bool lost_clause; /* one has no probe left: what it assigns is not known */
	bool failed;	  /* no memory */
};

/* A buffer for type_name(). */
struct type_text {
	char buf[128];
};
#define TYPE_TEXT(type) type_name((type), (struct type_text){{0}}.buf, sizeof(struct type_text))

static inline struct type type_int(uint32_t size, bool is_signed)
{
	return (struct type){.kind = TYPE_INT, .size = size, .is_signed = is_signed};
}

static inline struct type type_of_kind(enum type_kind kind, uint32_t size)
{
	return (struct type){.kind = kind, .size = size};
}

static inline const struct probe *check_probe(const struct checker *ck)
{
	return ck->unit->unit.probes[0];
}

/* resolve.c: returns 0 or -ENOMEM. */
int resolve_clause(struct checker *ck, struct clause *clause, struct clause_facts *facts);
/* Is it a builtin or function that bpftrace has and skep has not yet? */
bool resolve_is_later(const char *name);
/* Index of a string in plan->strings. */
uint32_t check_intern(struct checker *ck, const char *text);
/* resolve_call.c: name, arity, and what depends on the text alone. */
void resolve_call(struct checker *ck, struct expr *call);
void resolve_expr(struct checker *ck, struct expr *e);

/* units.c: appends the units of one clause, whose probes are list[first…]. 0 or -ENOMEM. */
int units_make(struct checker *ck, struct clause *clause, const struct clause_facts *facts,
	       struct probe_list *list, size_t first);

/* merge.c: makes *type hold @value of @from too. *@constant: see map_state. Returns false when
 * they do not fit together; *@changed is set when *type grew. */
bool type_merge(struct type *type, const struct expr *value, bool *constant, bool *changed);
/* The same for a key, where integers and pointers may be mixed. */
bool type_merge_key(struct type *type, const struct expr *value, bool *changed);
/* Can it be a map's key or value, or a variable's? */
bool type_is_storable(enum type_kind kind);

/* check_expr.c */
void check_expr(struct checker *ck, struct expr *e);
/* Types e and reports when it has no value or one that cannot be computed with. */
void check_value(struct checker *ck, struct expr *e);
void check_condition(struct checker *ck, struct expr *e);
/* Types a string literal that is not a value of the program (a format): of any length. */
void check_literal(struct expr *e);
/* Makes a constant of e. */
void check_set_const(struct expr *e, int64_t value);

/* check_op.c */
void check_unary(struct checker *ck, struct expr *e);
void check_binary(struct checker *ck, struct expr *e);
void check_ternary(struct checker *ck, struct expr *e);

/* check_builtin.c */
void check_builtin(struct checker *ck, struct expr *e);

/* check_field.c, btf_type.c */
void check_field(struct checker *ck, struct expr *e);
void check_index(struct checker *ck, struct expr *e);
void check_deref(struct checker *ck, struct expr *e);
/* The language's type for a BTF type; TYPE_UNKNOWN when it has none (float, function). */
struct type type_from_btf(const struct btfr *btf, uint32_t id, bool is_user);
/* Pointer to the BTF type. */
struct type type_pointer_to(const struct btfr *btf, uint32_t id, bool is_user);
/* The type with that C spelling ("int32", "unsigned char *", "struct x *"); false: no such. */
bool type_from_name(const struct btfr *btf, const char *name, bool is_user, struct type *type);

/* check_cast.c */
void check_cast(struct checker *ck, struct expr *e);

/* check_map.c */
struct map_def *map_intern(struct checker *ck, const struct expr *e);
void check_map_read(struct checker *ck, struct expr *e);
/* Keys only: for what changes or names an entry. Returns false after an error. */
bool check_map_keys(struct checker *ck, struct expr *e);
void check_map_assign(struct checker *ck, struct expr *target, struct expr *value, enum expr_op op);
void check_map_step(struct checker *ck, struct expr *e);
/* Reports maps without a value or type, after the last pass. */
void check_maps_complete(struct checker *ck);

/* check_var.c */
void check_var_read(struct checker *ck, struct expr *e);
void check_var_assign(struct checker *ck, struct expr *target, struct expr *value, enum expr_op op);
void check_var_step(struct checker *ck, struct expr *e);

/* check_call.c: a function's arguments. Each argument is typed by the check_ID() that wants it. */
void check_call(struct checker *ck, struct expr *call);
/* The call on the right of `@m =`: aggregations are allowed. */
void check_aggregation(struct checker *ck, struct expr *call);
/* Types argument n and wants an integer (or pointer, with @ptr); false after an error. */
bool check_int_arg(struct checker *ck, struct expr *call, uint32_t n, bool ptr);
/* As above, a constant from @least to @most. */
bool check_const_arg(struct checker *ck, struct expr *call, uint32_t n, int64_t least,
		     int64_t most);
bool check_string_arg(struct checker *ck, struct expr *call, uint32_t n);
void check_arg_error(struct checker *ck, struct expr *call, uint32_t n, const char *wanted);

#define FUNCTION(ID, name, min, max, flags, summary) \
	void check_##ID(struct checker *ck, struct expr *call);
#include "lang/builtin/functions.h"

#endif
