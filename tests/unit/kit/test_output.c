// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The printer against bpftrace's own bytes. golden/maps.* and golden/format.* hold what bpftrace
 * 0.23.2 printed for the scripts golden/maps.bt and golden/format.bt up to the line "--end--";
 * the tables here build the values that those scripts make. To repeat a golden file:
 *	bpftrace --unsafe -f json maps.bt | sed '/--end--/,$d; 1d'
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <skep/kit_format.h>
#include <skep/kit_histogram.h>
#include <skep/kit_output.h>

#define INT(n) kit_int(n, 8)
#define STR(s) kit_bytes(KIT_STRING, s, sizeof(s) - 1)
#define BUF(s) kit_bytes(KIT_BUFFER, s, sizeof(s) - 1)
#define KEYS(...)            \
	(struct kit_value[]) \
	{                    \
		__VA_ARGS__  \
	}
#define ROW(n, keys_, ...) ((struct kit_row){.keys = keys_, .nkeys = n, .value = __VA_ARGS__})

struct capture {
	int fd, message_fd;
	struct kit_output *out;
};

static void capture_begin(struct capture *c, enum kit_output_format format,
			  enum kit_output_buffering buffering, bool quiet)
{
	struct kit_output_opts opts = {.format = format, .buffering = buffering, .quiet = quiet};

	c->fd = opts.fd = memfd_create("out", 0);
	c->message_fd = opts.message_fd = memfd_create("messages", 0);
	assert_true(c->fd >= 0 && c->message_fd >= 0);
	assert_int_equal(kit_output_open(&c->out, &opts), 0);
}

static char *contents(int fd)
{
	off_t len = lseek(fd, 0, SEEK_END);
	char *text = calloc(1, (size_t)len + 1);

	assert_non_null(text);
	assert_int_equal(pread(fd, text, (size_t)len, 0), len);
	return text;
}

static void expect(int fd, const char *expected)
{
	char *text = contents(fd);

	assert_string_equal(text, expected);
	free(text);
}

static void capture_end(struct capture *c)
{
	assert_int_equal(kit_output_close(c->out), 0);
	close(c->fd);
	close(c->message_fd);
}

static void capture_compare(struct capture *c, const char *golden)
{
	char path[512], *expected;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", GOLDEN_DIR, golden);
	fd = open(path, O_RDONLY);
	assert_true(fd >= 0);
	expected = contents(fd);
	assert_int_equal(kit_output_flush(c->out), 0);
	expect(c->fd, expected);
	free(expected);
	close(fd);
	capture_end(c);
}

static struct kit_value num(enum kit_type type, int64_t n)
{
	return (struct kit_value){.type = type, .size = 8, .is_signed = true, .i = n};
}

static struct kit_value stats(enum kit_type type, uint64_t count, int64_t total)
{
	return (struct kit_value){
		.type = type, .is_signed = true, .stats = {count, (uint64_t)total}};
}

/* counts has room for all buckets; the samples end with INT64_MIN. */
static struct kit_value hist(uint64_t *counts, unsigned int bits, const int64_t *samples)
{
	memset(counts, 0, KIT_HIST_BUCKETS(KIT_HIST_MAX_BITS) * sizeof(*counts));
	for (; *samples != INT64_MIN; samples++)
		counts[kit_hist_index(*samples, bits)]++;
	return (struct kit_value){.type = KIT_HIST,
				  .hist = {counts, KIT_HIST_BUCKETS(bits), (uint8_t)bits}};
}

static struct kit_value lhist(uint64_t *counts, int64_t min, int64_t max, int64_t step,
			      const int64_t *samples)
{
	uint32_t n = kit_lhist_buckets(min, max, step);

	memset(counts, 0, n * sizeof(*counts));
	for (; *samples != INT64_MIN; samples++)
		counts[kit_lhist_index(*samples, min, max, step)]++;
	return (struct kit_value){.type = KIT_LHIST, .lhist = {counts, n, min, max, step}};
}

#define SAMPLES(...)                   \
	(const int64_t[])              \
	{                              \
		__VA_ARGS__, INT64_MIN \
	}

static uint64_t counts1[2048], counts2[2048];

