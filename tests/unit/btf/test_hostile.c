// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The BTF reader on data made by hand: first that a small valid blob with every kind reads as it
 * was written, then that nothing done to it makes the reader crash, read outside or not return.
 * Built with the address sanitizer where there is one.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "walk.h"

#define INFO(kind, vlen)   ((uint32_t)BTF_KIND_##kind << 24 | (vlen))
#define K_INFO(kind, vlen) (INFO(kind, vlen) | 1u << 31)

static const char strings[] = "\0int\0pair\0first\0second\0deep\0color\0RED\0main\0argc\0u\0.data";

/* The offset of a string. */
static uint32_t str(const char *s)
{
	for (size_t i = 1; i < sizeof(strings); i += strlen(strings + i) + 1)
		if (!strcmp(strings + i, s))
			return (uint32_t)i;
	fail_msg("no string \"%s\"", s);
	return 0;
}

/* A blob in malloc'ed memory of its exact size. */
static void *blob(const uint32_t *types, size_t len, const char *strs, size_t str_len, size_t *out)
{
	struct btf_header h = {
		.magic = BTF_MAGIC,
		.version = BTF_VERSION,
		.hdr_len = sizeof(h),
		.type_len = (uint32_t)len,
		.str_off = (uint32_t)len,
		.str_len = (uint32_t)str_len,
	};
	char *p = malloc(sizeof(h) + len + str_len);

	assert_non_null(p);
	memcpy(p, &h, sizeof(h));
	memcpy(p + sizeof(h), types, len);
	memcpy(p + sizeof(h) + len, strs, str_len);
	*out = sizeof(h) + len + str_len;
	return p;
}

/* Every kind once. */
static void *good(size_t *len)
{
	const uint32_t t[] = {
		/* 1 */ str("int"),
		INFO(INT, 0),
		4,
		BTF_INT_SIGNED << 24 | 32,
		/* 2 */ 0,
		INFO(PTR, 0),
		3,
		/* 3 */ 0,
		INFO(CONST, 0),
		4,
		/* 4 */ str("pair"),
		K_INFO(STRUCT, 3),
		24,
		str("first"),
		1,
		0,
		0,
		5,
		32,
		str("second"),
		1,
		7u << 24 | 131,
		/* 5 */ 0,
		INFO(UNION, 2),
		12,
		str("deep"),
		6,
		0,
		str("u"),
		1,
		0,
		/* 6 */ 0,
		INFO(ARRAY, 0),
		0,
		1,
		1,
		3,
		/* 7 */ str("color"),
		K_INFO(ENUM, 2),
		4,
		str("RED"),
		(uint32_t)-1,
		str("u"),
		1,
		/* 8 */ str("color"),
		INFO(FWD, 0),
		0,
		/* 9 */ str("u"),
		INFO(TYPEDEF, 0),
		10,
		/* 10 */ 0,
		INFO(VOLATILE, 0),
		11,
		/* 11 */ 0,
		INFO(RESTRICT, 0),
		18,
		/* 12 */ str("main"),
		INFO(FUNC, BTF_FUNC_GLOBAL),
		13,
		/* 13 */ 0,
		INFO(FUNC_PROTO, 2),
		9,
		str("argc"),
		1,
		0,
		0,
		/* 14 */ str("first"),
		INFO(VAR, 0),
		4,
		BTF_VAR_GLOBAL_ALLOCATED,
		/* 15 */ str(".data"),
		INFO(DATASEC, 1),
		64,
		14,
		8,
		24,
		/* 16 */ str("deep"),
		INFO(FLOAT, 0),
		8,
		/* 17 */ str("u"),
		INFO(DECL_TAG, 0),
		4,
		1,
		/* 18 */ str("u"),
		INFO(TYPE_TAG, 0),
		1,
		/* 19 */ str("pair"),
		INFO(ENUM64, 1),
		8,
		str("deep"),
		5,
		0x80000000,
		/* 20 */ str("main"),
		INFO(INT, 0),
		4,
		3 << 16 | 5,
		/* 21 */ str("first"),
		INFO(STRUCT, 1),
		4,
		str("u"),
		20,
		8,
	};

	return blob(t, sizeof(t), strings, sizeof(strings), len);
}

static struct btfr *open_ok(const void *data, size_t len, struct btfr *base)
{
	struct btfr_error err = {0};
	struct btfr *b;

