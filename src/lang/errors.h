/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The catalogue of the compiler's errors and warnings, one row each:
 *
 *   LANG_ERROR(ENUM, "id", "printf text", "hint" or NULL)
 *
 * The id is printed behind the message and names its test: scripts/check-errors lists
 * ids that no case in tests/lang mentions. Included several times: no guard.
 */
#ifndef LANG_ERROR
#define LANG_ERROR(ID, name, text, hint)
#endif
#ifndef LANG_WARNING
#define LANG_WARNING(ID, name, text, hint)
#endif

/* syntax */
LANG_ERROR(SYNTAX, "syntax", "unexpected %s, expected %s", NULL)
LANG_ERROR(SCRIPT_SIZE, "script-size", "the script has %zu bytes; at most %zu are read",
	   "is this really a script?")
LANG_ERROR(SCRIPT_EMPTY, "script-empty", "there is no probe in the script",
	   "for example: BEGIN { printf(\"hello\\n\"); }")
LANG_ERROR(BAD_BYTE, "bad-byte", "byte \\x%02x is not text", "a script is UTF-8 text")
LANG_ERROR(BAD_CHAR, "bad-char", "the language has no '%s'", NULL)
LANG_ERROR(BAD_NUMBER, "bad-number", "'%s' is not a number",
	   "numbers look like 42, 0x2a, 052, 1e6, 1_000, 10ms")
LANG_ERROR(NUMBER_RANGE, "number-range", "%s does not fit into 64 bits", NULL)
LANG_ERROR(BAD_ESCAPE, "bad-escape", "unknown escape '\\%s'",
	   "there are \\n \\t \\r \\\" \\\\ \\0 (octal) and \\x0a")
LANG_ERROR(BAD_VARIABLE, "bad-variable", "'$' without a name",
	   "variables look like $x, parameters like $1, their number is $#")
LANG_ERROR(BAD_PARAM, "bad-param", "there is no parameter $%s", "parameters count from $1 to $999")
LANG_ERROR(MISSING_PARAM, "missing-param", "parameter $%u of the probe was not given",
	   "put it behind the script on the command line")
LANG_ERROR(UNTERMINATED_STRING, "unterminated-string", "the string that begins here has no end",
	   "close it with \" on the same line; a line break inside is written \\n")
LANG_ERROR(UNTERMINATED_COMMENT, "unterminated-comment", "the comment that begins here has no end",
	   "close it with */")
LANG_ERROR(UNTERMINATED_BLOCK, "unterminated-block", "the block that begins here has no end",
	   "close it with }")
LANG_ERROR(NESTING, "nesting", "nested deeper than %d levels", NULL)
LANG_ERROR(BAD_TARGET, "bad-target", "this cannot be changed",
	   "only variables ($x) and maps (@x, @x[key]) can")
LANG_ERROR(PROBE_PARTS, "probe-parts", "a probe has at most %d parts", NULL)
LANG_ERROR(NOT_SUPPORTED_YET, "not-supported-yet", "%s: not supported yet", NULL)

LANG_ERROR(HISTOGRAM_KEY, "histogram-key", "%s() cannot be used on a histogram",
	   "clear(@m) removes all of it, print(@m) shows it")

/* lowering */
LANG_ERROR(PROGRAM_TOO_LARGE, "program-too-large",
	   "this clause does not fit into one BPF program (stack or jump distance)",
	   "use fewer or shorter strings, or split it into several clauses")

/* probes */
LANG_ERROR(UNKNOWN_PROVIDER, "unknown-provider", "there is no probe type '%s'",
	   "skep trace -l lists them")
LANG_ERROR(PROBE_TYPE_LATER, "probe-type-later", "'%s' probes are not supported yet", NULL)
LANG_ERROR(PROBE_FORM, "probe-form", "this is not how a probe of type %s is written", NULL)
LANG_ERROR(TRACEPOINT_CATEGORY, "tracepoint-category", "tracepoint '%s' without its category",
	   "write tracepoint:category:event")