static void print1(struct kit_output *out, const char *name, struct kit_value v)
{
	struct kit_row row = ROW(0, NULL, v);

	kit_output_map(out, name, v.type, &row, 1, 0, 0);
}

static void print_top(struct kit_output *out, const char *name, struct kit_row *rows, size_t n,
		      uint32_t top, uint32_t div)
{
	kit_output_map(out, name, rows[0].value.type, rows, n, top, div);
}

#define PRINT(name, ...)                                                             \
	do {                                                                         \
		struct kit_row rows_[] = {__VA_ARGS__};                              \
		print_top(out, name, rows_, sizeof(rows_) / sizeof(rows_[0]), 0, 0); \
	} while (0)

static void print_plain_maps(struct kit_output *out)
{
	struct kit_value loopback = {.type = KIT_INET, .inet = {AF_INET, {127, 0, 0, 1}}};
	struct kit_value inner[] = {INT(2), INT(3)}, keyed[] = {INT(2), STR("x")};
	struct kit_value outer[] = {INT(1), STR("x"), {.type = KIT_TUPLE, .tuple = {inner, 2}}};
	struct kit_value avg1 = stats(KIT_AVG, 2, 7), avg2 = stats(KIT_AVG, 1, -7);
	struct kit_row stk[] = {
		ROW(1, KEYS(STR("b")), stats(KIT_STATS, 2, 11000)),
		ROW(1, KEYS(STR("a")), stats(KIT_STATS, 1, 1000)),
	};
	struct kit_row avg[] = {ROW(1, KEYS(INT(1)), avg1), ROW(1, KEYS(INT(2)), avg2)};

	print1(out, "@i", INT(5));
	PRINT("@k", ROW(2, KEYS(INT(1), STR("a")), INT(2)), ROW(2, KEYS(INT(2), STR("b")), INT(1)));
	PRINT("@c", ROW(1, KEYS(STR("y")), num(KIT_COUNT, 2)),
	      ROW(1, KEYS(STR("x")), num(KIT_COUNT, 1)));
	print1(out, "@sum", num(KIT_SUM, -5));
	print1(out, "@u", kit_uint(UINT64_MAX, 8));
	print1(out, "@p", kit_pointer(4660));
	PRINT("@pk", ROW(1, KEYS(kit_pointer(16)), INT(1)));
	print_top(out, "@avg", avg, 2, 0, 0);
	print1(out, "@st", stats(KIT_STATS, 2, 11));
	print_top(out, "@stk", stk, 2, 0, 0);
	print_top(out, "@stk", stk, 2, 1, 1000);
	print_top(out, "@avg", avg, 2, 1, 0);
	print_top(out, "@avg", avg, 2, 0, 2);
	PRINT("@mi", ROW(1, KEYS(INT(1)), num(KIT_MIN, 5)), ROW(1, KEYS(INT(2)), num(KIT_MIN, -5)),
	      ROW(1, KEYS(INT(3)), num(KIT_MIN, 0)));
	print1(out, "@b", BUF("a\n\x02\"\\"));
	print1(out, "@n", loopback);
	print1(out, "@t", (struct kit_value){.type = KIT_TUPLE, .tuple = {outer, 3}});
	PRINT("@kt", ROW(2, KEYS(INT(1), {.type = KIT_TUPLE, .tuple = {keyed, 2}}), INT(3)));
	PRINT("@sv", ROW(1, KEYS(INT(2)), STR("a")), ROW(1, KEYS(INT(1)), STR("b")));
	PRINT("@ns", ROW(1, KEYS(INT(100)), STR("x")), ROW(1, KEYS(INT(7)), STR("x")),
	      ROW(1, KEYS(INT(5)), STR("x")));
}

