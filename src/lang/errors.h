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

/* lowering */
LANG_ERROR(PROGRAM_TOO_LARGE, "program-too-large",
	   "this clause does not fit into one BPF program (stack or jump distance)",
	   "use fewer or shorter strings, or split it into several clauses")

#undef LANG_ERROR
#undef LANG_WARNING
