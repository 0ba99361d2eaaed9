/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Plans made by hand, so that the runner is tested without the compiler. */
#ifndef TEST_TRACE_PLAN_H
#define TEST_TRACE_PLAN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include <skep/isa.h>
#include <skep/lang_plan.h>

#include "trace/session.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* What a printer wrote: results, and messages. */
struct capture {
	int out_fd, message_fd;
	struct kit_output *out;
};

static inline void capture_open(struct capture *c, enum kit_output_format format)
{
	struct kit_output_opts opts = {.format = format};

	c->out_fd = opts.fd = memfd_create("out", MFD_CLOEXEC);
	c->message_fd = opts.message_fd = memfd_create("messages", MFD_CLOEXEC);
	assert_true(opts.fd >= 0 && opts.message_fd >= 0);
	assert_int_equal(kit_output_open(&c->out, &opts), 0);
}

/* The text written so far; to be freed. */
static inline char *capture_text(int fd)
{
	off_t len = lseek(fd, 0, SEEK_END);
	char *text = calloc(1, (size_t)len + 1);

	assert_non_null(text);
	assert_int_equal(pread(fd, text, (size_t)len, 0), len);
	return text;
}

static inline void capture_close(struct capture *c)
{
	kit_output_close(c->out);
	close(c->out_fd);
	close(c->message_fd);
}

#define assert_output(c, want)                     \
	do {                                       \
		char *text_;                       \
		kit_output_flush((c)->out);        \
		text_ = capture_text((c)->out_fd); \
		assert_string_equal(text_, want);  \
		free(text_);                       \
	} while (0)

/* A session that has no kernel below it. */
static inline void session_init(struct trace_session *s, const struct lang_plan *plan,
				struct trace_options *options, struct trace_failure *failure)
{
	*s = (struct trace_session){.plan = plan, .options = options, .failure = failure};
	s->ncpus = 2;
	s->zeroed = calloc(plan->nmaps + 1, sizeof(*s->zeroed));
	assert_non_null(s->zeroed);
}

static inline void session_free(struct trace_session *s)
{
	free(s->zeroed);
	kit_buffer_free(&s->text);
}

#endif
