// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * System calls from instructions of the program's own, in shapes that compilers and people
 * write: behind a move, as the aim of a jump, in a loop onto the instruction itself, two in a
 * row, with a return or a short jump behind, and with every register full.
 */
#include "target.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { TIMES = 200 };

#define SITE(name, body)                                                                           \
	__asm__(".pushsection .text\n.globl " name "\n.type " name ", @function\n" name ":\n" body \
		"\n.size " name ", . - " name "\n.popsection\n")

long site_plain(void), site_byte(void), site_jumped(void), site_short(void), site_pair(void),
	site_loop(void), site_onto(void), site_flags(void);
void site_full(uint64_t regs[15]);

SITE("site_plain", "mov $110, %eax\n syscall\n ret");
/* Nothing between this one's end and the next one's beginning. */
SITE("site_byte", "xor %eax, %eax\n mov $110, %al\n syscall\n ret");
SITE("site_jumped",
     "mov $110, %eax\n test %eax, %eax\n jnz 1f\n xor %eax, %eax\n 1: syscall\n ret");
SITE("site_short", "push $110\n pop %rax\n syscall\n test %rax, %rax\n js 1f\n 1: ret");
SITE("site_pair", "mov $110, %eax\n syscall\n mov $110, %eax\n syscall\n ret");
SITE("site_loop", "push %rbx\n mov $5, %ebx\n 1: mov $110, %eax\n syscall\n dec %ebx\n jnz 1b\n"
		  " pop %rbx\n ret");
/* The jump back goes to the system call instruction itself. */
SITE("site_onto", "push %rbx\n mov $5, %ebx\n mov $110, %eax\n 1: syscall\n mov $110, %eax\n"
		  " dec %ebx\n jnz 1b\n pop %rbx\n ret");
/* Carry, set before, is still set: the instruction keeps the flags. */
SITE("site_flags", "mov $110, %eax\n stc\n syscall\n sbb %rax, %rax\n neg %rax\n ret");
/* Puts the numbers 1 … 12 in all registers but those that the call changes, and stores what
 * is there afterwards. */
SITE("site_full",
     "push %rbx\n push %rbp\n push %r12\n push %r13\n push %r14\n push %r15\n push %rdi\n"
     "mov $1, %ebx\n mov $2, %ebp\n mov $3, %r12d\n mov $4, %r13d\n mov $5, %r14d\n"
     "mov $6, %r15d\n mov $7, %edi\n mov $8, %esi\n mov $9, %edx\n mov $10, %r8d\n"
     "mov $11, %r9d\n mov $12, %r10d\n movq %rbx, %xmm0\n movq %rbp, %xmm15\n"
     "mov $110, %eax\n syscall\n"
     "mov (%rsp), %rax\n mov %rbx, (%rax)\n mov %rbp, 8(%rax)\n mov %r12, 16(%rax)\n"
     "mov %r13, 24(%rax)\n mov %r14, 32(%rax)\n mov %r15, 40(%rax)\n mov %rdi, 48(%rax)\n"
     "mov %rsi, 56(%rax)\n mov %rdx, 64(%rax)\n mov %r8, 72(%rax)\n mov %r9, 80(%rax)\n"
     "mov %r10, 88(%rax)\n movq %xmm0, 96(%rax)\n movq %xmm15, 104(%rax)\n"
     "pop %rdi\n pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbp\n pop %rbx\n ret");

static const struct {
	const char *name;
	long (*call)(void);
	long times;
} sites[] = {
	{"plain", site_plain, 1}, {"byte", site_byte, 1},   {"jumped", site_jumped, 1},
	{"short", site_short, 1}, {"pair", site_pair, 2},   {"loop", site_loop, 5},
	{"onto", site_onto, 5},	  {"flags", site_flags, 1},
};

int main(void)
{
	static const uint64_t want[14] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 1, 2};
	uint64_t regs[15] = {0};
	long ok = 0, carry = 0;

	target_begin();
	target_ready();
	for (int i = 0; i < TIMES; i++) {
		for (size_t s = 0; s < sizeof(sites) / sizeof(sites[0]); s++) {
			carry = sites[s].call();
			target_count_ppids(sites[s].times);
		}
		ok += carry == 1;
		site_full(regs);
		target_count_ppids(1);
		ok += !memcmp(regs, want, sizeof(want));
		target_work(1);
	}
	printf("%ld of %d\n", ok, 2 * TIMES);
	return target_end(55);
}
