// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The record back end: passes each call on, then prints it as strace would.
 * A line is built whole and written by one call, so that threads' lines do not
 * mix; errno is left as the call left it.
 */
#include "abi/seam.h"

#include <inttypes.h>
#include <string.h>

/* Arguments that exist only with certain others, and are left out otherwise. */
static bool absent(const struct abi_shown *call, unsigned int i)
{
	uint64_t before = i ? call->values[i - 1].value : 0;

	switch (call->values[i].show) {
	case ABI_SHOW_OPEN_MODE: return !(before & O_CREAT);
	case ABI_SHOW_FCNTL_ARG: return before == F_GETFD || before == F_GETFL;
	default: return false;
	}
}

static void record_result(struct abi_text *text, enum abi_call call, int64_t ret, int err)
{
	const char *name;

	if (ret == -1) {
		name = strerrorname_np(err);
		abi_text_add(text, " = -1 %s (%s)\n", name ? name : "?", strerror(err));
	} else if (call == ABI_CALL_mmap) {
		abi_text_add(text, " = 0x%" PRIx64 "\n", (uint64_t)ret);
	} else {
		abi_text_add(text, " = %" PRId64 "\n", ret);
	}
}

static void record_line(const struct abi_layer *self, enum abi_call call,
			const struct abi_shown *shown, int err)
{
	struct abi_text text, tail = {.len = 0};

	text.len = 0;
	text.cut = false;
	abi_text_add(&text, "%s(", abi_call_names[call]);
	for (unsigned int i = 0; i < shown->count; i++) {
		if (absent(shown, i))
			continue;
		abi_text_add(&text, i ? ", " : "");
		abi_show_value(&text, shown, i);
	}
	abi_text_add(&text, ")");
	/* Apart, so that a line that was cut short still ends with its result. */
	record_result(&tail, call, shown->ret, err);
	flockfile(self->state);
	fwrite_unlocked(text.buf, 1, text.len, self->state);
	fwrite_unlocked(tail.buf, 1, tail.len, self->state);
	fflush_unlocked(self->state);
	funlockfile(self->state);
	errno = err;
}

/* What is printed as the result: a stream by its descriptor. */
#define RESULT_INT(ret)	   (ret)
#define RESULT_SIZE(ret)   (ret)
#define RESULT_ADDR(ret)   ((intptr_t)(ret))
#define RESULT_STREAM(ret) ((ret) ? stream_number(ret) : -1)

/* A stream that is memory has no descriptor; it is shown as 0, not as failed. */
static int stream_number(FILE *stream)
{
	int fd = fileno(stream);

	return fd < 0 ? 0 : fd;
}

#define RECORD_CALL(call, returns, ours, after, n, ...)                                  \
	static ABI_TYPE_##returns record_##call(const struct abi_layer *self,            \
						ABI_PARAMS(n, __VA_ARGS__))              \
	{                                                                                \
		ABI_TYPE_##returns ret =                                                 \
			self->next->ops->call(self->next, ABI_ARGS(n, __VA_ARGS__));     \
		int err = errno;                                                         \
		struct abi_value values[] = {ABI_VALUES(n, __VA_ARGS__)};                \
                                                                                         \
		record_line(self, ABI_CALL_##call,                                       \
			    &(struct abi_shown){values, n, RESULT_##returns(ret)}, err); \
		return ret;                                                              \
	}
ABI_CALLS(RECORD_CALL)

#define RECORD_OP(call, ...) .call = record_##call,
const struct abi_ops abi_record_ops = {ABI_CALLS(RECORD_OP)};