LANG_ERROR(TIMER_UNIT, "timer-unit", "'%s' is not a unit of time", "units are hz, s, ms and us")
LANG_ERROR(TIMER_VALUE, "timer-value", "'%s' is not a usable interval",
	   "for example 1s, 100ms, or s:1, hz:99; not 0")
LANG_ERROR(SOFTWARE_EVENT, "software-event", "there is no software event '%s'",
	   "for example cpu-clock, page-faults, context-switches")
LANG_ERROR(SOFTWARE_COUNT, "software-count", "'%s' is not a count of events",
	   "the probe fires once in so many events: a number from 1 on")
LANG_ERROR(PROBE_OFFSET, "probe-offset", "a probe of type %s cannot have an offset", NULL)
LANG_ERROR(OFFSET_NUMBER, "offset-number", "'%s' is not an offset",
	   "offsets look like function+16 or function+0x10")
LANG_ERROR(NO_MATCH, "no-match", "no probe matches '%s'", "skep trace -l PATTERN lists matches")
LANG_ERROR(TOO_MANY_PROBES, "too-many-probes",
	   "with '%s' the script has %zu probes; at most %d can be attached",
	   "narrow the pattern: a category or module, a longer beginning of the name")
LANG_ERROR(NO_TRACEPOINT, "no-tracepoint", "there is no tracepoint %s:%s", NULL)
LANG_ERROR(NO_RAW_TRACEPOINT, "no-raw-tracepoint", "there is no raw tracepoint %s",
	   "raw tracepoints have no category: rawtracepoint:sched_switch")
LANG_ERROR(NO_FUNCTION, "no-function", "the kernel has no traceable function %s",
	   "functions that were inlined or marked notrace cannot be traced")
LANG_ERROR(NO_BINARY, "no-binary", "there is no program or library '%s'",
	   "give its path, or a name that PATH or the dynamic linker finds")
LANG_ERROR(NOT_ELF, "not-elf", "'%s' is not an ELF program or library",
	   "scripts are run by an interpreter: trace that")
LANG_ERROR(STRIPPED, "stripped", "'%s' has no symbols: it was stripped",
	   "install its debug symbols, or give an address: uprobe:path:0x1234")
LANG_ERROR(NO_SYMBOL, "no-symbol", "'%s' has no function '%s'", NULL)
LANG_ERROR(BAD_OFFSET, "bad-offset", "offset 0x%llx is outside of %s", NULL)
LANG_ERROR(NO_TRACEFS, "no-tracefs", "tracefs is not mounted",
	   "run: mount -t tracefs nodev /sys/kernel/tracing")
LANG_ERROR(NO_PRIVILEGE, "no-privilege", "not allowed to trace",
	   "run as root, or with the capabilities CAP_BPF and CAP_PERFMON (and read access to "
	   "/sys/kernel/tracing)")
LANG_ERROR(NO_BTF, "no-btf", "a probe of type %s needs the kernel's BTF, which is not there",
	   "it is /sys/kernel/btf/vmlinux in kernels built with CONFIG_DEBUG_INFO_BTF")
LANG_ERROR(PROBE_UNSUPPORTED, "probe-unsupported",
	   "the running kernel cannot attach probes of type %s", NULL)
LANG_ERROR(NO_MEMORY, "no-memory", "out of memory", NULL)

/* names */
LANG_ERROR(LIMIT, "limit", "more than %d %s", "split the script or clause")
LANG_ERROR(PARAM_NUMBER, "param-number", "parameter $%u is '%s', which is not a number", NULL)
LANG_ERROR(UNKNOWN_NAME, "unknown-name", "unknown name '%s'",
	   "variables are written $x, maps @x, strings \"x\"")
