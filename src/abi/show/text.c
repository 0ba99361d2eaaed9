// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The line under construction, and safe reading of what arguments point to. */
#include "abi/show/show.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define STRING_MAX 128

void abi_text_add(struct abi_text *text, const char *format, ...)
{
	size_t room = sizeof(text->buf) - text->len;
	va_list ap;
	int len;

	if (text->cut)
		return;
	va_start(ap, format);
	len = vsnprintf(text->buf + text->len, room, format, ap);
	va_end(ap);
	if (len < 0 || (size_t)len >= room) {
		text->cut = true;
		text->len = sizeof(text->buf) - 1;
		memcpy(text->buf + text->len - 3, "...", 3);
		return;
	}
	text->len += len;
}

/*
 * process_vm_readv copies whole iovecs or nothing, so the range is split where
 * a page ends: what lies before an unmapped page is still read.
 */
size_t abi_peek(void *to, uint64_t from, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), got = 0, part;
	struct iovec local, remote;
	ssize_t ret;

	while (from && got < size) {
		part = page - (from + got) % page;
		if (part > size - got)
			part = size - got;
		local = (struct iovec){.iov_base = (char *)to + got, .iov_len = part};
		remote = (struct iovec){.iov_base = (void *)(uintptr_t)(from + got),
					.iov_len = part};
		ret = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
		if (ret <= 0)
			break;
		got += ret;
	}
	return got;
}

void abi_show_bytes(struct abi_text *text, const char *bytes, size_t len, bool more)
{
	abi_text_add(text, "\"");
	for (size_t i = 0; i < len; i++) {
		unsigned char c = bytes[i];

		switch (c) {
		case '\n': abi_text_add(text, "\\n"); break;
		case '\t': abi_text_add(text, "\\t"); break;
		case '\r': abi_text_add(text, "\\r"); break;
		case '"':
		case '\\': abi_text_add(text, "\\%c", c); break;
		default:
			if (isascii(c) && isprint(c))
				abi_text_add(text, "%c", c);
			else
				abi_text_add(text, "\\x%02x", c);
		}
	}
	abi_text_add(text, more ? "\"..." : "\"");
}

void abi_show_address(struct abi_text *text, uint64_t address)
{
	if (address)
		abi_text_add(text, "0x%" PRIx64, address);
	else
		abi_text_add(text, "NULL");
}

void abi_show_string(struct abi_text *text, uint64_t from)
{
	char buf[STRING_MAX];
	size_t got, len;

	got = abi_peek(buf, from, sizeof(buf));
	if (!got) {
		abi_show_address(text, from);
	} else {
		len = strnlen(buf, got);
		abi_show_bytes(text, buf, len, len == got);
	}
}