	if (btfr_open_mem(data, len, base, &b, &err))
		fail_msg("type %u: %s", err.id, err.text);
	return b;
}

static void every_kind_reads_as_written(void **state)
{
	size_t len;
	void *data = good(&len);
	struct btfr *b = open_ok(data, len, NULL);
	struct btfr_secinfo v;
	struct btfr_member m;
	struct btfr_param p;
	struct btfr_array a;
	struct btfr_enum e;
	struct btfr_int n;
	int32_t component;
	uint32_t id;

	assert_int_equal(btfr_id_end(b), 22);
	assert_int_equal(btfr_int(b, 9, &n), 0);
	assert_true(n.size == 4 && n.bits == 32 && n.is_signed && !n.is_char && !n.is_bool);
	assert_int_equal(btfr_by_name(b, BTFR_ALL, "pair"), 4);
	assert_int_equal(btfr_by_name(b, BTFR_K(ENUM64), "pair"), 19);
	assert_int_equal(btfr_by_name(b, BTFR_K(PTR), "pair"), 0);
	assert_int_equal(btfr_by_name(b, BTFR_ALL, ""), 0);
	assert_int_equal(btfr_by_name(b, BTFR_ALL, "air"), 0);
	assert_int_equal(btfr_ptr_target(b, 2), 3);
	assert_int_equal(btfr_skip_mods(b, 3), 4);
	assert_int_equal(btfr_skip_mods(b, 9), 1);
	assert_int_equal(btfr_size(b, 3), 24);
	assert_int_equal(btfr_size(b, 6), 12);
	assert_int_equal(btfr_size(b, 2), 8);
	assert_int_equal(btfr_size(b, 14), 24);
	assert_int_equal(btfr_size(b, 8), -EINVAL);
	assert_int_equal(btfr_size(b, 0), -EINVAL);
	assert_int_equal(btfr_size(b, 12), -EINVAL);
	assert_int_equal(btfr_array(b, 6, &a), 0);
	assert_true(a.elem == 1 && a.index == 1 && a.cnt == 3);

	assert_int_equal(btfr_vlen(b, 4), 3);
	assert_int_equal(btfr_member(b, 3, "deep", &m), 0);
	assert_true(m.type == 6 && m.bit_off == 32 && m.bit_size == 0);
	assert_int_equal(btfr_member(b, 4, "second", &m), 0);
	assert_true(m.type == 1 && m.bit_off == 131 && m.bit_size == 7);
	assert_int_equal(btfr_member(b, 4, "third", &m), -ENOENT);
	assert_int_equal(btfr_member(b, 4, "", &m), -ENOENT);
	assert_int_equal(btfr_member(b, 1, "first", &m), -EINVAL);
	assert_int_equal(btfr_member_at(b, 4, 3, &m), -ERANGE);
	assert_int_equal(btfr_member(b, 21, "u", &m), 0);
	assert_true(m.bit_off == 11 && m.bit_size == 5);

	assert_int_equal(btfr_enum_by_name(b, 7, "RED", &e), 0);
	assert_true(e.value == -1 && e.is_signed);
	assert_string_equal(btfr_enum_name(b, 7, -1), "RED");
	assert_null(btfr_enum_name(b, 7, 2));
	assert_int_equal(btfr_enumerator(b, "deep", &e, &id), 0);
	assert_true(e.value == (int64_t)0x8000000000000005 && !e.is_signed && id == 19);
	assert_int_equal(btfr_enumerator(b, "first", &e, &id), -ENOENT);

	assert_int_equal(btfr_linkage(b, 12), BTF_FUNC_GLOBAL);
	assert_int_equal(btfr_vlen(b, 12), 0);
	assert_int_equal(btfr_proto(b, 12), 13);
	assert_int_equal(btfr_param_cnt(b, 12), 2);
	assert_int_equal(btfr_ret_type(b, 12), 9);
	assert_int_equal(btfr_param_at(b, 12, 0, &p), 0);
	assert_string_equal(p.name, "argc");
	assert_int_equal(btfr_param_at(b, 13, 1, &p), 0);
	assert_true(p.type == 0 && !*p.name);
	assert_int_equal(btfr_param_at(b, 13, 2, &p), -ERANGE);
	assert_int_equal(btfr_param_cnt(b, 1), -EINVAL);
	assert_int_equal(btfr_linkage(b, 14), BTF_VAR_GLOBAL_ALLOCATED);
	assert_int_equal(btfr_secinfo_at(b, 15, 0, &v), 0);
	assert_true(v.type == 14 && v.off == 8 && v.size == 24);
	assert_int_equal(btfr_decl_tag(b, 17, &component), 0);
	assert_int_equal(component, 1);
	assert_int_equal(btfr_next(b, BTFR_K(FUNC) | BTFR_K(VAR), 12), 14);
	assert_int_equal(btfr_next(b, BTFR_K(FUNC), 12), 0);
	assert_int_equal(btfr_kind(b, 99), BTF_KIND_UNKN);
	walk_all(b);
	btfr_close(b);
	free(data);
}

