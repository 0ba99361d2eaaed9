// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The decoder against objdump: every instruction of programs and libraries that are on the
 * machine, and instructions made by chance. Lengths, what branches where, and which
 * operands are relative to RIP must be the same.
 */
#include "machine/inject/x86.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define SLOT	   32 /* bytes for one instruction made by chance, and nops behind it */
#define SLOTS	   20000
#define MAX_LENGTH 15

/* One line of objdump's. */
struct line {
	uint64_t address;
	uint8_t bytes[32];
	size_t length;
	const char *mnemonic; /* without prefixes; "" when there are only prefixes */
	const char *operands;
};

static const char *const prefix_words[] = {
	"bnd",	 "notrack", "data16",	"addr32",   "lock", "rep",   "repz",   "repnz",
	"cs",	 "ds",	    "es",	"ss",	    "fs",   "gs",    "data32", "{evex}",
	"{vex}", "{vex3}",  "xacquire", "xrelease", "repe", "repne",
};

static bool is_prefix(const char *word, size_t n)
{
	if (!strncmp(word, "rex", 3))
		return true;
	for (size_t i = 0; i < sizeof(prefix_words) / sizeof(*prefix_words); i++) {
		if (strlen(prefix_words[i]) == n && !strncmp(word, prefix_words[i], n))
			return true;
	}
	return false;
}

static bool parse(char *text, struct line *line)
{
	char *at, *end;

	*line = (struct line){.mnemonic = "", .operands = ""};
	line->address = strtoull(text, &at, 16);
	if (at == text || at[0] != ':' || at[1] != '\t')
		return false;
	for (at += 2; *at && *at != '\t'; at = end) {
		unsigned long byte = strtoul(at, &end, 16);

		if (end == at)
			break;
		if (line->length == sizeof(line->bytes))
			return false;
		line->bytes[line->length++] = byte;
		while (*end == ' ')
			end++;
	}
	if (*at != '\t')
		return false;
	at++;
	at[strcspn(at, "\n")] = '\0';
	for (;;) {
		size_t n = strcspn(at, " ");

		if (!n || !is_prefix(at, n)) {
			line->mnemonic = at;
			line->operands = at + n + strspn(at + n, " ");
			return true;
		}
		at += n + strspn(at + n, " ");
	}
}

static bool begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

static enum x86_flow flow_of(const struct line *line)
{
	static const struct {
		const char *begin;
		enum x86_flow flow;
	} flows[] = {
		{"jmp", X86_JMP},    {"ljmp", X86_JMP},	   {"call", X86_CALL},
		{"lcall", X86_CALL}, {"loop", X86_LOOP},   {"jrcxz", X86_LOOP},
		{"jecxz", X86_LOOP}, {"j", X86_JCC},	   {"xbegin", X86_JCC},
		{"ret", X86_RET},    {"lret", X86_RET},	   {"iret", X86_RET},
		{"sysret", X86_RET}, {"sysexit", X86_RET}, {"syscall", X86_SYSCALL},
		{"int", X86_TRAP},   {"hlt", X86_TRAP},	   {"ud0", X86_TRAP},
		{"ud1", X86_TRAP},   {"ud2", X86_TRAP},	   {"sysenter", X86_TRAP},
	};

	for (size_t i = 0; i < sizeof(flows) / sizeof(*flows); i++) {
		if (begins(line->mnemonic, flows[i].begin))
			return line->operands[0] == '*' ? X86_INDIRECT : flows[i].flow;
	}
	return X86_PLAIN;
}

static bool same_target(const struct line *line, const struct x86_insn *insn)
{
	const char *comment = strstr(line->operands, "# 0x");
	int32_t disp;

	if (insn->branch_size)
		return (uint64_t)insn->target == strtoull(line->operands, NULL, 16);
	if (!comment)
		comment = strstr(line->operands, "# ");
	if (!insn->rip_offset || !comment || !strstr(line->operands, "(%rip)"))
		return true;
	memcpy(&disp, line->bytes + insn->rip_offset, sizeof(disp));
	return line->address + line->length + disp == strtoull(comment + 2, NULL, 16);
}

/* What objdump does not take for one instruction. */
static bool is_exception(const struct line *line)
{
	if (strstr(line->mnemonic, "(bad)") || strstr(line->operands, "(bad)") ||
	    begins(line->mnemonic, ".byte"))
		return true;
	/* Prefixes of an instruction that objdump shows apart from it. */
	if (!*line->mnemonic)
		return true;
	/* fwait and an x87 instruction, shown as one. */
	return line->length > 1 && memchr(line->bytes, 0x9b, line->length - 1);
}

/* What objdump takes for an instruction, but must be refused. */
static bool is_refused(const struct line *line)
{
	bool operand_size = false, other = false;
	uint8_t rex = 0, opcode;
	size_t n;

	for (n = 0; n < line->length; n++) {
		uint8_t byte = line->bytes[n];

		if ((byte & 0xf0) == 0x40) {
			rex = byte;
			continue;
		}
		if (!memchr("\x26\x2e\x36\x3e\x64\x65\x66\x67\xf0\xf2\xf3", byte, 11))
			break;
		rex = 0;
		operand_size |= byte == 0x66;
		other |= byte >= 0xf0;
	}
	opcode = n < line->length ? line->bytes[n] : 0;
	/* Processors raise an exception for these prefixes in front of VEX, EVEX and XOP. */
	if (opcode == 0xc4 || opcode == 0xc5 || opcode == 0x62 || opcode == 0x8f)
		return rex || operand_size || other;
	/* Intel's ignore 66 in front of a branch, AMD's cut the address to 16 bits. */
	return operand_size && !(rex & 8) &&
	       (line->operands[0] != '*' &&
		(begins(line->mnemonic, "j") || begins(line->mnemonic, "loop") ||
		 begins(line->mnemonic, "call") || begins(line->mnemonic, "xbegin")));
}

