// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Functions in files: this very program is the file that is read, so the truth is what the
 * linker and the dynamic loader know of it (dladdr, dlsym, the bytes at a function's address).
 * Hostile files are the program cut short and with bytes changed.
 */
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <skep/kit_symbols.h>

int kit_test_landmark(int x);

__attribute__((noinline)) int kit_test_landmark(int x)
{
	return x * 77 + 5;
}

static char *read_file(const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY);
	struct stat st;
	char *data;

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	*len = (size_t)st.st_size;
	data = malloc(*len);
	assert_non_null(data);
	assert_int_equal(read(fd, data, *len), *len);
	close(fd);
	return data;
}

static void test_find(void **state)
{
	enum kit_symbols_reason reason;
	struct kit_function fn;
	struct kit_elf *elf;
	size_t len;
	char *data = read_file("/proc/self/exe", &len);

	assert_int_equal(kit_elf_open(&elf, "/proc/self/exe", &reason), 0);
	assert_string_equal(kit_elf_path(elf), "/proc/self/exe");
	assert_int_equal(kit_elf_find(elf, "kit_test_landmark", &fn, &reason), 0);
	assert_int_equal(reason, KIT_SYMBOLS_OK);
	assert_string_equal(fn.name, "kit_test_landmark");
	assert_true(fn.size > 0 && fn.offset + fn.size <= len);
	assert_false(fn.indirect);
	/* The code in the file is the code that runs. */
	assert_memory_equal(data + fn.offset, (void *)kit_test_landmark, fn.size);
	assert_int_equal(kit_elf_find(elf, "kit_test_landmerk", &fn, &reason), -ESRCH);
	assert_int_equal(reason, KIT_SYMBOLS_NO_SYMBOL);
	assert_string_equal(kit_elf_suggest(elf, "kit_test_landmerk"), "kit_test_landmark");
	assert_null(kit_elf_suggest(elf, "nothing_like_this_is_in_here"));
	kit_elf_close(elf);
	kit_elf_close(NULL);
	free(data);
}

static void test_library(void **state)
{
	char path[PATH_MAX], again[PATH_MAX], real[PATH_MAX], loaded[PATH_MAX];
	struct kit_function fn;
	struct kit_elf *elf;
	struct link_map *map;
	Dl_info info;
	/* A handle, since sanitizers put functions of their own before the library's. */
	void *libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);

	assert_non_null(libc);
	assert_int_equal(kit_resolve_library("libc", path, sizeof(path)), 0);
	assert_int_equal(kit_resolve_library("c", again, sizeof(again)), 0);
	assert_string_equal(path, again);
	assert_int_equal(kit_resolve_binary("libc.so.6", again, sizeof(again)), 0);
	assert_string_equal(path, again);
	assert_int_not_equal(dladdr1(dlsym(libc, "getppid"), &info, (void **)&map, RTLD_DL_LINKMAP),
			     0);
	assert_non_null(realpath(info.dli_fname, loaded));
	assert_non_null(realpath(path, real));
	assert_string_equal(real, loaded);
	assert_int_equal(kit_elf_open(&elf, path, NULL), 0);
	assert_int_equal(kit_elf_find(elf, "getppid", &fn, NULL), 0);
	assert_true(map->l_addr + fn.address == (uintptr_t)dlsym(libc, "getppid"));
	/* Of several versions the one that new programs are linked to. */
	assert_int_equal(kit_elf_find(elf, "pthread_create", &fn, NULL), 0);
	assert_true(map->l_addr + fn.address == (uintptr_t)dlsym(libc, "pthread_create"));
	assert_int_equal(kit_elf_find(elf, "strlen", &fn, NULL), 0);
	assert_true(fn.indirect);
	kit_elf_close(elf);
	dlclose(libc);
	assert_int_equal(kit_resolve_library("nosuchlibrary", path, sizeof(path)), -ENOENT);
	assert_int_equal(kit_resolve_library("", path, sizeof(path)), -ENOENT);
	assert_int_equal(kit_resolve_library("libc", path, 5), -ENAMETOOLONG);
}

static void test_program(void **state)
{
	char path[PATH_MAX];

	assert_int_equal(kit_resolve_binary("sh", path, sizeof(path)), 0);
	assert_int_equal(access(path, X_OK), 0);
	assert_non_null(strstr(path, "/sh"));
	assert_int_equal(kit_resolve_binary("/no/such", path, sizeof(path)), 0);
	assert_string_equal(path, "/no/such");
	assert_int_equal(kit_resolve_program("no-such-program", path, sizeof(path)), -ENOENT);
	assert_int_equal(kit_resolve_program("", path, sizeof(path)), -ENOENT);
}

struct seen {
	unsigned int n, landmarks;
	char last[256];
};

