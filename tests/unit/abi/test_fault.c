// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Fault specs: what they fail, what they leave alone, what is refused and how. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <bpf/bpf.h>
#include <string.h>
#include "fake.h"

static int setup(void **state)
{
	fake_reset();
	fake_answers[ABI_CALL_bpf] = (struct fake_answer){.ret = 777};
	fake_answers[ABI_CALL_close] = (struct fake_answer){.ret = 0};
	fake_answers[ABI_CALL_epoll_create1] = (struct fake_answer){.ret = 778};
	return 0;
}

/* Makes four calls under the fault @spec; each one's error, or 0, is in @errs. */
static void four_calls(const char *spec, int errs[4])
{
	union bpf_attr attr = {0};
	char *lines;

	fake_begin(spec);
	errs[0] = __wrap_bpf(BPF_MAP_CREATE, &attr, sizeof(attr)) < 0 ? errno : 0;
	errs[1] = __wrap_bpf(BPF_PROG_LOAD, &attr, sizeof(attr)) < 0 ? errno : 0;
	errs[2] = epoll_create1(0) < 0 ? errno : 0;
	errs[3] = __wrap_bpf(BPF_MAP_CREATE, &attr, sizeof(attr)) < 0 ? errno : 0;
	assert_int_equal(abi_calls(), 4);
	lines = fake_end();
	free(lines);
}

static void the_told_call_fails(void **state)
{
	static const struct {
		const char *spec;
		int errs[4];
	} cases[] = {
		{"bpf:1", {ENOMEM, 0, 0, 0}},
		{"bpf:3:EPERM", {0, 0, 0, EPERM}},
		{"bpf:4:EPERM", {0, 0, 0, 0}},
		{"bpf/BPF_PROG_LOAD:1:E2BIG", {0, E2BIG, 0, 0}},
		{"bpf/BPF_MAP_CREATE:2:22", {0, 0, 0, EINVAL}},
		{"any:3:EMFILE", {0, 0, EMFILE, 0}},
		{"any:2+:EACCES", {0, EACCES, EACCES, EACCES}},
		{"bpf/BPF_MAP_CREATE:1+:EPERM", {EPERM, 0, 0, EPERM}},
		{"epoll_create1:1:ENFILE", {0, 0, ENFILE, 0}},
	};
	int errs[4];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		four_calls(cases[i].spec, errs);
		for (size_t k = 0; k < 4; k++)
			if (errs[k] != cases[i].errs[k])
				fail_msg("%s: call %zu gave %d", cases[i].spec, k + 1, errs[k]);
	}
}

/* A call that fails is not made, except for close: the number is free after it. */
static void failed_calls_are_not_made(void **state)
{
	union bpf_attr attr = {0};
	char *lines;

	fake_begin("bpf:1");
	assert_int_equal(__wrap_bpf(BPF_MAP_CREATE, &attr, sizeof(attr)), -1);
	assert_int_equal(fake_counts[ABI_CALL_bpf], 0);
	free(fake_end());

	fake_begin("close:1:EIO");
	epoll_create1(0);
	assert_int_equal(close(778), -1);
	assert_int_equal(errno, EIO);
	assert_int_equal(fake_counts[ABI_CALL_close], 1);
	lines = fake_end();
	assert_non_null(strstr(lines, "close(778) = -1 EIO (Input/output error)\n"));
	free(lines);
}

static void wrong_specs_are_refused(void **state)
{
	static const struct {
		const char *spec, *said;
	} cases[] = {
		{"", "is not CALL[/SUBCALL]:N[+][:ERRNO]"},
		{"bpf", "'bpf' is not CALL"},
		{"bfp:1", "unknown call 'bfp'"},
		{":1", "unknown call ''"},
		{"bpf:", "'' is not which call"},
		{"bpf:0", "'0' is not which call"},
		{"bpf:-1", "'-1' is not which call"},
		{"bpf: 1", "' 1' is not which call"},
		{"bpf:1x", "'1x' is not which call"},
		{"bpf:99999999999999999999999", "is not which call"},
		{"bpf:1:", "unknown error ''"},
		{"bpf:1:EWRONG", "unknown error 'EWRONG'"},
		{"bpf:1:0", "unknown error '0'"},
		{"bpf:1:4096", "unknown error '4096'"},
		{"bpf:1:EPERM:2", "unknown error 'EPERM:2'"},
		{"bpf/BPF_NOTHING:1", "'bpf' has no sub-call 'BPF_NOTHING'"},
		{"mmap/PROT_READ:1", "'mmap' has no sub-calls"},
		{"any/BPF_MAP_CREATE:1", "'any' has no sub-calls"},
	};
	struct abi_options opts = {0};
	char msg[256];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		opts.fault = cases[i].spec;
		assert_int_equal(abi_open(&opts, msg, sizeof(msg)), -EINVAL);
		if (!strstr(msg, cases[i].said))
			fail_msg("'%s': said '%s'", cases[i].spec, msg);
	}
	/* Refused means not opened. */
	assert_int_equal(abi_open(NULL, NULL, 0), 0);
	abi_close();
}

static void engines_are_checked(void **state)
{
	char msg[64];

	assert_int_equal(abi_open(&(struct abi_options){.engine = "steam"}, msg, sizeof(msg)),
			 -EINVAL);
	assert_string_equal(msg, "unknown engine 'steam'; there is: auto kernel machine");
	/* A short buffer cuts the message, and no more. */
	assert_int_equal(abi_open(&(struct abi_options){.engine = "steam"}, msg, 8), -EINVAL);
	assert_string_equal(msg, "unknown");
	assert_int_equal(abi_open(&(struct abi_options){.engine = "kernel"}, msg, sizeof(msg)), 0);
	assert_int_equal(abi_open(NULL, msg, sizeof(msg)), -EBUSY);
	abi_close();
	assert_int_equal(abi_open(NULL, NULL, 0), 0);
	abi_close();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_told_call_fails, setup),
		cmocka_unit_test_setup(failed_calls_are_not_made, setup),
		cmocka_unit_test_setup(wrong_specs_are_refused, setup),
		cmocka_unit_test_setup(engines_are_checked, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
