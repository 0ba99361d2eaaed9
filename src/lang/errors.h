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

#undef LANG_ERROR
#undef LANG_WARNING