static int note(const struct kit_function *fn, void *ctx)
{
	struct seen *seen = ctx;

	seen->n++;
	seen->landmarks += !strcmp(fn->name, "kit_test_landmark");
	assert_true(strcmp(seen->last, fn->name) <= 0);
	snprintf(seen->last, sizeof(seen->last), "%s", fn->name);
	return 0;
}

static int stop(const struct kit_function *fn, void *ctx)
{
	return 42;
}

static void test_each(void **state)
{
	struct seen seen = {0}, all = {0};
	struct kit_elf *elf;

	assert_int_equal(kit_elf_open(&elf, "/proc/self/exe", NULL), 0);
	assert_int_equal(kit_elf_each(elf, "kit_test_*mark", note, &seen, NULL), 0);
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.landmarks, 1);
	assert_int_equal(kit_elf_each(elf, "*", note, &all, NULL), 0);
	assert_true(all.n > 20);
	assert_int_equal(all.landmarks, 1);
	assert_int_equal(kit_elf_each(elf, NULL, stop, NULL, NULL), 42);
	assert_int_equal(kit_elf_each(elf, "none*such", stop, NULL, NULL), 0);
	kit_elf_close(elf);
}

static void expect_reason(const char *path, int err, enum kit_symbols_reason expected)
{
	enum kit_symbols_reason reason;
	struct kit_elf *elf;

	assert_int_equal(kit_elf_open(&elf, path, &reason), err);
	assert_int_equal(reason, expected);
	assert_null(elf);
	assert_true(strlen(kit_symbols_reason_text(reason)) > 5);
}

static void test_reasons(void **state)
{
	char fifo[] = "/tmp/skep-kit-XXXXXX";

	expect_reason("/no/such", -ENOENT, KIT_SYMBOLS_NO_FILE);
	expect_reason("/proc/self/exe/x", -ENOTDIR, KIT_SYMBOLS_NO_FILE);
	expect_reason("/tmp", -ENOEXEC, KIT_SYMBOLS_NOT_FILE);
	expect_reason("/dev/zero", -ENOEXEC, KIT_SYMBOLS_NOT_FILE);
	expect_reason("/etc/passwd", -ENOEXEC, KIT_SYMBOLS_NOT_ELF);
	expect_reason("/dev/null", -ENOEXEC, KIT_SYMBOLS_NOT_FILE);
	assert_non_null(mkdtemp(fifo));
	assert_int_equal(rmdir(fifo), 0);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	expect_reason(fifo, -ENOEXEC, KIT_SYMBOLS_NOT_FILE);
	assert_int_equal(unlink(fifo), 0);
}

static int ignore(const struct kit_function *fn, void *ctx)
{
	(*(volatile size_t *)ctx) += strlen(fn->name);
	return 0;
}

/* Reads all there is in a file of these bytes; anything but a crash will do. */
static int exercise(int fd, const char *data, size_t len)
{
	enum kit_symbols_reason reason;
	struct kit_function fn;
	struct kit_elf *elf;
	char path[64];
	size_t sum = 0;
	int err;

	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(pwrite(fd, data, len, 0), len);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	err = kit_elf_open(&elf, path, &reason);
	if (err)
		return err;
	err = kit_elf_find(elf, "main", &fn, &reason);
	if (!err)
		assert_true(fn.offset < len);
	kit_elf_each(elf, "*", ignore, &sum, NULL);
	kit_elf_suggest(elf, "maim");
	kit_elf_close(elf);
	return err;
}

/*
 * A small real file: the program's own headers, segments' table, sections' table and symbols
 * are all touched, by cutting at every step and by changing bytes of the tables.
 */
static void test_hostile(void **state)
{
	int fd = memfd_create("elf", 0);
	size_t len, i, cuts = 0;
	char *data = read_file(SMALL_ELF, &len), old;
	const Elf64_Ehdr *ehdr = (const Elf64_Ehdr *)data;

	assert_int_equal(exercise(fd, data, len), 0);
	for (i = 0; i < len; i += i < 1024 ? 7 : len / 300)
		cuts += exercise(fd, data, i) != 0;
	/* The table of sections is at the end, so every cut is noticed. */
	assert_true(cuts > 300);
	srand(2);
	for (i = 0; i < 4000; i++) {
		size_t at = (size_t)rand() % sizeof(*ehdr);

		if (i % 3 == 1)
			at = ehdr->e_phoff + (size_t)rand() % (ehdr->e_phnum * 56u);
		else if (i % 3 == 2)
			at = ehdr->e_shoff + (size_t)rand() % (ehdr->e_shnum * 64u);
		old = data[at];
		data[at] = i % 2 ? (char)rand() : (char)0xff;
		exercise(fd, data, len);
		data[at] = old;
	}
	free(data);
	close(fd);
}