static void print_plots(struct kit_output *out)
{
	struct kit_value v = hist(counts1, 0, SAMPLES(5, -1, 0, 1500, 1500, 1500));
	struct kit_row one = ROW(0, NULL, v), hk[2];

	print_top(out, "@h", &one, 1, 0, 0);
	print_top(out, "@h", &one, 1, 0, 2);
	hk[0] = ROW(1, KEYS(STR("many")), hist(counts1, 0, SAMPLES(3, 9)));
	hk[1] = ROW(1, KEYS(STR("few")), hist(counts2, 0, SAMPLES(3)));
	print_top(out, "@hk", hk, 2, 0, 0);
	print_top(out, "@hk", hk, 2, 1, 0);
	print1(out, "@h2", hist(counts1, 2, SAMPLES(3, 9, 12)));
	print1(out, "@h3", hist(counts1, 3, SAMPLES(1100000, 1400000)));
	print1(out, "@h5", hist(counts1, 5, SAMPLES(32700, 34000)));
	print1(out, "@big", hist(counts1, 0, SAMPLES(INT64_MAX)));
	one = ROW(0, NULL, lhist(counts1, 0, 30, 10, SAMPLES(-5, 15, 30, 130)));
	print_top(out, "@l", &one, 1, 0, 0);
	print_top(out, "@l", &one, 1, 0, 2);
	print1(out, "@lk", lhist(counts1, 0, 10240, 1024, SAMPLES(4096, 1100)));
	print1(out, "@lm", lhist(counts1, 0, 1048576, 2048, SAMPLES(1046600, 2000000)));
	print1(out, "@lp", lhist(counts1, 1023000, 1028000, 1000, SAMPLES(1024000)));
	print1(out, "@lo", lhist(counts1, 0, 95, 10, SAMPLES(94)));
}

static void print_last_maps(struct kit_output *out)
{
	struct kit_row c[] = {
		ROW(1, KEYS(STR("y")), num(KIT_COUNT, 2)),
		ROW(1, KEYS(STR("x")), num(KIT_COUNT, 1)),
	};

	print_top(out, "@c", c, 2, 1, 0);
	print_top(out, "@c", c, 2, 0, 2);
	kit_output_map(out, "@c", KIT_COUNT, NULL, 0, 0, 0);
	kit_output_map(out, "@avg", KIT_AVG, NULL, 0, 0, 0);
	kit_output_map(out, "@hk", KIT_HIST, NULL, 0, 0, 0);
}

static void maps_as(enum kit_output_format format, const char *golden)
{
	struct capture c;

	capture_begin(&c, format, KIT_OUTPUT_FULL, false);
	print_plain_maps(c.out);
	print_plots(c.out);
	print_last_maps(c.out);
	capture_compare(&c, golden);
}

static void test_maps_text(void **state)
{
	maps_as(KIT_OUTPUT_TEXT, "maps.txt");
}

static void test_maps_json(void **state)
{
	maps_as(KIT_OUTPUT_JSON, "maps.json");
}

static void print_formatted(struct kit_output *out, const char *fmt, const struct kit_value *values,
			    size_t n)
{
	struct lang_format_error err = {0};
	struct kit_buffer text = {0};
	struct lang_format spec;

	if (lang_format_parse(&spec, fmt, strlen(fmt), &err))
		fail_msg("%s: %s", fmt, err.message);
	assert_int_equal(kit_format(&text, &spec, values, n), 0);
	kit_output_text(out, KIT_TEXT_PRINTF, text.data, text.len);
	lang_format_free(&spec);
	kit_buffer_free(&text);
}

#define PRINTF(fmt, ...)                             \
	print_formatted(out, fmt, KEYS(__VA_ARGS__), \
			sizeof(KEYS(__VA_ARGS__)) / sizeof(struct kit_value))

static void print_formats(struct kit_output *out)
{
	PRINTF("%5d|%-5d|%05d|%x|%X|%o|%p|%c|%s|%10s|%-10s|%.2s\n", INT(1), INT(2), INT(3),
	       INT(255), INT(255), INT(8), INT(0x1234), INT(65), STR("str"), STR("r"), STR("l"),
	       STR("trunc"));
	PRINTF("%lld|%llx|%hhu|%hhx|%hd\n", INT(5), INT(255), kit_uint(200, 1), INT(511),
	       INT(65537));
	PRINTF("%x|%u|%d|%x|%c|%5c|%-5c|%s\n", kit_int(-1, 1), kit_int(-1, 4), kit_uint(255, 1),
	       kit_int(-2, 2), INT(0), INT(66), INT(67), STR("a\0b"));
	PRINTF("%20p|%-20p|%.3d|%8.3d|%lx|%jd|%zd|%td|%llu\n", INT(1), INT(2), INT(3), INT(4),
	       INT(-1), INT(5), INT(6), INT(7), kit_int(-1, 4));
	PRINTF("%r|%rx|%rh\n", BUF("a\001b\n\"\\"), BUF("a\001b"), BUF("a\001b"));
	PRINTF("%5s|%-5s|%05d|%-05d|%5.1s|%o|%d|100%\n", STR("ab"), STR("ab"), INT(-3), INT(3),
	       STR("xyz"), kit_int(-1, 1), kit_uint(4294967295, 4));
	PRINTF("x%% %d\n", INT(1));
	PRINTF("%p|%10p|%s\n", INT(0), INT(0),
	       {.type = KIT_INET, .inet = {AF_INET, {127, 0, 0, 1}}});
	print_formatted(out, "tab\t quote\" back\\ \001 \x7f \r\n", NULL, 0);
}

