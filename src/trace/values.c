// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Bytes of map keys, map values and event records become values that can be printed.
 *
 * What programs wrote is not trusted: every field is checked against the bytes there are, every
 * index against its table.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "trace/session.h"

int trace_pool_adopt(struct trace_pool *pool, void *block)
{
	size_t cap = pool->cap ? pool->cap * 2 : 8;
	void **grown;

	if (pool->n == pool->cap) {
		grown = reallocarray(pool->blocks, cap, sizeof(*grown));
		if (!grown) {
			free(block);
			return -ENOMEM;
		}
		pool->blocks = grown;
		pool->cap = cap;
	}
	pool->blocks[pool->n++] = block;
	return 0;
}

void *trace_pool_alloc(struct trace_pool *pool, size_t size)
{
	void *block = calloc(1, size ? size : 1);

	return block && !trace_pool_adopt(pool, block) ? block : NULL;
}

void trace_pool_free(struct trace_pool *pool)
{
	size_t i;

	for (i = 0; i < pool->n; i++)
		free(pool->blocks[i]);
	free(pool->blocks);
	memset(pool, 0, sizeof(*pool));
}

static bool load_number(const void *data, uint32_t size, uint64_t *number)
{
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;

	switch (size) {
	case 1:
		memcpy(&u8, data, 1);
		*number = u8;
		return true;
	case 2:
		memcpy(&u16, data, 2);
		*number = u16;
		return true;
	case 4:
		memcpy(&u32, data, 4);
		*number = u32;
		return true;
	case 8: memcpy(number, data, 8); return true;
	default: return false;
	}
}

static int64_t sign_extend(uint64_t number, uint32_t size)
{
	unsigned int shift = 64 - 8 * size;

	return (int64_t)(number << shift) >> shift;
}

static int decode_buffer(const void *data, uint32_t size, struct kit_value *value)
{
	uint32_t len;

	if (size < sizeof(len))
		return -EBADMSG;
	memcpy(&len, data, sizeof(len));
	if (len > size - sizeof(len))
		len = size - sizeof(len);
	*value = kit_bytes(KIT_BUFFER, (const char *)data + sizeof(len), len);
	return 0;
}

static int decode_inet(const void *data, uint32_t size, struct kit_value *value)
{
	uint32_t family;

	if (size < 20)
		return -EBADMSG;
	memcpy(&family, data, sizeof(family));
	*value = (struct kit_value){.type = KIT_INET};
	value->inet.family = family == AF_INET ? AF_INET : AF_INET6;
	memcpy(value->inet.addr, (const char *)data + 4, 16);
	return 0;
}

int trace_strftime(struct kit_buffer *out, const char *fmt, int64_t ns)
{
	time_t seconds = (time_t)(ns / 1000000000);
	struct kit_buffer expanded = {0};
	size_t n = 0, room;
	struct tm tm;
	char *text;

	if (!localtime_r(&seconds, &tm))
		return -EINVAL;
	/* strftime() has no fractions: %f is filled in beforehand. */
	for (; *fmt; fmt++) {
		if (fmt[0] == '%' && fmt[1] == 'f') {
			kit_buffer_printf(&expanded, "%06u", (unsigned int)(ns / 1000 % 1000000));
			fmt++;
			continue;
		}
		kit_buffer_putc(&expanded, *fmt);
		if (fmt[0] == '%' && fmt[1])
			kit_buffer_putc(&expanded, *++fmt);
	}
	fmt = kit_buffer_string(&expanded);
	room = expanded.len * 8 + 256;
	text = expanded.error ? NULL : malloc(room);
	if (text && *fmt)
		n = strftime(text, room, fmt, &tm);
	if (text)
		kit_buffer_add(out, text, n);
	free(text);
	kit_buffer_free(&expanded);
	return text ? out->error : -ENOMEM;
}

static int decode_time(const struct trace_session *s, uint32_t format, uint64_t ns,
		       struct trace_pool *pool, struct kit_value *value)
{
	struct kit_buffer text = {0};
	char *copy;
	int err;

	if (format >= s->plan->nstrings)
		return -EBADMSG;
	err = trace_strftime(&text, s->plan->strings[format], (int64_t)ns + s->wall_offset);
	copy = err ? NULL : trace_pool_alloc(pool, text.len);
	if (copy) {
		memcpy(copy, text.data ? text.data : "", text.len);
		*value = kit_bytes(KIT_TEXT, copy, text.len);
	} else if (!err) {
		err = -ENOMEM;
	}
	kit_buffer_free(&text);
	return err;
}

static void decode_name(const struct trace_session *s, const char **names, uint64_t index,
			struct kit_value *value)
{
	const char *name = names && index < s->plan->nprobe_names ? names[index] : NULL;

	if (!name)
		name = "";
	*value = kit_bytes(KIT_STRING, name, strlen(name));
}

int trace_decode(const struct trace_session *s, const struct lang_data_field *field,
		 const void *data, size_t size, struct trace_pool *pool, struct kit_value *value)
{
	const char *at;
	uint64_t number = 0;

	if (field->offset > size || field->size > size - field->offset)
		return -EBADMSG;
	at = (const char *)data + field->offset;
	switch (field->data) {
	case LANG_DATA_STRING:
		*value = kit_bytes(KIT_STRING, at, strnlen(at, field->size));
		return 0;
	case LANG_DATA_BUF: return decode_buffer(at, field->size, value);
	case LANG_DATA_INET: return decode_inet(at, field->size, value);
	default: break;
	}
	if (!load_number(at, field->size, &number))
		return -EBADMSG;
	switch (field->data) {
	case LANG_DATA_INT:
		*value = kit_int(sign_extend(number, field->size), (uint8_t)field->size);
		return 0;
	case LANG_DATA_UINT: *value = kit_uint(number, (uint8_t)field->size); return 0;
	case LANG_DATA_POINTER: *value = kit_pointer(number); return 0;
	case LANG_DATA_TIME: return decode_time(s, field->aux, number, pool, value);
	case LANG_DATA_PROBE: decode_name(s, s->plan->probe_names, number, value); return 0;
	case LANG_DATA_FUNC: decode_name(s, s->plan->func_names, number, value); return 0;
	default: return -EBADMSG;
	}
}
