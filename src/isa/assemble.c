// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The assembler: tries the text against every row of the opcode table, reading fields at the %
 * marks, and takes the first row that matches whole and decodes to itself. Slow (a few
 * microseconds a line) and simple; programs are built with the constructors.
 */
#include "isa/opcodes.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Fields read so far. A mark that comes twice must say the same both times. */
struct fields {
	struct bpf_insn insn;
	uint32_t upper;
	bool has_dst, has_src;
};

static const char *skip_space(const char *s)
{
	while (isspace((unsigned char)*s))
		s++;
	return s;
}

/* Read "rN" or "wN" in *s. */
static bool read_reg(const char **s, char letter, unsigned int *reg)
{
	const char *p = *s;

	if (*p++ != letter || !isdigit((unsigned char)*p))
		return false;
	*reg = (unsigned int)(*p++ - '0');
	if (*reg == 1 && *p == '0') {
		*reg = 10;
		p++;
	}
	*s = p;
	return !isalnum((unsigned char)*p);
}

/* Read a number in [min, max]; hex has 0x and no sign, decimal perhaps a sign. */
static bool read_num(const char **s, bool hex, int64_t min, int64_t max, int64_t *value)
{
	const char *p = *s;
	char *end;
	unsigned long long u;

	if (hex) {
		if (p[0] != '0' || p[1] != 'x' || !isxdigit((unsigned char)p[2]))
			return false;
		errno = 0;
		u = strtoull(p, &end, 16);
		*s = end;
		*value = (int64_t)u;
		return !errno && (max == INT64_MAX || u <= (unsigned long long)max);
	}
	if (!isdigit((unsigned char)p[*p == '+' || *p == '-']))
		return false;
	errno = 0;
	*value = strtoll(p, &end, 10);
	*s = end;
	return !errno && *value >= min && *value <= max;
}

static bool read_dst(const char **s, char letter, struct fields *f)
{
	unsigned int reg;

	if (!read_reg(s, letter, &reg) || (f->has_dst && f->insn.dst_reg != reg))
		return false;
	f->has_dst = true;
	f->insn.dst_reg = reg & 0xf;
	return true;
}

static bool read_src(const char **s, char letter, struct fields *f)
{
	unsigned int reg;

	if (!read_reg(s, letter, &reg) || (f->has_src && f->insn.src_reg != reg))
		return false;
	f->has_src = true;
	f->insn.src_reg = reg & 0xf;
	return true;
}

static bool read_imm(const char **s, bool hex, struct fields *f)
{
	int64_t v;

	if (!read_num(s, hex, INT32_MIN, hex ? UINT32_MAX : INT32_MAX, &v))
		return false;
	f->insn.imm = (int32_t)v;
	return true;
}

/* Read `prefix`, the immediate, and "]". */
static bool read_map(const char **s, const char *prefix, struct fields *f)
{
	size_t len = strlen(prefix);

	if (strncmp(*s, prefix, len))
		return false;
	*s += len;
	return read_imm(s, false, f) && *(*s)++ == ']';
}

/*
 * Read "name" of a helper, or "name#id", where a name that is known must belong to the id. Kernel
 * functions have no names here: "kernel-function#id".
 */
static bool read_call(const char **s, bool helper, struct fields *f)
{
	size_t len = strcspn(*s, "# \t\n");
	char name[64];
	int id;

	if (len == 0 || len >= sizeof(name))
		return false;
	memcpy(name, *s, len);
	name[len] = '\0';
	*s += len;
	if (helper == !strcmp(name, "kernel-function"))
		return false;
	id = isa_helper_id(name);
	if (**s == '#') {
		++*s;
		return read_imm(s, false, f) && (id < 0 || id == f->insn.imm);
	}
	f->insn.imm = id;
	return id > 0;
}

static bool read_mark(const char **s, char mark, struct fields *f)
{
	unsigned int class = BPF_CLASS(f->insn.code);
	char letter = class == BPF_ALU || class == BPF_JMP32 ? 'w' : 'r';
	int64_t v;

	switch (mark) {
	case 'd': return read_dst(s, letter, f);
	case 's': return read_src(s, letter, f);
	case 'D': return read_dst(s, 'r', f);
	case 'S': return read_src(s, 'r', f);
	case 'o':
		if (!read_num(s, false, INT16_MIN, INT16_MAX, &v))
			return false;
		f->insn.off = (int16_t)v;
		return true;
	case 'r':
	case 'i': return read_imm(s, false, f);
	case 'x': return read_imm(s, true, f);
	case 'q':
		if (!read_num(s, true, INT64_MIN, INT64_MAX, &v))
			return false;
		f->insn.imm = (int32_t)v;
		f->upper = (uint32_t)((uint64_t)v >> 32);
		return true;
	case 'v':
		if (!read_num(s, false, 0, UINT32_MAX, &v))
			return false;
		f->upper = (uint32_t)v;
		return true;
	case 'm': return read_map(s, "map[fd:", f);
	case 'M': return read_map(s, "map[idx:", f);
	case 'h': return read_call(s, true, f);
	case 'k': return read_call(s, false, f);
	default: return *(*s)++ == mark;
	}
}

static bool read_row(const struct isa_op *op, const char *s, struct fields *f)
{
	for (const char *t = op->text; *t; t++) {
		if (*t == ' ') {
			s = skip_space(s);
			continue;
		}
		if (*t == '%') {
			if (!read_mark(&s, *++t, f))
				return false;
		} else if (*s++ != *t) {
			return false;
		}
	}
	return *skip_space(s) == '\0';
}

int isa_assemble(const char *text, struct bpf_insn insns[2])
{
	text = skip_space(text);
	for (int id = ISA_OP_NONE + 1; id < ISA_OP_CNT; id++) {
		const struct isa_op *op = &isa_ops[id];
		struct fields f = {.insn = {.code = op->code}};

		f.insn.src_reg = op->src_value & 0xf;
		f.insn.off = (int16_t)op->off.value;
		f.insn.imm = op->imm.value;
		if (!read_row(op, text, &f) || isa_decode(&f.insn) != op)
			continue;
		insns[0] = f.insn;
		if (isa_insn_slots(&f.insn) == 1)
			return 1;
		insns[1] = ISA_LD_IMM64_HI(f.upper);
		return 2;
	}
	return -EINVAL;
}
