// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The parser of options. One word of argv at a time; words that are no options are gathered and
 * put behind at the end, which keeps both orders.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <skep/kit_options.h>
#include <skep/lang_suggest.h>

struct parser {
	const struct kit_options *spec;
	char **argv;
	int argc, pos;
	struct kit_buffer *err;
};

void kit_strings_free(struct kit_strings *list)
{
	free(list->items);
	*list = (struct kit_strings){0};
}

static bool takes_arg(const struct kit_option *o)
{
	return o->kind != KIT_OPTION_FLAG && o->kind != KIT_OPTION_COUNT;
}

static void put_name(struct kit_buffer *b, const struct kit_option *o)
{
	if (o->short_name)
		kit_buffer_printf(b, "-%c", o->short_name);
	if (o->name)
		kit_buffer_printf(b, "%s--%s", o->short_name ? ", " : "", o->name);
}

/* Begins an error message with the option it is about. */
static void blame(struct parser *p, const struct kit_option *o)
{
	kit_buffer_puts(p->err, "option ");
	put_name(p->err, o);
	kit_buffer_puts(p->err, ": ");
}

static int set_int(struct parser *p, const struct kit_option *o, const char *arg)
{
	char *end;
	long long n;

	errno = 0;
	n = strtoll(arg, &end, 0);
	if (!errno && end != arg && !*end && n >= o->min && n <= o->max) {
		*(int64_t *)o->to = n;
		return 0;
	}
	blame(p, o);
	kit_buffer_printf(p->err, "'%s' is not a whole number from %" PRId64 " to %" PRId64, arg,
			  o->min, o->max);
	return -EINVAL;
}

static int set_enum(struct parser *p, const struct kit_option *o, const char *arg)
{
	struct lang_suggest near = {.name = arg};
	int i;

	for (i = 0; o->choices[i]; i++) {
		if (!strcmp(o->choices[i], arg)) {
			*(int *)o->to = i;
			return 0;
		}
		lang_suggest_offer(&near, o->choices[i]);
	}
	blame(p, o);
	kit_buffer_printf(p->err, "'%s' is none of ", arg);
	for (i = 0; o->choices[i]; i++)
		kit_buffer_printf(p->err, "%s%s", i ? ", " : "", o->choices[i]);
	if (near.best)
		kit_buffer_printf(p->err, "; did you mean '%s'?", near.best);
	return -EINVAL;
}

static int add_string(struct kit_strings *list, const char *arg)
{
	const char **items = realloc(list->items, (list->n + 1) * sizeof(*items));

	if (!items)
		return -ENOMEM;
	list->items = items;
	items[list->n++] = arg;
	return 0;
}

static int set(struct parser *p, const struct kit_option *o, const char *arg)
{
	if (o->given)
		*o->given = true;
	switch (o->kind) {
	case KIT_OPTION_FLAG: *(bool *)o->to = true; return 0;
	case KIT_OPTION_COUNT: ++*(int *)o->to; return 0;
	case KIT_OPTION_STRING: *(const char **)o->to = arg; return 0;
	case KIT_OPTION_STRINGS: return add_string(o->to, arg);
	case KIT_OPTION_INT: return set_int(p, o, arg);
	case KIT_OPTION_ENUM: return set_enum(p, o, arg);
	}
	return -EINVAL;
}

/* Sets an option from the argument that is attached to it, or else from the next word. */
static int set_from(struct parser *p, const struct kit_option *o, const char *attached)
{
	const char *next = p->pos + 1 < p->argc ? p->argv[p->pos + 1] : NULL;

	if (attached || !takes_arg(o))
		return set(p, o, attached);
	if (o->optional_arg && (o->attached_arg || !next || (next[0] == '-' && next[1])))
		return set(p, o, "");
	if (!next) {
		blame(p, o);
		kit_buffer_printf(p->err, "its argument %s is missing", o->arg ? o->arg : "");
		return -EINVAL;
	}
	p->pos++;
	return set(p, o, next);
}

static int unknown_long(struct parser *p, const char *name, size_t len)
{
	char word[LANG_SUGGEST_MAX_LEN + 1];
	struct lang_suggest near = {.name = word};
	size_t i;

	kit_buffer_printf(p->err, "unknown option '--%.*s'", (int)len, name);
	if (len < sizeof(word)) {
		memcpy(word, name, len);
		word[len] = 0;
		for (i = 0; i < p->spec->noptions; i++)
			lang_suggest_offer(&near, p->spec->options[i].name);
	}
	if (near.best)
		kit_buffer_printf(p->err, "; did you mean '--%s'?", near.best);
	else
		kit_buffer_printf(p->err, "; '%s --help' lists them", p->spec->program);
	return -EINVAL;
}

