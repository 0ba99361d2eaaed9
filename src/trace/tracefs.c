// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * tracefs: where it is mounted, the numbers of events, and a parser of format files.
 *
 * A field line is cut at its semicolons and the declaration at its last word, which is the name;
 * the C types in front of it are kept as text, for the world to understand. What is not a plain
 * declaration (a function pointer) is passed over, a wrong number refuses the whole file.
 */
#include <ctype.h>
#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>

#include "trace/tracefs.h"

#define MAX_FORMAT_BYTES (256 * 1024)
#define MAX_PATH	 4096

const char *trace_tracefs_dir(void)
{
	static const char *const dirs[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};
	struct statfs fs;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		if (!statfs(dirs[i], &fs) ? fs.f_type == TRACEFS_MAGIC : errno == EACCES)
			return dirs[i];
	}
	return NULL;
}

bool trace_tracefs_name_ok(const char *name)
{
	const char *p;

	for (p = name; *p; p++) {
		if (*p == '/' || (unsigned char)*p < ' ' || *p == 0x7f)
			return false;
	}
	return p > name && p - name <= 255 && strcmp(name, ".") && strcmp(name, "..");
}

int trace_read_file(const char *path, size_t max, char **data, size_t *len)
{
	size_t cap = 0, n = 0, got;
	char *buf = NULL, *more;
	int err = 0;
	FILE *f;

	f = fopen(path, "re");
	if (!f)
		return -errno;
	do {
		if (n + 1 >= cap) {
			cap = cap ? cap * 2 : 16384;
			more = realloc(buf, cap);
			if (!more) {
				err = -ENOMEM;
				goto out;
			}
			buf = more;
		}
		errno = 0;
		got = fread(buf + n, 1, cap - n - 1, f);
		n += got;
		if (n > max) {
			err = -EFBIG;
			goto out;
		}
	} while (got);
	if (ferror(f))
		err = errno ? -errno : -EIO;
out:
	fclose(f);
	if (err) {
		free(buf);
		return err;
	}
	buf[n] = '\0';
	*data = buf;
	*len = n;
	return 0;
}

/* Reads one file of an event. */
static int read_event_file(const char *dir, const char *category, const char *event,
			   const char *file, char **data, size_t *len)
{
	char path[MAX_PATH];
	int n;

	if (!dir)
		dir = trace_tracefs_dir();
	if (!dir)
		return -ENODEV;
	if (!trace_tracefs_name_ok(category) || !trace_tracefs_name_ok(event))
		return -ENOENT;
	n = snprintf(path, sizeof(path), "%s/events/%s/%s/%s", dir, category, event, file);
	if (n < 0 || (size_t)n >= sizeof(path))
		return -ENAMETOOLONG;
	return trace_read_file(path, MAX_FORMAT_BYTES, data, len);
}

/* Reads a decimal number of at most @max at *p and moves *p behind it; -1 when there is none. */
static int64_t number(const char **p, const char *end, uint32_t max)
{
	uint64_t v = 0;

	if (*p == end || !isdigit((unsigned char)**p))
		return -1;
	for (; *p < end && isdigit((unsigned char)**p); (*p)++) {
		v = v * 10 + (uint64_t)(**p - '0');
		if (v > max)
			return -1;
	}
	return (int64_t)v;
}

int trace_tracefs_id(const char *dir, const char *category, const char *event)
{
	const char *p;
	int64_t id;
	size_t len;
	char *data;
	int err;

	err = read_event_file(dir, category, event, "id", &data, &len);
	if (err)
		return err == -ENOTDIR ? -ENOENT : err;
	p = data;
	id = number(&p, data + len, INT32_MAX);
	if (id < 0 || (*p && *p != '\n'))
		id = -EBADMSG;
	free(data);
	return (int)id;
}

/* Where the strings of a format are put; its size is known to be enough. */
struct strings {
	char *next;
};

/* Keeps @a and @b, one after the other. */
static const char *keep(struct strings *s, const char *a, size_t alen, const char *b, size_t blen)
{
	char *kept = s->next;

	memcpy(kept, a, alen);
	memcpy(kept + alen, b, blen);
	kept[alen + blen] = '\0';
	s->next += alen + blen + 1;
	return kept;
}

