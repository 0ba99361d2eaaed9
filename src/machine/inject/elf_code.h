/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What hooking needs to know of an ELF file: where its code is, where functions begin, and
 * whether it is Go's. Pure functions on the file's bytes (the vDSO's image is such a file);
 * hostile-safe.
 */
#ifndef MACHINE_ELF_CODE_H
#define MACHINE_ELF_CODE_H

#include "machine/inject/x86.h"

struct elf_code_range {
	uint64_t address; /* as linked: the place in memory less the load bias */
	uint64_t offset;  /* in the file; all of the range is in it */
	uint64_t size;
};

struct elf_code {
	const uint8_t *image; /* the caller's */
	size_t size;
	/* Code, by address: executable sections, or segments where there are no sections. */
	struct elf_code_range *ranges;
	size_t ranges_cnt;
	/* Where functions begin, rising, without repetitions: symbols of code (labels
	 * without a type too) and what the unwinding table lists. */
	uint64_t *starts;
	size_t starts_cnt;
	/* What the unwinding table says is code, rising; none when there is no table. Data
	 * lies between, in hand-written code above all. */
	struct elf_code_range *unwound;
	size_t unwound_cnt;
	bool is_go; /* has .gopclntab: no return hooks */
};

/* Reads the x86-64 ELF file of @size bytes at @image, which must stay there and unchanged
 * until elf_code_close(). Returns 0, -ENOEXEC (not such a file, or a broken one) or -ENOMEM;
 * what is broken beyond the segments' table is taken for missing. */
int elf_code_open(struct elf_code *code, const void *image, size_t size);
/* Also after a failed elf_code_open(). */
void elf_code_close(struct elf_code *code);

/* x86_find_sites_from() over all ranges. Where most of the code is in @unwound, what is not
 * must be form A with the number of a system call: else it may be data. Addresses as linked. */
int elf_code_sites(const struct elf_code *code,
		   int (*found)(void *arg, const struct x86_site *site), void *arg);

/* The function that begins at @address (as linked): its bytes, or those up to the end of the
 * code where nothing begins behind it. NULL: no code is there. *@size: how many. */
const uint8_t *elf_code_function(const struct elf_code *code, uint64_t address, size_t *size);
/* The address as linked of @offset in the file; 0: no code is there. */
uint64_t elf_code_address(const struct elf_code *code, uint64_t offset);

#endif