LANG_ERROR(UNKNOWN_FUNCTION, "unknown-function", "there is no function %s()", NULL)
LANG_ERROR(UNKNOWN_FIELD, "unknown-field", "%s has no argument '%s'", NULL)
LANG_ERROR(UNKNOWN_MEMBER, "unknown-member", "%s has no member '%s'", NULL)
LANG_ERROR(UNKNOWN_TYPE, "unknown-type", "unknown type '%s'",
	   "integer types are int8 to int64 and uint8 to uint64; others as 'struct name *'")
LANG_ERROR(UNSAFE, "unsafe", "%s() runs commands, which must be allowed", "start with --unsafe")

/* calls */
LANG_ERROR(ARGUMENT_COUNT, "argument-count", "%s() takes %s %d arguments, not %d", NULL)
LANG_ERROR(ARGUMENT_LITERAL, "argument-literal", "argument %u of %s() must be a string literal",
	   NULL)
LANG_ERROR(ARGUMENT_TYPE, "argument-type", "argument %u of %s() must be %s, not %s", NULL)
LANG_ERROR(ARGUMENT_CONSTANT, "argument-constant", "argument %u of %s() must be a constant", NULL)
LANG_ERROR(ARGUMENT_RANGE, "argument-range",
	   "argument %u of %s() must be from %lld to %lld, not %lld", NULL)
LANG_ERROR(MAP_ARGUMENT, "map-argument", "%s() wants a map", NULL)
LANG_ERROR(FORMAT_LITERAL, "format-literal", "the format of %s() must be a string literal",
	   "print a string by printf(\"%%s\", …)")
LANG_ERROR(FORMAT, "format", "%s", NULL)
LANG_ERROR(FORMAT_COUNT, "format-count", "the format of %s() wants %u values; it is given %u", NULL)
LANG_ERROR(FORMAT_TYPE, "format-type", "value %u of the format is for %%%c but is %s", NULL)
LANG_ERROR(PRINT_TOP, "print-top", "only whole maps can be printed in part", "print(@map, top)")
LANG_ERROR(LEN_SCALAR, "len-scalar", "%s has no keys to count", NULL)
LANG_ERROR(LEN_KERNEL, "len-kernel", "len() needs Linux 5.13 or later", NULL)
LANG_ERROR(LENGTH_RANGE, "length-range", "%s() of %lld bytes", NULL)
LANG_ERROR(NTOP_FAMILY, "ntop-family", "address family %lld is not known to ntop()",
	   "AF_INET is 2, AF_INET6 is 10")
LANG_ERROR(NTOP_SIZE, "ntop-size", "an IPv6 address has 16 bytes, this has %u", NULL)
LANG_ERROR(AGGREGATION_CALL, "aggregation-call", "%s() can only be assigned to a map", NULL)
LANG_ERROR(HIST_BITS, "hist-bits", "argument 2 of hist() must be a constant from 0 to %d",
	   "2 to the power of it is the number of buckets for each power of two")
LANG_ERROR(LHIST_STEP, "lhist-step", "the step of lhist() must be more than 0, not %lld", NULL)
LANG_ERROR(LHIST_RANGE, "lhist-range", "lhist() from %lld to %lld is empty", NULL)
LANG_ERROR(LHIST_BUCKETS, "lhist-buckets", "this lhist() has %llu buckets; at most %d are allowed",
	   "make the step larger or the range smaller")

/* expressions */
LANG_ERROR(STRING_SIZE, "string-size", "the string has %u bytes; at most %u fit", NULL)
LANG_ERROR(NO_VALUE, "no-value", "this has no value", NULL)
LANG_ERROR(ARGS_VALUE, "args-value", "args is not a value", "name a member: args.name")
LANG_ERROR(CONDITION, "condition", "a condition must be an integer, not %s",
	   "compare it with something")
