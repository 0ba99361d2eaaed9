// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Which file a bare name means: programs by PATH, libraries by the dynamic loader's cache and,
 * should that not have them, by the standard directories.
 *
 * The cache (glibc's ldconfig writes it): a header of 48 bytes that begins with a magic of 20,
 * then entries of 24 bytes { flags, key, value, osversion, hwcap }, whose key (soname) and value
 * (path) are offsets of strings from the header. A table of the format before may stand in front.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skep/kit_symbols.h>

#define CACHE_PATH "/etc/ld.so.cache"
/* Real ones are below a megabyte. */
#define CACHE_MAX    (64u << 20)
#define MAGIC	     "glibc-ld.so.cache1.1"
#define MAGIC_LEN    20
#define HEADER_LEN   48
#define ENTRY_LEN    24
#define OLD_MAGIC    "ld.so-1.7.0"
#define OLD_HEADER   16
#define OLD_ENTRY    12
#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* Flags of the entries that a program of our own architecture can use. */
#if defined(__x86_64__)
#define CACHE_FLAGS	0x0303u
#define LIBRARY_TRIPLET "x86_64-linux-gnu"
#elif defined(__aarch64__)
#define CACHE_FLAGS	0x0a03u
#define LIBRARY_TRIPLET "aarch64-linux-gnu"
#else
#define CACHE_FLAGS	0u
#define LIBRARY_TRIPLET "."
#endif

static int put_path(char *buf, size_t size, const char *dir, size_t dir_len, const char *name)
{
	int n = snprintf(buf, size, "%.*s%s%s", (int)dir_len, dir, dir_len ? "/" : "", name);

	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

static bool is_program(const char *path)
{
	struct stat st;

	return !access(path, X_OK) && !stat(path, &st) && S_ISREG(st.st_mode);
}

int kit_resolve_program(const char *name, char *buf, size_t size)
{
	const char *path = getenv("PATH"), *end;
	int err;

	if (!*name || strlen(name) > NAME_MAX)
		return *name ? -ENAMETOOLONG : -ENOENT;
	for (path = path ? path : DEFAULT_PATH;; path = end + 1) {
		end = strchrnul(path, ':');
		/* An empty part means the current directory, as in execvp(3). */
		err = end == path ? put_path(buf, size, ".", 1, name)
				  : put_path(buf, size, path, (size_t)(end - path), name);
		if (!err && is_program(buf))
			return 0;
		if (!*end)
			return -ENOENT;
	}
}

/* True if a file or soname is what a user calls name: c, libc, libc.so.6. */
static bool is_library_called(const char *file, const char *name)
{
	size_t len = strlen(name);

	if (!strcmp(file, name))
		return true;
	if (!strncmp(file, name, len) && !strncmp(file + len, ".so", 3))
		return file[len + 3] == '.' || !file[len + 3];
	if (strncmp(file, "lib", 3) || strncmp(file + 3, name, len))
		return false;
	file += 3 + len;
	return !strncmp(file, ".so", 3) && (file[3] == '.' || !file[3]);
}

struct cache {
	const char *data;
	size_t len;
};

static uint32_t word(const char *p)
{
	uint32_t n;

	memcpy(&n, p, sizeof(n));
	return n;
}

/* The string at offset, or NULL if it does not end within the cache. */
static const char *string_at(const struct cache *c, uint32_t offset)
{
	if (offset >= c->len || !memchr(c->data + offset, 0, c->len - offset))
		return NULL;
	return c->data + offset;
}

/* Steps over a table of the old format. False if there is no new one. */
static bool find_header(struct cache *c)
{
	uint64_t skip;

	if (c->len >= OLD_HEADER && !memcmp(c->data, OLD_MAGIC, sizeof(OLD_MAGIC) - 1)) {
		skip = OLD_HEADER + (uint64_t)word(c->data + 12) * OLD_ENTRY;
		skip = (skip + 7) & ~7ull;
		if (skip > c->len)
			return false;
		c->data += skip;
		c->len -= skip;
	}
	return c->len >= HEADER_LEN && !memcmp(c->data, MAGIC, MAGIC_LEN);
}

static int find_in_cache(struct cache *c, const char *name, char *buf, size_t size)
{
	const char *entry, *key, *path;
	uint32_t n, i;

	if (!find_header(c))
		return -ENOENT;
	n = word(c->data + MAGIC_LEN);
	if (n > (c->len - HEADER_LEN) / ENTRY_LEN)
		return -ENOENT;
	for (i = 0; i < n; i++) {
		entry = c->data + HEADER_LEN + (size_t)i * ENTRY_LEN;
		if (CACHE_FLAGS && word(entry) != CACHE_FLAGS)
			continue;
		key = string_at(c, word(entry + 4));
		path = string_at(c, word(entry + 8));
		if (key && path && is_library_called(key, name))
			return put_path(buf, size, "", 0, path);
	}
	return -ENOENT;
}

/* Reads a whole regular file of at most CACHE_MAX bytes; *data is to be freed. */
static int read_whole(const char *path, char **data, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), err = 0;
	struct stat st;
	ssize_t n;

	*data = NULL;
	*len = 0;
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		err = -errno;
	else if (!S_ISREG(st.st_mode) || st.st_size > CACHE_MAX)
		err = -EINVAL;
	if (!err) {
		*data = malloc((size_t)st.st_size + 1);
		if (!*data)
			err = -ENOMEM;
	}
	while (!err && *len < (size_t)st.st_size) {
		n = read(fd, *data + *len, (size_t)st.st_size - *len);
		if (n < 0 && errno != EINTR)
			err = -errno;
		if (!n)
			break;
		if (n > 0)
			*len += (size_t)n;
	}
	close(fd);
	return err;
}

int kit_resolve_library_in(const char *cache, const char *name, char *buf, size_t size)
{
	struct cache c;
	char *data;
	int err;

	if (!*name)
		return -ENOENT;
	err = read_whole(cache, &data, &c.len);
	if (!err) {
		c.data = data;
		err = find_in_cache(&c, name, buf, size);
	}
	free(data);
	return err;
}

static int find_in_directory(const char *dir, const char *name, char *buf, size_t size)
{
	char best[NAME_MAX + 1] = "";
	struct dirent *entry;
	DIR *d = opendir(dir);

	if (!d)
		return -ENOENT;
	/* The highest version, as far as its letters tell. */
	while ((entry = readdir(d)))
		if (is_library_called(entry->d_name, name) && strcmp(entry->d_name, best) > 0)
			snprintf(best, sizeof(best), "%s", entry->d_name);
	closedir(d);
	return *best ? put_path(buf, size, dir, strlen(dir), best) : -ENOENT;
}

int kit_resolve_library(const char *name, char *buf, size_t size)
{
	static const char *const dirs[] = {
		"/lib/" LIBRARY_TRIPLET,
		"/usr/lib/" LIBRARY_TRIPLET,
		"/lib64",
		"/usr/lib64",
		"/lib",
		"/usr/lib",
		"/usr/local/lib",
	};
	int err = kit_resolve_library_in(CACHE_PATH, name, buf, size);
	size_t i;

	for (i = 0; err && err != -ENAMETOOLONG && *name && i < sizeof(dirs) / sizeof(dirs[0]); i++)
		err = find_in_directory(dirs[i], name, buf, size);
	return !err || err == -ENAMETOOLONG ? err : -ENOENT;
}

int kit_resolve_binary(const char *name, char *buf, size_t size)
{
	if (strchr(name, '/'))
		return put_path(buf, size, "", 0, name);
	if (!kit_resolve_program(name, buf, size))
		return 0;
	return kit_resolve_library(name, buf, size);
}
