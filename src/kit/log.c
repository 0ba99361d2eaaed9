// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Messages: each is put together first and written by one write(2), so that lines of programs
 * that share a terminal do not mix.
 */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <skep/kit_buffer.h>
#include <skep/kit_log.h>

static const char *const level_names[] = {
	[KIT_LOG_ERROR] = "error",     [KIT_LOG_WARNING] = "warning", [KIT_LOG_NOTE] = "note",
	[KIT_LOG_VERBOSE] = "verbose", [KIT_LOG_DEBUG] = "debug",
};

static void put_line(struct kit_buffer *line, const struct kit_log *log, enum kit_log_level level,
		     const struct kit_buffer *text)
{
	if (log->json) {
		kit_buffer_printf(line, "{\"type\": \"%s\", \"data\": \"", level_names[level]);
		kit_buffer_json(line, text->data, text->len);
		kit_buffer_puts(line, "\"}\n");
		return;
	}
	kit_buffer_printf(line, "%s: ", log->program);
	if (level <= KIT_LOG_NOTE)
		kit_buffer_printf(line, "%s: ", level_names[level]);
	kit_buffer_add(line, text->data, text->len);
	kit_buffer_putc(line, '\n');
}

void kit_log(const struct kit_log *log, enum kit_log_level level, const char *fmt, ...)
{
	struct kit_buffer text = {0}, line = {0};
	int saved = errno;
	va_list ap;

	if (level > log->shown_up)
		return;
	va_start(ap, fmt);
	kit_buffer_vprintf(&text, fmt, ap);
	va_end(ap);
	put_line(&line, log, level, &text);
	if (!line.error && write(log->fd, line.data, line.len) < 0)
		errno = saved;
	kit_buffer_free(&text);
	kit_buffer_free(&line);
	errno = saved;
}

static int positive(int err)
{
	if (err == INT_MIN)
		return INT_MAX;
	return err < 0 ? -err : err;
}

const char *kit_errno_name(int err)
{
	const char *name = strerrorname_np(positive(err));

	return name ? name : "E?";
}

const char *kit_errno_text(int err)
{
	const char *text = strerrordesc_np(positive(err));

	return text ? text : "Unknown error";
}
