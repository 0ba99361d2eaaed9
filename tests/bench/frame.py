# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""What the rows of the benchmark share: marking a row, timing commands in turn,
reading the kernel's BPF statistics, and printing the table."""
import json
import os
import shutil
import subprocess

rows = []


class Unmeasured(Exception):
    """A row cannot be measured here; the text says why."""


def row(title, unit):
    """Marks a function(bench) -> {tool: figure} as a row. A figure is a number in
    the unit, or None for a tool that is not installed."""
    def mark(function):
        rows.append((title, unit, function))
        return function
    return mark


class Bench:
    """Where the programs are, and how to time them."""

    def __init__(self, build, runs):
        self.build, self.runs = build, runs
        self.skep = f'{build}/src/cli/skep'
        self.workloads = f'{build}/tests/workload'
        self.timeit = f'{build}/tests/bench/timeit'

    def peer(self, name):
        """The path of a program to be measured beside, or None."""
        return shutil.which(name)

    def root(self):
        if os.geteuid() != 0:
            raise Unmeasured('needs root')

    def time(self, commands, runs=None, warm=1):
        """Times commands in turn. commands: {tool: argv or None}; returns {tool:
        figures as timeit prints them, or None}."""
        tools = [t for t, argv in commands.items() if argv]
        args = [self.timeit, '-q', '-n', str(runs or self.runs), '-w', str(warm)]
        for tool in tools:
            args += ['--', *commands[tool]]
        out = subprocess.run(args, check=True, stdout=subprocess.PIPE, text=True).stdout
        figures = dict(zip(tools, map(json.loads, out.splitlines())))
        for tool, f in figures.items():
            if f['failed']:
                raise Unmeasured(f'{tool} failed {f["failed"]} of {f["runs"]} times')
        return {tool: figures.get(tool) for tool in commands}

    def pick(self, figures, key, scale=1):
        """One figure per tool out of what time() returned."""
        return {tool: f and f[key] * scale for tool, f in figures.items()}


class BpfStats:
    """The kernel's run time and run count of programs, switched on meanwhile."""
    PATH = '/proc/sys/kernel/bpf_stats_enabled'

    def __enter__(self):
        try:
            with open(self.PATH) as f:
                self.before = f.read()
            self.write('1')
        except OSError as e:
            raise Unmeasured(f'{self.PATH}: {e.strerror}') from e
        return self

    def write(self, text):
        with open(self.PATH, 'w') as f:
            f.write(text)

    def __exit__(self, *_):
        self.write(self.before)


class Table:
    def __init__(self, as_json):
        self.as_json, self.header = as_json, None

    def add(self, title, unit, figures):
        tools = list(figures)
        ratio = None
        if len(tools) > 1 and figures[tools[0]] and figures[tools[1]]:
            ratio = figures[tools[1]] / figures[tools[0]]
        if self.as_json:
            print(json.dumps({'row': title, 'unit': unit, **figures, 'ratio': ratio}), flush=True)
            return
        if self.header != tools:
            self.header = tools
            print(f'\n{"":48}' + ''.join(f'{t:>16}' for t in tools) + f'{"ratio":>10}')
        cells = ''.join(f'{self.number(figures[t], unit):>16}' for t in tools)
        print(f'{title:48}{cells}{f"{ratio:.1f}" if ratio else "-":>10}', flush=True)

    def add_reason(self, title, why):
        if self.as_json:
            print(json.dumps({'row': title, 'unmeasured': why}), flush=True)
        else:
            print(f'{title:48}  {why}', flush=True)

    @staticmethod
    def number(value, unit):
        if value is None:
            return 'not here'
        return f'{value:.{0 if value >= 100 else 1 if value >= 10 else 2}f} {unit}'