static int parse_long(struct parser *p)
{
	const char *name = p->argv[p->pos] + 2;
	size_t len = strcspn(name, "="), i;
	const char *attached = name[len] ? name + len + 1 : NULL;
	const struct kit_option *o;

	for (i = 0; i < p->spec->noptions; i++) {
		o = &p->spec->options[i];
		if (!o->name || strncmp(o->name, name, len) || o->name[len])
			continue;
		if (!attached || takes_arg(o))
			return set_from(p, o, attached);
		blame(p, o);
		kit_buffer_puts(p->err, "takes no argument");
		return -EINVAL;
	}
	return unknown_long(p, name, len);
}

/* A word of short options: flags, and at most one with an argument, which is the last. */
static int parse_short(struct parser *p)
{
	const char *word = p->argv[p->pos] + 1;
	const struct kit_option *o;
	size_t i;
	int err;

	for (; *word; word++) {
		for (i = 0; i < p->spec->noptions; i++)
			if (p->spec->options[i].short_name == *word)
				break;
		if (i == p->spec->noptions) {
			kit_buffer_printf(p->err, "unknown option '-%c'; '%s --help' lists them",
					  *word, p->spec->program);
			return -EINVAL;
		}
		o = &p->spec->options[i];
		if (takes_arg(o))
			return set_from(p, o, word[1] ? word + 1 : NULL);
		err = set_from(p, o, NULL);
		if (err)
			return err;
	}
	return 0;
}

static bool is_operand(const char *word)
{
	return word[0] != '-' || !word[1];
}

int kit_options_parse(const struct kit_options *spec, int argc, char **argv, int *first,
		      struct kit_buffer *err)
{
	struct parser p = {.spec = spec, .argv = argv, .argc = argc, .pos = 1, .err = err};
	char **operands = calloc((size_t)argc + 1, sizeof(*operands));
	int noperands = 0, used = 1, start, ret = 0;
	bool ended = false;

	if (!operands)
		return -ENOMEM;
	while (!ret && !ended && p.pos < argc) {
		start = p.pos;
		if (is_operand(argv[start])) {
			if (spec->stop_at_operand)
				break;
			operands[noperands++] = argv[p.pos++];
			continue;
		}
		ended = !strcmp(argv[start], "--");
		if (!ended)
			ret = argv[start][1] == '-' ? parse_long(&p) : parse_short(&p);
		for (p.pos++; start < p.pos; start++)
			argv[used++] = argv[start];
	}
	/* What was passed by is options and operands and nothing else, so the room is exact. */
	memcpy(argv + used, operands, (size_t)noperands * sizeof(*operands));
	free(operands);
	*first = argc ? used : 0;
	return ret;
}

#define COLUMNS	    80
#define HELP_COLUMN 28

/* Appends text from the given column on, broken between words; `at` is where the line is. */
static void wrap(struct kit_buffer *out, const char *text, size_t column, size_t at)
{
	size_t len;

	while (*(text += strspn(text, " "))) {
		len = strcspn(text, " ");
		if (at > column && at + 1 + len > COLUMNS) {
			kit_buffer_putc(out, '\n');
			at = 0;
		}
		if (at > column) {
			kit_buffer_putc(out, ' ');
			at++;
		} else if (at < column) {
			kit_buffer_fill(out, ' ', column - at);
			at = column;
		}
		kit_buffer_add(out, text, len);
		at += len;
		text += len;
	}
	kit_buffer_putc(out, '\n');
}

static void help_option(const struct kit_option *o, struct kit_buffer *out)
{
	struct kit_buffer left = {0};
	size_t at;

	kit_buffer_puts(&left, o->short_name ? "  " : "      ");
	put_name(&left, o);
	if (takes_arg(o))
		kit_buffer_printf(&left,
				  o->attached_arg   ? "[=%s]"
				  : o->optional_arg ? " [%s]"
						    : " %s",
				  o->arg ? o->arg : "ARG");
	at = left.len;
	kit_buffer_add(out, left.data, left.len);
	if (left.error)
		out->error = left.error;
	kit_buffer_free(&left);
	if (at + 2 > HELP_COLUMN) {
		kit_buffer_putc(out, '\n');
		at = 0;
	}
	wrap(out, o->help ? o->help : "", HELP_COLUMN, at);
}

void kit_options_help(const struct kit_options *spec, struct kit_buffer *out)
{
	const struct kit_option *o;
	size_t i;

	kit_buffer_printf(out, "Usage: %s %s\n", spec->program, spec->usage ? spec->usage : "");
	if (spec->summary)
		wrap(out, spec->summary, 0, 0);
	for (i = 0; i < spec->noptions; i++) {
		o = &spec->options[i];
		if (o->section)
			kit_buffer_printf(out, "\n%s:\n", o->section);
		else
			help_option(o, out);
	}
	if (spec->nexamples)
		kit_buffer_puts(out, "\nExamples:\n");
	for (i = 0; i < spec->nexamples; i++) {
		kit_buffer_printf(out, "  %s\n", spec->examples[i].command);
		wrap(out, spec->examples[i].text, 6, 0);
	}
}
