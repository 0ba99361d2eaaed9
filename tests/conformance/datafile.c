// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The reader of conformance programs: a line assembler with labels, run twice over the text, so
 * that labels are known in the second pass. It writes instructions with the constructors, so that
 * programs also test those.
 */
#include "datafile.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CNT(a) (sizeof(a) / sizeof((a)[0]))

const char *const datafile_own[] = {
	"-- asm\nmov %r0, 7\nmov32 %r1, -1\nadd %r0, %r1\nrsh %r0, 28\nexit\n-- result\n0x10\n",
	"-- asm\nlddw %r1, 0x8000000000000001\nmovsx864 %r0, %r1\nneg %r0\nadd32 %r0, 3\nexit\n"
	"-- result\n2\n",
	"-- asm\nstw [%r10-4], -2\nldxsw %r1, [%r10-4]\njsgt %r1, -3, low\nmov %r0, 1\nexit\nlow:\n"
	"ldxw %r0, [%r10-4]\njgt32 %r0, 5, exit\nmov %r0, 0\nexit\n-- result\n0xfffffffe\n",
	"-- asm\nmov %r1, 20\ncall local twice\nja32 end\nend:\nexit\ntwice:\nmov %r0, %r1\n"
	"lsh %r0, 1\nexit\n-- result\n40\n",
	"-- asm\nstdw [%r10-8], 5\nmov %r1, 3\nlock fetch add [%r10-8], %r1\nmov %r0, 8\n"
	"lock cmpxchg [%r10-8], %r1\nldxdw %r1, [%r10-8]\nlsh %r0, 8\nor %r0, %r1\nexit\n"
	"-- result\n0x805\n",
	"-- asm\nmov %r0, -7\nsdiv %r0, 2\nsmod32 %r0, -2\nmov %r2, 0x1234\nbswap16 %r2\nxor %r0, "
	"%r2\n"
	"exit\n-- result\n0xffffcbed\n",
	NULL,
};

_Noreturn static void bad(const struct datafile *p)
{
	fprintf(stderr, "%s: not understood: %s\n", p->name, p->line);
	exit(1);
}

static int64_t number(const struct datafile *p, const char *s)
{
	char *end;
	bool minus = *s == '-';
	uint64_t u = strtoull(s + (minus || *s == '+'), &end, 0);

	if (*end)
		bad(p);
	return (int64_t)(minus ? -u : u);
}

static int reg(const char *s)
{
	return s[0] == '%' && s[1] == 'r' ? atoi(s + 2) : -1;
}

/* Slots from the next instruction to a label or a distance; "exit" is the last instruction. */
static int target(const struct datafile *p, const char *s)
{
	if (!p->second_pass)
		return 0;
	for (size_t i = 0; i < p->label_cnt; i++)
		if (!strcmp(p->labels[i], s))
			return (int)p->label_at[i] - (int)p->cnt - 1;
	if (strcmp(s, "exit"))
		return (int)number(p, s);
	for (int i = (int)p->cnt; i < DATAFILE_INSN_MAX; i++)
		if (p->insns[i].code == (BPF_JMP | BPF_EXIT))
			return i - (int)p->cnt - 1;
	bad(p);
}

static const struct {
	const char *name;
	int op;
} alu[] =
	{
		{"add", BPF_ADD}, {"sub", BPF_SUB}, {"mul", BPF_MUL}, {"div", BPF_DIV},
		{"or", BPF_OR},	  {"and", BPF_AND}, {"lsh", BPF_LSH}, {"rsh", BPF_RSH},
		{"mod", BPF_MOD}, {"xor", BPF_XOR}, {"mov", BPF_MOV}, {"arsh", BPF_ARSH},
},
  jmp[] =
	  {
		  {"jeq", BPF_JEQ},   {"jne", BPF_JNE},	  {"jgt", BPF_JGT},   {"jge", BPF_JGE},
		  {"jlt", BPF_JLT},   {"jle", BPF_JLE},	  {"jset", BPF_JSET}, {"jsgt", BPF_JSGT},
		  {"jsge", BPF_JSGE}, {"jslt", BPF_JSLT}, {"jsle", BPF_JSLE},
},
  sizes[] = {
	  {"b", BPF_B},
	  {"h", BPF_H},
	  {"w", BPF_W},
	  {"dw", BPF_DW},
};

static void put(struct datafile *p, struct bpf_insn insn)
{
	if (p->cnt == DATAFILE_INSN_MAX)
		bad(p);
	p->insns[p->cnt++] = insn;
}

