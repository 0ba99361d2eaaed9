// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The fake back end of fake.h. */
#include "fake.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

struct fake_answer fake_answers[ABI_CALL_MAX];
unsigned int fake_counts[ABI_CALL_MAX];

static FILE *record;
static char *recorded;
static size_t recorded_size;

#define AS_INT(ret)    ((int)(ret))
#define AS_SIZE(ret)   ((ssize_t)(ret))
#define AS_ADDR(ret)   ((void *)(intptr_t)(ret))
#define AS_STREAM(ret) ((FILE *)(intptr_t)(ret))

#define FAKE_CALL(call, returns, ours, after, n, ...)                              \
	static ABI_TYPE_##returns fake_##call(const struct abi_layer *self,        \
					      ABI_PARAMS(n, __VA_ARGS__))          \
	{                                                                          \
		const struct fake_answer *answer = &fake_answers[ABI_CALL_##call]; \
                                                                                   \
		fake_counts[ABI_CALL_##call]++;                                    \
		if (!answer->err)                                                  \
			return AS_##returns(answer->ret);                          \
		errno = answer->err;                                               \
		return ABI_FAILED_##returns;                                       \
	}
ABI_CALLS(FAKE_CALL)

#define FAKE_OP(call, ...) .call = fake_##call,
const struct abi_ops fake_ops = {ABI_CALLS(FAKE_OP)};

void fake_reset(void)
{
	for (unsigned int i = 0; i < ABI_CALL_MAX; i++)
		fake_answers[i] = (struct fake_answer){.err = ENOSYS};
	memset(fake_counts, 0, sizeof(fake_counts));
}

void fake_begin(const char *fault)
{
	char msg[256];

	record = open_memstream(&recorded, &recorded_size);
	assert_non_null(record);
	assert_int_equal(abi_stack(&fake_ops,
				   &(struct abi_options){.record = record, .fault = fault}, msg,
				   sizeof(msg)),
			 0);
}

char *fake_end(void)
{
	abi_close();
	fclose(record);
	return recorded;
}
