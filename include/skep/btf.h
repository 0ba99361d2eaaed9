/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Reader of BTF, the kernel's description of its types and functions, for data that may be hostile:
 * every record is checked when the data is opened, and every accessor accepts any id. Loops of
 * types end by a limit. Only the host's byte order is read.
 *
 * A type is a number, as in libbpf: 0 is void, 1.. are records. Where a type is asked for and
 * cannot be told (a loop, an id outside the data) the answer is BTFR_NO_TYPE, which every accessor
 * takes as an unknown type. Strings belong to the data and live until btfr_close(); a name is never
 * NULL, "" means no name.
 *
 * The first lookup by name builds an index inside struct btfr: after it (or btfr_by_name(b,
 * BTFR_ALL, "")) one struct btfr may be read by several threads.
 */
#ifndef SKEP_BTF_H
#define SKEP_BTF_H

#include <linux/btf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BTFR_NO_TYPE UINT32_MAX /* not a type */

/* Sets of kinds, for lookups: BTFR_K(STRUCT) | BTFR_K(UNION). */
#define BTFR_K(kind) (1u << BTF_KIND_##kind)
#define BTFR_ALL     UINT32_MAX
#define BTFR_MODS \
	(BTFR_K(TYPEDEF) | BTFR_K(VOLATILE) | BTFR_K(CONST) | BTFR_K(RESTRICT) | BTFR_K(TYPE_TAG))

struct btfr;

/* Why opening failed. */
struct btfr_error {
	uint32_t id;	  /* the record at fault, 0 for the header */
	size_t off;	  /* its offset in the data, in bytes */
	const char *text; /* static, for people */
};

/*
 * Open BTF in memory, which is borrowed: it must stay, unchanged, until btfr_close(), and be
 * aligned to 4 bytes. base (or NULL) is the BTF that this one extends, as vmlinux for a module's;
 * it is borrowed too, and gets its name index by the first lookup in this one. *err (err may be
 * NULL) is set on -EINVAL and -ENOTSUP. Returns 0 and *out; -EINVAL: malformed; -ENOTSUP: other
 * byte order or version; -ENOMEM.
 */
int btfr_open_mem(const void *data, size_t len, struct btfr *base, struct btfr **out,
		  struct btfr_error *err);

/*
 * The same for a file of bare BTF such as /sys/kernel/btf/vmlinux; the contents are owned.
 * Also returns -errno of open and read; -EFBIG above 256 MB.
 */
int btfr_open_file(const char *path, struct btfr *base, struct btfr **out, struct btfr_error *err);

/* Free; NULL is fine. The base stays open. */
void btfr_close(struct btfr *b);

/* One more than the highest id, base included. Ids of this BTF without its base begin at
 * btfr_id_begin(), which is 1 without a base. */
uint32_t btfr_id_end(const struct btfr *b);
uint32_t btfr_id_begin(const struct btfr *b);

/* BTF_KIND_*; BTF_KIND_UNKN for void and for what is not a type. */
unsigned int btfr_kind(const struct btfr *b, uint32_t id);

/* The type's own name. */
const char *btfr_name(const struct btfr *b, uint32_t id);

/*
 * The first type after `after` (0 to begin) of one of the kinds, or 0 at the end:
 *     for (id = 0; (id = btfr_next(b, BTFR_K(FUNC), id));)
 */
uint32_t btfr_next(const struct btfr *b, uint32_t kinds, uint32_t after);

/*
 * The lowest id of one of these kinds with this name, the base's first; 0 if there is none.
 * Builds the index; without memory for it, searches all types.
 */
uint32_t btfr_by_name(struct btfr *b, uint32_t kinds, const char *name);

/*
 * What a pointer, typedef, modifier, function (its prototype), variable or tag refers to, or a
 * prototype's return type; BTFR_NO_TYPE for other kinds.
 */
uint32_t btfr_target(const struct btfr *b, uint32_t id);

/* The type below typedefs, const, volatile, restrict and type tags; BTFR_NO_TYPE for a loop. */
uint32_t btfr_skip_mods(const struct btfr *b, uint32_t id);

/*
 * Bytes of a value of this type, modifiers looked through. -EINVAL if it has none (void, forward,
 * function), is a loop, or does not fit.
 */
int64_t btfr_size(const struct btfr *b, uint32_t id);

/* Members, enumerators, parameters or variables that follow the record; 0 for other kinds. */
unsigned int btfr_vlen(const struct btfr *b, uint32_t id);

/* An integer type. */
struct btfr_int {
	uint32_t size;	 /* bytes */
	uint8_t bits;	 /* its width, <= 8 * size */
	uint8_t bit_off; /* of the value within size bytes; not 0 only in old bit fields */
	bool is_signed;
	bool is_char;
	bool is_bool;
};

