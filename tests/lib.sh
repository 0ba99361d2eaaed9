# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# For test scripts: . "${0%/*}/../lib.sh". Results are printed as TAP.
#
#   ok NAME COMMAND...         the command succeeds
#   not_ok NAME COMMAND...     the command fails (with a status under 126)
#   is NAME GOT WANT           two strings are equal
#   like NAME TEXT REGEX       some line of the text matches (grep -E)
#   unlike NAME TEXT REGEX     no line does
#   skip NAME REASON           cannot be tested here
#   skip_all REASON            nothing of this file can be tested here
#   done_testing               prints the plan; must be the last line
#
# tests/run gives every script an empty directory to work in, and in the
# environment: SRC (the source), BUILD, ASAN (build directories), SKEP, SKEP_ASAN
# (the programs), LANGTEST, WORKLOADS. A "# timeout: N" line in the first ten of
# a script gives it N seconds instead of 120.

tap_n=0 tap_failed=0

tap_result() {
	tap_n=$((tap_n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $tap_n - $2"
	else
		echo "not ok $tap_n - $2"
		tap_failed=$((tap_failed + 1))
	fi
}

tap_diag() {
	printf '%s\n' "$1" | sed 's/^/#   /'
}

ok() {
	tap_name=$1
	shift
	tap_status=0
	tap_out=$("$@" 2>&1) || tap_status=$?
	tap_result $tap_status "$tap_name"
	[ $tap_status = 0 ] || tap_diag "status $tap_status: $*
$tap_out"
}

not_ok() {
	tap_name=$1
	shift
	tap_status=0
	tap_out=$("$@" 2>&1) || tap_status=$?
	if [ $tap_status -gt 0 ] && [ $tap_status -lt 126 ]; then
		tap_result 0 "$tap_name"
	else
		tap_result 1 "$tap_name"
		tap_diag "status $tap_status: $*
$tap_out"
	fi
}

is() {
	if [ "$2" = "$3" ]; then
		tap_result 0 "$1"
	else
		tap_result 1 "$1"
		tap_diag "got:  $2
want: $3"
	fi
}

like() {
	if printf '%s\n' "$2" | grep -qE -e "$3"; then
		tap_result 0 "$1"
	else
		tap_result 1 "$1"
		tap_diag "no line matches $3 in:
$2"
	fi
}

unlike() {
	if printf '%s\n' "$2" | grep -qE -e "$3"; then
		tap_result 1 "$1"
		tap_diag "a line matches $3 in:
$2"
	else
		tap_result 0 "$1"
	fi
}

skip() {
	tap_n=$((tap_n + 1))
	echo "ok $tap_n - $1 # SKIP $2"
}

skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}

done_testing() {
	echo "1..$tap_n"
	[ $tap_failed = 0 ]
}