static void a_module_extends_its_base(void **state)
{
	const uint32_t t[] = {
		/* 22 */ sizeof(strings) + 1, INFO(STRUCT, 1), 4,  str("first"), 1, 0,
		/* 23 */ str("main"),	      INFO(FUNC, 0),   13,
	};
	size_t len, base_len;
	void *base_data = good(&base_len), *data = blob(t, sizeof(t), "\0own", 5, &len);
	struct btfr *base = open_ok(base_data, base_len, NULL), *b = open_ok(data, len, base);
	struct btfr_member m;
	struct btfr *none;

	assert_int_equal(btfr_id_begin(b), 22);
	assert_int_equal(btfr_id_end(b), 24);
	assert_int_equal(btfr_by_name(b, BTFR_ALL, "own"), 22);
	assert_int_equal(btfr_by_name(base, BTFR_ALL, "own"), 0);
	assert_int_equal(btfr_by_name(b, BTFR_K(FUNC), "main"), 12);
	assert_string_equal(btfr_name(b, 23), "main");
	assert_string_equal(btfr_name(base, 23), "");
	assert_int_equal(btfr_member(b, 22, "first", &m), 0);
	assert_int_equal(btfr_size(b, m.type), 4);
	assert_int_equal(btfr_param_cnt(b, 23), 2);
	walk_all(b);
	assert_int_equal(btfr_open_mem(data, len, NULL, &none, NULL), -EINVAL);
	assert_null(none);
	btfr_close(b);
	btfr_close(base);
	free(data);
	free(base_data);
}

static void every_truncation_is_refused(void **state)
{
	size_t len;
	char *data = good(&len);

	for (size_t cut = 0; cut < len; cut++) {
		char *p = malloc(cut + !cut);
		struct btfr_error err = {0};
		struct btfr *b;

		assert_non_null(p);
		memcpy(p, data, cut);
		assert_int_equal(btfr_open_mem(p, cut, NULL, &b, &err), -EINVAL);
		assert_null(b);
		assert_non_null(err.text);
		free(p);
	}
	free(data);
}

/* The header agrees with the cut, so that the records themselves are what is cut. */
static void truncated_sections_are_refused(void **state)
{
	size_t len;
	char *data = good(&len);
	struct btf_header h;

	memcpy(&h, data, sizeof(h));
	for (uint32_t cut = 0; cut < h.type_len; cut++) {
		struct btfr *b = NULL;
		size_t size;
		void *p = blob((void *)(data + sizeof(h)), cut, strings, sizeof(strings), &size);
		int err = btfr_open_mem(p, size, NULL, &b, NULL);

		/* Cut between records, and with nothing referring beyond, it is good BTF. */
		if (!err)
			walk_all(b);
		else
			assert_int_equal(err, -EINVAL);
		assert_true(err || cut % 4 == 0);
		btfr_close(b);
		free(p);
	}
	free(data);
}

static void no_byte_makes_it_crash(void **state)
{
	static const unsigned char values[] = {0x00, 0x01, 0x0d, 0x7f, 0x80, 0xff};
	size_t len, opened = 0;
	unsigned char *data = good(&len);

	for (size_t i = 0; i < len; i++) {
		unsigned char was = data[i];

		for (size_t k = 0; k < sizeof(values) + 8; k++) {
			struct btfr *b;

			data[i] =
				k < sizeof(values) ? values[k] : was ^ (1u << (k - sizeof(values)));
			if (btfr_open_mem(data, len, NULL, &b, NULL))
				continue;
			walk_all(b);
			btfr_close(b);
			opened++;
		}
		data[i] = was;
	}
	assert_true(opened > 1000);
	free(data);
}