static void print_values(struct kit_output *out)
{
	struct kit_value inner[] = {INT(2), STR("b")};
	struct kit_value items[] = {
		INT(1), kit_pointer(16), BUF("a\0"), {.type = KIT_TUPLE, .tuple = {inner, 2}}};
	struct kit_value values[] = {
		{.type = KIT_TUPLE, .tuple = {items, 4}},
		kit_uint(200, 1),
		kit_int(-56, 1),
		STR("s"),
		{.type = KIT_INET, .inet = {AF_INET, {0}}},
		BUF("a\n\x02\"\\"),
	};
	size_t i;

	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		kit_output_value(out, &values[i]);
	kit_output_text(out, KIT_TEXT_CAT, "Linux\n", 6);
	kit_output_text(out, KIT_TEXT_SYSCALL, "a b\n", 4);
	kit_output_text(out, KIT_TEXT_TIME, "now\n", 4);
}

static void formats_as(enum kit_output_format format, const char *golden)
{
	struct capture c;

	capture_begin(&c, format, KIT_OUTPUT_FULL, false);
	print_formats(c.out);
	print_values(c.out);
	capture_compare(&c, golden);
}

static void test_format_text(void **state)
{
	formats_as(KIT_OUTPUT_TEXT, "format.txt");
}

static void test_format_json(void **state)
{
	formats_as(KIT_OUTPUT_JSON, "format.json");
}

/* Bytes from bpftrace -k: golden in the places and words, the file's name is ours. */
static const struct kit_runtime_error full = {
	.file = "k.bt",
	.line = 3,
	.column = 3,
	.end_column = 10,
	.source = "  @a[2]=2;",
	.helper = "map_update_elem",
	.retcode = -E2BIG,
};

static void test_messages_text(void **state)
{
	struct kit_runtime_error plain = {.message = "Divide or modulo by 0 detected."};
	struct capture c;

	capture_begin(&c, KIT_OUTPUT_TEXT, KIT_OUTPUT_LINE, false);
	kit_output_attached(c.out, 1);
	kit_output_attached(c.out, 2);
	kit_output_lost(c.out, 7);
	kit_output_runtime_error(c.out, &full);
	kit_output_runtime_error(c.out, &plain);
	kit_output_text(c.out, KIT_TEXT_JOIN, "ls -l", 5);
	kit_output_end(c.out);
	expect(c.message_fd, "Attaching 1 probe...\nAttaching 2 probes...\nLost 7 events\n"
			     "k.bt:3:3-10: WARNING: Map full; can't update element. Try increasing "
			     "max_map_keys config\n"
			     "Additional Info - helper: map_update_elem, retcode: -7\n"
			     "  @a[2]=2;\n"
			     "  ~~~~~~~\n"
			     "WARNING: Divide or modulo by 0 detected.\n");
	expect(c.fd, "ls -l\n\n\n");
	capture_end(&c);
}

