#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# tests/run's own test: a copy of it runs a tree of made-up tests.
. "${0%/*}/../lib.sh"
mkdir -p tree/tests/room tree/scripts
cp "$SRC/tests/run" tree/tests/run

# add NAME LINE...: a test script
add() {
	script=tree/tests/room/test-$1
	shift
	printf '%s\n' '#!/bin/sh' "$@" >"$script"
	chmod +x "$script"
}
last() {
	(cd tree && tests/run "$@" 2>&1) | tail -1
}

is "nothing to run is a failure" "$(last room/none; cd tree && tests/run room/none >/dev/null; echo $?)" \
	"1 passed, 0 failed, 0 skipped
1"

add tap 'echo 1..3; echo ok 1 - a; echo "ok 2 - b # SKIP why not"; echo ok 3'
is "TAP is counted" "$(last '*tap')" "3 passed, 0 failed, 1 skipped"
add plain 'exit 0'
is "exit 0 without TAP passes" "$(last '*plain')" "2 passed, 0 failed, 0 skipped"
add skips 'echo first >&2; echo the reason >&2; exit 77'
is "exit 77 skips" "$(last '*skips')" "1 passed, 0 failed, 1 skipped"
like "with its reason" "$(cd tree && tests/run '*skips')" 'skipped all: the reason'
add fails 'echo what happened; exit 3'
is "another status fails" "$(last '*fails')" "1 passed, 1 failed, 0 skipped"
like "with its output" "$(cd tree && tests/run '*fails')" '\| what happened'
not_ok "and the run fails" tree/tests/run '*fails'
add notok 'echo "not ok 1 - x"; echo ok 2; echo 1..2'
is "not ok fails" "$(last '*notok')" "2 passed, 1 failed, 0 skipped"
add short 'echo 1..3; echo ok 1'
is "a plan that is not kept fails" "$(last '*short')" "2 passed, 1 failed, 0 skipped"
add noplan 'echo ok 1'
is "no plan fails" "$(last '*noplan')" "2 passed, 1 failed, 0 skipped"
add bails 'echo ok 1; echo Bail out! no ground'
is "bailing out fails" "$(last '*bails')" "2 passed, 1 failed, 0 skipped"
add dies 'echo ok 1; echo 1..1; kill -9 $$'
is "ending by a signal fails" "$(last '*dies')" "2 passed, 1 failed, 0 skipped"
add slow '# timeout: 1' 'echo ok 1; echo 1..1; sleep 60'
is "running too long fails" "$(last '*slow')" "2 passed, 1 failed, 0 skipped"
add all-skipped 'echo "1..0 # SKIP no ground"'
is "a file that skips all is one skip" "$(last '*all-skipped')" "1 passed, 0 failed, 1 skipped"
printf '#!/bin/sh\n' >tree/scripts/check-it && chmod +x tree/scripts/check-it
is "scripts/check-* are tests" "$(last 'scripts/*')" "2 passed, 0 failed, 0 skipped"
done_testing
