// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* A chain of growing blocks; allocations never move and are never freed alone. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/arena.h"

#define FIRST_BLOCK (16 * 1024)
#define ALIGNMENT   16

struct block {
	struct block *next;
	size_t used, size;
	_Alignas(ALIGNMENT) char data[];
};

struct lang_arena {
	struct block *head;
	size_t next_size;
	int failed;
};

struct lang_arena *arena_new(void)
{
	struct lang_arena *arena = calloc(1, sizeof(*arena));

	if (arena)
		arena->next_size = FIRST_BLOCK;
	return arena;
}

void arena_free(struct lang_arena *arena)
{
	struct block *block, *next;

	if (!arena)
		return;
	for (block = arena->head; block; block = next) {
		next = block->next;
		free(block);
	}
	free(arena);
}

static struct block *add_block(struct lang_arena *arena, size_t need)
{
	size_t size = arena->next_size > need ? arena->next_size : need;
	struct block *block = calloc(1, sizeof(*block) + size);

	if (!block)
		return NULL;
	block->size = size;
	block->next = arena->head;
	arena->head = block;
	if (arena->next_size < 1024 * 1024)
		arena->next_size *= 2;
	return block;
}

void *arena_alloc(struct lang_arena *arena, size_t size)
{
	struct block *block = arena->head;
	void *p;

	if (size > SIZE_MAX / 2) {
		arena->failed = 1;
		return NULL;
	}
	size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
	if (!block || block->size - block->used < size)
		block = add_block(arena, size);
	if (!block) {
		arena->failed = 1;
		return NULL;
	}
	p = block->data + block->used;
	block->used += size;
	return p;
}

int arena_failed(const struct lang_arena *arena)
{
	return arena->failed;
}

char *arena_strndup(struct lang_arena *arena, const char *s, size_t n)
{
	char *p = arena_alloc(arena, n + 1);

	if (p)
		memcpy(p, s, n);
	return p;
}

char *arena_strdup(struct lang_arena *arena, const char *s)
{
	return arena_strndup(arena, s, strlen(s));
}

char *arena_vprintf(struct lang_arena *arena, const char *fmt, va_list ap)
{
	va_list again;
	char *p;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	p = n < 0 ? NULL : arena_alloc(arena, (size_t)n + 1);
	if (p)
		vsnprintf(p, (size_t)n + 1, fmt, ap);
	return p;
}

char *arena_printf(struct lang_arena *arena, const char *fmt, ...)
{
	va_list ap;
	char *p;

	va_start(ap, fmt);
	p = arena_vprintf(arena, fmt, ap);
	va_end(ap);
	return p;
}

void *arena_grow(struct lang_arena *arena, void *array, size_t size, size_t *cap, size_t need)
{
	size_t n = *cap ? *cap : 8;
	void *p;

	if (need < *cap)
		return array;
	while (n <= need)
		n *= 2;
	p = arena_alloc(arena, n * size);
	if (!p)
		return NULL;
	if (*cap)
		memcpy(p, array, *cap * size);
	*cap = n;
	return p;
}
