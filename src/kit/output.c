// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The printer: one buffer in front of one descriptor. Each public call appends to the buffer by
 * one of the two writers and then lets go of as much as the buffering mode says.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kit/output.h"

/* What is pending over this is written in any mode, so that memory stays bounded. */
#define PENDING_MAX (64 * 1024)

struct kit_output {
	struct kit_buffer pending;
	int fd;
	int message_fd;
	bool owns_fd;
	bool quiet;
	bool held; /* lines wait for kit_output_pause() */
	enum kit_output_format format;
	enum kit_output_buffering buffering;
	int error; /* the first failure, -errno */
};

int kit_output_open(struct kit_output **outp, const struct kit_output_opts *opts)
{
	struct kit_output *out = calloc(1, sizeof(*out));

	*outp = NULL;
	if (!out)
		return -ENOMEM;
	out->fd = opts->fd;
	out->message_fd = opts->message_fd;
	out->quiet = opts->quiet;
	out->format = opts->format;
	out->buffering = opts->buffering;
	if (opts->path) {
		out->fd = open(opts->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
		if (out->fd < 0) {
			int err = -errno;

			free(out);
			return err;
		}
		out->owns_fd = true;
	}
	*outp = out;
	return 0;
}

/* All of it, also to a descriptor that is not to block. */
static int write_all(int fd, const char *data, size_t len)
{
	struct pollfd ready = {.fd = fd, .events = POLLOUT};
	ssize_t n;

	while (len) {
		n = write(fd, data, len);
		if (n >= 0) {
			data += n;
			len -= (size_t)n;
		} else if (errno == EAGAIN) {
			poll(&ready, 1, -1);
		} else if (errno != EINTR) {
			return -errno;
		}
	}
	return 0;
}

/* Writes the first len pending bytes. */
static void let_go(struct kit_output *out, size_t len)
{
	struct kit_buffer *b = &out->pending;

	if (!len || out->error)
		return;
	out->error = write_all(out->fd, b->data, len);
	if (out->error) {
		kit_buffer_reset(b);
		return;
	}
	b->len -= len;
	memmove(b->data, b->data + len, b->len);
}

/* The end of each public call. */
static void commit(struct kit_output *out)
{
	struct kit_buffer *b = &out->pending;
	const char *newline;

	if (b->error && !out->error)
		out->error = b->error;
	if (out->error) {
		kit_buffer_reset(b);
		return;
	}
	if (out->buffering == KIT_OUTPUT_NONE || b->len >= PENDING_MAX) {
		let_go(out, b->len);
	} else if (out->buffering == KIT_OUTPUT_LINE && !out->held && b->len) {
		newline = memrchr(b->data, '\n', b->len);
		if (newline)
			let_go(out, (size_t)(newline + 1 - b->data));
	}
}

int kit_output_flush(struct kit_output *out)
{
	let_go(out, out->pending.len);
	return out->error;
}

void kit_output_hold(struct kit_output *out)
{
	out->held = true;
}

int kit_output_pause(struct kit_output *out)
{
	out->held = false;
	return out->buffering == KIT_OUTPUT_FULL ? out->error : kit_output_flush(out);
}

int kit_output_close(struct kit_output *out)
{
	int err;

	if (!out)
		return 0;
	err = kit_output_flush(out);
	if (out->owns_fd && close(out->fd) && !err)
		err = -errno;
	kit_buffer_free(&out->pending);
	free(out);
	return err;
}

enum kit_output_format kit_output_format(const struct kit_output *out)
{
	return out->format;
}

bool kit_hist_span(const uint64_t *counts, uint32_t n, uint32_t *first, uint32_t *last)
{
	while (n && !counts[n - 1])
		n--;
	if (!n)
		return false;
	*last = n - 1;
	*first = 0;
	while (!counts[*first])
		(*first)++;
	return true;
}

static uint64_t divide(uint64_t n, bool is_signed, uint32_t div)
{
	return is_signed ? (uint64_t)((int64_t)n / (int64_t)div) : n / div;
}

uint64_t kit_stats_average(const struct kit_value *v, uint32_t div)
{
	return divide(kit_value_number(v, NULL), v->is_signed, div);
}

struct kit_value kit_divided(const struct kit_value *v, uint32_t div)
{
	struct kit_value shown = *v;
	bool is_signed;
	uint64_t n;

	if (div <= 1)
		return shown;
	switch (v->type) {
	case KIT_INT:
	case KIT_UINT:
	case KIT_COUNT:
	case KIT_SUM:
	case KIT_MIN:
	case KIT_MAX:
		n = kit_value_number(v, &is_signed);
		shown.u = divide(n, is_signed, div);
		break;
	case KIT_AVG:
		n = kit_value_number(v, &is_signed);
		shown.stats.count = 1;
		shown.stats.total = divide(n, is_signed, div);
		break;
	default: break;
	}
	return shown;
}

void kit_output_map(struct kit_output *out, const char *name, enum kit_type type,
		    struct kit_row *rows, size_t nrows, uint32_t top, uint32_t div)
{
	if (out->error)
		return;
	kit_rows_sort(rows, nrows);
	if (top && nrows > top && type != KIT_STATS) {
		rows += nrows - top;
		nrows = top;
	}
	if (!div)
		div = 1;
	if (out->format == KIT_OUTPUT_JSON)
		kit_json_map(&out->pending, name, type, rows, nrows, div);
	else
		kit_text_map(&out->pending, name, type, rows, nrows, div);
	commit(out);
}

void kit_output_value(struct kit_output *out, const struct kit_value *v)
{
	if (out->error)
		return;
	if (out->format == KIT_OUTPUT_JSON)
		kit_json_value(&out->pending, v);
	else
		kit_text_value(&out->pending, v);
	commit(out);
}

void kit_output_text(struct kit_output *out, enum kit_text kind, const char *text, size_t len)
{
	static const char *const types[] = {
		[KIT_TEXT_PRINTF] = "printf",	[KIT_TEXT_TIME] = "time",
		[KIT_TEXT_JOIN] = "join",	[KIT_TEXT_CAT] = "cat",
		[KIT_TEXT_SYSCALL] = "syscall",
	};

	if (out->error)
		return;
	if (out->format == KIT_OUTPUT_JSON) {
		kit_json_text(&out->pending, types[kind], text, len);
	} else {
		kit_buffer_add(&out->pending, text, len);
		if (kind == KIT_TEXT_JOIN)
			kit_buffer_putc(&out->pending, '\n');
	}
	commit(out);
}

/* Sends text to the messages. What was printed before comes first; a lost message is no error. */
static void send_message(struct kit_output *out, struct kit_buffer *text)
{
	if (out->message_fd >= 0 && !text->error) {
		if (out->buffering != KIT_OUTPUT_FULL)
			let_go(out, out->pending.len);
		write_all(out->message_fd, text->data, text->len);
	}
	kit_buffer_free(text);
}

void kit_output_attached(struct kit_output *out, uint64_t nprobes)
{
	struct kit_buffer text = {0};

	if (out->quiet || out->error)
		return;
	if (out->format == KIT_OUTPUT_JSON) {
		kit_json_number(&out->pending, "attached_probes", "probes", nprobes);
		commit(out);
		return;
	}
	kit_buffer_printf(&text, "Attaching %" PRIu64 " probe%s...\n", nprobes,
			  nprobes == 1 ? "" : "s");
	send_message(out, &text);
}

void kit_output_lost(struct kit_output *out, uint64_t nevents)
{
	struct kit_buffer text = {0};

	if (out->error)
		return;
	if (out->format == KIT_OUTPUT_JSON) {
		kit_json_number(&out->pending, "lost_events", "events", nevents);
		commit(out);
		return;
	}
	kit_buffer_printf(&text, "Lost %" PRIu64 " events\n", nevents);
	send_message(out, &text);
}

/* What a failing helper means to people, as bpftrace words it. */
static const char *helper_message(const char *helper, int32_t retcode)
{
	if (!strcmp(helper, "map_update_elem") && retcode == -E2BIG)
		return "Map full; can't update element. Try increasing max_map_keys config";
	if (!strcmp(helper, "map_delete_elem") && retcode == -ENOENT)
		return "Can't delete map element because it does not exist.";
	if (!strcmp(helper, "map_lookup_elem") && retcode == 0)
		return "Can't lookup map element because it does not exist.";
	return strerror(retcode < 0 && retcode > -4096 ? -retcode : retcode);
}

void kit_output_runtime_error(struct kit_output *out, const struct kit_runtime_error *error)
{
	const char *message = error->message;
	struct kit_buffer text = {0};

	if (out->error)
		return;
	if (!message)
		message = error->helper ? helper_message(error->helper, error->retcode) : "";
	if (out->format == KIT_OUTPUT_JSON) {
		kit_json_runtime_error(&out->pending, error, message);
		commit(out);
		return;
	}
	kit_text_runtime_error(&text, error, message);
	send_message(out, &text);
}

void kit_output_end(struct kit_output *out)
{
	if (out->error || out->format == KIT_OUTPUT_JSON)
		return;
	kit_buffer_puts(&out->pending, "\n\n");
	commit(out);
}