static void test_messages_json(void **state)
{
	struct kit_runtime_error fault = {.file = "k.bt",
					  .line = 3,
					  .column = 27,
					  .helper = "probe_read_user_str",
					  .retcode = -EFAULT};
	struct kit_runtime_error plain = {
		.file = "k.bt", .line = 1, .column = 2, .message = "a \"b\""};
	struct capture c;

	capture_begin(&c, KIT_OUTPUT_JSON, KIT_OUTPUT_LINE, false);
	kit_output_attached(c.out, 1);
	kit_output_lost(c.out, 7);
	kit_output_runtime_error(c.out, &full);
	kit_output_runtime_error(c.out, &fault);
	kit_output_runtime_error(c.out, &plain);
	kit_output_text(c.out, KIT_TEXT_JOIN, "ls -l", 5);
	kit_output_end(c.out);
	expect(c.message_fd, "");
	expect(c.fd,
	       "{\"type\": \"attached_probes\", \"data\": {\"probes\": 1}}\n"
	       "{\"type\": \"lost_events\", \"data\": {\"events\": 7}}\n"
	       "{\"type\": \"helper_error\", \"msg\": \"Map full; can't update element. Try "
	       "increasing max_map_keys config\", \"helper\": \"map_update_elem\", \"retcode\": "
	       "-7, "
	       "\"line\": 3, \"col\": 3}\n"
	       "{\"type\": \"helper_error\", \"msg\": \"Bad address\", \"helper\": "
	       "\"probe_read_user_str\", \"retcode\": -14, \"line\": 3, \"col\": 27}\n"
	       "{\"type\": \"runtime_error\", \"msg\": \"a \\\"b\\\"\", \"line\": 1, \"col\": 2}\n"
	       "{\"type\": \"join\", \"data\": \"ls -l\"}\n");
	capture_end(&c);
}

static void test_quiet(void **state)
{
	struct capture c;

	capture_begin(&c, KIT_OUTPUT_TEXT, KIT_OUTPUT_LINE, true);
	kit_output_attached(c.out, 1);
	kit_output_lost(c.out, 1);
	expect(c.message_fd, "Lost 1 events\n");
	capture_end(&c);
}

static void test_buffering(void **state)
{
	struct capture c;

	capture_begin(&c, KIT_OUTPUT_TEXT, KIT_OUTPUT_LINE, false);
	kit_output_text(c.out, KIT_TEXT_PRINTF, "one\ntwo", 7);
	expect(c.fd, "one\n");
	assert_int_equal(kit_output_flush(c.out), 0);
	expect(c.fd, "one\ntwo");
	capture_end(&c);

	capture_begin(&c, KIT_OUTPUT_TEXT, KIT_OUTPUT_NONE, false);
	kit_output_text(c.out, KIT_TEXT_PRINTF, "one\ntwo", 7);
	expect(c.fd, "one\ntwo");
	capture_end(&c);

	capture_begin(&c, KIT_OUTPUT_TEXT, KIT_OUTPUT_FULL, false);
	kit_output_text(c.out, KIT_TEXT_PRINTF, "one\ntwo\n", 8);
	expect(c.fd, "");
	assert_int_equal(kit_output_flush(c.out), 0);
	expect(c.fd, "one\ntwo\n");
	capture_end(&c);
}

static void test_held_lines_gather(void **state)
{
	char text[4096];
	struct capture c;

	capture_begin(&c, KIT_OUTPUT_TEXT, KIT_OUTPUT_LINE, false);
	kit_output_hold(c.out);
	kit_output_text(c.out, KIT_TEXT_PRINTF, "one\ntwo\n", 8);
	expect(c.fd, "");
	assert_int_equal(kit_output_pause(c.out), 0);
	expect(c.fd, "one\ntwo\n");
	kit_output_text(c.out, KIT_TEXT_PRINTF, "three\n", 6);
	expect(c.fd, "one\ntwo\nthree\n");
	capture_end(&c);

	/* Nothing gathers without end. */
	memset(text, '\n', sizeof(text));
	capture_begin(&c, KIT_OUTPUT_TEXT, KIT_OUTPUT_LINE, false);
	kit_output_hold(c.out);
	for (int i = 0; i < 64; i++)
		kit_output_text(c.out, KIT_TEXT_PRINTF, text, sizeof(text));
	assert_true(lseek(c.fd, 0, SEEK_END) >= 128 * 1024);
	capture_end(&c);
}

