#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Every call of a libbpf session fails in turn: no crash, no leak, and it is seen.

usage: faults.py ABI-SESSION

What libbpf makes on its own account may fail unseen (probing features, tidying up,
raising limits): those calls are named in MAY_FAIL. All others must be reported.
"""
import re
import subprocess
import sys

# recorded lines whose failure nobody need report, and why
MAY_FAIL = (
    (r'bpf\(BPF_PROG_LOAD, \{prog_type=BPF_PROG_TYPE_SOCKET_FILTER', 'a feature probe'),
    (r'munmap\(', 'tidying up'),
    (r'close\(', 'tidying up, or the close after a probe'),
)


def run(session, *args):
    done = subprocess.run([session, *args], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout.splitlines(), done.stderr


def value(lines, word):
    return next((int(line.split()[1]) for line in lines if re.fullmatch(word + r' -?\d+', line)), None)


def main():
    session = sys.argv[1]
    status, lines, _ = run(session)
    if status == 1 and any(line.startswith('bpf(') and ' = -1 EPERM' in line for line in lines):
        print('bpf(2) is not permitted here: skipped')
        return 77
    if status != 0:
        print(f'the session fails without a fault: {lines}')
        return 1
    calls = value(lines, 'calls')
    plain = [line for line in lines if ') = ' in line]
    problems = []
    if len(plain) != calls:
        problems.append(f'{calls} calls, but {len(plain)} recorded')
    if value(lines, 'fds') != 0:
        problems.append('leaks without a fault')
    for n in range(1, calls + 1):
        status, lines, _ = run(session, f'any:{n}:EPERM')
        made = [line for line in lines if ') = ' in line]
        if status not in (0, 1):
            problems.append(f'call {n}: ended with {status}')
            continue
        victim = made[n - 1]
        if not victim.endswith(' = -1 EPERM (Operation not permitted)'):
            problems.append(f'call {n} did not fail: {victim}')
        if value(lines, 'fds') != 0:
            problems.append(f'call {n} leaks {value(lines, "fds")} descriptors: {victim}')
        if status == 0 and not any(re.match(p, victim) for p, _ in MAY_FAIL):
            problems.append(f'call {n} failed unseen: {victim}')
    for problem in problems:
        print(problem)
    print(f'{calls} calls failed in turn')
    return 1 if problems or calls < 20 else 0


sys.exit(main())
