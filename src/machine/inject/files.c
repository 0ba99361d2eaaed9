// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Files with code, and where system calls are in them: found once, since a sweep over a libc
 * takes milliseconds. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "machine/inject/elf_code.h"
#include "machine/inject/inject.h"
#include "machine/inject/raw.h"

#define FILE_MAX (1ull << 31)

struct collect {
	const struct elf_code *elf;
	struct code_file *file;
	size_t room;
};

static uint64_t offset_of(const struct elf_code *elf, uint64_t address)
{
	for (size_t i = 0; i < elf->ranges_cnt; i++) {
		const struct elf_code_range *range = &elf->ranges[i];

		if (address - range->address < range->size)
			return address - range->address + range->offset;
	}
	return 0;
}

/*
 * A thread of musl's that nobody joins unmaps its own stack and ends: from the first call on there
 * is no stack for a stub. Both calls are left alone.
 */
static bool without_stack(const struct code_file *file, uint64_t offset)
{
	static const uint8_t unmap[] = {0xb8, 0x0b, 0, 0, 0, 0x0f, 0x05};
	static const uint8_t end[] = {0x48, 0x31, 0xff, 0xb8, 0x3c, 0, 0, 0, 0x0f, 0x05};
	const uint8_t *at = file->image + offset;

	if (offset < sizeof(end) + sizeof(unmap) || offset + 2 + sizeof(end) > file->size)
		return false;
	if (!memcmp(at - 5, unmap, sizeof(unmap)) && !memcmp(at + 2, end, sizeof(end)))
		return true;
	return !memcmp(at - 8, end, sizeof(end)) &&
	       !memcmp(at - 8 - sizeof(unmap), unmap, sizeof(unmap));
}

static int add_site(void *arg, const struct x86_site *site)
{
	struct collect *c = arg;
	struct code_file *file = c->file;
	uint64_t offset = offset_of(c->elf, site->address);

	if (!offset || without_stack(file, offset))
		return 0;
	if (file->nsites == c->room) {
		struct x86_site *more;

		c->room = c->room ? 2 * c->room : 64;
		more = reallocarray(file->sites, c->room, sizeof(*more));
		if (!more)
			return -ENOMEM;
		file->sites = more;
	}
	file->sites[file->nsites] = *site;
	file->sites[file->nsites].address = offset;
	file->sites[file->nsites++].patch = offset - (site->address - site->patch);
	return 0;
}

static int find_sites(struct code_file *file)
{
	struct elf_code elf;
	struct collect c = {.elf = &elf, .file = file};
	int err = elf_code_open(&elf, file->image, file->size);

	if (!err) {
		file->is_go = elf.is_go;
		err = elf_code_sites(&elf, add_site, &c);
	}
	elf_code_close(&elf);
	return err;
}

static void free_file(struct code_file *file)
{
	if (file->image)
		raw_munmap(file->image, file->size);
	free(file->sites);
	free(file);
}

static struct code_file *read_file(int fd, const struct process_mapping *m, const struct stat *st)
{
	struct code_file *file = calloc(1, sizeof(*file));
	void *image;

	if (!file || st->st_size <= 0 || (uint64_t)st->st_size > FILE_MAX) {
		free(file);
		return NULL;
	}
	file->dev = m->dev;
	file->ino = m->ino;
	file->mtime_ns = st->st_mtim.tv_sec * 1000000000ll + st->st_mtim.tv_nsec;
	file->size = (uint64_t)st->st_size;
	image = raw_mmap(file->size, PROT_READ, MAP_PRIVATE, fd);
	if (image == MAP_FAILED) {
		free(file);
		return NULL;
	}
	file->image = image;
	if (find_sites(file)) {
		free_file(file);
		return NULL;
	}
	unwind_find(file);
	return file;
}

const struct code_file *code_file_get(struct machine_targets *t, pid_t pid,
				      const struct process_mapping *m)
{
	struct code_file *file;
	struct stat st;
	int fd = process_open_mapped(pid, m);

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st)) {
		raw_close(fd);
		return NULL;
	}
	for (file = t->files; file; file = file->next) {
		if (file->dev == m->dev && file->ino == m->ino &&
		    file->size == (uint64_t)st.st_size &&
		    file->mtime_ns == st.st_mtim.tv_sec * 1000000000ll + st.st_mtim.tv_nsec)
			break;
	}
	if (!file) {
		file = read_file(fd, m, &st);
		if (file) {
			file->next = t->files;
			t->files = file;
		}
	}
	raw_close(fd);
	return file;
}

void code_files_free(struct machine_targets *t)
{
	while (t->files) {
		struct code_file *file = t->files;

		t->files = file->next;
		free_file(file);
	}
}

const uint8_t *code_file_function(const struct code_file *file, uint64_t offset, size_t *size)
{
	const uint8_t *code = NULL;
	struct elf_code elf;

	if (!elf_code_open(&elf, file->image, file->size)) {
		uint64_t address = elf_code_address(&elf, offset);

		code = address ? elf_code_function(&elf, address, size) : NULL;
	}
	elf_code_close(&elf);
	return code;
}
