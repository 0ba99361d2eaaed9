// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Messages: their two forms, which levels are shown, and the names of errnos.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <limits.h>

#include <cmocka.h>

#include <skep/kit_log.h>

static void expect(int fd, const char *expected)
{
	char text[512] = "";

	assert_true(pread(fd, text, sizeof(text) - 1, 0) >= 0);
	assert_string_equal(text, expected);
	assert_int_equal(ftruncate(fd, 0), 0);
	lseek(fd, 0, SEEK_SET);
}

static void test_log(void **state)
{
	struct kit_log log = KIT_LOG_DEFAULT;

	log.fd = memfd_create("log", 0);
	errno = EXDEV;
	kit_error(&log, "map '%s': %s", "@x", kit_errno_text(-ENOENT));
	kit_warning(&log, "w");
	kit_note(&log, "n");
	kit_verbose(&log, "v");
	assert_int_equal(errno, EXDEV);
	expect(log.fd, "skep: error: map '@x': No such file or directory\nskep: warning: w\n"
		       "skep: note: n\n");
	log.shown_up = KIT_LOG_VERBOSE;
	kit_verbose(&log, "v %d", 1);
	kit_debug(&log, "d");
	expect(log.fd, "skep: v 1\n");
	log.json = true;
	kit_error(&log, "a \"b\"\n");
	expect(log.fd, "{\"type\": \"error\", \"data\": \"a \\\"b\\\"\\n\"}\n");
	close(log.fd);
	log.fd = -1;
	kit_error(&log, "nowhere");
}

static void test_errno(void **state)
{
	assert_string_equal(kit_errno_name(ENOENT), "ENOENT");
	assert_string_equal(kit_errno_name(-E2BIG), "E2BIG");
	assert_string_equal(kit_errno_name(99999), "E?");
	assert_string_equal(kit_errno_name(INT_MIN), "E?");
	assert_string_equal(kit_errno_text(-99999), "Unknown error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_errno),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
