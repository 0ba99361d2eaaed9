// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Whole programs written by others, in the assembly of the bpf_conformance suite: they are
 * assembled with the constructors, must pass isa_check, and must come back unchanged through
 * disassembler and assembler. Where the kernel takes one it is run, so that the constructors are
 * held against the result that the program's author expects.
 *
 * The suite's *.data files are looked for in $SKEP_CONFORMANCE.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>

#include "conformance/datafile.h"

static unsigned int programs, ran, compared;

/* Run on the kernel if it takes the program. */
static void run(const struct datafile *p)
{
	char packet[64] = {0};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
		.insns = (uintptr_t)p->insns,
		.insn_cnt = (uint32_t)p->cnt,
		.license = (uintptr_t) "GPL",
	};
	long fd = syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));

	if (fd < 0)
		return;
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = (uint32_t)fd;
	attr.test.data_in = (uintptr_t)packet;
	attr.test.data_size_in = sizeof(packet);
	if (!syscall(SYS_bpf, BPF_PROG_TEST_RUN, &attr, sizeof(attr))) {
		if (attr.test.retval != (uint32_t)p->result)
			fail_msg("%s gives %#x", p->name, attr.test.retval);
		ran++;
	}
	close((int)fd);
}

static void try_program(const struct datafile *p)
{
	char line[ISA_LOG_SIZE];
	struct bpf_insn back[2];
	struct isa_error e;

	programs++;
	if (isa_check(p->insns, p->cnt, &e))
		fail_msg("%s: %s at %zu", p->name, e.text, e.idx);
	for (size_t i = 0; i < p->cnt; i += isa_insn_slots(&p->insns[i]), compared++) {
		size_t slots = isa_insn_slots(&p->insns[i]);

		assert_true(isa_disasm(p->insns, p->cnt, i, NULL, line, sizeof(line)) > 0);
		if (isa_assemble(line, back) != (int)slots ||
		    memcmp(back, &p->insns[i], slots * sizeof(*back)))
			fail_msg("%s: \"%s\" does not come back", p->name, line);
	}
	if (!p->mem_len)
		run(p);
}

static void own_programs(void **state)
{
	static struct datafile p;

	for (const char *const *text = datafile_own; *text; text++) {
		datafile_read(&p, "own", *text);
		try_program(&p);
	}
}

static void the_suite(void **state)
{
	datafile_each(getenv("SKEP_CONFORMANCE"), try_program);
	fprintf(stderr, "# %u programs, %u instructions, %u run by the kernel\n", programs,
		compared, ran);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_programs),
		cmocka_unit_test(the_suite),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