static void test_write_errors_stick(void **state)
{
	struct kit_output_opts opts = {.message_fd = -1};
	struct kit_output *out;

	opts.fd = open("/dev/full", O_WRONLY);
	assert_true(opts.fd >= 0);
	assert_int_equal(kit_output_open(&out, &opts), 0);
	kit_output_text(out, KIT_TEXT_PRINTF, "lost\n", 5);
	kit_output_text(out, KIT_TEXT_PRINTF, "lost\n", 5);
	assert_int_equal(kit_output_flush(out), -ENOSPC);
	assert_int_equal(kit_output_close(out), -ENOSPC);
	close(opts.fd);
	opts.path = "/nonexistent/file";
	assert_int_equal(kit_output_open(&out, &opts), -ENOENT);
	assert_null(out);
}

/* By RFC 8259 and the Unicode standard's table of well-formed UTF-8. */
static void test_json_strings(void **state)
{
	static const struct {
		const char *bytes, *json;
	} cases[] = {
		{"\xc3\xa9", "\xc3\xa9"},
		{"\xe2\x82\xac", "\xe2\x82\xac"},
		{"\xf0\x9f\x90\x9d", "\xf0\x9f\x90\x9d"},
		{"\xff", "\\ufffd"},
		{"\xc3", "\\ufffd"},
		{"\xc0\xaf", "\\ufffd\\ufffd"},
		{"\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd"},
		{"\xf4\x90\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd"},
		{"\x1f\b\f\t", "\\u001f\\u0008\\u000c\\t"},
	};
	struct kit_buffer b = {0};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		kit_buffer_reset(&b);
		kit_buffer_json(&b, cases[i].bytes, strlen(cases[i].bytes));
		assert_string_equal(kit_buffer_string(&b), cases[i].json);
	}
	kit_buffer_free(&b);
}

static void test_odd_values(void **state)
{
	struct kit_value none = {0}, yes = {.type = KIT_BOOL, .u = 1};
	struct kit_value empty = stats(KIT_STATS, 0, 0);
	struct kit_value nothing = {.type = KIT_HIST}, null = kit_bytes(KIT_STRING, NULL, 0);
	struct capture c;

	capture_begin(&c, KIT_OUTPUT_TEXT, KIT_OUTPUT_LINE, false);
	kit_output_value(c.out, &none);
	kit_output_value(c.out, &yes);
	kit_output_value(c.out, &empty);
	kit_output_value(c.out, &null);
	print1(c.out, "@h", nothing);
	expect(c.fd, "\ntrue\ncount 0, average 0, total 0\n\n@h:\n\n");
	capture_end(&c);

	capture_begin(&c, KIT_OUTPUT_JSON, KIT_OUTPUT_LINE, false);
	kit_output_value(c.out, &none);
	kit_output_value(c.out, &yes);
	print1(c.out, "@h", nothing);
	expect(c.fd,
	       "{\"type\": \"value\", \"data\": null}\n{\"type\": \"value\", \"data\": true}\n"
	       "{\"type\": \"hist\", \"data\": {\"@h\": []}}\n");
	capture_end(&c);
}

static void test_sort(void **state)
{
	struct kit_row rows[] = {
		ROW(2, KEYS(STR("b"), INT(-1)), INT(7)),
		ROW(2, KEYS(STR("b"), INT(-2)), INT(7)),
		ROW(2, KEYS(STR("ab"), INT(0)), INT(7)),
		ROW(2, KEYS(STR("z"), INT(0)), INT(-1)),
		ROW(2, KEYS(STR("y"), INT(0)), kit_uint(UINT64_MAX, 8)),
	};

	kit_rows_sort(rows, 5);
	assert_int_equal(rows[0].value.i, -1);
	assert_memory_equal(rows[1].keys[0].bytes.data, "ab", 2);
	assert_int_equal(rows[2].keys[1].i, -2);
	assert_int_equal(rows[3].keys[1].i, -1);
	assert_true(rows[4].value.u == UINT64_MAX);
	kit_rows_sort(NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_maps_text),
		cmocka_unit_test(test_maps_json),
		cmocka_unit_test(test_format_text),
		cmocka_unit_test(test_format_json),
		cmocka_unit_test(test_messages_text),
		cmocka_unit_test(test_messages_json),
		cmocka_unit_test(test_quiet),
		cmocka_unit_test(test_buffering),
		cmocka_unit_test(test_held_lines_gather),
		cmocka_unit_test(test_write_errors_stick),
		cmocka_unit_test(test_json_strings),
		cmocka_unit_test(test_odd_values),
		cmocka_unit_test(test_sort),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
