// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * System calls found in libraries, and what would be replaced there, against objdump: all
 * of them, nothing else, whole instructions, and no branch into the middle.
 */
#include "machine/inject/elf_code.h"

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

enum {
	BOUNDARY = 1,
	TARGET = 2,
	SYSCALL = 4,
	SEEN = 8,
};

struct file {
	uint8_t *image;
	size_t size;
	uint8_t *marks; /* objdump's view of each address */
	struct elf_code code;
	int forms[X86_FORM_NONE + 1];
	int wrong;
};

static uint64_t end_of(const struct elf_code *code)
{
	uint64_t end = 0;

	for (size_t i = 0; i < code->ranges_cnt; i++)
		end = code->ranges[i].address + code->ranges[i].size;
	return end;
}

static void ask_objdump(struct file *f, const char *path)
{
	uint64_t end = end_of(&f->code);
	char command[512], text[1024];
	FILE *in;

	f->marks = calloc(1, end + 16);
	assert_non_null(f->marks);
	snprintf(command, sizeof(command), "objdump -d -w --no-show-raw-insn '%s'", path);
	in = popen(command, "r");
	assert_non_null(in);
	while (fgets(text, sizeof(text), in)) {
		char *at, *number;
		uint64_t address = strtoull(text, &at, 16), target;

		if (at == text || *at != ':' || address >= end)
			continue;
		f->marks[address] |= BOUNDARY;
		if (!strncmp(at, ":\tsyscall", 9))
			f->marks[address] |= SYSCALL;
		number = strchr(at, '<');
		if (!number || strchr(at, '#'))
			continue;
		while (number > at && number[-1] != '\t' && (number[-1] != ' ' || number[0] == '<'))
			number--;
		target = strtoull(number, NULL, 16);
		if (target < end)
			f->marks[target] |= TARGET;
	}
	pclose(in);
}

static int check(void *arg, const struct x86_site *site)
{
	struct file *f = arg;
	uint64_t end = site->patch + site->patch_len;
	bool right = f->marks[site->address] & SYSCALL;

	f->marks[site->address] |= SEEN;
	f->forms[site->form]++;
	if (site->form != X86_FORM_NONE) {
		right = right && site->patch_len >= 5 && f->marks[site->patch] & BOUNDARY &&
			f->marks[end] & BOUNDARY;
		for (uint64_t at = site->patch + 1; at < end; at++)
			right = right && !(f->marks[at] & TARGET);
	}
	if (!right) {
		print_message("# %#lx: form %d at %#lx+%u\n", (long)site->address, site->form,
			      (long)site->patch, site->patch_len);
		f->wrong++;
	}
	return 0;
}

static void open_file(struct file *f, const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY);

	*f = (struct file){0};
	assert_true(fd >= 0 && !fstat(fd, &st));
	f->size = st.st_size;
	f->image = mmap(NULL, f->size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	close(fd);
	assert_true(f->image != MAP_FAILED);
	assert_int_equal(elf_code_open(&f->code, f->image, f->size), 0);
}

static void close_file(struct file *f)
{
	free(f->marks);
	elf_code_close(&f->code);
	munmap(f->image, f->size);
}

static void test_library(void **state)
{
	uint64_t end;
	struct file f;
	int all = 0;

	open_file(&f, *state);
	ask_objdump(&f, *state);
	assert_int_equal(elf_code_sites(&f.code, check, &f), 0);
	end = end_of(&f.code);
	for (uint64_t at = 0; at < end; at++) {
		all += (f.marks[at] & SYSCALL) != 0;
		if ((f.marks[at] & (SYSCALL | SEEN)) == SYSCALL) {
			print_message("# %#lx was not found\n", (long)at);
			f.wrong++;
		}
	}
	print_message("# %d sites: A %d, D %d, B %d, C %d, none %d\n", all, f.forms[X86_FORM_A],
		      f.forms[X86_FORM_D], f.forms[X86_FORM_B], f.forms[X86_FORM_C],
		      f.forms[X86_FORM_NONE]);
	assert_int_equal(f.wrong, 0);
	assert_int_equal(f.forms[X86_FORM_NONE], 0);
	assert_true(all > 0 && f.forms[X86_FORM_A] > 0 && f.forms[X86_FORM_D] > 0);
	close_file(&f);
}

/* Its code has tables in it, in which the bytes of a system call occur. */
static void test_data(void **state)
{
	struct file f;

	open_file(&f, *state);
	f.marks = calloc(1, end_of(&f.code) + 16);
	assert_non_null(f.marks);
	assert_non_null(memmem(f.image, f.size, "\x0f\x05", 2));
	assert_int_equal(elf_code_sites(&f.code, check, &f), 0);
	assert_int_equal(f.wrong, 0);
	close_file(&f);
}

static int keep(void *arg, const struct x86_site *site)
{
	*(struct x86_site *)arg = *site;
	return 7;
}

#define CODE(...)    ((const uint8_t[]){__VA_ARGS__})
#define SITE_OF(...) site_of(CODE(__VA_ARGS__), sizeof(CODE(__VA_ARGS__)), NULL, 0)

static struct x86_site site_of(const uint8_t *code, size_t size, const uint64_t *starts, size_t cnt)
{
	struct x86_site site;

	assert_int_equal(x86_find_sites_from(code, size, 0x1000, starts, cnt, keep, &site), 7);
	return site;
}

static void assert_site(struct x86_site site, enum x86_form form, uint64_t patch, uint8_t len)
{
	assert_int_equal(site.form, form);
	assert_int_equal(site.patch, 0x1000 + patch);
	assert_int_equal(site.patch_len, len);
}

