// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Records of the ring buffer: printed as the plan says, and refused, without harm, when they are
 * anything else.
 */
#include <errno.h>
#include <time.h>

#include "plan.h"

enum { PRINTF, VALUE, JOIN, EXIT, TIME, SYSTEM, TUPLE, MAP, NEVENTS };

static struct lang_format hello, touch;
static struct lang_data_field hello_fields[] = {
	{.data = LANG_DATA_INT, .offset = 0, .size = 4},
	{.data = LANG_DATA_STRING, .offset = 4, .size = 8},
	{.data = LANG_DATA_PROBE, .offset = 16, .size = 8},
};
static struct lang_data_field value_fields[] = {{.data = LANG_DATA_UINT, .offset = 0, .size = 8}};
static struct lang_event events[NEVENTS] = {
	[PRINTF] = {.kind = LANG_EVENT_PRINTF,
		    .format = &hello,
		    .fields = hello_fields,
		    .nfields = 3,
		    .size = 24,
		    .map = LANG_NONE,
		    .string = LANG_NONE},
	[VALUE] = {.kind = LANG_EVENT_PRINT_VALUE, .fields = value_fields, .nfields = 1, .size = 8},
	[JOIN] = {.kind = LANG_EVENT_JOIN, .size = 8 + 3 * 4, .string = 0, .stride = 4},
	[EXIT] = {.kind = LANG_EVENT_EXIT, .size = 8},
	[TIME] = {.kind = LANG_EVENT_TIME, .string = 1},
	[SYSTEM] = {.kind = LANG_EVENT_SYSTEM, .format = &touch},
	[TUPLE] = {.kind = LANG_EVENT_PRINT_VALUE,
		   .fields = hello_fields,
		   .nfields = 2,
		   .size = 16},
	[MAP] = {.kind = LANG_EVENT_PRINT_MAP, .map = 7, .size = 16},
};
static const char *strings[] = {",", "a%%b\n"};
static const char *probes[] = {"BEGIN", NULL};
static const struct lang_plan plan = {
	.events = events,
	.nevents = NEVENTS,
	.strings = strings,
	.nstrings = 2,
	.probe_names = probes,
	.func_names = probes,
	.nprobe_names = 2,
	.globals = LANG_NONE,
	.ring = LANG_NONE,
};

struct fixture {
	struct capture capture;
	struct trace_options options;
	struct trace_failure failure;
	struct trace_session s;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	capture_open(&f->capture, KIT_OUTPUT_TEXT);
	f->options.output = f->capture.out;
	session_init(&f->s, &plan, &f->options, &f->failure);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	session_free(&f->s);
	trace_failure_free(&f->failure);
	capture_close(&f->capture);
	free(f);
	return 0;
}

/* A record in memory of exactly its size, so that a sanitizer sees every step too far. */
static int send(struct fixture *f, uint32_t event, const void *payload, size_t size)
{
	struct lang_event_header header = {.event = event};
	char *record = malloc(sizeof(header) + size);
	int err;

	assert_non_null(record);
	memcpy(record, &header, sizeof(header));
	if (size)
		memcpy(record + sizeof(header), payload, size);
	err = trace_event(&f->s, record, sizeof(header) + size);
	free(record);
	return err;
}

struct hello {
	int32_t n;
	char text[8];
	uint32_t pad;
	uint64_t probe;
};

static void test_printf(void **state)
{
	struct fixture *f = *state;
	struct hello ok = {-5, "abc", 0, 0}, open = {1, "12345678", 0, 0}, far = {2, "", 0, 9};

	assert_int_equal(send(f, PRINTF, &ok, sizeof(ok)), 0);
	/* A string that fills its field has no NUL. */
	assert_int_equal(send(f, PRINTF, &open, sizeof(open)), 0);
	/* An index outside the table names nothing. */
	assert_int_equal(send(f, PRINTF, &far, sizeof(far)), 0);
	assert_output(&f->capture, "-5 abc BEGIN\n1 12345678 BEGIN\n2  \n");
}

static void test_values(void **state)
{
	struct fixture *f = *state;
	uint64_t n = UINT64_MAX;
	struct hello pair = {7, "x", 0, 0};

	assert_int_equal(send(f, VALUE, &n, sizeof(n)), 0);
	assert_int_equal(send(f, TUPLE, &pair, sizeof(pair)), 0);
	assert_int_equal(send(f, TIME, NULL, 0), 0);
	assert_output(&f->capture, "18446744073709551615\n(7, x)\na%b\n");
}