LANG_ERROR(OPERAND, "operand", "'%s' does not work on %s", NULL)
LANG_ERROR(OPERANDS, "operands", "'%s' does not work on %s and %s", NULL)
LANG_ERROR(DIV_ZERO, "div-zero", "'%s' by zero", NULL)
LANG_ERROR(BRANCHES, "branches", "the branches are %s and %s: they must be of one type", NULL)
LANG_ERROR(CAST, "cast", "%s cannot be cast to '%s'", NULL)
LANG_ERROR(NOT_A_RECORD, "not-a-record", "%s has no members, so no '%s'", NULL)
LANG_ERROR(FIELD_TYPE, "field-type", "'%s' is of a type that cannot be read", NULL)
LANG_ERROR(INDEX_TYPE, "index-type", "%s cannot be indexed by %s", NULL)
LANG_ERROR(INDEX_CONSTANT, "index-constant", "an array's index must be a constant", NULL)
LANG_ERROR(INDEX_RANGE, "index-range", "index %lld is outside of the array of %u", NULL)
LANG_ERROR(DEREF, "deref", "what %s points to is not known", "cast it first: *(uint32 *)p")
LANG_ERROR(BUILTIN_PROVIDER, "builtin-provider", "there is no '%s' in a probe of type %s", NULL)
LANG_ERROR(ARG_NUMBER, "arg-number", "there is no '%s' in %s: the last is arg%u", NULL)
LANG_ERROR(VOID_RETVAL, "void-retval", "%s returns nothing", NULL)
LANG_ERROR(NO_COMMAND, "no-command", "cpid is the process of a command, and there is none",
	   "start one: -c COMMAND")
LANG_ERROR(ARGS_BTF, "args-btf", "the arguments of %s have no names: there is no BTF",
	   "use arg0, arg1 …")

/* maps and variables */
LANG_ERROR(KEY_COUNT, "key-count", "%s has %u key%s (%s), but %u here", NULL)
LANG_ERROR(KEY_TYPE, "key-type", "key %u of %s is %s (%s), but %s here", NULL)
LANG_ERROR(KEY_KIND, "key-kind", "%s cannot be a key", NULL)
LANG_ERROR(VALUE_KIND, "value-kind", "%s cannot hold %s", "a pointer to it can be kept")
LANG_ERROR(MAP_TYPE, "map-type", "%s holds %s (%s), but %s here", NULL)
LANG_ERROR(VAR_TYPE, "var-type", "%s holds %s (line %u, column %u), but %s here", NULL)
LANG_ERROR(STEP_TYPE, "step-type", "%s holds %s, which cannot be changed so",
	   "only integers can be counted up or down")
LANG_ERROR(COMPOUND_TYPE, "compound-type", "'%s=' wants an integer, not %s", NULL)
LANG_ERROR(MAP_UNASSIGNED, "map-unassigned", "nothing is ever assigned to %s", NULL)
LANG_ERROR(MAP_UNTYPED, "map-untyped", "what %s holds cannot be told",
	   "it is only assigned from itself, or through too long a chain of maps")
LANG_ERROR(VAR_UNASSIGNED, "var-unassigned", "%s is used before anything is assigned to it",
	   "variables belong to their clause; maps (@x) are shared")
LANG_ERROR(AGGREGATION_VALUE, "aggregation-value", "%s is a %s, whose value cannot be computed with",
	   "print() shows it; for a number that can be read use @x++ or @x += n")

LANG_WARNING(UNUSED_VALUE, "unused-value", "this has no effect", NULL)
LANG_WARNING(SIGN_COMPARE, "sign-compare", "comparing %s %s %s: a negative number would be huge",
	     "cast one side, for example (int64)x or (uint64)x")
LANG_WARNING(NEVER_NEGATIVE, "never-negative", "%s is never less than 0",
	     "cast it when it may be an error number: (int64)x < 0, (int32)x < 0")
LANG_WARNING(SHIFT_RANGE, "shift-range", "shift by %lld: only 0 to 63 make sense", NULL)

#undef LANG_ERROR
#undef LANG_WARNING
