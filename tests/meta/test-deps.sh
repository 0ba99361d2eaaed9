#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# scripts/deps, in worlds made of a few commands: no package is ever installed.
. "${0%/*}/../lib.sh"
mkdir bin
for command in sh id cat env; do
	ln -s "$(command -v $command)" bin/
done
# has NAME STATUS: a command that says how it was called.
has() {
	printf '#!/bin/sh\necho "%s $*" >>%s/calls\nexit %s\n' "$1" "$PWD" "$2" >bin/"$1"
	chmod +x bin/"$1"
}
deps() {
	: >calls
	PATH=$PWD/bin "$SRC/scripts/deps" "$@" 2>&1 </dev/null
}

out=$(deps vm)
is "without apt-get it fails" $? 1
like "and names the command" "$out" '^  apt-get install --no-install-recommends qemu-system-x86$'
like "and says why" "$out" '^  qemu-system-x86: boots other kernels'
out=$(deps --optional bench)
is "what is optional is no failure" $? 0
like "but is said" "$out" 'bpftrace'
not_ok "an unknown set is refused" deps nonsense

has apt-get 0
out=$(SKEP_DEPS=never deps vm)
is "SKEP_DEPS=never fails" $? 1
is "and calls nothing" "$(cat calls)" ""
if [ "$(id -u)" = 0 ]; then
	out=$(deps vm)
	is "root installs" $? 0
	like "with apt-get" "$(cat calls)" 'install -y --no-install-recommends qemu-system-x86$'
	like "after saying so" "$out" 'skep installs with apt-get:$'
	has apt-get 100
	out=$(deps vm)
	is "a failed install fails" $? 1
	like "after fetching the lists" "$(cat calls)" ' update$'
	like "and says what to do" "$out" 'could not install'
else
	skip "root installs" "not root"
fi
has qemu-system-x86_64 0
is "nothing is said when nothing is missing" "$(deps vm)" ""
is "and nothing is called" "$(cat calls)" ""
done_testing
