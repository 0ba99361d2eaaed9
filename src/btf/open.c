// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Opening BTF: one pass over the type section checks that every record and what follows it lies
 * inside, that every name is in the strings, and that every type referred to exists, and notes
 * where each record begins. After it no accessor needs to look at lengths again.
 */
#include "btf/btfr.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define FILE_MAX ((size_t)256 << 20)

/* What follows a record: `fixed` words, or vlen items of `each` words; and what the words are. */
static const struct layout {
	bool known;
	uint8_t fixed, each;
	bool is_ref; /* the record's size/type field is a type */
	bool names;  /* word 0 of an item is a name */
	bool refs;   /* word `ref` of an item is a type */
	uint8_t ref;
} layouts[NR_BTF_KINDS] = {
	[BTF_KIND_INT] = {.known = true, .fixed = 1},
	[BTF_KIND_PTR] = {.known = true, .is_ref = true},
	[BTF_KIND_ARRAY] = {.known = true, .fixed = 3},
	[BTF_KIND_STRUCT] = {.known = true, .each = 3, .names = true, .refs = true, .ref = 1},
	[BTF_KIND_UNION] = {.known = true, .each = 3, .names = true, .refs = true, .ref = 1},
	[BTF_KIND_ENUM] = {.known = true, .each = 2, .names = true},
	[BTF_KIND_FWD] = {.known = true},
	[BTF_KIND_TYPEDEF] = {.known = true, .is_ref = true},
	[BTF_KIND_VOLATILE] = {.known = true, .is_ref = true},
	[BTF_KIND_CONST] = {.known = true, .is_ref = true},
	[BTF_KIND_RESTRICT] = {.known = true, .is_ref = true},
	[BTF_KIND_FUNC] = {.known = true, .is_ref = true},
	[BTF_KIND_FUNC_PROTO] =
		{.known = true, .each = 2, .is_ref = true, .names = true, .refs = true, .ref = 1},
	[BTF_KIND_VAR] = {.known = true, .fixed = 1, .is_ref = true},
	[BTF_KIND_DATASEC] = {.known = true, .each = 3, .refs = true, .ref = 0},
	[BTF_KIND_FLOAT] = {.known = true},
	[BTF_KIND_DECL_TAG] = {.known = true, .fixed = 1, .is_ref = true},
	[BTF_KIND_TYPE_TAG] = {.known = true, .is_ref = true},
	[BTF_KIND_ENUM64] = {.known = true, .each = 3, .names = true},
};