static void open_bad(const uint32_t *t, size_t size, uint32_t id, const char *text)
{
	struct btfr_error err = {0};
	struct btfr *b;
	size_t len;
	void *data = blob(t, size, strings, sizeof(strings), &len);

	assert_int_equal(btfr_open_mem(data, len, NULL, &b, &err), -EINVAL);
	assert_string_equal(err.text, text);
	assert_int_equal(err.id, id);
	free(data);
}

static void bad_records_are_named(void **state)
{
	const uint32_t huge[] = {0, INFO(PTR, 0), 0, 0, INFO(STRUCT, 0xffff), 4, 0, 0, 0};
	const uint32_t name[] = {sizeof(strings), INFO(PTR, 0), 0};
	const uint32_t member[] = {0, INFO(STRUCT, 1), 4, 0xffffffff, 0, 0};
	const uint32_t ref[] = {0, INFO(PTR, 0), 0, 0, INFO(CONST, 0), 3};
	const uint32_t elem[] = {0, INFO(ARRAY, 0), 0, 0, 0xffffffff, 1};
	const uint32_t kind0[] = {0, 0, 0};
	const uint32_t kind31[] = {0, 31u << 24, 0};

	open_bad(huge, sizeof(huge), 2, "the type section ends inside a record");
	open_bad(name, sizeof(name), 1, "a name outside the string section");
	open_bad(member, sizeof(member), 1, "a name outside the string section");
	open_bad(ref, sizeof(ref), 2, "a reference to a type that does not exist");
	open_bad(elem, sizeof(elem), 1, "a reference to a type that does not exist");
	open_bad(kind0, sizeof(kind0), 1, "a record of unknown kind");
	open_bad(kind31, sizeof(kind31), 1, "a record of unknown kind");
}

static void loops_end(void **state)
{
	const uint32_t t[] = {
		/* 1 */ str("u"),    INFO(TYPEDEF, 0),	  2,
		/* 2 */ 0,	     INFO(CONST, 0),	  1,
		/* 3 */ 0,	     INFO(ARRAY, 0),	  0, 3,	 3,  2,
		/* 4 */ 0,	     INFO(STRUCT, 1),	  4, 0,	 4,  0,
		/* 5 */ 0,	     INFO(PTR, 0),	  5,
		/* 6 */ str("main"), INFO(FUNC, 0),	  6,
		/* 7 */ 0,	     INFO(FUNC_PROTO, 1), 7, 0,	 7,
		/* 8 */ str("u"),    INFO(VAR, 0),	  8, 0,
		/* 9 */ 0,	     INFO(ARRAY, 0),	  0, 10, 10, 0xffffffff,
		/* 10 */ 0,	     INFO(ARRAY, 0),	  0, 11, 11, 0xffffffff,
		/* 11 */ 0,	     INFO(ARRAY, 0),	  0, 5,	 5,  0xffffffff,
	};
	struct btfr_member m;
	struct btfr *b;
	size_t len;
	void *data = blob(t, sizeof(t), strings, sizeof(strings), &len);

	b = open_ok(data, len, NULL);
	assert_int_equal(btfr_skip_mods(b, 1), BTFR_NO_TYPE);
	assert_int_equal(btfr_size(b, 1), -EINVAL);
	assert_int_equal(btfr_size(b, 3), -EINVAL);
	assert_int_equal(btfr_size(b, 8), -EINVAL);
	assert_int_equal(btfr_size(b, 9), -EINVAL);
	assert_int_equal(btfr_member(b, 4, "deep", &m), -ELOOP);
	assert_int_equal(btfr_ptr_target(b, 5), 5);
	assert_int_equal(btfr_proto(b, 6), BTFR_NO_TYPE);
	walk_all(b);
	btfr_close(b);
	free(data);
}

/* Forty unions, each holding the next one eight times: 8^40 ways to search. */
static void wide_nesting_ends(void **state)
{
	uint32_t t[40 * 27], *p = t;
	struct btfr_member m;
	struct btfr *b;
	void *data;
	size_t len;

	for (uint32_t id = 1; id <= 40; id++) {
		*p++ = 0;
		*p++ = INFO(UNION, 8);
		*p++ = 4;
		for (int i = 0; i < 8; i++) {
			*p++ = 0;
			*p++ = id < 40 ? id + 1 : 0;
			*p++ = 0;
		}
	}
	data = blob(t, sizeof(t), strings, sizeof(strings), &len);
	b = open_ok(data, len, NULL);
	assert_int_equal(btfr_member(b, 1, "deep", &m), -ELOOP);
	assert_int_equal(btfr_member(b, 38, "deep", &m), -ENOENT);
	btfr_close(b);
	free(data);
}

