#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# make install: DESTDIR and PREFIX, and what is installed runs.
. "${0%/*}/../lib.sh"
[ -x "$SKEP" ] || skip_all "skep is not built"

ok "make install" make -C "$SRC" install BUILD="$BUILD" PREFIX=/opt/skep DESTDIR="$PWD/root"
installed=$PWD/root/opt/skep/bin/skep
ok "the program is below DESTDIR and PREFIX" test -x "$installed"
ok "it runs" "$installed" --version
like "it is stripped" "$(nm "$installed" 2>&1)" 'no symbols'
not_ok "it is static" sh -c "ldd '$installed' 2>/dev/null | grep -q '=>'"
ok "it is under 3 MB" test "$(stat -c %s "$installed")" -lt 3000000
ok "the manual page is there" sh -c 'find root/opt/skep/share/man -name "skep.1*" | grep -q .'
is "nothing is outside PREFIX" "$(find root -type f ! -path 'root/opt/skep/*')" ""
ok "installing again with the default prefix" make -C "$SRC" install BUILD="$BUILD" DESTDIR="$PWD/second"
ok "goes to /usr/local" test -x second/usr/local/bin/skep
done_testing