static uint32_t max_u32(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

/* What one pass finds. */
struct scan {
	const struct btfr *b;
	uint32_t max_ref;    /* the highest type referred to */
	uint32_t max_ref_id; /* by whom */
	const char *text;    /* the error */
};

/* Check the record at `off`. Returns its length in bytes, or 0 with s->text set. */
static size_t scan_record(struct scan *s, uint32_t off, uint32_t id)
{
	size_t left = s->b->types_len - off, len = sizeof(struct btf_type);
	const uint32_t *words;
	const struct btf_type *t;
	const struct layout *l;
	uint32_t vlen, ref = 0, name;

	s->text = "the type section ends inside a record";
	if (left < len)
		return 0;
	t = (const struct btf_type *)(const void *)(s->b->types + off);
	words = (const uint32_t *)(t + 1);
	s->text = "a record of unknown kind";
	if (btfr_rec_kind(t) >= NR_BTF_KINDS || !layouts[btfr_rec_kind(t)].known)
		return 0;
	l = &layouts[btfr_rec_kind(t)];
	vlen = l->each ? BTF_INFO_VLEN(t->info) : 0;
	len += 4 * ((size_t)l->fixed + (size_t)l->each * vlen);
	s->text = "the type section ends inside a record";
	if (left < len)
		return 0;
	name = t->name_off;
	if (l->is_ref)
		ref = t->type;
	if (btfr_rec_kind(t) == BTF_KIND_ARRAY)
		ref = max_u32(words[0], words[1]);
	if (l->names)
		for (uint32_t i = 0; i < vlen; i++)
			name = max_u32(name, words[(size_t)i * l->each]);
	if (l->refs)
		for (uint32_t i = 0; i < vlen; i++)
			ref = max_u32(ref, words[(size_t)i * l->each + l->ref]);
	s->text = "a name outside the string section";
	if (name >= s->b->str_end && name != 0)
		return 0;
	if (ref > s->max_ref) {
		s->max_ref = ref;
		s->max_ref_id = id;
	}
	return len;
}

static int fail(struct btfr_error *err, int ret, uint32_t id, size_t off, const char *text)
{
	if (err)
		*err = (struct btfr_error){.id = id, .off = off, .text = text};
	return ret;
}

static int scan_types(struct btfr *b, struct btfr_error *err)
{
	size_t where = (size_t)(b->types - (const uint8_t *)b->data), len;
	struct scan s = {.b = b};
	uint32_t id = b->id_begin;

	/* Twelve bytes are the least a record takes; pages that are not needed are not touched. */
	b->offs = malloc(b->types_len / sizeof(struct btf_type) * sizeof(*b->offs) + 1);
	if (!b->offs)
		return -ENOMEM;
	for (uint32_t off = 0; off < b->types_len; off += (uint32_t)len, id++) {
		len = scan_record(&s, off, id);
		if (!len)
			return fail(err, -EINVAL, id, where + off, s.text);
		b->offs[id - b->id_begin] = off;
	}
	b->id_end = id;
	if (s.max_ref >= id)
		return fail(err, -EINVAL, s.max_ref_id, where + b->offs[s.max_ref_id - b->id_begin],
			    "a reference to a type that does not exist");
	return 0;
}

static bool inside(size_t off, size_t len, size_t whole)
{
	return off <= whole && len <= whole - off;
}

/* Find the two sections. */
static int read_header(struct btfr *b, struct btfr_error *err)
{
	const struct btf_header *h = b->data;
	uint32_t str_base = b->base ? b->base->str_end : 0;
	size_t body;

	if ((uintptr_t)b->data % 4)
		return fail(err, -EINVAL, 0, 0, "the data is not aligned to 4 bytes");
	if (b->len < sizeof(*h))
		return fail(err, -EINVAL, 0, 0, "too short for a BTF header");
	if (h->magic == (__u16)(BTF_MAGIC >> 8 | BTF_MAGIC << 8))
		return fail(err, -ENOTSUP, 0, 0, "BTF of the other byte order");
	if (h->magic != BTF_MAGIC)
		return fail(err, -EINVAL, 0, 0, "not BTF (wrong magic number)");
	if (h->version != BTF_VERSION)
		return fail(err, -ENOTSUP, 0, 2, "unknown BTF version");
	if (h->hdr_len < sizeof(*h) || h->hdr_len > b->len)
		return fail(err, -EINVAL, 0, 4, "bad header length");
	body = b->len - h->hdr_len;
	if (!inside(h->type_off, h->type_len, body) || (h->hdr_len + h->type_off) % 4)
		return fail(err, -EINVAL, 0, 8, "bad place of the type section");
	if (!inside(h->str_off, h->str_len, body) || h->str_len > UINT32_MAX - str_base)
		return fail(err, -EINVAL, 0, 16, "bad place of the string section");
	b->types = (const uint8_t *)b->data + h->hdr_len + h->type_off;
	b->types_len = h->type_len;
	b->strs = (const char *)b->data + h->hdr_len + h->str_off;
	b->str_begin = str_base;
	b->str_end = str_base + h->str_len;
	if (h->str_len && b->strs[h->str_len - 1])
		return fail(err, -EINVAL, 0, 16, "the string section does not end in a zero byte");
	if (!b->base && h->str_len && b->strs[0])
		return fail(err, -EINVAL, 0, 16, "the string section does not begin with \"\"");
	return 0;
}

/* Takes the data over (as owner says) also on failure. */
static int open_data(const void *data, size_t len, enum btfr_owner owner, struct btfr *base,
		     struct btfr **out, struct btfr_error *err)
{
	struct btfr *b = calloc(1, sizeof(*b));
	int ret = -ENOMEM;

	*out = NULL;
	if (!b) {
		if (owner == BTFR_MALLOCED)
			free((void *)(uintptr_t)data);
		if (owner == BTFR_MAPPED)
			munmap((void *)(uintptr_t)data, len);
		return ret;
	}
	b->base = base;
	b->data = data;
	b->len = len;
	b->owner = owner;
	b->id_begin = base ? base->id_end : 1;
	ret = read_header(b, err);
	if (!ret)
		ret = scan_types(b, err);
	if (ret)
		btfr_close(b);
	else
		*out = b;
	return ret;
}

int btfr_open_mem(const void *data, size_t len, struct btfr *base, struct btfr **out,
		  struct btfr_error *err)
{
	return open_data(data, len, BTFR_BORROWED, base, out, err);
}

/* Read fd to its end into *buf, which the caller frees also on failure. */
static int read_all(int fd, size_t expect, char **buf, size_t *len)
{
	size_t room = expect + 1;
	ssize_t n;
	char *p;

	for (*len = 0;; *len += (size_t)n) {
		if (!*buf || *len == room) {
			room = *buf ? room * 2 : room;
			if (room > 2 * FILE_MAX)
				return -EFBIG;
			p = realloc(*buf, room);
			if (!p)
				return -ENOMEM;
			*buf = p;
		}
		n = read(fd, *buf + *len, room - *len);
		if (n < 0)
			return -errno;
		if (n == 0)
			return *len > FILE_MAX ? -EFBIG : 0;
	}
}

/*
 * Newer kernels let the file in sysfs be mapped, which saves copying megabytes. Other files are
 * read: one that is made shorter while it is mapped would end the program.
 */
static void *map_sysfs(int fd, size_t len)
{
	struct statfs fs;
	void *p;

	if (!len || fstatfs(fd, &fs) || fs.f_type != SYSFS_MAGIC)
		return NULL;
	p = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
	return p == MAP_FAILED ? NULL : p;
}

int btfr_open_file(const char *path, struct btfr *base, struct btfr **out, struct btfr_error *err)
{
	struct stat st;
	char *buf = NULL;
	void *map;
	size_t len;
	int fd, ret;

	*out = NULL;
	if (err)
		*err = (struct btfr_error){.text = "cannot be read"};
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = fstat(fd, &st) ? -errno : 0;
	if (!ret && (st.st_size < 0 || (uint64_t)st.st_size > FILE_MAX))
		ret = -EFBIG;
	if (ret)
		goto out;
	map = map_sysfs(fd, (size_t)st.st_size);
	if (map) {
		ret = open_data(map, (size_t)st.st_size, BTFR_MAPPED, base, out, err);
		goto out;
	}
	ret = read_all(fd, (size_t)st.st_size, &buf, &len);
	if (!ret) {
		ret = open_data(buf, len, BTFR_MALLOCED, base, out, err);
		buf = NULL;
	}
out:
	free(buf);
	close(fd);
	return ret;
}

void btfr_close(struct btfr *b)
{
	if (!b)
		return;
	if (b->owner == BTFR_MALLOCED)
		free((void *)(uintptr_t)b->data);
	if (b->owner == BTFR_MAPPED)
		munmap((void *)(uintptr_t)b->data, b->len);
	free(b->offs);
	free(b->heads);
	free(b->next);
	free(b);
}
