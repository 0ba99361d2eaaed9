// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Functions that test_x86_relocate.c moves; built once for each level of optimisation
 * (X86_SAMPLE is the name of the list).
 */
#include "x86_sample.h"

#include <stddef.h>

static const uint64_t numbers[] = {3, 1, 4, 1, 5, 9, 2, 6};
static volatile uint64_t global = 42;
static uint64_t sum;

static uint64_t data(uint64_t a, uint64_t b)
{
	return numbers[a % 8] * global + b;
}

static uint64_t branches(uint64_t a, uint64_t b)
{
	if (a == b)
		return 1;
	if (a > b && a - b < 1000)
		return a - b;
	if ((a ^ b) & 1)
		return b ? a % b : 7;
	return a < 100 ? a * 3 : a + b;
}

static uint64_t choice(uint64_t a, uint64_t b)
{
	switch (a % 7) {
	case 0: return b + 1;
	case 1: return b * 5;
	case 2: return b ^ a;
	case 3: return numbers[b & 7];
	case 4: return b >> 3;
	case 5: return global - b;
	default: return a;
	}
}

static uint64_t around(uint64_t a, uint64_t b)
{
	sum = 0;
	for (uint64_t i = 0; i < (a & 63); i++)
		sum += numbers[(i + b) % 8];
	return sum;
}

static __attribute__((noinline)) uint64_t callee(uint64_t a)
{
	__asm__ volatile("");
	return a * 7 + global;
}

static uint64_t calls(uint64_t a, uint64_t b)
{
	return callee(a) ^ callee(b + 1);
}

static uint64_t floats(uint64_t a, uint64_t b)
{
	double x = (double)(a & 0xffff) * 1.5 + 0.25;

	return x > (double)(b & 0xffff) ? (uint64_t)x : b;
}

static uint64_t pointer(uint64_t a, uint64_t b)
{
	uint64_t (*const functions[])(uint64_t, uint64_t) = {data, branches, choice};

	return functions[a % 3](a, b);
}

static uint64_t thread_pointer(uint64_t a, uint64_t b)
{
	static _Thread_local uint64_t local;

	local = a ^ b;
	return local + (a & 1);
}

/* What compilers do not write. */
#define NAME2(list, name) list##_##name
#define NAME1(list, name) NAME2(list, name)
#define NAME(name)	  NAME1(X86_SAMPLE, name)
#define TEXT1(x)	  #x
#define TEXT(x)		  TEXT1(x)
#define BEGIN(name)	  ".p2align 4\n.type " TEXT(NAME(name)) ",@function\n" TEXT(NAME(name)) ":\n"

/* clang-format off */
__asm__(
	".pushsection .text\n"
	BEGIN(loops)
	"mov %rdi, %rcx\n"
	"and $31, %ecx\n"
	"xor %eax, %eax\n"
	"jrcxz 2f\n"
	"1: add %rsi, %rax\n"
	"add %rcx, %rax\n"
	"loop 1b\n"
	"2: ret\n"
	BEGIN(forward)
	"lea 1(%rdi), %ecx\n"
	"xor %eax, %eax\n"
	"loop 1f\n"
	"inc %eax\n"
	"1: jrcxz 2f\n"
	"add %rsi, %rax\n"
	"2: addr32 loopne 3f\n"
	"add $5, %eax\n"
	"3: ret\n"
	BEGIN(again)
	"add $7, %rsi\n"
	"cmp $1000, %rsi\n"
	"jb " TEXT(NAME(again)) "\n"
	"mov %rsi, %rax\n"
	"ret\n"
	".popsection\n");
/* clang-format on */
uint64_t NAME(loops)(uint64_t a, uint64_t b);
uint64_t NAME(forward)(uint64_t a, uint64_t b);
uint64_t NAME(again)(uint64_t a, uint64_t b);

uint64_t (*const X86_SAMPLE[])(uint64_t a, uint64_t b) = {
	data,	 branches,	 choice,      around,	     calls,	  floats,
	pointer, thread_pointer, NAME(loops), NAME(forward), NAME(again), NULL,
};
