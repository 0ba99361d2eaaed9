/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Memory that is freed all at once: what a compilation makes lives in one arena, so
 * that no pass has to track ownership and an error path cannot leak.
 */
#ifndef LANG_ARENA_H
#define LANG_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct lang_arena;

/* Returns a new, empty arena or NULL. */
struct lang_arena *arena_new(void);
void arena_free(struct lang_arena *arena);

/*
 * Zeroed memory, aligned to 16 bytes, or NULL. After a failure the arena is marked
 * (arena_failed()), so that a pass may check once at its end.
 */
void *arena_alloc(struct lang_arena *arena, size_t size);
int arena_failed(const struct lang_arena *arena);

char *arena_strndup(struct lang_arena *arena, const char *s, size_t n);
char *arena_strdup(struct lang_arena *arena, const char *s);
char *arena_printf(struct lang_arena *arena, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct lang_arena *arena, const char *fmt, va_list ap);

/*
 * Grows an array of @size-byte elements that holds *@cap so that index @need fits.
 * Returns the (possibly moved) array or NULL; new elements are zero.
 */
void *arena_grow(struct lang_arena *arena, void *array, size_t size, size_t *cap, size_t need);

#define ARENA_NEW(arena, type)      ((type *)arena_alloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, type, n) ((type *)arena_alloc((arena), sizeof(type) * (n)))

#endif
