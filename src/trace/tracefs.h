/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What tracefs says about tracepoints: where it is, which there are, their numbers and the layout
 * of their records. Its files are taken for hostile: every number is checked, names are copied.
 */
#ifndef TRACE_TRACEFS_H
#define TRACE_TRACEFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The directory where tracefs is mounted, a static string: /sys/kernel/tracing, else
 * /sys/kernel/debug/tracing; NULL when neither. A directory that may not be entered counts as
 * mounted.
 */
const char *trace_tracefs_dir(void);

/*
 * True if @name can be a category, event or module: not empty, at most 255 bytes, neither "." nor
 * "..", and without '/' and control characters; so it names a file below a directory.
 */
bool trace_tracefs_name_ok(const char *name);

/*
 * The number of an event, which perf_event_open(2) takes as config. @dir NULL:
 * trace_tracefs_dir(). Returns it, or -errno: -ENODEV when tracefs is not mounted, -ENOENT when
 * there is no such event, -EACCES or -EPERM, -EBADMSG when the file holds no number.
 */
int trace_tracefs_id(const char *dir, const char *category, const char *event);

/* Most fields that a format may have, and the end of the furthest one in bytes. */
#define TRACE_FORMAT_MAX_FIELDS 256
#define TRACE_FORMAT_MAX_RECORD 65536

/* How a field is kept in the record. */
enum trace_format_kind {
	TRACE_FORMAT_PLAIN,    /* a value of size bytes */
	TRACE_FORMAT_ARRAY,    /* count elements, size bytes in all */
	TRACE_FORMAT_DATA_LOC, /* __data_loc: u32 (len << 16 | offset from the record) */
	TRACE_FORMAT_REL_LOC,  /* __rel_loc: as above, counted from the field's end */
};

/* One `field:` line. The strings live in the format. */
struct trace_format_field {
	const char *name;
	const char *type;      /* as written, without the name: "const char *", "char[16]" */
	const char *elem_type; /* the same without brackets and __data_loc, __rel_loc */
	enum trace_format_kind kind;
	bool pointer;	/* elem_type ends in '*' */
	bool is_signed; /* what the line says */
	uint32_t offset, size;
	uint32_t count; /* of an array; else 1 */
};

struct trace_format {
	struct trace_format_field *fields; /* as in the file, common_ ones included */
	uint32_t nfields;
	char *text; /* what the strings are in */
};

/*
 * Parses the text of a format file, which need not end in NUL. Returns 0 (end with
 * trace_format_free()), -EBADMSG when it is malformed or over the limits, -ENOMEM.
 */
int trace_format_parse(const char *text, size_t len, struct trace_format *format);

/* Reads and parses DIR/events/CATEGORY/EVENT/format. Errors as of trace_tracefs_id() and above. */
int trace_format_read(const char *dir, const char *category, const char *event,
		      struct trace_format *format);

void trace_format_free(struct trace_format *format);

/*
 * Reads a whole file of at most @max bytes through stdio, with a NUL after it. Returns 0, *data
 * (to be freed) and *len; -EFBIG; -ENOMEM; or -errno of open and read.
 */
int trace_read_file(const char *path, size_t max, char **data, size_t *len);

#endif
