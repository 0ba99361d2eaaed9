// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The fault back end: counts the calls that a spec is about and fails the n-th
 * (or all from the n-th on); others are passed on. The spec's text is described
 * in skep/abi.h.
 */
#include "abi/seam.h"
#include "abi/show/names.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct abi_fault {
	enum abi_call call; /* ABI_CALL_MAX is any */
	const struct abi_name *selector;
	uint64_t selected;
	unsigned long nth;
	bool from_nth_on;
	int err;
	atomic_ulong seen;
};

/* How a call's selecting argument is printed, by its names; NULL if it has none. */
static const struct abi_name *call_selector(enum abi_call call)
{
#define SHOW_OF(type, name, show) ABI_SHOW_##show
#define SHOWS(c, returns, ours, after, n, ...) \
	[ABI_CALL_##c] = {{ABI_MAP##n(SHOW_OF, __VA_ARGS__)}, n},
	static const struct {
		enum abi_show shows[6];
		unsigned int count;
	} calls[ABI_CALL_MAX] = {ABI_CALLS(SHOWS)};
	const struct abi_name *names = NULL;

	for (unsigned int i = 0; i < calls[call].count && !names; i++)
		names = abi_selector(calls[call].shows[i]);
	return names;
}

static int parse_call(struct abi_fault *fault, char *name, char *msg, size_t msg_size)
{
	char *sub = strchr(name, '/');
	unsigned int call;

	if (sub)
		*sub++ = '\0';
	for (call = 0; call < ABI_CALL_MAX; call++)
		if (!strcmp(name, abi_call_names[call]))
			break;
	fault->call = (enum abi_call)call;
	if (call == ABI_CALL_MAX && strcmp(name, "any")) {
		snprintf(msg, msg_size,
			 "fault: unknown call '%s'; it is one of the seam's, such as bpf, "
			 "perf_event_open, mmap, ioctl, openat, or any",
			 name);
		return -EINVAL;
	}
	if (!sub)
		return 0;
	fault->selector = call == ABI_CALL_MAX ? NULL : call_selector(fault->call);
	if (!fault->selector) {
		snprintf(msg, msg_size, "fault: '%s' has no sub-calls to choose '%s' from", name,
			 sub);
		return -EINVAL;
	}
	if (!abi_name_find(fault->selector, sub, &fault->selected)) {
		snprintf(msg, msg_size, "fault: '%s' has no sub-call '%s'; there is %s, …", name,
			 sub, fault->selector[0].name);
		return -EINVAL;
	}
	return 0;
}

static int parse_count(struct abi_fault *fault, const char *count, char *msg, size_t msg_size)
{
	char *end;

	errno = 0;
	fault->nth = strtoul(count, &end, 10);
	if (*end == '+') {
		fault->from_nth_on = true;
		end++;
	}
	if (errno || *end || count[0] < '0' || count[0] > '9' || !fault->nth) {
		snprintf(msg, msg_size,
			 "fault: '%s' is not which call shall fail: a number from 1, "
			 "followed by + for all from there on",
			 count);
		return -EINVAL;
	}
	return 0;
}

static int parse_errno(struct abi_fault *fault, const char *name, char *msg, size_t msg_size)
{
	/* Linux's highest error number, by which a result is told from an error. */
	enum { ERRNO_MAX = 4095 };
	char *end;
	long err;

	err = strtol(name, &end, 10);
	if (*name && !*end && err > 0 && err <= ERRNO_MAX) {
		fault->err = (int)err;
		return 0;
	}
	for (int e = 1; e < 256; e++) {
		const char *known = strerrorname_np(e);

		if (known && !strcmp(known, name)) {
			fault->err = e;
			return 0;
		}
	}
	snprintf(msg, msg_size,
		 "fault: unknown error '%s'; it is a name such as EPERM, or a number", name);
	return -EINVAL;
}

int abi_fault_open(struct abi_fault **state, const char *spec, char *msg, size_t msg_size)
{
	struct abi_fault *fault = calloc(1, sizeof(*fault));
	char *text = strdup(spec), *count, *name;
	int err = -ENOMEM;

	if (!fault || !text) {
		snprintf(msg, msg_size, "fault: no memory");
		goto out;
	}
	err = -EINVAL;
	count = strchr(text, ':');
	if (!count) {
		snprintf(msg, msg_size, "fault: '%s' is not CALL[/SUBCALL]:N[+][:ERRNO]", spec);
		goto out;
	}
	*count++ = '\0';
	name = strchr(count, ':');
	if (name)
		*name++ = '\0';
	fault->err = ENOMEM;
	err = parse_call(fault, text, msg, msg_size);
	if (!err)
		err = parse_count(fault, count, msg, msg_size);
	if (!err && name)
		err = parse_errno(fault, name, msg, msg_size);
out:
	free(text);
	if (err)
		free(fault);
	else
		*state = fault;
	return err;
}

/* The error that this call shall fail with, or 0. */
static int fault_strikes(const struct abi_layer *self, enum abi_call call,
			 const struct abi_value *values, unsigned int count)
{
	struct abi_fault *fault = self->state;
	unsigned long seen;

	if (fault->call != call && fault->call != ABI_CALL_MAX)
		return 0;
	for (unsigned int i = 0; fault->selector && i < count; i++)
		if (abi_selector(values[i].show) == fault->selector &&
		    values[i].value != fault->selected)
			return 0;
	seen = atomic_fetch_add(&fault->seen, 1) + 1;
	return seen == fault->nth || (seen > fault->nth && fault->from_nth_on) ? fault->err : 0;
}

/*
 * Linux gives the descriptor's number back even when close() fails, so a
 * failing close is one that was made: else every caller would leak.
 */
static void fault_done(const struct abi_layer *self, enum abi_call call,
		       const struct abi_value *values)
{
	if (call == ABI_CALL_close)
		self->next->ops->close(self->next, (int)values[0].value);
}

#define FAULT_CALL(call, returns, ours, after, n, ...)                                      \
	static ABI_TYPE_##returns fault_##call(const struct abi_layer *self,                \
					       ABI_PARAMS(n, __VA_ARGS__))                  \
	{                                                                                   \
		struct abi_value values[] = {ABI_VALUES(n, __VA_ARGS__)};                   \
		int err = fault_strikes(self, ABI_CALL_##call, values, n);                  \
                                                                                            \
		if (!err)                                                                   \
			return self->next->ops->call(self->next, ABI_ARGS(n, __VA_ARGS__)); \
		fault_done(self, ABI_CALL_##call, values);                                  \
		errno = err;                                                                \
		return ABI_FAILED_##returns;                                                \
	}
ABI_CALLS(FAULT_CALL)

#define FAULT_OP(call, ...) .call = fault_##call,
const struct abi_ops abi_fault_ops = {ABI_CALLS(FAULT_OP)};
