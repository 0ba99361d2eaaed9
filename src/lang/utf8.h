/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Reading UTF-8 from bytes that may be anything. */
#ifndef LANG_UTF8_H
#define LANG_UTF8_H

#include <stddef.h>
#include <stdint.h>

/*
 * Decodes the character at @s, of which @n bytes (at least 1) can be read. Returns its
 * length, or 0 when it is not valid UTF-8 (overlong, surrogate, cut off, beyond U+10FFFF).
 */
static inline size_t lang_utf8_decode(const char *s, size_t n, uint32_t *point)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char first = (unsigned char)s[0];
	size_t len = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	uint32_t cp = first & (len == 1 ? 0x7f : 0x7f >> len);

	if (!len || len > n || first > 0xf4)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if (((unsigned char)s[i] & 0xc0) != 0x80)
			return 0;
		cp = cp << 6 | ((unsigned char)s[i] & 0x3f);
	}
	if (cp < least[len] || cp > 0x10ffff || (cp >= 0xd800 && cp < 0xe000))
		return 0;
	*point = cp;
	return len;
}

/* Would a terminal show the character as one, without acting on it? */
static inline int lang_utf8_printable(uint32_t cp)
{
	if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0))
		return 0;
	/* invisible characters and those that change the direction of what follows */
	return !((cp >= 0x200b && cp <= 0x200f) || (cp >= 0x2028 && cp <= 0x202e) ||
		 (cp >= 0x2060 && cp <= 0x206f) || cp == 0xfeff);
}

#endif
