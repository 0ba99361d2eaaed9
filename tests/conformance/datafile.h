/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Programs in the text form of the bpf_conformance suite: "-- asm" instructions, "-- mem" bytes in
 * hex, "-- result" what r0 must be in the end; '#' begins a comment. A text that is not understood
 * ends the test program with a message.
 */
#ifndef CONFORMANCE_DATAFILE_H
#define CONFORMANCE_DATAFILE_H

#include <skep/isa.h>

#define DATAFILE_INSN_MAX 512

struct datafile {
	const char *name;
	struct bpf_insn insns[DATAFILE_INSN_MAX];
	size_t cnt;
	uint8_t mem[256]; /* r1 points at a copy, r2 is the length; without any both are 0 */
	size_t mem_len;
	uint64_t result;

	/* While reading: labels, known in the second pass, and the line at hand. */
	char labels[64][32];
	size_t label_at[64], label_cnt;
	bool second_pass;
	char line[1024];
};

/* Assemble one program. name is kept, text is not. */
void datafile_read(struct datafile *p, const char *name, const char *text);

/*
 * Assemble all *.data files of a directory, in turn. Says so on stderr and does nothing when there
 * is no such directory, or path is NULL.
 */
void datafile_each(const char *path, void (*each)(const struct datafile *p));

/* A few programs of our own in that form, for where there is no suite; ends with NULL. */
extern const char *const datafile_own[];

#endif