static size_t trim(const char *text, size_t len)
{
	while (len && isspace((unsigned char)text[len - 1]))
		len--;
	return len;
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* True and cut off if *text begins with @prefix. */
static bool cut_prefix(const char **text, size_t *len, const char *prefix)
{
	size_t n = strlen(prefix);

	if (*len < n || memcmp(*text, prefix, n))
		return false;
	*text += n;
	*len -= n;
	return true;
}

/*
 * Takes "TYPE NAME", "TYPE NAME[N]", "__data_loc TYPE[] NAME" apart. False when it is none of
 * them.
 */
static bool parse_declaration(const char *decl, size_t len, struct strings *s,
			      struct trace_format_field *f)
{
	const char *bracket = "", *name, *elem;
	size_t blen = 0, nlen, elen, tlen;

	len = trim(decl, len);
	f->kind = TRACE_FORMAT_PLAIN;
	f->count = 1;
	if (len && decl[len - 1] == ']') {
		bracket = memrchr(decl, '[', len);
		if (!bracket)
			return false;
		blen = len - (size_t)(bracket - decl);
		len = trim(decl, len - blen);
		f->kind = TRACE_FORMAT_ARRAY;
	}
	for (tlen = len; tlen && is_word(decl[tlen - 1]);)
		tlen--;
	name = decl + tlen;
	nlen = len - tlen;
	tlen = trim(decl, tlen);
	if (!nlen || !tlen || isdigit((unsigned char)*name))
		return false;
	elem = decl;
	elen = tlen;
	if (cut_prefix(&elem, &elen, "__data_loc "))
		f->kind = TRACE_FORMAT_DATA_LOC;
	else if (cut_prefix(&elem, &elen, "__rel_loc "))
		f->kind = TRACE_FORMAT_REL_LOC;
	if (elen >= 2 && !memcmp(elem + elen - 2, "[]", 2))
		elen = trim(elem, elen - 2);
	if (!elen)
		return false;
	if (f->kind == TRACE_FORMAT_ARRAY) {
		const char *p = bracket + 1;
		int64_t n = number(&p, bracket + blen, TRACE_FORMAT_MAX_RECORD);

		/* A constant's name may stand here: the size tells then. */
		f->count = n > 0 && *p == ']' ? (uint32_t)n : 0;
	}
	f->name = keep(s, name, nlen, "", 0);
	f->type = keep(s, decl, tlen, bracket, blen);
	f->elem_type = keep(s, elem, elen, "", 0);
	f->pointer = elem[elen - 1] == '*';
	return true;
}

/* Finds "@key" followed by a number in the rest of a field's line. */
static int64_t attribute(const char *line, const char *end, const char *key, uint32_t max)
{
	const char *p = memmem(line, (size_t)(end - line), key, strlen(key));

	if (!p)
		return -1;
	p += strlen(key);
	return number(&p, end, max);
}

/* Parses what follows "field:" up to @end, the line's end. 1: a field, 0: passed over. */
static int parse_field(const char *line, const char *end, struct strings *s,
		       struct trace_format_field *f)
{
	const char *semicolon = memchr(line, ';', (size_t)(end - line));
	int64_t offset, size, is_signed;

	if (!semicolon)
		return -EBADMSG;
	offset = attribute(semicolon, end, "offset:", TRACE_FORMAT_MAX_RECORD);
	size = attribute(semicolon, end, "size:", TRACE_FORMAT_MAX_RECORD);
	is_signed = attribute(semicolon, end, "signed:", 1);
	if (offset < 0 || size < 0 || offset + size > TRACE_FORMAT_MAX_RECORD)
		return -EBADMSG;
	f->offset = (uint32_t)offset;
	f->size = (uint32_t)size;
	f->is_signed = is_signed == 1;
	if (!parse_declaration(line, (size_t)(semicolon - line), s, f))
		return 0;
	if ((f->kind == TRACE_FORMAT_DATA_LOC || f->kind == TRACE_FORMAT_REL_LOC) && size != 4)
		return -EBADMSG;
	/* An array without elements in the record is nothing that could be read. */
	return size ? 1 : 0;
}

int trace_format_parse(const char *text, size_t len, struct trace_format *format)
{
	const char *end = text + len, *line, *next, *p;
	struct strings s;
	int err;

	memset(format, 0, sizeof(*format));
	if (len > MAX_FORMAT_BYTES || memchr(text, '\0', len))
		return -EBADMSG;
	/* Of each line at most three strings are kept, each shorter than the line. */
	format->text = malloc(3 * len + 1);
	format->fields = calloc(TRACE_FORMAT_MAX_FIELDS, sizeof(*format->fields));
	if (!format->text || !format->fields) {
		err = -ENOMEM;
		goto fail;
	}
	s.next = format->text;
	for (line = text; line < end; line = next) {
		next = memchr(line, '\n', (size_t)(end - line));
		next = next ? next + 1 : end;
		for (p = line; p < next && (*p == ' ' || *p == '\t');)
			p++;
		if (next - p < 6 || memcmp(p, "field:", 6))
			continue;
		if (format->nfields == TRACE_FORMAT_MAX_FIELDS) {
			err = -EBADMSG;
			goto fail;
		}
		err = parse_field(p + 6, next, &s, &format->fields[format->nfields]);
		if (err < 0)
			goto fail;
		format->nfields += (uint32_t)err;
	}
	if (format->nfields)
		return 0;
	err = -EBADMSG;
fail:
	trace_format_free(format);
	return err;
}

int trace_format_read(const char *dir, const char *category, const char *event,
		      struct trace_format *format)
{
	size_t len;
	char *data;
	int err;

	memset(format, 0, sizeof(*format));
	err = read_event_file(dir, category, event, "format", &data, &len);
	if (err)
		return err == -ENOTDIR ? -ENOENT : err;
	err = trace_format_parse(data, len, format);
	free(data);
	return err;
}

void trace_format_free(struct trace_format *format)
{
	free(format->fields);
	free(format->text);
	memset(format, 0, sizeof(*format));
}
