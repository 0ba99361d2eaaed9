#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# langtest's own test: a shell script stands in for skep.
. "${0%/*}/../lib.sh"
here=$SRC/tests/lang/selftest
run() {
	"$LANGTEST" --skep "$here/fake-skep" --workloads "$WORKLOADS" "$@" 2>&1
}

out=$(run "$here/pass.case")
is "cases that must pass: status" $? 0
is "cases that must pass: failures" "$(echo "$out" | grep '^not ok')" ""
is "cases that must pass: plan" "$(echo "$out" | head -1)" 1..16
like "a need that is missing skips" "$out" '^ok 15 - .* # SKIP no such file \(file:/nonexistent\)$'
like "a need turned round skips" "$out" '^ok 16 - .* # SKIP has what must be missing'
unlike "the machine's cases do not run on the kernel" "$out" 'only on the machine'
like "they run on the machine" "$(run --engine machine --list "$here/pass.case")" 'only on the machine'

out=$(run "$here/fail.case")
is "cases that must fail: status" $? 1
is "cases that must fail: passes" "$(echo "$out" | grep '^ok')" ""
is "cases that must fail: count" "$(echo "$out" | grep -c '^not ok')" 20
like "a failure shows the command" "$out" "^#   .*/fake-skep trace -e 'echo one'"
like "a failure shows its place" "$out" 'fail.case:3$'
like "a time limit is said" "$out" 'timed out after 1 s'
like "a process left behind is said" "$out" 'left a process running'

if [ "$(id -u)" = 0 ] && "$WORKLOADS/../lang/leaker" >/dev/null 2>&1; then
	out=$(run "$here/leak.case")
	like "a program left in the kernel is said" "$out" "left in the kernel: program [0-9]+ \(type 1, name 'leaked'\)"
	like "another user's program is not" "$out" '^ok 2'
else
	skip "a program left in the kernel is said" "bpf(2) may not be used"
fi

is "a filter selects" "$(run --filter 'too slow' --list "$here/fail.case" | wc -l)" 1
like "what a machine must have" "$(run --must-have 'file:/ file:/none' "$here/pass.case")" '^Bail out! .*file:/none'
printf 'NAME x\nPRG y\nEXIT 0\n' >bad.case
like "a wrong keyword is named with its line" "$(run bad.case)" 'bad.case:2: PRG: no such keyword'
printf 'NAME x\nPROG y\n' >empty.case
like "a case that expects nothing is refused" "$(run empty.case)" 'expects nothing'
done_testing