/* Building the index must not be quadratic in how often a name comes. */
static void one_name_for_all(void **state)
{
	enum { CNT = 500000 };
	uint32_t *t = malloc(CNT * 12);
	struct btfr *b;
	void *data;
	size_t len;

	assert_non_null(t);
	for (size_t i = 0; i < CNT; i++) {
		t[i * 3] = str("deep");
		t[i * 3 + 1] = i == CNT - 1 ? INFO(FLOAT, 0) : INFO(FWD, 0);
		t[i * 3 + 2] = 0;
	}
	data = blob(t, CNT * 12, strings, sizeof(strings), &len);
	b = open_ok(data, len, NULL);
	assert_int_equal(btfr_by_name(b, BTFR_ALL, "deep"), 1);
	assert_int_equal(btfr_by_name(b, BTFR_K(FLOAT), "deep"), CNT);
	btfr_close(b);
	free(data);
	free(t);
}

static void headers_are_checked(void **state)
{
	struct btf_header h;
	struct btfr *b;
	size_t len;
	char *data = good(&len);

	assert_int_equal(btfr_open_mem(data + 1, len - 1, NULL, &b, NULL), -EINVAL);
	memcpy(&h, data, sizeof(h));
#define WITH(field, value, want)                                                  \
	do {                                                                      \
		struct btf_header bad = h;                                        \
		bad.field = (value);                                              \
		memcpy(data, &bad, sizeof(bad));                                  \
		assert_int_equal(btfr_open_mem(data, len, NULL, &b, NULL), want); \
	} while (0)
	WITH(magic, 0x9feb, -ENOTSUP);
	WITH(magic, 0, -EINVAL);
	WITH(version, 2, -ENOTSUP);
	WITH(hdr_len, 23, -EINVAL);
	WITH(hdr_len, 0xfffffffc, -EINVAL);
	WITH(type_off, 2, -EINVAL);
	WITH(type_off, 0xfffffffc, -EINVAL);
	WITH(type_len, 0xffffffff, -EINVAL);
	WITH(str_off, 0xffffffff, -EINVAL);
	WITH(str_len, 0xffffffff, -EINVAL);
	WITH(str_len, h.str_len - 1, -EINVAL);
	WITH(str_off, h.str_off + 1, -EINVAL);
#undef WITH
	free(data);
}

static void files_are_read(void **state)
{
	char path[] = "/tmp/skep-test-btf-XXXXXX";
	int fd = mkstemp(path);
	struct btfr_error err;
	struct btfr *b;
	size_t len;
	void *data = good(&len);

	assert_true(fd >= 0);
	assert_int_equal(btfr_open_file(path, NULL, &b, &err), -EINVAL);
	assert_string_equal(err.text, "too short for a BTF header");
	assert_int_equal(write(fd, data, len), len);
	assert_int_equal(btfr_open_file(path, NULL, &b, NULL), 0);
	assert_int_equal(btfr_by_name(b, BTFR_ALL, "main"), 12);
	btfr_close(b);
	assert_int_equal(ftruncate(fd, (off_t)300 << 20), 0);
	assert_int_equal(btfr_open_file(path, NULL, &b, &err), -EFBIG);
	close(fd);
	unlink(path);
	assert_int_equal(btfr_open_file(path, NULL, &b, NULL), -ENOENT);
	assert_int_equal(btfr_open_file("/tmp", NULL, &b, &err), -EISDIR);
	assert_null(b);
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_reads_as_written),
		cmocka_unit_test(a_module_extends_its_base),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(truncated_sections_are_refused),
		cmocka_unit_test(no_byte_makes_it_crash),
		cmocka_unit_test(bad_records_are_named),
		cmocka_unit_test(loops_end),
		cmocka_unit_test(wide_nesting_ends),
		cmocka_unit_test(one_name_for_all),
		cmocka_unit_test(headers_are_checked),
		cmocka_unit_test(files_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
