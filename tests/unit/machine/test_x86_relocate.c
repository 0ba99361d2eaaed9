// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Moved code computes what it did where it was: the beginnings of functions are copied and
 * jump back behind what was copied, then both are run.
 */
#include "machine/inject/elf_code.h"
#include "x86_sample.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define ROOM   4096
#define MOST   200 /* bytes of a function that are copied */
#define INPUTS 64

extern const char __executable_start[];

struct self {
	struct elf_code code;
	void *image;
	size_t size;
	uint8_t *near; /* ROOM bytes within reach of the program */
};

static int open_self(void **state)
{
	static struct self self;
	struct stat st;
	int fd = open("/proc/self/exe", O_RDONLY);

	assert_true(fd >= 0 && !fstat(fd, &st));
	self.size = st.st_size;
	self.image = mmap(NULL, self.size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	assert_true(self.image != MAP_FAILED);
	assert_int_equal(elf_code_open(&self.code, self.image, self.size), 0);
	for (uintptr_t distance = 64 << 20; distance < 1 << 30; distance += 64 << 20) {
		self.near = mmap((void *)(((uintptr_t)__executable_start & ~0xfffUL) + distance),
				 ROOM, PROT_READ | PROT_WRITE | PROT_EXEC,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
		if (self.near != MAP_FAILED)
			break;
	}
	assert_true(self.near != MAP_FAILED);
	*state = &self;
	return 0;
}

static int close_self(void **state)
{
	struct self *self = *state;

	elf_code_close(&self->code);
	munmap(self->image, self->size);
	munmap(self->near, ROOM);
	return 0;
}

static uint64_t any(void)
{
	uint64_t number = (uint64_t)rand() << 32 | rand();

	return rand() & 1 ? number : number & 0xff;
}

static void run_both(uint64_t (*function)(uint64_t, uint64_t), const void *copy)
{
	uint64_t (*moved)(uint64_t, uint64_t);

	memcpy(&moved, &copy, sizeof(moved));
	for (int i = 0; i < INPUTS; i++) {
		uint64_t a = any(), b = any();

		assert_int_equal(moved(a, b), function(a, b));
	}
}

/* Returns how many copies of beginnings of @function were right. */
static size_t move(const struct self *self, uint64_t (*function)(uint64_t, uint64_t))
{
	uint64_t from = (uintptr_t)function;
	/* Linkers put the first range as far behind the file's beginning as in memory. */
	const struct elf_code_range *first = &self->code.ranges[0];
	uint64_t bias = (uintptr_t)__executable_start - (first->address - first->offset);
	size_t size, taken, moved = 0;
	const uint8_t *code = elf_code_function(&self->code, from - bias, &size);

	assert_non_null(code);
	for (size_t need = 1; need < size && need < MOST; need = taken + 1) {
		uint64_t to = (uintptr_t)self->near;
		const char *why = NULL;
		int32_t back;
		int n = x86_relocate(code, size, from, need, self->near, ROOM, to, &taken, &why);

		if (n < 0) {
			assert_int_equal(n, -EOPNOTSUPP);
			assert_non_null(why);
			break;
		}
		assert_in_range(taken, need, need + 14);
		back = from + taken - (to + n + 5);
		self->near[n] = 0xe9;
		memcpy(self->near + n + 1, &back, sizeof(back));
		run_both(function, self->near);
		moved++;
	}
	return moved;
}

static void test_run(void **state)
{
	uint64_t (*const *const lists[])(uint64_t, uint64_t) = {x86_sample_0, x86_sample_1,
								x86_sample_2, x86_sample_3};

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		size_t moved = 0, functions = 0;

		for (; lists[i][functions]; functions++)
			moved += move(*state, lists[i][functions]);
		print_message("# -O%zu: %zu functions, %zu copies\n", i, functions, moved);
		assert_true(moved >= 4 * functions);
	}
}

#define CODE(...)	    ((const uint8_t[]){__VA_ARGS__})
#define RELOCATE(need, ...) relocate(CODE(__VA_ARGS__), sizeof(CODE(__VA_ARGS__)), need)

#define FROM 0x10000
#define TO   0x20000

static uint8_t copy[64];
static size_t taken;

static int relocate(const uint8_t *code, size_t size, size_t need)
{
	const char *why = NULL;
	int n = x86_relocate(code, size, FROM, need, copy, sizeof(copy), TO, &taken, &why);

	assert_true(n >= 0 || why);
	return n;
}

static uint64_t branch_of(size_t offset)
{
	struct x86_insn insn = x86_decode(copy + offset, sizeof(copy) - offset, TO + offset);

	assert_true(insn.branch_size);
	return insn.target;
}

static void test_long(void **state)
{
	(void)state;
	assert_int_equal(RELOCATE(2, 0xeb, 0x10), 5); /* jmp */
	assert_int_equal(branch_of(0), FROM + 0x12);
	assert_int_equal(RELOCATE(2, 0x75, 0xf0), 6); /* jne */
	assert_int_equal(copy[1], 0x85);
	assert_int_equal(branch_of(0), FROM - 0xe);
	assert_int_equal(RELOCATE(2, 0xe2, 0x10), 9); /* loop */
	assert_int_equal(branch_of(4), FROM + 0x12);
	assert_int_equal(RELOCATE(5, 0xe8, 0, 1, 0, 0), 5); /* call */
	assert_int_equal(branch_of(0), FROM + 0x105);
	/* Back to the first: to the copy's first. */
	assert_int_equal(RELOCATE(5, 0x31, 0xc0, 0x90, 0x75, 0xfb), 9);
	assert_int_equal(branch_of(3), TO);
}

static void test_refused(void **state)
{
	const char *why = NULL;

	(void)state;
	/* jmp +0; nops: its target would be overwritten */
	assert_int_equal(RELOCATE(5, 0xeb, 0x00, 0x90, 0x90, 0x90), -EOPNOTSUPP);
	/* call +0; pop rax */
	assert_int_equal(RELOCATE(6, 0xe8, 0, 0, 0, 0, 0x58), -EOPNOTSUPP);
	assert_int_equal(RELOCATE(5, 0xe8, 0, 0, 0, 0, 0x58), -EOPNOTSUPP);
	/* lea rax, [rip-5] */
	assert_int_equal(RELOCATE(8, 0x90, 0x48, 0x8d, 0x05, 0xf9, 0xff, 0xff, 0xff), -EOPNOTSUPP);
	/* ret; then another function, or padding */
	assert_int_equal(RELOCATE(5, 0xc3, 0x31, 0xc0, 0x31, 0xc0), -EOPNOTSUPP);
	assert_int_equal(RELOCATE(5, 0xc3, 0xcc, 0xcc, 0x66, 0x90), 5);
	assert_int_equal(RELOCATE(5, 0xc3, 0x0f, 0x1f, 0x40, 0x00), 5);
	/* ud2 is moved, a breakpoint is not, and what is no instruction neither */
	assert_int_equal(RELOCATE(2, 0x0f, 0x0b), 2);
	assert_int_equal(RELOCATE(1, 0xcc), -EOPNOTSUPP);
	assert_int_equal(RELOCATE(1, 0x06), -EOPNOTSUPP);
	assert_int_equal(RELOCATE(2, 0x90), -EOPNOTSUPP);
	/* out of reach: a jmp, and data */
	assert_int_equal(x86_relocate(CODE(0xe9, 0, 0, 0, 0), 5, FROM, 5, copy, sizeof(copy),
				      FROM + (1UL << 31) + 0x100, &taken, &why),
			 -ERANGE);
	assert_non_null(why);
	assert_int_equal(x86_relocate(CODE(0x8b, 0x05, 0, 0, 0, 0), 6, FROM, 5, copy, sizeof(copy),
				      FROM + (1UL << 31) + 0x100, &taken, NULL),
			 -ERANGE);
	/* no room */
	assert_int_equal(x86_relocate(CODE(0xeb, 0x10), 2, FROM, 2, copy, 4, TO, &taken, &why),
			 -EOPNOTSUPP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_run),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, open_self, close_self);
}