static bool same(const struct line *line)
{
	struct x86_insn insn = x86_decode(line->bytes, line->length, line->address);
	bool rip = strstr(line->operands, "(%rip)") || strstr(line->operands, "(%eip)");

	if (insn.length == line->length && insn.flow == flow_of(line) &&
	    rip == (insn.rip_offset != 0) && same_target(line, &insn))
		return true;
	if (!insn.length && is_refused(line))
		return true;
	print_message("# %" PRIx64 ": %s %s: length %u of %zu, flow %d, rip at %u, to %" PRIx64
		      "\n",
		      line->address, line->mnemonic, line->operands, insn.length, line->length,
		      insn.flow, insn.rip_offset, insn.target);
	return false;
}

/* Every line of @command's. @slots: only those at the beginning of one. */
static void compare(const char *command, bool slots, size_t least)
{
	char text[1024];
	struct line line;
	size_t seen = 0, exceptions = 0, wrong = 0;
	FILE *in = popen(command, "r");

	assert_non_null(in);
	while (fgets(text, sizeof(text), in)) {
		if (!parse(text, &line) || (slots && line.address % SLOT))
			continue;
		seen++;
		if (is_exception(&line))
			exceptions++;
		else if (!same(&line) && ++wrong == 50)
			break;
	}
	pclose(in);
	print_message("# %zu instructions, %zu left out\n", seen, exceptions);
	assert_int_equal(wrong, 0);
	assert_true(seen >= least);
}

static void test_file(void **state)
{
	const char *path = *state;
	char command[512];

	snprintf(command, sizeof(command), "objdump -d -w --insn-width=16 '%s'", path);
	compare(command, false, 1000);
}

/* Opcodes of all maps, with prefixes and operands of all kinds. */
static void make_insn(uint8_t *out)
{
	static const uint8_t prefixes[] = {0x66, 0x67, 0xf2, 0xf3, 0x2e, 0x64,
					   0xf0, 0x48, 0x41, 0x4f, 0x66, 0x48};
	size_t n = 0;

	for (size_t i = 0; i < MAX_LENGTH; i++)
		out[i] = rand() >> 8;
	for (int cnt = rand() % 8 - 4; cnt > 0; cnt--)
		out[n++] = prefixes[rand() % sizeof(prefixes)];
	switch (rand() % 12) {
	case 0:
	case 1:
	case 2:
	case 3: out[n] = 0x0f; break;
	case 4: memcpy(out + n, (uint8_t[]){0x0f, 0x38}, 2); break;
	case 5: memcpy(out + n, (uint8_t[]){0x0f, 0x3a}, 2); break;
	case 6: memcpy(out, (uint8_t[]){0x62, 0xf1 + rand() % 3, 0x7c | rand() % 4}, 3); break;
	case 7: memcpy(out, (uint8_t[]){0xc4, 0xe1 + rand() % 3, 0x78 | rand() % 8}, 3); break;
	case 8: memcpy(out, (uint8_t[]){0x8f, 0xe8 + rand() % 3, 0x78}, 3); break;
	case 9: out[0] = 0xc5; break;
	default: break;
	}
}

static void test_chance(void **state)
{
	char path[] = "/tmp/skep-x86-XXXXXX", command[256];
	int fd;
	FILE *out;

	(void)state;
	fd = mkstemp(path);
	assert_true(fd >= 0);
	out = fdopen(fd, "w");
	assert_non_null(out);
	srand(getenv("SKEP_SEED") ? atoi(getenv("SKEP_SEED")) : 1);
	for (int i = 0; i < SLOTS; i++) {
		uint8_t slot[SLOT];

		memset(slot, 0x90, sizeof(slot));
		make_insn(slot);
		assert_int_equal(fwrite(slot, sizeof(slot), 1, out), 1);
	}
	assert_int_equal(fclose(out), 0);
	snprintf(command, sizeof(command),
		 "objdump -D -b binary -m i386:x86-64 -z -w --insn-width=16 %s", path);
	compare(command, true, SLOTS);
	unlink(path);
}

static const char *const files[] = {
	"/lib/x86_64-linux-gnu/libc.so.6",
	"/lib/x86_64-linux-gnu/libcrypto.so.3",
	"/lib/x86_64-linux-gnu/libstdc++.so.6",
	"/lib/x86_64-linux-musl/libc.so",
	"/usr/bin/python3",
};

/* More files than those can be named as arguments. */
int main(int argc, char **argv)
{
	struct CMUnitTest tests[64] = {cmocka_unit_test(test_chance)};
	size_t n = 1;

	if (system("objdump --version >/dev/null 2>&1")) {
		puts("1..0 # SKIP there is no objdump");
		return 0;
	}
	for (size_t i = 0; i < sizeof(files) / sizeof(*files) + argc - 1; i++) {
		const char *path = i < sizeof(files) / sizeof(*files)
					   ? files[i]
					   : argv[i - sizeof(files) / sizeof(*files) + 1];

		if (!access(path, R_OK) && n < sizeof(tests) / sizeof(*tests))
			tests[n++] = (struct CMUnitTest){path, test_file, NULL, NULL, (void *)path};
	}
	return _cmocka_run_group_tests("x86", tests, n, NULL, NULL);
}