/* Modifiers looked through. Returns 0 or -EINVAL if it is not an integer. */
int btfr_int(const struct btfr *b, uint32_t id, struct btfr_int *out);

/* An array type. */
struct btfr_array {
	uint32_t elem;	/* type */
	uint32_t index; /* type */
	uint32_t cnt;	/* elements; 0 for a flexible array */
};

/* Modifiers looked through. Returns 0 or -EINVAL if it is not an array. */
int btfr_array(const struct btfr *b, uint32_t id, struct btfr_array *out);

/* What a pointer points to, modifiers of the pointer looked through; else BTFR_NO_TYPE. */
uint32_t btfr_ptr_target(const struct btfr *b, uint32_t id);

/* A member of a structure or union. */
struct btfr_member {
	const char *name; /* "" if anonymous */
	uint32_t type;
	uint32_t bit_off;  /* from the beginning of the type that was asked */
	uint32_t bit_size; /* width of a bit field, 0 for an ordinary member */
};

/*
 * Member number i < btfr_vlen() as written. Modifiers of id are looked through.
 * Returns 0 or -EINVAL (not a structure or union), -ERANGE.
 */
int btfr_member_at(const struct btfr *b, uint32_t id, unsigned int i, struct btfr_member *out);

/*
 * The member of this name, also inside anonymous members. Modifiers of id are looked through.
 * Returns 0, -EINVAL (not a structure or union), -ENOENT, or -ELOOP if the anonymous members
 * nest too deeply or are too many to search.
 */
int btfr_member(const struct btfr *b, uint32_t id, const char *name, struct btfr_member *out);

/* A value of an enumeration. */
struct btfr_enum {
	const char *name;
	int64_t value;	/* bits of the value: sign-extended if signed, else zero-extended */
	bool is_signed; /* a property of the whole enumeration */
};

/*
 * Enumerator number i < btfr_vlen() of an enum or enum64. Modifiers of id are looked through.
 * Returns 0, -EINVAL or -ERANGE.
 */
int btfr_enum_at(const struct btfr *b, uint32_t id, unsigned int i, struct btfr_enum *out);

/* The enumerator of this name within one enumeration. Returns 0, -EINVAL or -ENOENT. */
int btfr_enum_by_name(const struct btfr *b, uint32_t id, const char *name, struct btfr_enum *out);

/* Name of the first enumerator with this value; NULL if there is none or id is no enumeration. */
const char *btfr_enum_name(const struct btfr *b, uint32_t id, int64_t value);

/*
 * The enumerator of this name in any enumeration, as C's one name space has it. *id (may be NULL)
 * is the enumeration. Searches all enumerations: about a millisecond for a kernel.
 * Returns 0 or -ENOENT.
 */
int btfr_enumerator(const struct btfr *b, const char *name, struct btfr_enum *out, uint32_t *id);

/* A parameter of a function. */
struct btfr_param {
	const char *name;
	uint32_t type; /* 0 with no name, at the end: variable arguments */
};

/* The prototype of a function; a prototype is its own. Otherwise BTFR_NO_TYPE. */
uint32_t btfr_proto(const struct btfr *b, uint32_t id);

/* The number of parameters of a function or prototype. -EINVAL for other types. */
int btfr_param_cnt(const struct btfr *b, uint32_t id);

/* Parameter i of a function or prototype. Returns 0, -EINVAL or -ERANGE. */
int btfr_param_at(const struct btfr *b, uint32_t id, unsigned int i, struct btfr_param *out);

/* The return type of a function or prototype (0: void); BTFR_NO_TYPE for other types. */
uint32_t btfr_ret_type(const struct btfr *b, uint32_t id);

/* Linkage of a function (BTF_FUNC_*) or variable (BTF_VAR_*); -EINVAL for other types. */
int btfr_linkage(const struct btfr *b, uint32_t id);

/* A variable of a section. */
struct btfr_secinfo {
	uint32_t type; /* of kind VAR */
	uint32_t off;  /* bytes from the section's beginning */
	uint32_t size; /* bytes */
};

/* Variable number i < btfr_vlen() of a section. Returns 0, -EINVAL or -ERANGE. */
int btfr_secinfo_at(const struct btfr *b, uint32_t id, unsigned int i, struct btfr_secinfo *out);

/*
 * A declaration tag: which member or parameter of btfr_target() it is about, -1 for the whole.
 * Returns 0 or -EINVAL.
 */
int btfr_decl_tag(const struct btfr *b, uint32_t id, int32_t *component);

/* Whether a forward declaration is of a union (else a structure), or an enumeration is signed. */
bool btfr_kflag(const struct btfr *b, uint32_t id);

#endif
