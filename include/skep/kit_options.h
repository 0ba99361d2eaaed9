/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Command-line options, declared once: the table is what is parsed and what --help shows.
 *
 *	struct settings { bool quiet; int64_t pid; } s = {0};
 *	const struct kit_option options[] = {
 *		{.section = "Output"},
 *		{'q', "quiet", KIT_OPTION_FLAG, &s.quiet, .help = "Print results only."},
 *		{'p', "pid", KIT_OPTION_INT, &s.pid, .arg = "PID", .min = 1, .max = INT_MAX,
 *		 .help = "Trace this process."},
 *	};
 *
 * Understood are -q, -qv (several flags), -p5, -p 5, --pid 5, --pid=5, and -- to end options.
 * Long names may not be cut short, so that new ones break no script.
 */
#ifndef SKEP_KIT_OPTIONS_H
#define SKEP_KIT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <skep/kit_buffer.h>

enum kit_option_kind {
	KIT_OPTION_FLAG,    /* to: bool *, set to true */
	KIT_OPTION_COUNT,   /* to: int *, one more each time */
	KIT_OPTION_STRING,  /* to: const char **, points into argv; the last one counts */
	KIT_OPTION_STRINGS, /* to: struct kit_strings *, gathers all, in order */
	KIT_OPTION_INT,	    /* to: int64_t *, decimal, 0x or 0 octal, min..max */
	KIT_OPTION_ENUM,    /* to: int *, the index of the word in choices */
};

/* Arguments of an option that can be given several times. The strings belong to argv. */
struct kit_strings {
	const char **items;
	size_t n;
};

/* Frees the list, not the strings. */
void kit_strings_free(struct kit_strings *list);

/* One option; a row with only section set is a heading in the help. */
struct kit_option {
	char short_name;  /* 0: none */
	const char *name; /* long name without dashes; NULL: none */
	enum kit_option_kind kind;
	void *to;	 /* see kind; keeps its value if the option is not given */
	const char *arg; /* what the help calls the argument; NULL for FLAG and COUNT */
	/*
	 * STRING and STRINGS: the argument may be left out, which stands for "". It is taken from
	 * the next word only if that is no option.
	 */
	bool optional_arg;
	/* With optional_arg: never from the next word, only as --name=ARG. */
	bool attached_arg;
	int64_t min, max;	    /* INT */
	const char *const *choices; /* ENUM: ends with NULL */
	bool *given;		    /* set to true if the option is there; may be NULL */
	const char *help;	    /* sentences, wrapped by kit_options_help() */
	const char *section;
};

struct kit_option_example {
	const char *command;
	const char *text; /* what it does; a sentence */
};

/* All of a program or command. Everything is borrowed. */
struct kit_options {
	const char *program; /* "skep trace" */
	const char *usage;   /* "[OPTION]... FILE" */
	const char *summary; /* a sentence or two */
	const struct kit_option *options;
	size_t noptions;
	const struct kit_option_example *examples; /* may be NULL */
	size_t nexamples;
	/*
	 * Options end at the first word that is none: for commands whose arguments are another
	 * command with options of its own. Otherwise options may follow other words.
	 */
	bool stop_at_operand;
};

/*
 * Parses argv[1] on. The words that are no options are moved behind the others, their order
 * kept; *first (index in argv) is the first of them, argc if there are none. Returns 0; -EINVAL
 * with what is wrong and what is allowed in err, a clause without full stop (the exit status is
 * then KIT_EXIT_USAGE); or -ENOMEM. Options parsed until then are set.
 */
int kit_options_parse(const struct kit_options *spec, int argc, char **argv, int *first,
		      struct kit_buffer *err);

/* Appends the text of --help, at most 80 columns wide if no word is longer. */
void kit_options_help(const struct kit_options *spec, struct kit_buffer *out);

#endif
