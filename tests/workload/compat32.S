// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * compat32: a 32-bit program that calls getppid 30 times, whose number, 64, is another call's for
 * 64-bit programs. It has no C library, since there need be none for 32 bits.
 */
	.globl _start
_start:
	movl $30, %edi
1:	movl $64, %eax
	int $0x80
	decl %edi
	jnz 1b
	movl $1, %eax
	xorl %ebx, %ebx
	int $0x80
	.section .note.GNU-stack, "", @progbits
