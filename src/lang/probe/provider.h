/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The table of providers: how probes of each kind are named, and what their clauses may use. */
#ifndef LANG_PROBE_PROVIDER_H
#define LANG_PROBE_PROVIDER_H

#include <stdint.h>

#include <skep/lang_world.h>

#define PROVIDER_MAX_ALIASES 4

struct provider_row {
	enum lang_provider provider;
	const char *name;			   /* as `probe` shows it */
	const char *aliases[PROVIDER_MAX_ALIASES]; /* other spellings; NULL at the end */
	const char *forms;			   /* how it is written, for messages and help */
	uint32_t builtins; /* bits 1 << enum builtin_id, of those that not all providers have */
	const char *summary;
};

/* Indexed by enum lang_provider. */
extern const struct provider_row lang_providers[LANG_PROVIDER_COUNT];

/* The provider with that name or alias (BEGIN and END in any case), or NULL. */
const struct provider_row *provider_find(const char *name);

/* The provider's name nearest to one that does not exist, or NULL. */
const char *provider_suggest(const char *name);

/* A software event of perf, with how many of them make one hit unless the script says. */
struct software_event {
	const char *name, *alias; /* alias may be NULL */
	uint64_t config;	  /* PERF_COUNT_SW_… */
	uint64_t period;
};

/* The event with that name or alias, or NULL; *nearest (may be NULL) is then a suggestion. */
const struct software_event *software_find(const char *name, const char **nearest);

#endif