static void test_forms(void **state)
{
	(void)state;
	/* mov eax, 39; syscall; ret */
	assert_site(SITE_OF(0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xc3), X86_FORM_A, 0, 5);
	/* the same, and a jump to the syscall: cmp rax, -4096 goes along */
	assert_site(
		SITE_OF(0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0x48, 0x3d, 0, 0xf0, 0xff, 0xff, 0xeb, 0xf6),
		X86_FORM_D, 5, 8);
	/* xor eax, eax; syscall; mov rdx, rax */
	assert_site(SITE_OF(0x31, 0xc0, 0x0f, 0x05, 0x48, 0x89, 0xc2), X86_FORM_D, 2, 5);
	/* mov rdi, rax; xor eax, eax; syscall; ret; another function */
	assert_site(SITE_OF(0x48, 0x89, 0xc7, 0x31, 0xc0, 0x0f, 0x05, 0xc3, 0x53, 0x53), X86_FORM_B,
		    0, 5);
	/* the same, and a jump to the syscall */
	assert_site(SITE_OF(0x48, 0x89, 0xc7, 0x31, 0xc0, 0x0f, 0x05, 0xc3, 0x53, 0xeb, 0xfa),
		    X86_FORM_NONE, 5, 0);
	/* push rbx; xor eax, eax; syscall; ret; another function */
	assert_site(SITE_OF(0x53, 0x31, 0xc0, 0x0f, 0x05, 0xc3, 0x53, 0x53), X86_FORM_C, 0, 5);
	/* ret; syscall; ret: too short */
	assert_site(SITE_OF(0xc3, 0x0f, 0x05, 0xc3, 0x53, 0x53), X86_FORM_NONE, 1, 0);
}

static void test_starts(void **state)
{
	const uint8_t code[] = {0x31, 0xc0, 0x0f, 0x05, 0x90, 0x90, 0x90, 0x90};
	const uint64_t inside[] = {0x1004}, behind[] = {0x1007, 0x2000};

	(void)state;
	assert_site(site_of(code, sizeof(code), behind, 2), X86_FORM_D, 2, 5);
	assert_site(site_of(code, sizeof(code), inside, 1), X86_FORM_NONE, 2, 0);
	/* out of step until a function begins: mov eax, imm32 over it */
	assert_site(site_of(CODE(0xb8, 0x0f, 0x05, 0x48, 0x89, 0xc7, 0x90), 7,
			    (const uint64_t[]){0x1001}, 1),
		    X86_FORM_D, 1, 5);
}

static void test_into(void **state)
{
	/* nop * 6; jne to the fourth */
	const uint8_t code[] = {0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x75, 0xfb};

	(void)state;
	assert_true(x86_branches_into(code, sizeof(code), 0x1000, 0x1000, 0x1005));
	assert_false(x86_branches_into(code, sizeof(code), 0x1000, 0x1000, 0x1003));
	assert_false(x86_branches_into(code, sizeof(code), 0x1000, 0x1003, 0x1008));
}

/* Broken files give what there is, or an error. */
static void test_broken(void **state)
{
	struct file f;
	uint64_t shoff;

	(void)state;
	open_file(&f, "/proc/self/exe");
	assert_false(f.code.is_go);
	assert_true(f.code.starts_cnt > 10 && f.code.unwound_cnt > 10);
	elf_code_close(&f.code);
	memcpy(&shoff, f.image + 40, sizeof(shoff));
	srand(1);
	for (int i = 0; i < 3000; i++) {
		size_t at = i & 1 ? (size_t)rand() % 1024 : shoff + rand() % (f.size - shoff);
		uint8_t old = f.image[at];

		f.image[at] = rand();
		if (!elf_code_open(&f.code, f.image, i & 2 ? f.size : rand() % f.size))
			for (size_t j = 0; j < f.code.ranges_cnt; j++)
				assert_true(f.code.ranges[j].offset + f.code.ranges[j].size <=
					    f.size);
		elf_code_close(&f.code);
		f.image[at] = old;
	}
	f.image[0] = 'x';
	assert_int_equal(elf_code_open(&f.code, f.image, f.size), -ENOEXEC);
	munmap(f.image, f.size);
}

static const char *const libraries[] = {
	"/lib/x86_64-linux-gnu/libc.so.6",
	"/lib64/ld-linux-x86-64.so.2",
	"/lib/x86_64-linux-musl/libc.so",
};

/* More libraries and programs can be named as arguments. */
int main(int argc, char **argv)
{
	struct CMUnitTest tests[64] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_starts),
		cmocka_unit_test(test_into),
		cmocka_unit_test(test_broken),
	};
	const char *crypto = "/lib/x86_64-linux-gnu/libcrypto.so.3";
	size_t n = 4, cnt = sizeof(libraries) / sizeof(*libraries);
	bool objdump = !system("objdump --version >/dev/null 2>&1");

	if (!access(crypto, R_OK))
		tests[n++] = (struct CMUnitTest){crypto, test_data, NULL, NULL, (void *)crypto};
	for (size_t i = 0; objdump && i < cnt + argc - 1; i++) {
		const char *path = i < cnt ? libraries[i] : argv[i - cnt + 1];

		if (!access(path, R_OK) && n < sizeof(tests) / sizeof(*tests))
			tests[n++] =
				(struct CMUnitTest){path, test_library, NULL, NULL, (void *)path};
	}
	return _cmocka_run_group_tests("x86 sites", tests, n, NULL, NULL);
}