/* If `name` is `word`, perhaps with "32" behind it. */
static bool is_word(const char *name, const char *word, bool *is32)
{
	size_t len = strlen(word);

	*is32 = !strcmp(name + strnlen(name, len), "32");
	return !strncmp(name, word, len) && (*is32 || !name[len]);
}

static bool put_alu(struct datafile *p, const char *name, const char *a, const char *b)
{
	bool sign = !strncmp(name, "sdiv", 4) || !strncmp(name, "smod", 4), is32;
	int c, src = reg(b);

	for (size_t i = 0; i < CNT(alu); i++) {
		if (!is_word(name + sign, alu[i].name, &is32))
			continue;
		c = alu[i].op | (is32 ? BPF_ALU : BPF_ALU64);
		put(p, src < 0 ? ISA_INSN(c | BPF_K, reg(a), 0, sign, number(p, b))
			       : ISA_INSN(c | BPF_X, reg(a), src, sign, 0));
		return true;
	}
	return false;
}

static bool put_unary(struct datafile *p, const char *name, const char *a, const char *b)
{
	size_t len = strcspn(name, "0123456789");
	int bits = atoi(name + len);

	if (is_word(name, "neg", &(bool){false}))
		put(p, bits ? ISA_NEG32(reg(a)) : ISA_NEG64(reg(a)));
	else if (!strncmp(name, "le", len) && bits)
		put(p, ISA_TO_LE(reg(a), bits));
	else if (!strncmp(name, "be", len) && bits)
		put(p, ISA_TO_BE(reg(a), bits));
	else if ((!strncmp(name, "bswap", len) || !strncmp(name, "swap", len)) && bits)
		put(p, ISA_BSWAP(reg(a), bits));
	else if (!strncmp(name, "movsx", 5) && bits % 100 == 32)
		put(p, ISA_MOVSX32_REG(reg(a), reg(b), bits / 100));
	else if (!strncmp(name, "movsx", 5))
		put(p, ISA_MOVSX64_REG(reg(a), reg(b), bits / 100));
	else
		return false;
	return true;
}

static bool put_jump(struct datafile *p, const char *name, char **arg)
{
	bool is32;

	for (size_t i = 0; i < CNT(jmp); i++) {
		int op = jmp[i].op, src = reg(arg[1]), to;

		if (!is_word(name, jmp[i].name, &is32))
			continue;
		to = target(p, arg[2]);
		if (src < 0 && is32)
			put(p, ISA_JMP32_IMM(op, reg(arg[0]), number(p, arg[1]), to));
		else if (src < 0)
			put(p, ISA_JMP_IMM(op, reg(arg[0]), number(p, arg[1]), to));
		else if (is32)
			put(p, ISA_JMP32_REG(op, reg(arg[0]), src, to));
		else
			put(p, ISA_JMP_REG(op, reg(arg[0]), src, to));
		return true;
	}
	return false;
}

/* "[%r1+2]" */
static int mem(const struct datafile *p, char *s, int *off)
{
	size_t len = strlen(s);
	char *sign;

	if (*s != '[' || s[len - 1] != ']')
		bad(p);
	s[len - 1] = '\0';
	sign = s + strcspn(s, "+-");
	*off = *sign ? (int)number(p, sign) : 0;
	return reg(s + 1);
}

static bool put_mem(struct datafile *p, const char *name, char **arg)
{
	bool load = !strncmp(name, "ldx", 3), stx = !strncmp(name, "stx", 3), sign;
	int base, off;

	if (!load && strncmp(name, "st", 2))
		return false;
	name += load || stx ? 3 : 2;
	sign = load && *name == 's';
	name += sign;
	for (size_t i = 0; i < CNT(sizes); i++) {
		int size = sizes[i].op;

		if (strcmp(name, sizes[i].name))
			continue;
		base = mem(p, arg[!!load], &off);
		if (load && sign)
			put(p, ISA_LDXSX(size, reg(arg[0]), base, off));
		else if (load)
			put(p, ISA_LDX(size, reg(arg[0]), base, off));
		else if (stx)
			put(p, ISA_STX(size, base, reg(arg[1]), off));
		else
			put(p, ISA_ST(size, base, off, number(p, arg[1])));
		return true;
	}
	return false;
}

/* lock [fetch] OP [%r10-8], %r1 */
static void put_atomic(struct datafile *p, char **word)
{
	bool fetch = !strcmp(word[0], "fetch"), is32;
	int base, off, op = -1, c;

	word += fetch;
	if (is_word(word[0], "xchg", &is32))
		op = BPF_XCHG;
	else if (is_word(word[0], "cmpxchg", &is32))
		op = BPF_CMPXCHG;
	for (size_t i = 0; op < 0 && i < CNT(alu); i++)
		if (is_word(word[0], alu[i].name, &is32))
			op = alu[i].op | (fetch ? BPF_FETCH : 0);
	base = mem(p, word[1], &off);
	c = is32 ? BPF_W : BPF_DW;
	put(p, ISA_ATOMIC(c, op, base, reg(word[2]), off));
}