static void test_join(void **state)
{
	struct fixture *f = *state;
	struct {
		uint64_t n;
		char words[3][4];
	} words = {2, {"ls", "-laX", "no"}}, many = {UINT64_MAX, {"a", "b", "c"}};

	assert_int_equal(send(f, JOIN, &words, sizeof(uint64_t) + 12), 0);
	/* The count is bounded by what the record holds. */
	assert_int_equal(send(f, JOIN, &many, sizeof(uint64_t) + 12), 0);
	assert_output(&f->capture, "ls,-laX\na,b,c\n");
}

static void test_exit(void **state)
{
	struct fixture *f = *state;
	uint64_t code = 3;

	assert_int_equal(send(f, EXIT, &code, sizeof(code)), 0);
	assert_true(f->s.exiting);
	assert_int_equal(f->s.exit_code, 3);
}

static void test_unsafe(void **state)
{
	struct fixture *f = *state;

	/* Whatever the record says, the shell runs only when it was allowed. */
	assert_int_equal(send(f, SYSTEM, NULL, 0), -EPERM);
	assert_output(&f->capture, "");
	f->options.allow_unsafe = true;
	assert_int_equal(send(f, SYSTEM, NULL, 0), 0);
	assert_output(&f->capture, "from the shell\n");
}

static void test_malformed(void **state)
{
	struct fixture *f = *state;
	char junk[64];
	size_t size;
	uint32_t event;

	memset(junk, 0xff, sizeof(junk));
	/* No room for the header. */
	for (size = 0; size < sizeof(struct lang_event_header); size++)
		assert_int_equal(trace_event(&f->s, junk, size), -EBADMSG);
	assert_int_equal(send(f, NEVENTS, junk, sizeof(junk)), -EBADMSG);
	assert_int_equal(send(f, UINT32_MAX, junk, sizeof(junk)), -EBADMSG);
	/* Every kind, cut short at every byte. */
	for (event = 0; event < NEVENTS; event++) {
		for (size = 0; size < events[event].size; size++)
			assert_int_equal(send(f, event, junk, size), -EBADMSG);
	}
	/* A map that the plan does not have. */
	assert_int_equal(send(f, MAP, junk, sizeof(junk)), -EBADMSG);
	assert_output(&f->capture, "");
}

static void test_malformed_are_told(void **state)
{
	struct fixture *f = *state;
	const uint64_t junk[2] = {UINT64_MAX, UINT64_MAX};
	const uint64_t good[2] = {VALUE, 5};
	char *told;

	assert_int_equal(trace_problems(&f->s), 0);
	assert_int_equal(trace_record(&f->s, junk, sizeof(junk)), 0);
	assert_int_equal(trace_record(&f->s, junk, 3), 0);
	assert_int_equal(trace_record(&f->s, good, sizeof(good)), 0);
	assert_output(&f->capture, "5\n");
	/* Once. */
	assert_int_equal(trace_problems(&f->s), 0);
	assert_int_equal(trace_problems(&f->s), 0);
	told = capture_text(f->capture.message_fd);
	assert_string_equal(told,
			    "WARNING: 2 malformed records of the ring buffer were passed over\n");
	free(told);
}

static void test_missed_are_told(void **state)
{
	struct fixture *f = *state;
	char *told;

	f->s.missed = 3;
	assert_int_equal(trace_problems(&f->s), 0);
	/* Once. */
	assert_int_equal(trace_problems(&f->s), 0);
	told = capture_text(f->capture.message_fd);
	assert_string_equal(told, "Lost 3 events\n");
	free(told);
}

static void test_strftime(void **state)
{
	struct kit_buffer text = {0};

	setenv("TZ", "UTC", 1);
	tzset();
	assert_int_equal(trace_strftime(&text, "%H:%M:%S.%f %%f", 3723000456000ll + 789), 0);
	assert_string_equal(kit_buffer_string(&text), "01:02:03.000456 %f");
	kit_buffer_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_printf, setup, teardown),
		cmocka_unit_test_setup_teardown(test_values, setup, teardown),
		cmocka_unit_test_setup_teardown(test_join, setup, teardown),
		cmocka_unit_test_setup_teardown(test_exit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unsafe, setup, teardown),
		cmocka_unit_test_setup_teardown(test_malformed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_malformed_are_told, setup, teardown),
		cmocka_unit_test_setup_teardown(test_missed_are_told, setup, teardown),
		cmocka_unit_test(test_strftime),
	};
	static const char shell[] = "echo from the shell";
	int err;

	lang_format_parse(&hello, "%d %s %s\n", 9, NULL);
	lang_format_parse(&touch, shell, sizeof(shell) - 1, NULL);
	err = cmocka_run_group_tests(tests, NULL, NULL);
	lang_format_free(&hello);
	lang_format_free(&touch);
	return err;
}