static void test_hostile_cache(void **state)
{
	char path[64], found[PATH_MAX], *data, old;
	int fd = memfd_create("cache", 0);
	size_t len, i;

	if (access("/etc/ld.so.cache", R_OK))
		skip();
	data = read_file("/etc/ld.so.cache", &len);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert_int_equal(kit_resolve_library_in("/etc/ld.so.cache", "c", found, sizeof(found)), 0);
	assert_int_equal(kit_resolve_library_in("/no/such", "c", found, sizeof(found)), -ENOENT);
	for (i = 0; i < len; i += i < 200 ? 1 : len / 200) {
		assert_int_equal(ftruncate(fd, 0), 0);
		assert_int_equal(pwrite(fd, data, i, 0), i);
		kit_resolve_library_in(path, "none", found, sizeof(found));
	}
	srand(3);
	for (i = 0; i < 2000; i++) {
		size_t at = (size_t)rand() % (i % 2 ? 400 : len);

		old = data[at];
		data[at] = (char)0xff;
		assert_int_equal(pwrite(fd, data, len, 0), len);
		kit_resolve_library_in(path, "none", found, sizeof(found));
		data[at] = old;
	}
	free(data);
	close(fd);
}

static void test_glob(void **state)
{
	static const struct {
		const char *glob, *name;
		bool match;
	} cases[] = {
		{"", "", true},
		{"*", "", true},
		{"?", "", false},
		{"vfs_*", "vfs_read", true},
		{"vfs_*", "xvfs_read", false},
		{"*_read", "vfs_read", true},
		{"v*s*d", "vfs_read", true},
		{"v?s_read", "vfs_read", true},
		{"vfs", "vfs_read", false},
		{"*a*a*b", "aaaaaaaac", false},
		{"[a]", "a", false},
		{"**x**", "x", true},
	};
	char long_name[4096];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(kit_glob_match(cases[i].glob, cases[i].name), cases[i].match);
	memset(long_name, 'a', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = 0;
	assert_false(kit_glob_match("*a*a*a*a*a*a*a*a*a*a*a*a*a*b", long_name));
	assert_true(kit_glob_is_pattern("a*"));
	assert_false(kit_glob_is_pattern("a[b]"));
}

struct ksyms {
	unsigned int n;
	char text[512];
};

static int note_ksym(const struct kit_ksym *sym, void *ctx)
{
	struct ksyms *seen = ctx;
	size_t used = strlen(seen->text);

	seen->n++;
	snprintf(seen->text + used, sizeof(seen->text) - used, "%s:%s:%llx ", sym->name,
		 sym->module ? sym->module : "-", (unsigned long long)sym->address);
	return 0;
}

static void test_ksyms(void **state)
{
	static const char kallsyms[] = "ffffffff81000000 T vfs_read\n"
				       "ffffffff81000010 t vfs_write\n"
				       "ffffffff82000000 D vfs_data\n"
				       "\n"
				       "garbage\n"
				       "0000000000000000 T\n"
				       "ffffffffc0000000 t vfs_mod\t[ext4]\n"
				       "ffffffffc0000001 t other\t[]\n"
				       "ffffffffc0000002 t vfs_last";
	static const char traceable[] = "vfs_read\nvfs_mod [ext4]\n\nother\n";
	struct ksyms seen = {0};
	char path[64];
	int fd = memfd_create("ksyms", 0);

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert_int_equal(pwrite(fd, kallsyms, sizeof(kallsyms) - 1, 0), sizeof(kallsyms) - 1);
	assert_int_equal(kit_ksyms_each_in(path, "vfs_*", note_ksym, &seen), 0);
	assert_string_equal(seen.text,
			    "vfs_read:-:ffffffff81000000 vfs_write:-:ffffffff81000010 "
			    "vfs_mod:ext4:ffffffffc0000000 vfs_last:-:ffffffffc0000002 ");
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(pwrite(fd, traceable, sizeof(traceable) - 1, 0), sizeof(traceable) - 1);
	seen = (struct ksyms){0};
	assert_int_equal(kit_ksyms_traceable_each_in(path, NULL, note_ksym, &seen), 0);
	assert_string_equal(seen.text, "vfs_read:-:0 vfs_mod:ext4:0 other:-:0 ");
	assert_int_equal(kit_ksyms_each_in("/no/such", NULL, note_ksym, &seen), -ENOENT);
	close(fd);
	if (access("/proc/kallsyms", R_OK))
		return;
	seen = (struct ksyms){0};
	assert_int_equal(kit_ksyms_each("vfs_read", note_ksym, &seen), 0);
	assert_int_equal(seen.n, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),	cmocka_unit_test(test_library),
		cmocka_unit_test(test_program), cmocka_unit_test(test_each),
		cmocka_unit_test(test_reasons), cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_glob),	cmocka_unit_test(test_hostile_cache),
		cmocka_unit_test(test_ksyms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