static void put_line(struct datafile *p)
{
	char *word[6] = {"", "", "", "", "", ""}, copy[1024];
	size_t cnt = 0;
	bool is32;

	snprintf(copy, sizeof(copy), "%s", p->line);
	for (char *s = copy, *t; cnt < 6 && (t = strsep(&s, " ,\t"));)
		if (*t)
			word[cnt++] = t;
	if (cnt == 0)
		return;
	if (cnt == 1 && word[0][strlen(word[0]) - 1] == ':') {
		if (p->second_pass)
			return;
		snprintf(p->labels[p->label_cnt], sizeof(p->labels[0]), "%.*s",
			 (int)strlen(word[0]) - 1, word[0]);
		p->label_at[p->label_cnt++] = p->cnt;
	} else if (!strcmp(word[0], "exit")) {
		put(p, ISA_EXIT());
	} else if (!strcmp(word[0], "lddw")) {
		const struct bpf_insn two[] = {ISA_LD_IMM64(reg(word[1]), number(p, word[2]))};

		put(p, two[0]);
		put(p, two[1]);
	} else if (!strcmp(word[0], "call") && !strcmp(word[1], "local")) {
		put(p, ISA_CALL_REL(target(p, word[2])));
	} else if (!strcmp(word[0], "call")) {
		put(p, ISA_CALL(number(p, word[1])));
	} else if (!strcmp(word[0], "lock")) {
		put_atomic(p, word + 1);
	} else if (is_word(word[0], "ja", &is32)) {
		put(p, is32 ? ISA_JA32(target(p, word[1])) : ISA_JA(target(p, word[1])));
	} else if (!put_unary(p, word[0], word[1], word[2]) &&
		   !put_alu(p, word[0], word[1], word[2]) && !put_jump(p, word[0], word + 1) &&
		   !put_mem(p, word[0], word + 1)) {
		bad(p);
	}
}

/* The bytes of a line "01 ff 20". */
static void read_mem(struct datafile *p)
{
	char *s = p->line, *end;

	for (;; s = end) {
		unsigned long byte = strtoul(s, &end, 16);

		if (end == s)
			break;
		if (p->mem_len == sizeof(p->mem) || byte > 255)
			bad(p);
		p->mem[p->mem_len++] = (uint8_t)byte;
	}
	if (*end)
		bad(p);
}

static void read_line(struct datafile *p, const char *section)
{
	if (!strcmp(section, "asm"))
		put_line(p);
	else if (!strcmp(section, "result"))
		p->result = (uint64_t)number(p, p->line);
	else if (!strcmp(section, "mem") && p->second_pass)
		read_mem(p);
}

/* One pass over the text of a .data file. */
static void read_text(struct datafile *p, const char *text)
{
	char section[16] = "";

	p->cnt = 0;
	while (*text) {
		size_t len = strcspn(text, "\n"), n;

		snprintf(p->line, sizeof(p->line), "%.*s", (int)len, text);
		text += len + (text[len] != '\0');
		if (!strncmp(p->line, "-- ", 3)) {
			snprintf(section, sizeof(section), "%.15s", p->line + 3);
			continue;
		}
		n = strcspn(p->line, "#");
		while (n && isspace((unsigned char)p->line[n - 1]))
			n--;
		p->line[n] = '\0';
		if (n)
			read_line(p, section);
	}
}

void datafile_read(struct datafile *p, const char *name, const char *text)
{
	memset(p, 0, sizeof(*p));
	p->name = name;
	read_text(p, text);
	p->second_pass = true;
	read_text(p, text);
}

void datafile_each(const char *path, void (*each)(const struct datafile *p))
{
	static struct datafile p;
	static char text[1 << 16];
	DIR *dir = path ? opendir(path) : NULL;
	struct dirent *d;

	if (!dir) {
		fprintf(stderr, "# no programs in %s\n", path ? path : "an unset path");
		return;
	}
	while ((d = readdir(dir))) {
		char file[4096];
		FILE *f;

		if (!strstr(d->d_name, ".data"))
			continue;
		snprintf(file, sizeof(file), "%s/%s", path, d->d_name);
		f = fopen(file, "r");
		if (!f)
			continue;
		text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
		fclose(f);
		datafile_read(&p, d->d_name, text);
		each(&p);
	}
	closedir(dir);
}
